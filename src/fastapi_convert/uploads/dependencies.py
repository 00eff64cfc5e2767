"""FastAPI dependencies that leave the body to its consumer: `streamed`, `streamed_body`, `streamed_form`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import Depends

from fastapi_convert._units import to_bytes, to_seconds
from fastapi_convert.offloading import Pool

from ._body import BodyLimits
from ._content_types import TypeCheck
from ._digest import Digest
from ._intake import BodyIntake, FileIntake, FormIntake, Terms
from ._multipart import FormLimits
from ._options import ProgressCallback, UploadOptions

__all__ = ("streamed", "streamed_body", "streamed_form")


def streamed(
    name: str = "file",
    *,
    required: bool = True,
    max_size: int | str | None = None,
    max_total: int | str | None = None,
    types: Sequence[str] | None = None,
    hash: str | None = None,  # noqa: A002 - the word of the field
    progress: ProgressCallback | None = None,
    idle_timeout: float | str | None = "30s",
    min_rate: int | str = "1KB",
    max_fields: int = 1000,
    max_fields_size: int | str = "1MB",
    pool: Pool | None = None,
    window: int | str = "1MiB",
) -> Any:
    """A dependency: one file of a multipart form as an `Upload`, while it arrives.

    `file: Annotated[Upload, streamed("file")]`. The endpoint begins when the file's first bytes are there.

    Args:
        name: The form field.
        required: Whether a form without the file is answered with 422, as FastAPI does; otherwise it is `None`.
        max_size: Bytes of the file, such as `"2GB"`; `None` is no limit. Counted as they arrive: 413.
        max_total: Bytes of the whole body; by default what `max_size` and `max_fields_size` need and 1 MB more.
        types: Media types that are taken, such as `["text/csv", "image/*"]`. Both the declared type and the first bytes
            must fit: 415.
        hash: Name of a hash of `hashlib` for `Upload.digest` and `SavedFile.digest`, such as `"sha256"`.
        progress: Called on the event loop with the bytes received, and those of the whole body if the client has
            announced them; at most every tenth of a second, and at the end.
        idle_timeout: Seconds without a byte from the client, or such as `"1m"`; `None` is no limit: 408.
        min_rate: Bytes per second, such as `"1KB"`, that a client keeps in the long run, after a grace of a third of
            `idle_timeout`; 0 is no limit: 408. Only time spent waiting for the client counts.
        max_fields: Other fields in the form: 413.
        max_fields_size: Bytes of their names and values: 413.
        pool: Where `Upload.run` runs; `upload_pool()` by default.
        window: Bytes that a function on a worker may be behind the client.

    Raises:
        ValueError: An argument is not what it should be; here, not at a request.
        TypeError: `pool` is no `Pool` of threads. And where the route is made: its endpoint has a `Form()`, `File()` or
            body parameter too, for which FastAPI would read the body, or a second streamed upload.

    Fields that stand before the file in the form are in `Upload.fields` from the start; later ones when it was read.

    Examples:
        >>> from typing import Annotated
        >>> from fastapi import FastAPI
        >>> from fastapi_convert.uploads import Upload, streamed
        >>> app = FastAPI()
        >>> @app.post("/import")
        ... async def import_csv(file: Annotated[Upload, streamed("file", max_size="2GB", types=["text/csv"])]) -> int:
        ...     return await file.run(count_rows)  # count_rows(f: BinaryIO) -> int
    """
    options = _options(max_size, hash, progress, pool, window)
    form = FormLimits(max_fields=max_fields, max_fields_size=to_bytes(max_fields_size, "max_fields_size"))
    total = _total(max_total, options.max_size, form)
    terms = Terms(body=_body(total, idle_timeout, min_rate), options=options, types=_check(types), form=form)
    return Depends(FileIntake(name, terms, required=required))


def streamed_form(
    name: str = "files",
    *,
    max_files: int = 100,
    max_size: int | str | None = None,
    max_total: int | str | None = None,
    types: Sequence[str] | None = None,
    hash: str | None = None,  # noqa: A002 - the word of the field
    progress: ProgressCallback | None = None,
    idle_timeout: float | str | None = "30s",
    min_rate: int | str = "1KB",
    max_fields: int = 1000,
    max_fields_size: int | str = "1MB",
    pool: Pool | None = None,
    window: int | str = "1MiB",
) -> Any:
    """A dependency: all files of a multipart form in their order, as an `UploadForm`.

    `form: Annotated[UploadForm, streamed_form(max_files=50)]`, then `async for part in form`.

    Args:
        name: The form field that the documentation shows. Files of every field are passed on; `part.name` tells which.
        max_files: Files in the form: 413.
        max_size: Bytes of each file.
        max_total: Bytes of the whole body.
        types: As for `streamed`, for each file.
        hash: As for `streamed`, for each file.
        progress: As for `streamed`, for each file.
        idle_timeout: As for `streamed`.
        min_rate: As for `streamed`.
        max_fields: As for `streamed`.
        max_fields_size: As for `streamed`.
        pool: As for `streamed`.
        window: As for `streamed`.

    Raises:
        ValueError: As for `streamed`.
        TypeError: As for `streamed`.
    """
    options = _options(max_size, hash, progress, pool, window)
    size = to_bytes(max_fields_size, "max_fields_size")
    form = FormLimits(max_files=max_files, max_fields=max_fields, max_fields_size=size)
    total = None if max_total is None else to_bytes(max_total, "max_total")
    terms = Terms(body=_body(total, idle_timeout, min_rate), options=options, types=_check(types), form=form)
    return Depends(FormIntake(name, terms))


def streamed_body(
    *,
    max_size: int | str | None = None,
    types: Sequence[str] | None = None,
    hash: str | None = None,  # noqa: A002 - the word of the field
    progress: ProgressCallback | None = None,
    idle_timeout: float | str | None = "30s",
    min_rate: int | str = "1KB",
    pool: Pool | None = None,
    window: int | str = "1MiB",
) -> Any:
    """A dependency: the request's body itself as an `Upload`, for `PUT` and clients that send no form.

    `file: Annotated[Upload, streamed_body(max_size="2GB")]`. All else is as for `streamed`; there is no file name.

    Args:
        max_size: As for `streamed`.
        types: As for `streamed`.
        hash: As for `streamed`.
        progress: As for `streamed`.
        idle_timeout: As for `streamed`.
        min_rate: As for `streamed`.
        pool: As for `streamed`.
        window: As for `streamed`.

    Raises:
        ValueError: As for `streamed`.
        TypeError: As for `streamed`.
    """
    options = _options(max_size, hash, progress, pool, window)
    body = _body(options.max_size, idle_timeout, min_rate)
    return Depends(BodyIntake(Terms(body=body, options=options, types=_check(types))))


def _options(
    max_size: int | str | None,
    hash_name: str | None,
    progress: ProgressCallback | None,
    pool: Pool | None,
    window: int | str,
) -> UploadOptions:
    if pool is not None and not isinstance(pool, Pool):
        raise TypeError(f"pool is a Pool of threads, not {pool!r}: an upload cannot be read in another process.")
    if hash_name is not None:
        Digest(hash_name)  # an unknown name fails here, not at the first request
    size = to_bytes(window, "window")
    if size < 1:
        raise ValueError(f"window is a number of bytes above 0, not {window!r}.")
    limit = None if max_size is None else to_bytes(max_size, "max_size")
    return UploadOptions(max_size=limit, hash=hash_name, progress=progress, pool=pool, window=size)


def _body(max_total: int | None, idle_timeout: float | str | None, min_rate: int | str) -> BodyLimits:
    idle = None if idle_timeout is None else to_seconds(idle_timeout, "idle_timeout")
    return BodyLimits(max_total=max_total, idle_timeout=idle, min_rate=to_bytes(min_rate, "min_rate"))


def _total(max_total: int | str | None, max_size: int | None, form: FormLimits) -> int | None:
    if max_total is not None:
        return to_bytes(max_total, "max_total")
    return None if max_size is None else max_size + form.max_fields_size + 1_000_000


def _check(types: Sequence[str] | None) -> TypeCheck | None:
    return None if types is None else TypeCheck(types)
