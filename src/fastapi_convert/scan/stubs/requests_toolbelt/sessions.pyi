# What scan needs to know of requests_toolbelt.sessions.
from requests import Session

class BaseUrlSession(Session): ...
