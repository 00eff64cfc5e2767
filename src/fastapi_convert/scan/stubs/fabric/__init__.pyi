# What scan needs to know of fabric.
from typing import Any, Self

class Connection:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

class SerialGroup:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

class ThreadingGroup:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
