# What scan needs to know of ftputil.
from typing import Any, Self

class FTPHost:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
