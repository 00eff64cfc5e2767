# What scan needs to know of django.db.
from django.db.backends.utils import CursorWrapper

class _Connection:
    def cursor(self) -> CursorWrapper: ...

connection: _Connection
connections: dict[str, _Connection]
