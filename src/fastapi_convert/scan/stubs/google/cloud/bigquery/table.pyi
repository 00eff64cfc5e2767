# What scan needs to know of google.cloud.bigquery.table.
from collections.abc import Iterator
from typing import Any

class RowIterator:
    def __iter__(self, *args: Any, **kw: Any) -> Iterator[Any]: ...
