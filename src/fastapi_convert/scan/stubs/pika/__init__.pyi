# What scan needs to know of pika.
from typing import Any, Self

from pika.adapters.blocking_connection import BlockingChannel

class BlockingConnection:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
    def channel(self, *args: Any, **kw: Any) -> BlockingChannel: ...
