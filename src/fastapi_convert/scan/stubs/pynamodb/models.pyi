# What scan needs to know of pynamodb.models.
from collections.abc import Iterator
from typing import Self

class Model:
    @classmethod
    def get(cls, *args: object, **kw: object) -> Self: ...
    @classmethod
    def query(cls, *args: object, **kw: object) -> Iterator[Self]: ...
    @classmethod
    def scan(cls, *args: object, **kw: object) -> Iterator[Self]: ...
