# What scan needs to know of requests.models.
from requests import (
    PreparedRequest as PreparedRequest,
    Request as Request,
    Response as Response,
)
