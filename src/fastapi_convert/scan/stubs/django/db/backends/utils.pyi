# What scan needs to know of django.db.backends.utils.
from typing import Self

class CursorWrapper:
    def __enter__(self) -> Self: ...
