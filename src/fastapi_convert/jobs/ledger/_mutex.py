"""One writer at a time among all processes: a lock that the system drops when its holder dies.

SQLite before 3.51.3 can lose commits when one process writes while another checkpoints, so whatever writes to the file
or closes it happens under this lock. SQLite's own lock is also unfair: whoever polls it luckily wins.
"""

from __future__ import annotations

import importlib.util
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

HAS_LOCKS = importlib.util.find_spec("fcntl") is not None

_FIRST_PAUSE = 0.0001
_LONGEST_PAUSE = 0.005


class Mutex:
    """A lock between processes, and between the ledgers of one process. One thread at a time may use this object.

    Two files make it fair without a wait that nothing can interrupt. Who wants the lock first takes the place of the
    next in line, and gives that place up when it has the lock. A holder that wants it again at once finds the place
    taken, so it cannot overtake.
    """

    def __init__(self, path: Path) -> None:
        self._place, self._lock = _Gate(Path(f"{path}.next")), _Gate(Path(f"{path}.lock"))

    def open(self) -> None:
        """Make and open its files; raises `OSError`."""
        try:
            self._place.open()
            self._lock.open()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the files, and with them of the lock. They stay: others may hold them."""
        self._place.close()
        self._lock.close()

    def acquire(self, deadline: float) -> bool:
        """Wait for the lock until `time.monotonic()` is `deadline`. It is tried once in any case."""
        if not _poll(self._place.enter, deadline):
            return False
        try:
            return _poll(self._lock.enter, deadline)
        finally:
            self._place.leave()

    def release(self) -> None:
        """Let the next one have it."""
        self._lock.leave()


class _Gate:
    """A file that one open descriptor at a time can lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def open(self) -> None:
        self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)

    def enter(self) -> bool:
        import fcntl  # noqa: PLC0415 - not everywhere; guarded by HAS_LOCKS

        if self._fd is None:  # it could not be made again
            self.open()
        assert self._fd is not None
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        if self._is_at_its_path():
            return True
        self.close()  # somebody has deleted it, and others will lock the new one
        self.open()
        return False

    def _is_at_its_path(self) -> bool:
        assert self._fd is not None
        held = os.fstat(self._fd)
        try:
            found = os.stat(self._path)  # noqa: PTH116 - twice per batch: a Path costs five times as much
        except FileNotFoundError:
            return False
        return (found.st_dev, found.st_ino) == (held.st_dev, held.st_ino)

    def leave(self) -> None:
        import fcntl  # noqa: PLC0415 - not everywhere; guarded by HAS_LOCKS

        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)


def _poll(attempt: Callable[[], bool], deadline: float) -> bool:
    pause = _FIRST_PAUSE
    while not attempt():
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return True
