# What scan needs to know of ddgs.
from typing import Any, Self

class DDGS:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
