"""A file that a function returns: taken out of the folders of its run before they are emptied, into one that stays."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from fastapi_convert.uploads.names import safe_name

from .seats import Order

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK


def take(path: Path, order: Order, temporary: Path | None = None) -> Path:
    """Bring the file into the folder for results, and return where it lies now.

    A file in the folder of the run, or in `temporary` if it has one, is moved. Any other is copied, because others may
    need it. It is on the disk when this returns, readable by nobody else, under its own name as far as that is a safe
    one.

    Raises:
        TypeError: There is no such file, or it is a folder, a device, a link that leads out of the folder of the run.
        OSError: It cannot be read, or there is no room for it.
    """
    source = Path(os.path.abspath(path))  # noqa: PTH100 -- `resolve` would follow the links that are to be found out
    folders = [order.folder] if temporary is None else [order.folder, temporary]
    inside = _is_inside(source, folders)
    try:
        found = source.resolve(strict=True)
        with _opened(found) as file:
            if inside and not _is_inside(found, [folder.resolve() for folder in folders]):
                raise _refusal(path, "it is a link that leads out of the folder of the job")
            order.results.mkdir(mode=0o700, parents=True, exist_ok=True)
            target = order.results / safe_name(source.name, default="result")
            # A second name of the file would stay a way to write to it.
            alone = os.fstat(file.fileno()).st_nlink == 1
            if not (inside and alone and _moved(found, file, target)):
                _copy(file, target)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise _refusal(path, "there is no such file") from error
    _sync_folder(order.results)
    return target


def _is_inside(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(os.path.abspath(folder)) for folder in folders)  # noqa: PTH100 -- as above


def _refusal(path: Path, why: str) -> TypeError:
    return TypeError(f"The function returned the path {str(path)!r}, but {why}. Return the path of a file it has made.")


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """The regular file of that very name: no link, and no pipe, which would have no end."""
    try:
        fd = os.open(path, _FLAGS)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):  # a link that was put there just now; a socket
            raise _refusal(path, "it is not a regular file") from error
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _refusal(path, "it is not a regular file")
    with open(fd, "rb", buffering=0) as file:  # noqa: PTH123 -- a descriptor has no path
        yield file


def _moved(source: Path, file: BinaryIO, target: Path) -> bool:
    """Move it if both are on one file system."""
    os.fchmod(file.fileno(), 0o600)
    os.fsync(file.fileno())
    try:
        source.replace(target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            return False
        raise
    return True


def _copy(file: BinaryIO, target: Path) -> None:
    part = target.with_name(".part")  # no safe name begins with a dot
    with suppress(FileNotFoundError):
        part.unlink()  # of a run that was killed here
    try:
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(fd, "wb") as copy:  # noqa: PTH123 -- as above
            shutil.copyfileobj(file, copy, 1 << 20)
            copy.flush()
            os.fsync(fd)
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # not every file system can
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
