"""Uploads that arrive as a test wants: chunks by hand, a client that stops, one that goes away."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import anyio
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message

from fastapi_convert.uploads._body import Body, BodyLimits
from fastapi_convert.uploads._multipart import FormLimits
from fastapi_convert.uploads._options import UploadOptions
from fastapi_convert.uploads._sources import Form, FormFile
from fastapi_convert.uploads.upload import Upload

BOUNDARY = "----a-boundary-7f3e"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


class Client:
    """Sends chunks when they are asked for, or one by one when `let` says so; then ends, stalls or goes away."""

    def __init__(self, chunks: Iterable[bytes], *, then: str = "end", held: bool = False) -> None:
        self._chunks = iter(chunks)
        self._then = then
        self._tickets = anyio.Semaphore(0) if held else None
        self.sent = 0
        self.asked = 0

    def let(self, count: int = 1) -> None:
        """Let the client send so many more chunks."""
        assert self._tickets is not None
        for _ in range(count):
            self._tickets.release()

    async def receive(self) -> Message:
        self.asked += 1
        if self._tickets is not None:
            await self._tickets.acquire()
        for chunk in self._chunks:
            self.sent += len(chunk)
            return {"type": "http.request", "body": chunk, "more_body": True}
        if self._then == "stall":
            await anyio.sleep_forever()
        if self._then == "disconnect":
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": b"", "more_body": False}


class Connection(Client):
    """Behaves as a server does: other tasks have their turn before each message, and behind the last one it waits."""

    ended = False

    async def receive(self) -> Message:
        await anyio.sleep(0)
        if self.ended:
            await anyio.sleep_forever()
        message = await super().receive()
        self.ended = not message.get("more_body", False)
        return message


def request_of(client: Client, headers: Mapping[str, str] | None = None) -> Request:
    raw = Headers({"content-type": MULTIPART, **(headers or {})}).raw
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, client.receive)


def part(data: bytes, name: str = "file", filename: str | None = "a.bin", headers: str = "") -> bytes:
    """One part of a form, its delimiter before it."""
    file = "" if filename is None else f'; filename="{filename}"'
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n{headers}\r\n'
    return head.encode() + data + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def raw_upload(client: Client, limits: BodyLimits | None = None, **options: Any) -> Upload:
    """The body itself as an upload."""
    body = Body(request_of(client), limits or BodyLimits())
    return Upload(body, filename="raw.bin", options=UploadOptions(**options))


async def form_upload(client: Client, limits: BodyLimits | None = None, **options: Any) -> Upload:
    """The first file of the form that the client sends."""
    body = Body(request_of(client), limits or BodyLimits())
    whole = Form(body, MULTIPART, FormLimits())
    begin = await whole.next_file()
    assert begin is not None
    file = FormFile(whole, alone=True)
    return Upload(
        file,
        name=begin.name,
        filename=begin.filename,
        headers=begin.headers,
        fields=whole.fields,
        options=UploadOptions(**options),
    )


async def collect(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@dataclass
class Answer:
    """What an app has sent."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""


async def exchange(app: ASGIApp, client: Client, path: str = "/", headers: Mapping[str, str] | None = None) -> Answer:
    """POST what the client sends to the app, message by message: no test client puts them together."""
    answer = Answer()

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = Headers(raw=list(message["headers"]))
        answer.body += message.get("body", b"")

    raw = Headers({"content-type": MULTIPART, **(headers or {})}).raw
    scope = {"type": "http", "http_version": "1.1", "method": "POST", "path": path, "query_string": b"", "headers": raw}
    await app(scope, client.receive, send)
    return answer
