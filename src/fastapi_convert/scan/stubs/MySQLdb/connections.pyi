# What scan needs to know of MySQLdb.connections.
from typing import Self

from MySQLdb.cursors import Cursor

class Connection:
    def __enter__(self) -> Self: ...
    def cursor(self, cursor: object = ...) -> Cursor: ...
