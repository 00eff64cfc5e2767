# What scan needs to know of valkey.asyncio.client.
from typing import Self

from valkey.asyncio import Valkey as Valkey

class Pipeline:
    async def __aenter__(self) -> Self: ...

class PubSub:
    async def __aenter__(self) -> Self: ...
