# What scan needs to know of pika.adapters.blocking_connection.
from typing import Any, Self

from pika import BlockingConnection as BlockingConnection

class BlockingChannel:
    connection: BlockingConnection
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
