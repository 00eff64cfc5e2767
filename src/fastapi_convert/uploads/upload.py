"""`Upload`: a file that still arrives, and the ways to take it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, BinaryIO, Concatenate, ParamSpec, TypeVar

from starlette.datastructures import Headers, ImmutableMultiDict

from fastapi_convert._units import to_bytes
from fastapi_convert.errors import UploadAborted, UploadTooLarge
from fastapi_convert.offloading import Pool

from ._atomic import save_stream
from ._consume import Consumer, synchronous
from ._csv_rows import CsvParser
from ._digest import Digest
from ._json_rows import JsonlParser
from ._pools import step_pool, upload_pool
from ._progress import Progress, ProgressCallback
from ._row_parsers import LineParser, OnError
from ._sources import Source
from ._temporary import seekable_file, temporary_path
from .names import safe_name
from .records import Rows
from .saving import SavedFile

__all__ = ("Upload",)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

WINDOW = 1024 * 1024
#: What `seekable` and `path` put on disk at the most where neither they nor the upload have a `max_size`.
ON_DISK = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOptions:
    """How an upload is taken: arguments of `streamed`, parsed."""

    max_size: int | None = None
    hash: str | None = None
    progress: ProgressCallback | None = None
    pool: Pool | None = None
    window: int = WINDOW


class Upload:
    """A file whose bytes are still on their way. Nothing is read before you ask for it, and nothing is kept.

    Made by `streamed`, `streamed_body`, `streamed_form` and `adapt`. One consumer reads at a time; the next goes on
    where it has stopped. It ends with the request.

    Every method raises, wherever the consumer stands, and never ends early instead:

    - `UploadAborted` (400): the client went away, or the body ended before its closing boundary;
    - `UploadTooLarge` (413): a limit was passed;
    - `UploadStalled` (408): the client sends nothing, or too slowly.

    Cancelled, a method stops reading, lets its function or step on a worker end, and leaves nothing behind.
    """

    def __init__(
        self,
        source: Source,
        *,
        name: str = "",
        filename: str | None = None,
        headers: Headers | None = None,
        fields: Sequence[tuple[str, str]] = (),
        options: UploadOptions | None = None,
        expected: int | None = None,
    ) -> None:
        #: The name of the form's field.
        self.name = name
        #: The file's name as the client sent it: any text at all. See `safe_name`.
        self.filename = filename
        #: The headers of the form's part, or of the request.
        self.headers = headers or Headers()
        #: Bytes that have arrived so far.
        self.received = 0
        #: Whether all of them have.
        self.complete = False
        self._options = options = options or UploadOptions()
        self._source = source
        self._fields = fields
        self._ahead: deque[bytes] = deque()
        self._failure: Exception | None = None
        self._reading = False
        self._digest = Digest(options.hash) if options.hash else None
        self._progress = Progress(options.progress, expected)

    @property
    def content_type(self) -> str | None:
        """The media type that the client declares."""
        return self.headers.get("content-type")

    @property
    def safe_name(self) -> str:
        """The client's name for the file as a bare name that does no harm in any folder; never empty."""
        return safe_name(self.filename)

    @property
    def fields(self) -> ImmutableMultiDict[str, str]:
        """The form's other fields that have arrived: those before the file, and after its end the later ones too."""
        return ImmutableMultiDict(list(self._fields))

    @property
    def digest(self) -> str | None:
        """The hex digest, if `hash` asked for one and every byte was consumed; `None` until then."""
        if self._digest is None or not self.complete or self._digest.size != self.received:
            return None
        return self._digest.hexdigest()

    async def run(self, fn: Callable[Concatenate[BinaryIO, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(file, *args, **kwargs)` on a worker, with a file that it reads while the upload arrives.

        The file is binary and forward-only. It blocks until bytes are there; when the function is slower than the
        client, the client is slowed down. A worker is taken only when a window (1 MiB) of the file has arrived, or all
        of it.

        Args:
            fn: A synchronous function that is done when it returns: no coroutine function, no generator.
            *args: Its further positional arguments.
            **kwargs: Its keyword arguments.

        Raises:
            PoolFull: Too many uploads wait for a worker: 503 with `Retry-After`.
            NotSeekable: `fn` has called `seek()`: give it `seekable()` or `path()`.
            TypeError: `fn` is asynchronous or a generator.
            Exception: What `fn` raises, itself. But an `UploadAborted` that the file raised in `fn` comes back as the
                upload's own error, whatever `fn` has made of it.

        Example:
            >>> def count_lines(file) -> int:  # a function that you have
            ...     return sum(1 for line in file)
            >>> async def endpoint(file: Upload) -> int:
            ...     return await file.run(count_lines)
        """
        with self._one_reader():
            return await self._run(synchronous(fn), args, kwargs)  # type: ignore[no-any-return]  # what fn returns

    async def _run(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        consumed = self._digest.update if self._digest is not None else None
        consumer = Consumer(self._pull, self._options.window, consumed)
        try:
            return await consumer.run(self._options.pool or upload_pool(), fn, args, kwargs)
        finally:
            self._ahead.extendleft(reversed(consumer.leftover()))

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes as they arrive, in pieces of the server's making (64 to 256 KiB).

        Example:
            >>> async def endpoint(file: Upload) -> int:
            ...     return sum([len(chunk) async for chunk in file.chunks()])
        """
        while chunk := await self._next_chunk():
            yield chunk

    async def _next_chunk(self) -> bytes:
        # Not one reader over all of `chunks`: after a `break` its generator is closed later, and the next may begin.
        with self._one_reader(), self._whole():
            chunk = await self._pull()
            await self._account(chunk)
            return chunk

    async def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end; without a size all that is left, in memory.

        For small files, with a `max_size`. What is large goes through `run`, `chunks` or `save`.
        """
        with self._one_reader(), self._whole():
            data = b"".join([chunk async for chunk in self._up_to(size)])
            await self._account(data)
            return data

    async def _up_to(self, size: int) -> AsyncIterator[bytes]:
        while size and (chunk := await self._pull()):
            if 0 < size < len(chunk):
                self._ahead.appendleft(chunk[size:])
                chunk = chunk[:size]
            size -= len(chunk) if size > 0 else 0
            yield chunk

    async def drain(self) -> None:
        """Read what is left, and drop it: for the digest, the later fields, or a connection that is to stay open."""
        async with aclosing(self.chunks()) as chunks:
            async for _ in chunks:
                pass

    def lines(self, *, encoding: str = "utf-8-sig", max_line: int | str = "1MB") -> Rows[str]:
        """The lines of a text file, without their ends.

        Args:
            encoding: Of the text; the default takes UTF-8 with or without a byte order mark.
            max_line: Bytes of the longest line; past it the upload is refused with `UploadTooLarge`.

        Raises:
            InvalidRecord: The text is not in this encoding; it names the line.
        """
        parser = LineParser(encoding=encoding, max_line=to_bytes(max_line, "max_line"))
        return Rows(self.chunks(), parser, step_pool().run)

    def csv(
        self, model: Any = None, *, on_error: OnError = "raise", max_line: int | str = "1MB", **options: Any
    ) -> Rows[Any]:
        """The rows of a CSV file, each validated: `async for row in file.csv(Row)`."""
        parser = CsvParser(model, on_error=on_error, max_line=to_bytes(max_line, "max_line"), **options)
        return Rows(self.chunks(), parser, step_pool().run)

    def jsonl(
        self, model: Any = None, *, on_error: OnError = "raise", max_line: int | str = "1MB", **options: Any
    ) -> Rows[Any]:
        """The documents of a JSON Lines file, each validated: `async for event in file.jsonl(Event)`."""
        parser = JsonlParser(model, on_error=on_error, max_line=to_bytes(max_line, "max_line"), **options)
        return Rows(self.chunks(), parser, step_pool().run)

    async def save(
        self, path: str | os.PathLike[str], *, exclusive: bool = False, fsync: bool = True, mode: int = 0o600
    ) -> SavedFile:
        """Write the file to `path`, all of it or nothing.

        It grows in a temporary file in the same folder, is synced to the disk, and then takes its name in one step. An
        error, a cancellation or a client that goes away leaves what was there before. What a killed process leaves is
        removed by the next process's first save into that folder, or by `sweep`.

        Args:
            path: Never made of `filename`: use `safe_name`, or a name of your own. Its folder must exist.
            exclusive: Whether to refuse with `UploadExists` (409) where there is a file of that name; of two uploads at
                once one wins. Otherwise the file is replaced.
            fsync: Whether the file and its name survive a power cut once this has returned.
            mode: Permissions of the file.

        Raises:
            UploadExists: See `exclusive`.
            FileNotFoundError: There is no such folder.
            OSError: What the disk says, such as that it is full.

        Example:
            >>> async def endpoint(file: Upload) -> str:
            ...     saved = await file.save(UPLOADS / file.safe_name, exclusive=True)
            ...     return f"{saved.size} bytes, {saved.digest}"
        """
        async with self._batches() as batches:
            return await save_stream(
                batches,
                Path(path),
                exclusive=exclusive,
                fsync=fsync,
                mode=mode,
                hasher=self._digest,
                pool=step_pool(),
            )

    @asynccontextmanager
    async def seekable(self, *, max_size: int | str | None = None) -> AsyncIterator[IO[bytes]]:
        """The whole file as one that can seek, for zip, xlsx, parquet, pdf: `async with file.seekable() as f`.

        It waits for all of the file, in memory up to a window (1 MiB), then in a nameless temporary file, 0600. Give it
        to a function on a worker: `await offload(parse)(f)`.

        Args:
            max_size: Bytes, such as `"200MB"`; the upload's own `max_size` by default, and 1 GB where it has none.
        """
        window, digest = self._options.window, self._digest
        async with self._batches(self._disk_limit(max_size)) as batches, seekable_file(batches, window, digest) as file:
            yield file

    @asynccontextmanager
    async def path(self, *, max_size: int | str | None = None) -> AsyncIterator[Path]:
        """The whole file in a temporary file, 0600, for functions that want a path; removed at the end of the block.

        Its suffix is that of `safe_name`, since many functions look at it.

        Args:
            max_size: Bytes, such as `"200MB"`; the upload's own `max_size` by default, and 1 GB where it has none.
        """
        suffix, digest = Path(self.safe_name).suffix, self._digest
        async with (
            self._batches(self._disk_limit(max_size)) as batches,
            temporary_path(batches, suffix, digest) as path,
        ):
            yield path

    def _disk_limit(self, max_size: int | str | None) -> int:
        if max_size is not None:
            return to_bytes(max_size, "max_size")
        return ON_DISK if self._options.max_size is None else self._options.max_size

    @asynccontextmanager
    async def _batches(self, limit: int | None = None) -> AsyncIterator[AsyncGenerator[list[bytes], None]]:
        with self._one_reader(), self._whole():
            async with aclosing(self._gather(limit)) as batches:
                yield batches

    async def _gather(self, limit: int | None) -> AsyncGenerator[list[bytes], None]:
        """Chunks by the window, which is worth a hop to a worker."""
        batch: list[bytes] = []
        size = total = 0
        while chunk := await self._pull():
            batch.append(chunk)
            size += len(chunk)
            total += len(chunk)
            if limit is not None and total > limit:
                raise self._too_large(limit)
            if size >= self._options.window:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    @property
    def reading(self) -> bool:
        """Whether a consumer is at work."""
        return self._reading

    @contextmanager
    def _one_reader(self) -> Iterator[None]:
        if self._reading:
            raise RuntimeError("This upload is being read already. Its bytes come once: let one consumer have them.")
        self._reading = True
        try:
            yield
        finally:
            self._reading = False

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """For consumers that hold bytes in hand: when one fails, the next may not take what follows for the file."""
        try:
            yield
        except BaseException:
            if not self.complete:
                self._failure = self._failure or UploadAborted(
                    "An earlier consumer of this upload failed or was cancelled with some of its bytes in hand."
                )
            raise

    async def _pull(self) -> bytes:
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

    def _count(self, chunk: bytes) -> None:
        self.received += len(chunk)
        self.complete = not chunk
        limit = self._options.max_size
        if limit is not None and self.received > limit:
            raise self._too_large(limit)
        self._progress.tell(self.received, last=self.complete)

    def _too_large(self, limit: int) -> UploadTooLarge:
        return UploadTooLarge(
            f"The file {self.filename!r} has more than {limit} bytes: raise max_size for larger ones."
        )

    async def _account(self, data: bytes) -> None:
        if self._digest is not None and data:
            await step_pool().run(self._digest.update, data)

    async def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end, which the next consumer still gets."""
        found: list[bytes] = []
        with self._one_reader():
            try:
                while sum(map(len, found)) < size and (chunk := await self._pull()):
                    found.append(chunk)
            finally:
                self._ahead.extendleft(reversed(found))
        return b"".join(found)[:size]

    def close(self) -> None:
        """Let go of the upload: who reads on is told that it has ended. Done for you at the end of the request."""
        self._failure = self._failure or UploadAborted(
            "The request of this upload has ended, and its bytes with it. Consume it before the response, or save() it "
            "and give the path to what runs later."
        )
