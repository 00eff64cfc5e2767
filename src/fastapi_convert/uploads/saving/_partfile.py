"""Part files: which are being written, and which did a dead process leave behind?

A writer locks its part file for as long as it lives, and the system unlocks it when the writer dies, however it dies.
So a part file that a sweeper can lock has no writer. One gap is left, between a file's birth and its lock: a sweeper
may take it for dead there. The writer therefore looks for its name once it has the lock, and begins anew without it.
Names are random and never used twice, so a name that is gone stays gone.
"""

from __future__ import annotations

import errno
import functools
import importlib.util
import itertools
import os
import re
import secrets
import stat
import threading
from contextlib import suppress

from ._folder import Folder

HAS_LOCKS = importlib.util.find_spec("fcntl") is not None
HAS_FCHMOD = hasattr(os, "fchmod")
PART_NAME = re.compile(r"\.[0-9a-f]{16}\.fc-upload\.part")
#: The sweep that comes by itself looks at so many entries of a folder: a first save must not wait for millions.
SWEEP_LIMIT = 100_000

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL
_LOOK = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)  # a FIFO of that name must not hold the sweeper up
_ATTEMPTS = 100


class PartFile:
    """A new file in a folder, under a name of its own, readable for its owner only, and locked while it is written."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._name = f".{secrets.token_hex(8)}.fc-upload.part"
        self._fd: int | None = folder.open(self._name, _CREATE)

    @classmethod
    def create(cls, folder: Folder) -> PartFile:
        """Make one that no sweeper has taken for a dead writer's."""
        for _ in range(_ATTEMPTS):
            part = cls(folder)
            try:
                if part._claim():
                    return part
            except BaseException:
                part.remove()
                raise
            part.remove()
        raise BlockingIOError(errno.EAGAIN, "Something removes new part files at once: stop it", str(folder.path))

    @property
    def _open_fd(self) -> int:
        assert self._fd is not None
        return self._fd

    def _claim(self) -> bool:
        if HAS_FCHMOD:
            os.fchmod(self._open_fd, 0o600)  # the umask may have taken bits away
        if HAS_LOCKS:
            try:
                _lock(self._open_fd, shared=False)
            except BlockingIOError:  # a sweeper has it, and will remove it
                return False
            except OSError:  # a file system without locks: sweepers get none there either
                pass
        return self.folder.stat(self._name) is not None

    def write(self, data: bytes) -> None:
        """Write all of it; the system may take it in pieces."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._open_fd, view) :]

    def finish(self, mode: int, *, fsync: bool) -> None:
        """Set its permissions, and learn of every error of writing before it gets its name."""
        if HAS_FCHMOD:
            os.fchmod(self._open_fd, mode)
        if fsync:
            os.fsync(self._open_fd)
        else:
            os.close(os.dup(self._open_fd))  # network file systems tell of a full disk at a close

    def publish(self, target: str, *, exclusive: bool) -> None:
        """Give it its name, in one step of the file system; `exclusive` raises `FileExistsError` if it is taken."""
        if not HAS_LOCKS:
            self.close()  # Windows renames only what is closed
        if exclusive:
            self.folder.link(self._name, target)
            self._unlink()
        else:
            self.folder.replace(self._name, target)

    def remove(self) -> None:
        """Leave nothing of it. Raises nothing: what cannot be removed now is left to a sweeper."""
        self.close()  # first, because Windows removes only what is closed
        self._unlink()

    def _unlink(self) -> None:
        with suppress(OSError):
            self.folder.unlink(self._name)

    def close(self) -> None:
        """Give its descriptor back, and its lock with it."""
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):  # `finish` has heard of every error that matters
                os.close(fd)


def remove_dead(folder: Folder, limit: int | None = None) -> list[str]:
    """Remove the part files without a writer that are among the first `limit` entries; return their names."""
    if not HAS_LOCKS:
        return []
    with folder.scan() as entries:
        names = [entry.name for entry in itertools.islice(entries, limit) if PART_NAME.fullmatch(entry.name)]
    return [name for name in names if _remove_if_dead(folder, name)]


def _remove_if_dead(folder: Folder, name: str) -> bool:
    try:
        fd = folder.open(name, _LOOK)
    except OSError:  # gone, a link, or not ours to read
        return False
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return False
        # Shared is enough to learn that no writer has it, and NFS gives no more for a descriptor that only reads.
        _lock(fd, shared=True)
        folder.unlink(name)
    except OSError:  # its writer lives, or another sweeper was quicker
        return False
    else:
        return True
    finally:
        os.close(fd)


def _lock(fd: int, *, shared: bool) -> None:
    """Lock it, or raise `BlockingIOError`. With `flock`, whose locks go with the open file, not with the process."""
    import fcntl  # noqa: PLC0415 - not everywhere; guarded by HAS_LOCKS

    fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)


def remove_dead_once(folder: Folder) -> None:
    """Remove the dead files when this process comes to the folder first. A failure is no reason not to save."""
    with suppress(OSError):
        if _first_visit(*folder.identity(), os.getpid()).acquire(blocking=False):
            remove_dead(folder, SWEEP_LIMIT)


@functools.lru_cache(maxsize=1024)
def _first_visit(_device: int, _inode: int, _process: int) -> threading.Lock:
    """A lock that the first visitor takes and nobody gives back."""
    return threading.Lock()
