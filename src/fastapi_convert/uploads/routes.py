"""`UploadRoute`: the file picker in the documentation, errors where routes are made, and no client sending in vain."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from ._intake import SCOPE_KEY, Intake, is_intake
from ._mixing import refuse_mixed

__all__ = ("UploadRoute",)


class UploadRoute(APIRoute):
    """A route class, `APIRouter(route_class=UploadRoute)`, for routers with streamed uploads.

    They work without it. With it

    - `/docs` shows the same file picker as for an `UploadFile`, and the OpenAPI document the same schema;
    - a client whose upload is not wanted any more is cut off after any response, where FastAPI alone leaves it sending
      to the end after a `Response` that the endpoint has made or an `HTTPException`.

    Example:
        >>> from fastapi import APIRouter
        >>> from fastapi_convert.uploads import UploadRoute
        >>> router = APIRouter(route_class=UploadRoute)
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        refuse_mixed(self.dependant, is_intake)
        intakes = list(_intakes(self.dependant))
        if not intakes:
            return
        body = intakes[0].openapi(f"Body_{self.unique_id}")
        self.openapi_extra = {"requestBody": body, **(self.openapi_extra or {})}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves a request: FastAPI's own handler, and a closed connection where the body was not wanted."""
        handle = super().get_route_handler()

        async def handle_and_close(request: Request) -> Response:
            try:
                response = await handle(request)
            except HTTPException as error:
                error.headers = {**(error.headers or {}), **_closing(request)}
                raise
            response.headers.update(_closing(request))
            return response

        return handle_and_close


def _closing(request: Request) -> dict[str, str]:
    body = request.scope.get(SCOPE_KEY)
    unread = body is not None and not body.ended
    return {"connection": "close"} if unread and request.scope.get("http_version", "1.1").startswith("1") else {}


def _intakes(dependant: Dependant) -> Iterator[Intake]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Intake):
            yield dependency.call
        yield from _intakes(dependency)
