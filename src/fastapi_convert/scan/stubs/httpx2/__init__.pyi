# What scan needs to know of httpx2.
from typing import Any, Self

class Client:
    def __enter__(self, *args: Any, **kw: Any) -> Self: ...

class AsyncClient:
    async def __aenter__(self, *args: Any, **kw: Any) -> Self: ...
