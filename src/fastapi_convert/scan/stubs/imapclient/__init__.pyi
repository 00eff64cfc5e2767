# What scan needs to know of imapclient.
from typing import Any, Self

class IMAPClient:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
