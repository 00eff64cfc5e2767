"""A folder held open: what is done in it by name is done in this very folder, whatever becomes of its path."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path

HAS_DIR_FD = os.open in os.supports_dir_fd

# Each system lacks some of these. They are single bits, so their sum is their union.
_EVERY_FILE = sum(getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOFOLLOW"))
_NO_FSYNC_OF_FOLDERS = {errno.EBADF, errno.EINVAL}


class Folder:
    """A folder, opened once: whoever then puts another folder or a link in its place redirects nothing.

    Where the system has no descriptors of folders, it is only a path.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._fd = _open(path)
        except FileNotFoundError as error:
            message = "The folder to save an upload in does not exist: create it when the application starts"
            raise FileNotFoundError(errno.ENOENT, message, str(path)) from error

    def _at(self, name: str) -> str:
        return name if self._fd is not None else str(self.path / name)

    def identity(self) -> tuple[int, int]:
        """Which folder it is, by whatever path: device and inode."""
        found = self.path.stat() if self._fd is None else os.fstat(self._fd)
        return found.st_dev, found.st_ino

    def open(self, name: str, flags: int) -> int:
        """A descriptor of the file itself, never of what a link points to."""
        return os.open(self._at(name), flags | _EVERY_FILE, 0o600, dir_fd=self._fd)

    def stat(self, name: str) -> os.stat_result | None:
        """What bears this name, a link as the link; `None` if nothing does."""
        try:
            return os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def replace(self, source: str, target: str) -> None:
        """Let `target` be what `source` was, whatever bore that name."""
        os.replace(self._at(source), self._at(target), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def link(self, source: str, target: str) -> None:
        """Let `target` be what `source` is too; raises `FileExistsError` if anything bears that name."""
        os.link(self._at(source), self._at(target), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def unlink(self, name: str) -> None:
        """Take a name away."""
        os.unlink(self._at(name), dir_fd=self._fd)

    def scan(self) -> AbstractContextManager[Iterator[os.DirEntry[str]]]:
        """What is in it, one entry after another."""
        return os.scandir(str(self.path) if self._fd is None else self._fd)

    def fsync(self) -> None:
        """Make its names outlast a loss of power, where the file system can."""
        if self._fd is None:
            return
        try:
            os.fsync(self._fd)
        except OSError as error:
            if error.errno not in _NO_FSYNC_OF_FOLDERS:
                raise

    def close(self) -> None:
        """Let go of it."""
        if self._fd is not None:
            with suppress(OSError):
                os.close(self._fd)


def _open(path: Path) -> int | None:
    if HAS_DIR_FD:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    path.stat()
    return None
