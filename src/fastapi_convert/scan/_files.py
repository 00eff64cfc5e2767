"""Files that a scan writes: a document, a baseline. Their name never stands for half of one."""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from .errors import ScanError

__all__ = ("write_file",)


def write_file(path: Path, text: str) -> None:
    """Write `text`, so that others read the old content or the new one. What is no regular file is written into.

    Raises:
        ScanError: It cannot be written. What was there is still there.
    """
    try:
        data = text.encode("utf-8", "backslashreplace")
        target = Path(os.path.realpath(path))  # of a link, what it points to
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:
        raise ScanError(f"{str(path)!r} cannot be written, {error.strerror}: name another file.") from error


def _replace(target: Path, data: bytes) -> None:
    part = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    # Not by tempfile: its files are for one user, and a baseline is for the team, as the umask says.
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 -- a descriptor
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        if target.exists():
            part.chmod(stat.S_IMODE(target.stat().st_mode))
        part.replace(target)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise
