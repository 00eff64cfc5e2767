"""Requests to an ASGI app without a server or a client, whose own time would cover what is measured."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Scope


async def get(app: ASGIApp, path: str) -> bytes:
    """The body that the app answers a GET with; anything but 200 is an error here."""
    body = b""
    status = 0

    async def send(message: Message) -> None:
        nonlocal body, status
        status = message.get("status", status)
        body += message.get("body", b"")

    await app(_scope(path), _receive, send)
    assert status == 200, f"{path} answered {status}: {body!r}"
    return body


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def _scope(path: str) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"bench")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }
