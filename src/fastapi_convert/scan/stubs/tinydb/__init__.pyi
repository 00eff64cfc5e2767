# What scan needs to know of tinydb.
from typing import Self

from tinydb.table import Table

class TinyDB:
    def __enter__(self) -> Self: ...
    def table(self, name: str, **kw: object) -> Table: ...
