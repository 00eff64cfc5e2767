# What scan needs to know of kafka.
from collections.abc import Iterator
from typing import Any

from kafka.producer.future import FutureRecordMetadata

class KafkaProducer:
    def send(self, *args: Any, **kw: Any) -> FutureRecordMetadata: ...

class KafkaConsumer:
    def __iter__(self, *args: Any, **kw: Any) -> Iterator[Any]: ...

class KafkaAdminClient: ...
