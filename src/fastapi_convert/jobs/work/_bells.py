"""`Bells`: how the processes of one machine wake each other when something has changed in the store.

Each has a named pipe in a folder, and a byte in it says "look". A ring that does not come through costs no more than
time: everybody looks by himself now and then.
"""

from __future__ import annotations

import errno
import math
import os
import queue
import re
import secrets
import select
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path

from ._descriptors import Descriptor

_NAME = re.compile(r"[0-9]{1,10}-[0-9a-f]{16}\.(?:bell|new)", re.ASCII)
_BELL, _NEW = ".bell", ".new"
# What bears a temporary name for longer was left by a process that was killed while it made it.
_NEW_FOR_NS = 60 * 10**9
# Two changes of a folder this close to each other may bear the same time.
_TICK_NS = 10**8
# What a pipe holds at most: one read empties it.
_PIPE = 1 << 16


class Bells:
    """This process's bell, and those of the others.

    Where the system has no named pipes, it hears only its own `ring`.

    Args:
        folder: Where the processes of a job store have their pipes; it exists. Its path may be of any length.

    Raises:
        OSError: The pipe cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._own: _Pipe | _Flag = _Pipe(folder) if hasattr(os, "mkfifo") else _Flag()
        self._others = _Others(folder, self._own.name)

    def ring_others(self) -> None:
        """Wake every other process that has a bell here. Microseconds; never waits; any thread.

        Raises:
            OSError: The folder cannot be read. Who cannot be reached is passed over in silence.
        """
        self._others.ring()

    def ring(self) -> None:
        """Wake our own waiter, or keep it from going to sleep the next time. From any thread or signal handler."""
        self._own.ring()

    def wait(self, timeout: float) -> bool:
        """Block until somebody rings, for at most `timeout` seconds; whether somebody did. Several rings are one.

        For one thread. After `close` it returns `True` at once.
        """
        return self._own.wait(timeout)

    def close(self) -> None:
        """Send the waiter away and remove the bell. Twice is fine, and in a forked child it does nothing."""
        self._own.close()


class _Pipe:
    def __init__(self, folder: Path) -> None:
        # Reentrant: a signal handler may ring while its own thread does.
        self._turn = threading.RLock()
        self._waiting = threading.Lock()
        self._closing = False
        self._path, self._file = _make_pipe(folder)
        self.name = self._path.name

    def ring(self) -> None:
        if self._file.fd < 0:  # closed, or a forked child's, where the lock may never come free
            return
        with self._turn, suppress(BlockingIOError):  # full: it has been rung
            if self._file.fd >= 0:
                os.write(self._file.fd, b"!")

    def wait(self, timeout: float) -> bool:
        if self._file.fd < 0:
            return True
        with self._waiting:
            if self._closing:
                return True
            poll = select.poll()
            poll.register(self._file.fd, select.POLLIN)
            rung = bool(poll.poll(math.ceil(max(0.0, timeout) * 1000)))
            with suppress(BlockingIOError):
                os.read(self._file.fd, _PIPE)
            return rung

    def close(self) -> None:
        if self._file.fd < 0:
            return
        self._closing = True
        self.ring()
        with self._waiting, self._turn:
            try:
                self._path.unlink(missing_ok=True)
            finally:
                self._file.close()


class _Flag:
    """The bell of a system without named pipes."""

    name = ""

    def __init__(self) -> None:
        # Of all that threads wait on, the one that a signal handler may use.
        self._rings: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._closed = False

    def ring(self) -> None:
        if self._rings.empty():
            self._rings.put(None)

    def wait(self, timeout: float) -> bool:
        if self._closed:
            return True
        try:
            self._rings.get(timeout=max(0.0, timeout))
        except queue.Empty:
            return False
        return True

    def close(self) -> None:
        self._closed = True
        self.ring()


def _make_pipe(folder: Path) -> tuple[Path, Descriptor]:
    name = f"{os.getpid()}-{secrets.token_hex(8)}"
    new, path = folder / f"{name}{_NEW}", folder / f"{name}{_BELL}"
    os.mkfifo(new, 0o600)
    try:
        # For writing too: without any writer it would seem to be at its end, and be ready to read for ever.
        file = Descriptor(new, os.O_RDWR | os.O_NONBLOCK)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    try:
        new.rename(path)  # it bears this name with a reader only: nobody takes it for a dead one's
    except BaseException:
        new.unlink(missing_ok=True)
        file.close()
        raise
    return path, file


class _Others:
    """The bells of the other processes. The folder is read again only after it has changed."""

    def __init__(self, folder: Path, own: str) -> None:
        self._folder, self._own = str(folder), own
        self._listed: tuple[int, tuple[str, ...]] = (-1, ())

    def ring(self) -> None:
        for path in self._paths():
            _ring(path)

    def _paths(self) -> tuple[str, ...]:
        changed = os.stat(self._folder).st_mtime_ns  # noqa: PTH116 -- a string costs a third of a Path
        listed, paths = self._listed
        if changed != listed:
            now = time.time_ns()
            paths = tuple(self._list(now))
            self._listed = (changed if now - changed > _TICK_NS else -1, paths)
        return paths

    def _list(self, now: int) -> list[str]:
        bells = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name == self._own or not _NAME.fullmatch(entry.name):
                    continue
                if entry.name.endswith(_BELL):
                    bells.append(entry.path)
                else:
                    _remove_left_over(entry, now)
        return bells


def _ring(path: str) -> None:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno == errno.ENXIO:  # nobody reads it any more
            _remove_dead(path)
        return
    try:
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            os.write(fd, b"!")
    except OSError:  # full: it has been rung; or its reader has gone this moment
        return
    finally:
        os.close(fd)


def _remove_dead(path: str) -> None:
    with suppress(OSError):
        if stat.S_ISFIFO(os.lstat(path).st_mode):
            Path(path).unlink()


def _remove_left_over(entry: os.DirEntry[str], now: int) -> None:
    with suppress(OSError):
        if now - entry.stat(follow_symlinks=False).st_mtime_ns > _NEW_FOR_NS:
            Path(entry.path).unlink()
