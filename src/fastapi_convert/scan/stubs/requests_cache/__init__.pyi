# What scan needs to know of requests_cache.
from requests import Session

class CachedSession(Session): ...
