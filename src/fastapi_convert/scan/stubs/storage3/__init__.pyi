# What scan needs to know of storage3.
from typing import Any

class SyncStorageClient:
    def from_(self, *args: Any, **kw: Any) -> SyncBucketProxy: ...

class SyncBucketProxy: ...
