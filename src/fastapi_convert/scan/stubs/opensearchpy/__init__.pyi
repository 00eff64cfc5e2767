# What scan needs to know of opensearchpy.
from typing import Self

class OpenSearch:
    def __enter__(self) -> Self: ...

class AsyncOpenSearch:
    async def __aenter__(self) -> Self: ...
