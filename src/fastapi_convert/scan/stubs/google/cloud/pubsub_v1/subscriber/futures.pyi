# What scan needs to know of google.cloud.pubsub_v1.subscriber.futures.
from typing import Any, Self

class StreamingPullFuture:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...
