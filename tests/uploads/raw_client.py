"""A client of bare sockets: it stops where it likes, lies, vanishes, and knows how many bytes it got rid of."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from types import TracebackType
from typing import Self

from tests.uploads.arriving import MULTIPART

__all__ = ("Answer", "RawClient", "chunked", "head")

TIMEOUT = 20.0
#: A client that cannot send for so long is being held back.
HELD_BACK = 0.4


def head(path: str, length: int | None = None, headers: Mapping[str, str] | None = None, method: str = "POST") -> bytes:
    """The head of a request with a form; without a length its body comes in chunks."""
    framing = {"Transfer-Encoding": "chunked"} if length is None else {"Content-Length": str(length)}
    fields = {"Host": "test", "Content-Type": MULTIPART, **framing, **(headers or {})}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join([*lines, "", ""]).encode()


def chunked(*pieces: bytes) -> bytes:
    """A body in the chunked coding, its end included."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


@dataclass(frozen=True)
class Answer:
    """What a server has answered. The names of the headers are in small letters."""

    status: int
    headers: dict[str, str]
    body: bytes


class RawClient:
    """One connection. As a context manager it is closed at the end of the block."""

    def __init__(self, port: int, data: bytes = b"") -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), TIMEOUT)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        #: Bytes that the kernel has taken, for the wire or for its own buffers.
        self.sent = 0
        #: The server has closed while there was more to send.
        self.cut_off = False
        self.send(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def send(self, data: bytes) -> bool:
        """Send all of it; `False` if the server has closed."""
        view = memoryview(data)
        try:
            while view:
                count = self._socket.send(view)
                self.sent += count
                view = view[count:]
        except ConnectionError:
            self.cut_off = True
        return not self.cut_off

    def pump(self, blocks: Iterable[bytes]) -> None:
        """Send blocks until there are no more, or until the server closes."""
        for block in blocks:
            if not self.send(block):
                return

    def push(self, data: bytes, seconds: float) -> bytes:
        """Send without being patient, for `seconds` at the most; what the server did not take."""
        view, deadline = memoryview(data), time.monotonic() + seconds
        self._socket.setblocking(False)
        while view and time.monotonic() < deadline and select.select([], [self._socket], [], HELD_BACK)[1]:
            count = self._socket.send(view)
            self.sent += count
            view = view[count:]
        self._socket.settimeout(TIMEOUT)
        return bytes(view)

    def receive(self, size: int = 65_536) -> bytes:
        """What has come; `b""` when the server has closed."""
        try:
            return self._socket.recv(size)
        except ConnectionError:
            return b""

    def answer(self) -> Answer | None:
        """The answer, past any `100 Continue`; `None` if the server closes without one."""
        with contextlib.closing(HTTPResponse(self._socket)) as response:
            try:
                response.begin()
                headers = {name.lower(): value for name, value in response.getheaders()}
                return Answer(response.status, headers, response.read())
            except (HTTPException, ConnectionError):
                return None

    def is_closed(self) -> bool:
        """Whether the server closes the connection: waits for it, or for bytes that nobody asked for."""
        return not self.receive()

    def half_close(self) -> None:
        """Send no more, and go on listening."""
        with contextlib.suppress(OSError):  # the server was quicker
            self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Go away in order."""
        self._socket.close()

    def reset(self) -> None:
        """Go away with a RST, as a machine does that loses power and comes back."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
