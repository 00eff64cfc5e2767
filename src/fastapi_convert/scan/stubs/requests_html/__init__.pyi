# What scan needs to know of requests_html.
from requests import Session

class HTMLSession(Session): ...
