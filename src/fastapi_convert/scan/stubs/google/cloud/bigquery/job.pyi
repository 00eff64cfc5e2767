# What scan needs to know of google.cloud.bigquery.job.
from typing import Any

from google.cloud.bigquery.table import RowIterator

class QueryJob:
    def result(self, *args: Any, **kw: Any) -> RowIterator: ...

class LoadJob: ...
