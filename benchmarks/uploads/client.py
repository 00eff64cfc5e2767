"""The client: raw sockets, so that next to nothing of the time is its own."""

from __future__ import annotations

import http.client
import json
import socket
import time
from typing import Any, Self

from benchmarks.uploads.forms import CONTENT_TYPE, Form

TIMEOUT = 120.0


def get(port: int, path: str) -> str:
    """The answer to a GET."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


class Asking:
    """A client that asks for one thing again and again, on one connection."""

    def __init__(self, port: int, path: str, patience: float = TIMEOUT) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
        self._path = path

    def __enter__(self) -> Self:
        self._connection.connect()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._connection.close()

    def milliseconds(self) -> float:
        """How long an answer takes; `TimeoutError` when there is none for as long as `patience`."""
        began = time.perf_counter()
        self._connection.request("GET", self._path)
        self._connection.getresponse().read()
        return (time.perf_counter() - began) * 1000


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)


def head(path: str, length: int | None) -> bytes:
    """What stands before a body of `length` bytes, or before one in chunks."""
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: {CONTENT_TYPE}\r\n{framing}\r\n\r\n".encode()


def answer(sock: socket.socket) -> tuple[int, bytes]:
    """Status and body."""
    with http.client.HTTPResponse(sock) as response:
        response.begin()
        return response.status, response.read()


def upload(port: int, path: str, form: Form, expected: Any) -> float:
    """Send the form, see that the answer is as expected, and return the seconds from the first byte to the answer."""
    with connect(port) as sock:
        began = time.perf_counter()
        sock.sendall(head(path, form.size))
        for piece in form.pieces():
            sock.sendall(piece)
        status, body = answer(sock)
        took = time.perf_counter() - began
    assert status == 200, f"{path} answered {status}: {body!r}"
    assert json.loads(body) == expected, f"{path} returned {body!r}, not {expected!r}"
    return took
