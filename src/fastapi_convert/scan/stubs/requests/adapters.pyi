# What scan needs to know of requests.adapters.
from typing import Any

from requests import Response

class HTTPAdapter:
    def send(self, *args: Any, **kw: Any) -> Response: ...
