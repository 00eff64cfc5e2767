# What scan needs to know of requests.sessions.
from requests import (
    Session as Session,
    session as session,
)
