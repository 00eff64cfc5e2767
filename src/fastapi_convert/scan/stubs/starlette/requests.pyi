# What scan needs to know of starlette.requests.
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI
from starlette.datastructures import URL, Address, FormData, Headers, QueryParams, State

class HTTPConnection:
    app: FastAPI
    state: State
    url: URL
    base_url: URL
    client: Address | None
    headers: Headers
    query_params: QueryParams
    path_params: dict[str, Any]
    cookies: dict[str, str]
    session: dict[str, Any]
    scope: dict[str, Any]

class Request(HTTPConnection):
    async def body(self) -> bytes: ...
    async def json(self) -> Any: ...
    async def form(self, **kw: object) -> FormData: ...
    async def close(self) -> None: ...
    async def is_disconnected(self) -> bool: ...
    def stream(self) -> AsyncIterator[bytes]: ...
