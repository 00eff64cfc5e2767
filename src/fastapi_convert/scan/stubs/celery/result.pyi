# What scan needs to know of celery.result.
from collections.abc import Iterator
from typing import Any

class AsyncResult:
    parent: AsyncResult
    children: list[AsyncResult]

class GroupResult:
    results: list[AsyncResult]
    def __iter__(self, *args: Any, **kw: Any) -> Iterator[AsyncResult]: ...
    @classmethod
    def restore(cls, *args: Any, **kw: Any) -> GroupResult: ...
