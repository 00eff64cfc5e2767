# What scan needs to know of ldap3.
from typing import Any, Self

class Connection:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
