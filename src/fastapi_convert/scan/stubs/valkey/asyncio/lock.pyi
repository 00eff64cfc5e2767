# What scan needs to know of valkey.asyncio.lock.
from typing import Self

class Lock:
    async def __aenter__(self) -> Self: ...
