"""Read a file that somebody else may be changing, or may have put there to hang or to fill us."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

# A file may have become a FIFO since it was found: opening that would wait for a writer for ever.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class Unreadable(Exception):
    """The file is left out; the text says why."""


def read_file(path: Path, limit: int) -> bytes:
    """All bytes of a regular file of at most `limit` bytes.

    Raises:
        Unreadable: It is not one, or it cannot be read.
    """
    try:
        with open(path, "rb", buffering=0, opener=_open) as file:
            _check(os.fstat(file.fileno()), limit)
            return _read(file.fileno(), limit)
    except OSError as error:
        raise Unreadable(f"left out: it cannot be read ({error.strerror or error}).") from error


def _open(path: str, _flags: int) -> int:
    return os.open(path, _FLAGS)


def _check(status: os.stat_result, limit: int) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Unreadable("left out: it is not a regular file.")
    if status.st_size > limit:
        raise Unreadable(_too_large(status.st_size, limit))


def _read(descriptor: int, limit: int) -> bytes:
    chunks = []
    left = limit + 1  # it may grow while it is read, and those of /proc have no size
    while left and (chunk := os.read(descriptor, min(left, 1 << 20))):
        chunks.append(chunk)
        left -= len(chunk)
    if not left:
        raise Unreadable(_too_large(limit + 1, limit))
    return b"".join(chunks)


def _too_large(size: int, limit: int) -> str:
    return f"left out: {size} bytes or more, and max_file_size is {limit}. Raise it, or exclude the file."
