"""The bytes of one upload on their way to its consumers: counted, given out once, and never ended by an error."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager

from fastapi_convert.errors import UploadAborted, UploadTooLarge

from ._digest import Digest
from ._options import UploadOptions
from ._pools import step_pool
from ._progress import Progress
from ._sources import Source
from ._window import cost


class Arrival:
    """Takes chunks from a source when a consumer asks for them.

    Args:
        source: Where they come from.
        options: The limit, the digest and the progress that are kept here.
        label: How errors call the file.
        expected: Bytes that the client has announced, if it has.
    """

    def __init__(self, source: Source, options: UploadOptions, label: str, expected: int | None) -> None:
        self.received = 0
        self.complete = False
        self.digest = Digest(options.hash) if options.hash else None
        #: Whether a consumer is at work.
        self.reading = False
        self._source = source
        self._options = options
        self._label = label
        self._progress = Progress(options.progress, expected)
        self._ahead: deque[bytes] = deque()
        self._failure: Exception | None = None

    async def pull(self) -> bytes:
        """The next chunk, from what was given back or from the client; `b""` at the end."""
        if self._failure is not None:  # nobody may take a broken upload for one that has ended
            raise self._failure
        if self._ahead:
            return self._ahead.popleft()
        if self.complete:
            return b""
        try:
            chunk = await self._source.more()
            self._count(chunk)
        except Exception as error:
            self._failure = error
            raise
        return chunk

    def give_back(self, chunks: Sequence[bytes]) -> None:
        """What a consumer has pulled and not used; the next one gets it first."""
        self._ahead.extendleft(reversed(chunks))

    async def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end, which the next consumer still gets."""
        found: list[bytes] = []
        missing = size
        with self.one_reader():
            try:
                while missing > 0 and (chunk := await self.pull()):
                    found.append(chunk)
                    missing -= len(chunk)
            finally:
                self.give_back(found)
        return b"".join(found)[:size]

    async def up_to(self, size: int) -> AsyncIterator[bytes]:
        """Chunks with `size` bytes in all, or all that are left where it is negative."""
        while size and (chunk := await self.pull()):
            if 0 < size < len(chunk):
                self.give_back([chunk[size:]])
                chunk = chunk[:size]
            size -= len(chunk) if size > 0 else 0
            yield chunk

    @asynccontextmanager
    async def batches(self, limit: int | None = None) -> AsyncIterator[AsyncGenerator[list[bytes], None]]:
        """Chunks by the window, each worth a hop to a worker; with a limit of its own beside the upload's."""
        with self.one_reader(), self.in_hand():
            async with aclosing(self._gather(limit)) as batches:
                yield batches

    async def _gather(self, limit: int | None) -> AsyncGenerator[list[bytes], None]:
        batch: list[bytes] = []
        size = total = 0
        while chunk := await self.pull():
            batch.append(chunk)
            size += cost(chunk)
            total += len(chunk)
            if limit is not None and total > limit:
                raise self.too_large(limit)
            if size >= self._options.window:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    async def account(self, data: bytes) -> None:
        """Add what was consumed to the digest."""
        if self.digest is not None and data:
            await step_pool().run(self.digest.update, data)

    @contextmanager
    def one_reader(self) -> Iterator[None]:
        """One consumer at a time: of two, each would get a part of the bytes."""
        if self.reading:
            raise RuntimeError("This upload is being read already. Its bytes come once: let one consumer have them.")
        self.reading = True
        try:
            yield
        finally:
            self.reading = False

    @contextmanager
    def in_hand(self) -> Iterator[None]:
        """Around a consumer that holds bytes: when it fails, the next may not take what follows for the whole file."""
        try:
            yield
        except BaseException:
            if not self.complete:
                self._failure = self._failure or UploadAborted(
                    "An earlier consumer of this upload failed or was cancelled with some of its bytes in hand."
                )
            raise

    def close(self) -> None:
        """Nobody gets any more of it."""
        self._failure = self._failure or UploadAborted(
            "The request of this upload has ended, and its bytes with it. Consume it before the response, or save() it "
            "and give the path to what runs later."
        )

    def too_large(self, limit: int) -> UploadTooLarge:
        """The error for a file beyond a limit."""
        return UploadTooLarge(f"The file {self._label} has more than {limit} bytes: raise max_size for larger ones.")

    def _count(self, chunk: bytes) -> None:
        self.received += len(chunk)
        self.complete = not chunk
        limit = self._options.max_size
        if limit is not None and self.received > limit:
            raise self.too_large(limit)
        self._progress.tell(self.received, last=self.complete)
