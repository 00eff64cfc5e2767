# What scan needs to know of dropbox.
from typing import Any, Self

class Dropbox:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
