# What scan needs to know of starlette.middleware.base.
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

RequestResponseEndpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

class BaseHTTPMiddleware:
    app: Starlette
    def __init__(self, app: Starlette, dispatch: object = ...) -> None: ...
    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response: ...
