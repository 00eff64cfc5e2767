"""Uploads that FastAPI has received already: the same methods over an `UploadFile`, and a life beyond the request."""

from __future__ import annotations

import functools
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from starlette.datastructures import UploadFile

from fastapi_convert._units import to_bytes
from fastapi_convert.errors import UploadTooLarge

from ._arrival import Arrival
from ._digest import Digest
from ._options import ProgressCallback, UploadOptions
from ._pools import step_pool, upload_pool
from .upload import Upload

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from fastapi_convert.offloading import Pool

_CHUNK = 262_144


class SpooledUpload(Upload):
    """An `Upload` over an `UploadFile`: all of it is here, so every consumer gets it from its first byte."""

    def __init__(
        self, file: UploadFile, options: UploadOptions, name: str = "", fields: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(
            _Spool(file), name=name, filename=file.filename, headers=file.headers, fields=fields, options=options
        )
        self._file = file
        self._size = _size_of(file)

    def _begin(self) -> Arrival:
        """From the first byte."""
        if not self._arrival.reading:
            self._arrival = Arrival(_Spool(self._file), self._options, repr(self.filename), self._size)
        return self._arrival

    async def _run(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        self._check_size(self._options.max_size)
        call = functools.partial(_read_borrowed, fn, self._file.file, self._arrival.digest)
        result = await (self._options.pool or upload_pool()).call(call, args, kwargs)
        self._arrival.received, self._arrival.complete = self._size, True
        return result

    @asynccontextmanager
    async def seekable(self, *, max_size: int | str | None = None) -> AsyncIterator[BinaryIO]:
        """The file itself, which can seek. Closing it does nothing: it goes with the request."""
        self._check_size(self._options.max_size if max_size is None else to_bytes(max_size, "max_size"))
        with self._begin().one_reader():
            await self._file.seek(0)
            yield cast("BinaryIO", _borrowed(self._file.file))

    def _check_size(self, limit: int | None) -> None:
        if limit is not None and self._size > limit:
            raise self._arrival.too_large(limit)


def _size_of(file: UploadFile) -> int:
    if file.size is not None:
        return file.size
    here = file.file.tell()  # made by hand, without its size; nothing is read
    size = file.file.seek(0, io.SEEK_END)
    file.file.seek(here)
    return size


class _Spool:
    """The bytes of an `UploadFile` from its start, wherever others move it meanwhile."""

    def __init__(self, file: UploadFile) -> None:
        self._file = file
        self._offset = 0

    async def more(self) -> bytes:
        chunk = await step_pool().run(self._read)
        self._offset += len(chunk)
        return chunk

    def _read(self) -> bytes:
        self._file.file.seek(self._offset)
        return self._file.file.read(_CHUNK)


class _Borrowed(io.RawIOBase):
    """A file that its reader may close without closing it for others: `TextIOWrapper` does when it is collected."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._file.read(len(view))
        view[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)


def _borrowed(file: BinaryIO) -> io.BufferedReader:
    return io.BufferedReader(_Borrowed(file), _CHUNK)


def _read_borrowed(fn: Callable[..., Any], file: BinaryIO, digest: Digest | None, /, *args: Any, **kwargs: Any) -> Any:
    """On a worker: the function may seek about, so the digest takes a pass of its own."""
    file.seek(0)
    while digest is not None and (chunk := file.read(_CHUNK)):
        digest.update(chunk)
    file.seek(0)
    with _borrowed(file) as borrowed:
        return fn(borrowed, *args, **kwargs)


def adapt(
    file: UploadFile,
    *,
    max_size: int | str | None = None,
    hash: str | None = None,  # noqa: A002 - the field's word, as in hashlib
    progress: ProgressCallback | None = None,
    pool: Pool | None = None,
) -> Upload:
    """The methods of `Upload` over an `UploadFile`: for endpoints that stay as they are.

    FastAPI has spooled the file by then, so this saves no disk and no waiting; it does take the work off the event
    loop. Every method begins at the first byte.

    Args:
        file: FastAPI's or Starlette's.
        max_size: Bytes, such as `"20MB"`; more raise `UploadTooLarge` at once.
        hash: Name of a hash of `hashlib` for `digest`.
        progress: Called with the bytes read and the file's size.
        pool: Where `run` runs; `upload_pool()` by default.

    Raises:
        UploadTooLarge: See `max_size`.
        TypeError: `file` is no `UploadFile`.

    Examples:
        >>> async def endpoint(file: UploadFile) -> list[str]:
        ...     return await adapt(file).run(zip_names)  # zip_names(f: BinaryIO) -> list[str]
    """
    _check_kind(file, "adapt")
    limit = None if max_size is None else to_bytes(max_size, "max_size")
    if limit is not None and (size := _size_of(file)) > limit:
        raise UploadTooLarge(f"The file {file.filename!r} has {size} bytes, and max_size is {limit}.")
    return SpooledUpload(file, UploadOptions(max_size=limit, hash=hash, progress=progress, pool=pool))


def detach(file: UploadFile) -> UploadFile:
    """Take an `UploadFile` out of its request, which then closes an empty one instead: nothing is copied.

    For work that goes on after the response, `asyncio.create_task` or a job: without it that reads a closed file. The
    file is yours from then on; close it when you are done.

    Args:
        file: FastAPI's or Starlette's. What already stands in other variables is empty afterwards.

    Raises:
        TypeError: `file` is an `Upload`, which is never kept: `save()` it.

    Examples:
        >>> async def endpoint(file: UploadFile) -> None:
        ...     task = asyncio.create_task(index(detach(file)))
    """
    _check_kind(file, "detach")
    owned, file.file = file.file, io.BytesIO()
    return UploadFile(owned, size=file.size, filename=file.filename, headers=file.headers)


def _check_kind(file: object, name: str) -> None:
    if isinstance(file, Upload):
        raise TypeError(
            f"{name}() takes an UploadFile, and this is an Upload already: its bytes are never kept, save() it."
        )
    if not isinstance(file, UploadFile):
        raise TypeError(f"{name}() takes an UploadFile, not {type(file).__name__}.")
