# What scan needs to know of redis.asyncio.lock.
from typing import Self

class Lock:
    async def __aenter__(self) -> Self: ...
