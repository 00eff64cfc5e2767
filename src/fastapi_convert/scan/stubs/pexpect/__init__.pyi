# What scan needs to know of pexpect.
from typing import Any, Self

class spawn:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

def run(*args: Any, **kw: Any) -> bytes: ...
