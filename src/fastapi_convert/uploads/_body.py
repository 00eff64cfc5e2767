"""A request's body, chunk by chunk: counted, timed, and with no other end than its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import anyio
from anyio.lowlevel import checkpoint
from starlette.requests import Request
from starlette.types import Message, Scope

from fastapi_convert.errors import InvalidUpload, UnsupportedUpload, UploadAborted, UploadStalled, UploadTooLarge


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """What is borne of a client. `None` is no limit."""

    #: Bytes of the whole body.
    max_total: int | None = None
    #: Seconds without one byte.
    idle_timeout: float | None = None
    #: Bytes per second of waiting for the client.
    min_rate: int = 0


class Body:
    """Reads the body of `request` as it arrives, by what the server hands over, without keeping any of it.

    Only time spent waiting for the client counts against it: while nobody reads, because the consumer is slow, no clock
    runs.
    """

    def __init__(self, request: Request, limits: BodyLimits) -> None:
        self._request = request
        self._limits = limits
        self.received = 0
        self.ended = False
        self._failure: Exception | None = None
        #: Called once, when the last byte has arrived.
        self.on_end: list[Callable[[], object]] = []
        self._pace = _Pace(limits)
        self.declared = _declared_length(request)
        _refuse_encoded(request)
        self._check(self.declared or 0)
        _claim(request)

    async def more(self) -> bytes:
        """The next bytes, and `b""` at the end.

        Raises:
            UploadAborted: The client has gone, or sent less than it had announced.
            UploadStalled: It sends nothing, or too slowly.
            UploadTooLarge: The body is beyond `max_total`.
        """
        if self._failure is not None:  # nobody is to wait for the rest of a body that has failed
            raise self._failure
        try:
            return await self._next_chunk()
        except Exception as error:
            self._failure = error
            raise

    async def _next_chunk(self) -> bytes:
        while not self.ended:
            await checkpoint()  # before, not behind: a cancellation must not lose what was received
            message = await self._receive()
            chunk: bytes = message.get("body", b"")
            self.received += len(chunk)
            self._check(self.received)
            if not message.get("more_body", False):
                self._end()
            if chunk:
                return chunk
        return b""

    async def _receive(self) -> Message:
        cached = getattr(self._request, "_body", None)
        if cached is not None:  # a dependency or middleware has called request.body()
            return {"type": "http.request", "body": cached}
        began = time.monotonic()
        message = None
        with anyio.move_on_after(self._limits.idle_timeout):
            message = await self._request.receive()
        if message is None:
            raise UploadStalled(f"The client sent nothing for {self._limits.idle_timeout:g} s.")
        if message["type"] == "http.disconnect":
            raise UploadAborted(f"The client disconnected after {self.received} bytes.")
        self._pace.note(time.monotonic() - began, len(message.get("body", b"")))
        return message

    def _check(self, size: int) -> None:
        limit = self._limits.max_total
        if limit is not None and size > limit:
            raise UploadTooLarge(
                f"The body has {size} bytes or more, and {limit} are allowed: raise the limit for more."
            )

    def _end(self) -> None:
        if self.declared is not None and self.received != self.declared:
            raise UploadAborted(f"The client announced {self.declared} bytes and sent {self.received}.")
        self.ended = True
        for callback in self.on_end:
            callback()


class _Pace:
    """Whether the client keeps a rate: a bucket that waiting empties and that bytes fill.

    It holds `idle_timeout` seconds at most, so that who was fast may pause for as long as that, and a third of it at
    first, so that who never was is told sooner.
    """

    def __init__(self, limits: BodyLimits) -> None:
        self._rate = limits.min_rate
        self._most = self._rate * (limits.idle_timeout or 30.0)
        self._credit = self._most / 3

    def note(self, waited: float, size: int) -> None:
        self._credit = min(self._most, self._credit - self._rate * waited + size)
        if self._credit < 0:
            raise UploadStalled(f"The client sends less than {self._rate} bytes/s, which is the min_rate here.")


def is_http_1(scope: Scope) -> bool:
    """Whether the connection is this request's alone, so that it may be closed with it."""
    version: str = scope.get("http_version", "1.1")
    return version.startswith("1")


def _declared_length(request: Request) -> int | None:
    """The Content-Length, where there is one and it counts. Servers check it too; not all do, and none for us."""
    headers = request.headers
    if "transfer-encoding" in headers or "content-length" not in headers:
        return None
    values = set(headers.getlist("content-length"))
    text = values.pop()
    if values or not re.fullmatch(r"[0-9]{1,18}", text):
        raise InvalidUpload(f"Content-Length is {text!r}, and a number of bytes is needed.")
    return int(text)


def _refuse_encoded(request: Request) -> None:
    coding = request.headers.get("content-encoding", "identity")
    if coding.strip().lower() != "identity":
        raise UnsupportedUpload(
            f"The body has Content-Encoding {coding!r}: let the client send it plain, or a .gz "
            "file as such, for open_gzip()."
        )


def _claim(request: Request) -> None:
    """See to it that the body is read once: by us, and by nobody after us."""
    if getattr(request, "_body", None) is not None:
        return
    if getattr(request, "_stream_consumed", False):
        raise RuntimeError(
            "The body of this request was read already. One endpoint takes one streamed(), streamed_body() or "
            "streamed_form(): for several files use streamed_form(). Middleware must not consume request.stream()."
        )
    # What request.stream() sets; request.body() then raises instead of waiting for a body that will not come again.
    request._stream_consumed = True  # noqa: SLF001 - Starlette has no public way to say so
