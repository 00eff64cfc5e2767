# What scan needs to know of github.PaginatedList.
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")

class PaginatedList(Generic[_T]):
    def __iter__(self, *args: Any, **kw: Any) -> Iterator[_T]: ...
    def __getitem__(self, *args: Any, **kw: Any) -> _T: ...
