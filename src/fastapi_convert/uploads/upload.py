"""`Upload`: a file that still arrives, and the ways to take it."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, ParamSpec, TypeVar, Unpack, overload

from starlette.datastructures import Headers, ImmutableMultiDict

from fastapi_convert._units import to_bytes

from ._arrival import Arrival
from ._consume import Consumer, synchronous
from ._options import CsvOptions, JsonlOptions, UploadOptions
from ._pools import step_pool, upload_pool
from ._sources import Source
from ._temporary import seekable_file, temporary_path
from .names import safe_name
from .records import Rows
from .records._csv_rows import CsvParser
from .records._json_rows import JsonlParser
from .records._row_parsers import LineParser
from .saving import SavedFile
from .saving._atomic import save_stream

__all__ = ("Upload",)

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

#: What `seekable` and `path` put on disk at the most where neither they nor the upload have a `max_size`.
ON_DISK = 1_000_000_000


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
        self._options = options or UploadOptions()
        self._fields = fields
        self._arrival = Arrival(source, self._options, repr(filename or name), expected)

    @property
    def received(self) -> int:
        """Bytes that have arrived so far."""
        return self._arrival.received

    @property
    def complete(self) -> bool:
        """Whether all of them have."""
        return self._arrival.complete

    @property
    def reading(self) -> bool:
        """Whether a consumer is at work."""
        return self._arrival.reading

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
        digest = self._arrival.digest
        return digest.hexdigest() if digest is not None and self.complete and digest.size == self.received else None

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

        Examples:
            >>> def count_lines(file) -> int:  # a function that you have
            ...     return sum(1 for line in file)
            >>> async def endpoint(file: Upload) -> int:
            ...     return await file.run(count_lines)
        """
        consume = synchronous(fn)
        with self._begin().one_reader():
            return await self._run(consume, args, kwargs)  # type: ignore[no-any-return]  # what fn returns

    async def _run(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        arrival = self._arrival
        consumed = arrival.digest.update if arrival.digest is not None else None
        consumer = Consumer(arrival.pull, self._options.window, consumed)
        try:
            return await consumer.run(self._options.pool or upload_pool(), fn, args, kwargs)
        finally:
            arrival.give_back(consumer.leftover())

    def _begin(self) -> Arrival:
        """Where a consumer takes its bytes from: where the last one has stopped."""
        return self._arrival

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """The bytes as they arrive, in pieces of the server's making (64 to 256 KiB).

        Examples:
            >>> async def endpoint(file: Upload) -> int:
            ...     return sum([len(chunk) async for chunk in file.chunks()])
        """
        arrival = self._begin()
        while True:
            # Not one reader for all of them: after a `break` this generator is closed some time later.
            with arrival.one_reader(), arrival.in_hand():
                chunk = await arrival.pull()
                await arrival.account(chunk)
            if not chunk:
                return
            yield chunk

    async def read(self, size: int = -1) -> bytes:
        """`size` bytes, fewer only at the end; without a size all that is left, in memory.

        For small files, with a `max_size`. What is large goes through `run`, `chunks` or `save`.
        """
        arrival = self._begin()
        with arrival.one_reader(), arrival.in_hand():
            data = b"".join([chunk async for chunk in arrival.up_to(size)])
            await arrival.account(data)
            return data

    async def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end, which the next consumer still gets."""
        return await self._begin().peek(size)

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

    @overload
    def csv(self, model: type[T], /, **options: Unpack[CsvOptions]) -> Rows[T]: ...
    @overload
    def csv(self, model: None = None, /, **options: Unpack[CsvOptions]) -> Rows[dict[str, Any]]: ...
    def csv(self, model: type[Any] | None = None, /, **options: Unpack[CsvOptions]) -> Rows[Any]:
        """The rows of a CSV file, each validated: `async for row in file.csv(Row)`.

        They are parsed by the `csv` module, in pieces and on a worker, while the file arrives; no thread waits for the
        client.

        Args:
            model: What pydantic makes of a row, a dict of cells by the names in the header: a model, a dataclass, a
                TypedDict. `None` leaves the dict.
            **options: All are keywords.

                - `on_error`: `"raise"` (default) the first bad row; `"collect"` them in `rows.errors`; or `"skip"`.
                - `encoding`: `"utf-8-sig"` by default, which takes UTF-8 with or without a byte order mark.
                - `delimiter`, `quotechar` and the other formatting parameters of `csv.reader`, and `dialect`.
                - `fieldnames`: names of the columns, for a file without a header.
                - `none_values`: cells that mean `None`, such as `{"", "NULL"}`.
                - `max_line`: bytes of the longest record, `"1MB"` by default; past it `UploadTooLarge`.
                - `max_errors`: the errors that are collected at the most, 1000 by default.

        Raises:
            InvalidRecord: A row or the header is not valid: 422, and the client reads which and why.

        Examples:
            >>> async def endpoint(file: Upload) -> dict[str, object]:
            ...     rows = file.csv(Product, on_error="collect")
            ...     added = [await add(product) async for product in rows]
            ...     return {"added": len(added), "errors": rows.errors}
        """
        parser: CsvParser[Any] = CsvParser(model, **_in_bytes(options))
        return Rows(self.chunks(), parser, step_pool().run)

    @overload
    def jsonl(self, model: type[T], /, **options: Unpack[JsonlOptions]) -> Rows[T]: ...
    @overload
    def jsonl(self, model: None = None, /, **options: Unpack[JsonlOptions]) -> Rows[Any]: ...
    def jsonl(self, model: type[Any] | None = None, /, **options: Unpack[JsonlOptions]) -> Rows[Any]:
        """The documents of a JSON Lines file, each validated: `async for event in file.jsonl(Event)`.

        Args:
            model: What pydantic makes of a line; `None` takes any JSON.
            **options: `on_error`, `max_line` and `max_errors`, as for `csv`.

        Raises:
            InvalidRecord: A line is not valid: 422, and the client reads which and why.
        """
        parser: JsonlParser[Any] = JsonlParser(model, **_in_bytes(options))
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

        Examples:
            >>> async def endpoint(file: Upload) -> str:
            ...     saved = await file.save(UPLOADS / file.safe_name, exclusive=True)
            ...     return f"{saved.size} bytes, {saved.digest}"
        """
        arrival = self._begin()
        async with arrival.batches() as batches:
            return await save_stream(
                batches,
                Path(path),
                exclusive=exclusive,
                fsync=fsync,
                mode=mode,
                hasher=arrival.digest,
                pool=step_pool(),
            )

    @asynccontextmanager
    async def seekable(self, *, max_size: int | str | None = None) -> AsyncIterator[BinaryIO]:
        """The whole file as one that can seek, for zip, xlsx, parquet, pdf: `async with file.seekable() as f`.

        It waits for all of the file, in memory up to a window (1 MiB), then in a nameless temporary file, 0600. Give it
        to a function on a worker: `await offload(parse)(f)`.

        Args:
            max_size: Bytes, such as `"200MB"`; the upload's own `max_size` by default, and 1 GB where it has none.
        """
        arrival, window = self._begin(), self._options.window
        async with (
            arrival.batches(self._disk_limit(max_size)) as batches,
            seekable_file(batches, window, arrival.digest) as file,
        ):
            yield file

    @asynccontextmanager
    async def path(self, *, max_size: int | str | None = None) -> AsyncIterator[Path]:
        """The whole file in a temporary file, 0600, for functions that want a path; removed at the end of the block.

        Its suffix is that of `safe_name`, since many functions look at it.

        Args:
            max_size: Bytes, such as `"200MB"`; the upload's own `max_size` by default, and 1 GB where it has none.
        """
        arrival, suffix = self._begin(), Path(self.safe_name).suffix
        async with (
            arrival.batches(self._disk_limit(max_size)) as batches,
            temporary_path(batches, suffix, arrival.digest) as path,
        ):
            yield path

    def _disk_limit(self, max_size: int | str | None) -> int:
        if max_size is not None:
            return to_bytes(max_size, "max_size")
        return ON_DISK if self._options.max_size is None else self._options.max_size

    def close(self) -> None:
        """Let go of the upload: who reads on is told that it has ended. Done for you at the end of the request."""
        self._arrival.close()


def _in_bytes(options: Mapping[str, Any]) -> dict[str, Any]:
    return {**options, "max_line": to_bytes(options.get("max_line", "1MB"), "max_line")}
