# What scan needs to know of pymysql.connections.
from typing import Self

from pymysql.cursors import Cursor

class Connection:
    def __enter__(self) -> Self: ...
    def cursor(self, cursor: object = ...) -> Cursor: ...
