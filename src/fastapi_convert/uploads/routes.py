"""`UploadRoute`: the file picker in the documentation, and no client that goes on sending in vain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from ._body import Body, is_http_1
from ._intake import SCOPE_KEY, Intake, is_intake
from ._mixing import refuse_mixed, walk

__all__ = ("UploadRoute",)


class UploadRoute(APIRoute):
    """A route class, `APIRouter(route_class=UploadRoute)`, for routers with streamed uploads.

    They work without it. With it

    - `/docs` shows the same file picker as for an `UploadFile`, and the OpenAPI document the same schema;
    - a client whose upload is not wanted any more is cut off after every answer, where FastAPI alone leaves it sending
      to the end after a `Response` that the endpoint has made, an `HTTPException` or a 422.

    Examples:
        >>> from fastapi import APIRouter
        >>> from fastapi_convert.uploads import UploadRoute
        >>> router = APIRouter(route_class=UploadRoute)
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        refuse_mixed(self.dependant, is_intake)  # told already, unless FastAPI has hidden the endpoint from us
        calls = (each.call for each in walk(self.dependant))
        intake = next((call for call in calls if isinstance(call, Intake)), None)
        self._takes_uploads = intake is not None
        if intake is not None:
            body = intake.openapi(f"Body_{self.unique_id}")
            self.openapi_extra = {"requestBody": body, **(self.openapi_extra or {})}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, and close the connection where its body was not wanted."""

        async def send_and_close(message: Message) -> None:
            if message["type"] == "http.response.start" and self._takes_uploads:
                _close_or_keep(MutableHeaders(scope=message), scope)
            await send(message)

        await super().handle(scope, receive, send_and_close)


def _close_or_keep(headers: MutableHeaders, scope: Scope) -> None:
    if not is_http_1(scope):
        del headers["connection"]  # which our errors have, and which is not allowed there
    elif _is_unread(scope):
        headers["connection"] = "close"


def _is_unread(scope: Scope) -> bool:
    if SCOPE_KEY in scope:
        body: Body | None = scope[SCOPE_KEY]
        return body is not None and not body.ended
    # Turned away before anybody asked for the body, by a login that failed, say.
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
