"""Frames on the private socket between a caller and its worker process: a pickle, and big buffers beside it.

One side sends a frame, the other answers with one: there is never more than one on the way, so a reader may take all
that has arrived. Big buffers lie in shared memory (see `_arena`) or, where there is none, follow on the socket.

Pickle is safe here and only here: the socket is an unnamed pair, made for one worker, and nobody else has an end.
"""

from __future__ import annotations

import array
import contextlib
import functools
import selectors
import socket
import struct
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from fastapi_convert.offloading._arena import (
    AS_BYTEARRAY,
    AS_BYTES,
    KEEP,
    Arena,
    Buffer,
    Entry,
    Inbox,
    form_of,
    fresh_block,
)

_T = TypeVar("_T")

# What a frame is.
CALL, READY, NOT_READY, RESULT, RAISED, EXITED, REFUSED = range(7)

_HEAD = struct.Struct("=BBIQQ")  # kind, flags, number of buffers, length of the pickle, capacity of the arena
_ENTRY = struct.Struct("=QB")
_FD = struct.Struct("=i")
_PINNED = 1
_CHUNK = 1 << 16
_CLOEXEC = getattr(socket, "MSG_CMSG_CLOEXEC", 0)


class Frame(NamedTuple):
    """One message: its kind, a pickle, and the buffers that the pickle refers to."""

    kind: int
    stream: bytes | memoryview
    buffers: list[Buffer]


def _never(event: int) -> None:
    raise AssertionError(f"a blocking socket had to wait for event {event}")


class Link:
    """One end of the socket.

    Args:
        sock: A connected stream socket; a Unix one if `shared`.
        shared: Put big buffers into shared memory. Both ends must agree.
        lend: Hand out views on the shared memory instead of copies (see `Inbox`).
        wait: Called with a selectors event when `sock`, which is then non-blocking, is not ready. It raises to give up.
    """

    def __init__(
        self, sock: socket.socket, *, shared: bool, lend: bool = False, wait: Callable[[int], None] = _never
    ) -> None:
        self._sock = sock
        self._wait = wait
        self._arena = Arena() if shared else None
        self._inbox = Inbox(lend=lend)
        self._ahead = memoryview(b"")

    def send(self, kind: int, stream: bytes = b"", buffers: list[memoryview] | None = None) -> None:
        """Send one frame. `buffers` is emptied as soon as its bytes lie in shared memory."""
        buffers = buffers or []
        entries = [Entry(buffer.nbytes, form_of(buffer)) for buffer in buffers]
        arena = self._arena if buffers else None
        if arena is not None:
            arena.fill(buffers)
            buffers.clear()  # they may be views on what the inbox lent, which would look as if it were still in use
        flags = _PINNED if self._inbox.settle() else 0
        head = _HEAD.pack(kind, flags, len(entries), len(stream), arena.capacity if arena is not None else 0)
        self._send_parts(head + b"".join(_ENTRY.pack(*entry) for entry in entries), stream, arena)
        for buffer in buffers:
            self._write(buffer)

    def _send_parts(self, head: bytes, stream: bytes, arena: Arena | None) -> None:
        if len(stream) <= _CHUNK:
            head, stream = head + stream, b""  # one system call for most frames
        sent = self._send_fd(head, arena) if arena is not None else 0
        self._write(memoryview(head)[sent:])
        self._write(memoryview(stream))
        if arena is not None and arena.capacity > KEEP:
            arena.drop()

    def _send_fd(self, head: bytes, arena: Arena) -> int:
        """Send the first bytes together with the arena's descriptor, if the other end has not got it yet."""
        fd = arena.to_hand_over()
        if fd is None:
            return 0
        handle = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        sent = self._when_ready(selectors.EVENT_WRITE, lambda: self._sock.sendmsg([head], handle))
        arena.handed_over()
        return sent

    def _write(self, data: memoryview) -> None:
        while data:
            data = data[self._when_ready(selectors.EVENT_WRITE, functools.partial(self._sock.send, data)) :]

    def _when_ready(self, event: int, attempt: Callable[[], _T]) -> _T:
        while True:
            with contextlib.suppress(BlockingIOError):
                return attempt()
            self._wait(event)

    def receive(self) -> Frame:
        """Wait for one frame. `EOFError` when the other end is gone."""
        self._ahead = memoryview(self._first_bytes())
        kind, flags, count, length, capacity = _HEAD.unpack(self._take(_HEAD.size))
        entries = [Entry(*_ENTRY.unpack(self._take(_ENTRY.size))) for _ in range(count)]
        stream = self._take(length)
        if flags & _PINNED and self._arena is not None:
            self._arena.drop()  # the other end still reads it: the next frame gets a fresh one
        buffers = self._inbox.open(entries, capacity) if capacity else [self._inline(entry) for entry in entries]
        return Frame(kind, stream, buffers)

    def _first_bytes(self) -> bytes:
        if self._wait is not _never:  # nobody has answered yet: the attempt would be in vain
            self._wait(selectors.EVENT_READ)
        data = self._when_ready(selectors.EVENT_READ, self._receive_some)
        if not data:
            raise EOFError
        return data

    def _receive_some(self) -> bytes:
        if self._arena is None:
            return self._sock.recv(_CHUNK)
        data, control, _, _ = self._sock.recvmsg(_CHUNK, socket.CMSG_SPACE(_FD.size), _CLOEXEC)
        for _, _, handle in control:
            self._inbox.adopt(_FD.unpack(handle[: _FD.size])[0])
        return data

    def _take(self, size: int) -> memoryview:
        if len(self._ahead) >= size:
            taken, self._ahead = self._ahead[:size], self._ahead[size:]
            return taken
        taken = memoryview(bytearray(size))
        self._read_into(taken)
        return taken

    def _read_into(self, target: memoryview) -> None:
        known = min(len(self._ahead), len(target))
        target[:known], self._ahead = self._ahead[:known], self._ahead[known:]
        target = target[known:]
        while target:
            count = self._when_ready(selectors.EVENT_READ, functools.partial(self._sock.recv_into, target))
            if not count:
                raise EOFError
            target = target[count:]

    def _inline(self, entry: Entry) -> Buffer:
        block = fresh_block(entry.size)
        self._read_into(block)
        return bytes(block) if entry.form == AS_BYTES else bytearray(block) if entry.form == AS_BYTEARRAY else block

    def close(self) -> None:
        """Close the socket and give the shared memory back."""
        self._sock.close()
        self._inbox.drop()
        if self._arena is not None:
            self._arena.drop()
