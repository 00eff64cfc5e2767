# What scan needs to know of cachecontrol.
from typing import Any

from requests import Session

def CacheControl(*args: Any, **kw: Any) -> Session: ...
