# What scan needs to know of pysftp.
from typing import Any, Self

class Connection:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
