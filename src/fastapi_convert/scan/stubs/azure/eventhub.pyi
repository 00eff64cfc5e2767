# What scan needs to know of azure.eventhub.
from typing import Any, Self

class EventHubProducerClient:
    def __enter__(self) -> Self: ...
    @classmethod
    def from_connection_string(cls, *args: Any, **kw: Any) -> Self: ...
