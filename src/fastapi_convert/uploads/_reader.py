"""The binary file that a consumer reads on its worker, while the upload still arrives."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NoReturn

from fastapi_convert.errors import NotSeekable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from ._window import Window


NO_SEEK = (
    "A streamed upload cannot seek, for its bytes are not kept. Give the function a file that can, "
    "`async with file.seekable(max_size=...) as f`, or a path, `async with file.path() as p`."
)


class UploadReader(io.BufferedIOBase):
    """A forward-only binary file over a `Window`. It blocks, so it is for workers, and it belongs to one consumer.

    Args:
        window: Where the bytes come from.
        consumed: Told of every piece that was read, in order; what computes a digest.
    """

    def __init__(self, window: Window, consumed: Callable[[memoryview], object] | None = None) -> None:
        super().__init__()
        self._window = window
        self._consumed = consumed
        self._chunk = b""
        self._at = 0
        self._told = 0
        #: Somebody has tried to.
        self.seek_refused = False

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """`size` bytes, fewer only at the end of the file; all that is left without a size."""
        if size is None or size < 0:
            return b"".join(self._pieces())
        if size and self._load() >= size:  # one copy
            return self._cut(size)
        found: list[bytes] = []
        while size and (piece := self.read1(size)):
            found.append(piece)
            size -= len(piece)
        return b"".join(found)

    def read1(self, size: int = -1, /) -> bytes:
        """What is there, at most `size` bytes; waits only where there is nothing."""
        available = self._load() if size else 0
        return self._cut(available if size < 0 else min(size, available))

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill `buffer`, less only at the end of the file."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (count := self.readinto1(view[filled:])):
            filled += count
        return filled

    def readinto1(self, buffer: WriteableBuffer, /) -> int:
        """Put what is there into `buffer`; waits only where there is nothing."""
        view = memoryview(buffer).cast("B")
        count = min(len(view), self._load()) if view else 0
        view[:count] = memoryview(self._chunk)[self._at : self._at + count]
        self._at += count
        return count

    def readline(self, size: int | None = -1, /) -> bytes:
        """Bytes up to and with the next newline."""
        limit = -1 if size is None else size
        found: list[bytes] = []
        while available := self._load() if limit else 0:
            end = self._chunk.find(b"\n", self._at) + 1
            count = end - self._at if end else available
            if limit > 0:
                count = min(count, limit)
                limit -= count
            found.append(self._cut(count))
            if found[-1].endswith(b"\n"):
                break
        return found[0] if len(found) == 1 else b"".join(found)

    def peek(self, _size: int = 0, /) -> bytes:
        """What is there, without reading past it; waits only where there is nothing."""
        self._load()
        return self._chunk[self._at :]

    def seek(self, _offset: int, _whence: int = 0, /) -> NoReturn:
        """Refused: the bytes are passed on as they arrive."""
        self.seek_refused = True
        raise NotSeekable(NO_SEEK)

    def close(self) -> None:
        """Let go of the upload; what was not read stays with it."""
        if not self.closed:
            self._account()
        super().close()

    def leftover(self) -> bytes:
        """What was taken out of the window, and not read."""
        return self._chunk[self._at :]

    def _pieces(self) -> Iterator[bytes]:
        while available := self._load():
            yield self._cut(available)

    def _load(self) -> int:
        """How many bytes are there; waits where there are none, and 0 is the end of the file."""
        if self.closed:
            raise ValueError(
                "This upload's file is closed: the function that it was given to has ended. Read all that is needed "
                "before it returns, or save() the upload."
            )
        if self._at >= len(self._chunk):
            self._account()
            self._chunk, self._at, self._told = self._window.take(), 0, 0
        return len(self._chunk) - self._at

    def _cut(self, count: int) -> bytes:
        start, self._at = self._at, self._at + count
        return self._chunk[start : self._at]

    def _account(self) -> None:
        if self._consumed is not None and self._at > self._told:
            self._consumed(memoryview(self._chunk)[self._told : self._at])
            self._told = self._at
