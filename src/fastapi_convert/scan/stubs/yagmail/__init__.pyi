# What scan needs to know of yagmail.
from typing import Any, Self

class SMTP:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
