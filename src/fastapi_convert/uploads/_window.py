"""The bounded pipe between the event loop, which puts chunks in, and one worker, which reads them as a file."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

import anyio
from anyio.lowlevel import current_token

from fastapi_convert.errors import UploadAborted

#: What a chunk takes beside its bytes. A client that has its body cut into single bytes must not fill a window with a
#: million of them.
OVERHEAD = 64
#: Seconds that a reader with nothing to read waits for half a window, before it is content with less.
PATIENCE = 0.002


class Window:
    """At most `size` bytes in memory, and one chunk more, between the client and the function that reads.

    A full window stops the reading of the socket, and so in the end the client. Neither side is woken at every chunk,
    which would cost more than the rest of the work: the loop when half of the window is free, the worker when half of
    it is full, or `PATIENCE` has passed.
    """

    def __init__(self, size: int, chunks: Iterable[bytes] = ()) -> None:
        self._size = size
        self._half = size // 2
        self._needed = 1
        self._chunks: deque[bytes] = deque(chunks)
        self._buffered = sum(map(cost, self._chunks))
        self._changed = threading.Condition(threading.Lock())
        self._ended = False
        self._failure: BaseException | None = None
        self._wake: Callable[[], object] | None = None
        #: The reader has been told that the upload failed.
        self.told = False

    # On the loop

    @property
    def is_full(self) -> bool:
        return self._buffered >= self._size

    def put(self, chunk: bytes) -> None:
        with self._changed:
            self._chunks.append(chunk)
            self._buffered += cost(chunk)
            if self._buffered >= self._needed:
                self._changed.notify()

    def end(self) -> None:
        """There is no more to come."""
        with self._changed:
            self._ended = True
            self._changed.notify()

    def fail(self, error: BaseException) -> None:
        """Nothing more will come, and what did come is no whole file. The reader is told at once."""
        with self._changed:
            self._failure = error
            self._changed.notify()

    async def wait_for_room(self) -> None:
        """Until half of the window is free."""
        room = anyio.Event()
        with self._changed:
            if self._buffered <= self._half:
                return
            self._wake = _from_a_thread(room.set)
        await room.wait()

    def leftover(self) -> list[bytes]:
        """What nobody has read."""
        with self._changed:
            chunks, self._chunks, self._buffered = list(self._chunks), deque(), 0
        return chunks

    # On the worker

    def take(self) -> bytes:
        """The next chunk, waiting for it; `b""` at the end of the file.

        Raises:
            UploadAborted: The upload failed or was cancelled; the reason is its `__cause__`.
        """
        with self._changed:
            if not self._chunks:
                self._wait()
            if self._failure is not None:
                self.told = True
                raise UploadAborted(f"The upload broke off: {self._failure}") from self._failure
            if not self._chunks:
                return b""
            chunk = self._chunks.popleft()
            self._buffered -= cost(chunk)
            wake = self._wake if self._buffered <= self._half else None
            if wake is not None:
                self._wake = None
        if wake is not None:
            wake()
        return chunk

    def _wait(self) -> None:
        self._needed = self._half
        self._changed.wait_for(self._is_ready, PATIENCE)
        self._needed = 1
        self._changed.wait_for(self._is_ready)

    def _is_ready(self) -> bool:
        enough = bool(self._chunks) and self._buffered >= self._needed
        return enough or self._ended or self._failure is not None


def cost(chunk: bytes) -> int:
    """The memory that a chunk takes."""
    return len(chunk) + OVERHEAD


def _from_a_thread(callback: Callable[[], object]) -> Callable[[], object]:
    """What a worker calls to have `callback` called on the running loop, soon and without waiting for it."""
    native: Any = current_token().native_token
    soon = native.call_soon_threadsafe if hasattr(native, "call_soon_threadsafe") else native.run_sync_soon

    def wake() -> None:
        try:
            soon(callback)
        except RuntimeError:  # the loop is closed, or the trio run over: nobody waits any more
            return

    return wake
