# What scan needs to know of redis.asyncio.client.
from typing import Self

from redis.asyncio import Redis as Redis

class Pipeline:
    async def __aenter__(self) -> Self: ...

class PubSub:
    async def __aenter__(self) -> Self: ...
