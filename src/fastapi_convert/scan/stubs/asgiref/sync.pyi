# What scan needs to know of asgiref.sync.
from typing import Any

class AsyncToSync:
    def __init__(self, awaitable: Any = ..., force_new_loop: bool = ...) -> None: ...

async_to_sync = AsyncToSync
