# What scan needs to know of google.cloud.logging.
from typing import Any

class Logger: ...

class Client:
    def logger(self, *args: Any, **kw: Any) -> Logger: ...
