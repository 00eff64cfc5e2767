# What scan needs to know of pymongo.change_stream.
from collections.abc import Iterator
from typing import Any, Self

class ChangeStream:
    def __enter__(self) -> Self: ...
    def __iter__(self) -> Iterator[Any]: ...
