# What scan needs to know of google.auth.transport.requests.
from requests import Session

class AuthorizedSession(Session): ...
