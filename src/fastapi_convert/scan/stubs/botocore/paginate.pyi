# What scan needs to know of botocore.paginate.
from collections.abc import Iterator
from typing import Any

class Paginator:
    def paginate(self, *args: Any, **kw: Any) -> PageIterator: ...

class PageIterator:
    def __iter__(self, *args: Any, **kw: Any) -> Iterator[dict[str, Any]]: ...
