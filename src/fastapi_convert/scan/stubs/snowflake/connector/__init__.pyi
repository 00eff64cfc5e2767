# What scan needs to know of snowflake.connector.
from typing import Self

from snowflake.connector.cursor import (
    DictCursor as DictCursor,
    SnowflakeCursor,
)

class SnowflakeConnection:
    def __enter__(self) -> Self: ...
    def cursor(self, cursor_class: object = ...) -> SnowflakeCursor: ...

def connect(*args: object, **kw: object) -> SnowflakeConnection: ...
