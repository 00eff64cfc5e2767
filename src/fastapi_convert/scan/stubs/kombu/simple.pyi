# What scan needs to know of kombu.simple.
from typing import Any, Self

class SimpleQueue:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
