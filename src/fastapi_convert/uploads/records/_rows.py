"""Typed records out of an upload while it arrives: `Rows`, what `file.csv()`, `.jsonl()` and `.lines()` return."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import anyio
from anyio.lowlevel import checkpoint

__all__ = ("RowError", "Rows")

T = TypeVar("T")

#: What a worker parses in one go: so many bytes bound how long it holds the GIL, and how many rows are in memory.
PIECE = 64 << 10
#: Rows that a consumer may take before the event loop gets a turn.
TURN = 256


@dataclass(frozen=True, slots=True)
class RowError:
    """A record that does not fit, as `rows.errors` keeps it with `on_error="collect"`.

    Examples:
        >>> from fastapi_convert.uploads.records import RowError
        >>> RowError(7, "age: Input should be a valid integer")
        RowError(line=7, message='age: Input should be a valid integer')
    """

    #: The line of the file on which the record begins, from 1, the header included.
    line: int
    #: What is wrong with it, without the values that it has: fit for the client to read.
    message: str


class _Parser(Protocol[T]):
    """What `Rows` asks of a parser. It is called on workers, one call at a time."""

    failure: Exception | None
    skipped: int

    @property
    def errors(self) -> list[RowError]: ...
    def feed(self, data: bytes, /) -> list[T]: ...
    def finish(self) -> list[T]: ...


class Rows(Generic[T]):
    """The records of an upload, one after the other, while it arrives. An iterator, to be used once.

    Each piece that arrives is parsed on a worker thread, and its records are given at once. Neither the event loop
    nor a thread waits for a slow client, and no more than a piece and an unfinished record are in memory. At its end,
    on an error and when it is cancelled it lets go of the upload by itself; to leave it half-way, use it in an
    `async with` block.

    Args:
        chunks: The bytes as they come. Closed when the rows end, whichever way they do.
        parser: Makes rows of them, and has `errors`, `skipped` and `failure`.
        step: Runs one step of the parser on a worker, as `pool.run` does.

    Raises:
        InvalidRecord: A record is bad, or too many are. The rows before it have been given.
        UploadTooLarge: A line or a record is longer than `max_line`.
        UploadAborted: The upload ended half-way, as all that `chunks` raises; the last half record is not given.

    Examples:
        >>> from fastapi_convert.uploads.records import Rows
        >>> async def first_name(rows: Rows[dict[str, str]]) -> str | None:
        ...     async with rows:  # closes the upload, also when it is left half-way
        ...         async for row in rows:
        ...             return row["name"]
        ...     return None
    """

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], parser: _Parser[T], step: Callable[..., Awaitable[Any]]
    ) -> None:
        self._chunks = chunks
        self._parser = parser
        self._step = step
        self._chunk = b""
        self._position = 0
        self._ready: deque[T] = deque()
        self._iterated = False
        self._busy = False
        self._ended = False
        self._closed = False

    @property
    def errors(self) -> list[RowError]:
        """The bad records so far, in order, with `on_error="collect"`. May be up to a piece ahead of the rows."""
        return self._parser.errors

    @property
    def skipped(self) -> int:
        """How many bad records were passed over so far, with `on_error="collect"` or `"skip"`."""
        return self._parser.skipped

    def __aiter__(self) -> Self:
        if self._iterated:
            raise RuntimeError("These rows were iterated before, and an upload passes only once: keep what is needed.")
        self._iterated = True
        return self

    async def __anext__(self) -> T:
        if self._busy:
            raise RuntimeError("Two tasks read the same rows. Let one read them, and hand them to the others.")
        self._busy = True
        ready = self._ready
        try:
            if not ready:
                await self._fill()
            elif len(ready) % TURN == 0:
                # A consumer that awaits nothing itself would keep the loop for the whole piece.
                await checkpoint()
            return ready.popleft()
        except BaseException:
            # Cancelled half-way, a piece may be lost: what came after it would not be the whole file.
            self._busy = False
            await self.aclose()
            raise
        finally:
            self._busy = False

    async def _fill(self) -> None:
        while not self._ready:
            if self._closed:
                raise StopAsyncIteration
            self._raise_failure()
            if self._ended:
                raise StopAsyncIteration
            self._ready.extend(await self._parse_piece())

    async def _parse_piece(self) -> list[T]:
        """The rows of the next piece; at the end, those that only the end completes."""
        while not self._ended and self._position >= len(self._chunk):
            chunk = await anext(self._chunks, None)
            self._position, self._chunk, self._ended = 0, chunk or b"", chunk is None
        if self._ended:
            return await self._step(self._parser.finish)  # type: ignore[no-any-return]  # what finish returns
        piece = self._chunk[self._position : self._position + PIECE]
        self._position += PIECE
        return await self._step(self._parser.feed, piece)  # type: ignore[no-any-return]  # what feed returns

    def _raise_failure(self) -> None:
        error, self._parser.failure = self._parser.failure, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # this frame is in the traceback: no cycle

    async def aclose(self) -> None:
        """Give no more rows, and let go of the upload. `errors` and `skipped` stay. May be called twice.

        Raises:
            RuntimeError: Another task is waiting for a row.
        """
        if self._busy:
            raise RuntimeError("A task waits for a row of these: cancel it first, and they close by themselves.")
        if self._closed:
            return
        self._closed = True
        self._ready.clear()
        self._chunk = b""
        with anyio.CancelScope(shield=True):
            await self._chunks.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
