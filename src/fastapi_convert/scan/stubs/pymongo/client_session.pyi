# What scan needs to know of pymongo.client_session.
from contextlib import AbstractContextManager
from typing import Any, Self

class ClientSession:
    def __enter__(self) -> Self: ...
    def start_transaction(self, *args: object, **kw: object) -> AbstractContextManager[Any]: ...
