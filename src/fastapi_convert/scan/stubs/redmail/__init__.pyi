# What scan needs to know of redmail.
from typing import Any, Self

class EmailSender:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

gmail: EmailSender
outlook: EmailSender
