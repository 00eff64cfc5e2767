"""Requests to an ASGI app without a server or a client, whose own time would cover what is measured."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import ASGIApp, Message, Receive, Scope

Headers = Iterable[tuple[bytes, bytes]]


async def get(app: ASGIApp, path: str) -> bytes:
    """The body that the app answers a GET with; anything but 200 is an error here."""
    return await _exchange(app, _scope("GET", path), _nothing)


async def post(app: ASGIApp, path: str, receive: Receive, headers: Headers) -> bytes:
    """The same for a POST whose body `receive` gives, message by message."""
    return await _exchange(app, _scope("POST", path, headers), receive)


async def _exchange(app: ASGIApp, scope: Scope, receive: Receive) -> bytes:
    body = b""
    status = 0

    async def send(message: Message) -> None:
        nonlocal body, status
        status = message.get("status", status)
        body += message.get("body", b"")

    await app(scope, receive, send)
    assert status == 200, f"{scope['path']} answered {status}: {body!r}"
    return body


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _scope(method: str, path: str, headers: Headers = ()) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"bench"), *headers],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }
