# What scan needs to know of databricks.sql.
from typing import Any

from databricks.sql.client import Connection

def connect(*args: Any, **kw: Any) -> Connection: ...
