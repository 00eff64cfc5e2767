"""A job store from its opening to its closing: the files, the connections and the thread that belong to it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import ExitStack
from pathlib import Path

from fastapi_convert.errors import ConvertError, JobStoreUnusable
from fastapi_convert.jobs._clock import Clock

from . import _mutex
from ._connections import Durability, connect_writer
from ._filesystem import refuse_network
from ._forks import leave_to_parent, refuse_inherited
from ._inbox import Inbox
from ._mutex import Mutex
from ._readers import Readers
from ._schema import prepare
from ._writer import Changed, Writer

#: Seconds that the end of the writer may take beyond the time that a write may take.
_GRACE = 5.0


class Session:
    """All that is open. Made whole, or not at all.

    Raises:
        JobStoreUnusable: The file cannot be a job store; the message says why.
    """

    def __init__(self, path: Path, *, durability: Durability, clock: Clock, timeout: float, changed: Changed) -> None:
        self.inbox = Inbox(timeout)
        self._timeout = timeout
        try:
            with ExitStack() as undo:
                self._open(path, durability, clock, changed, undo)
                undo.pop_all()
        except (OSError, sqlite3.Error, ConvertError) as error:
            raise JobStoreUnusable(f"The job store {str(path)!r} cannot be used: {error}") from error
        self._writer.start()

    def _open(self, path: Path, durability: Durability, clock: Clock, changed: Changed, undo: ExitStack) -> None:
        real = _checked(path)
        self._mutex = Mutex(real)
        self._mutex.open()
        undo.callback(self._mutex.close)
        if not self._mutex.acquire(time.monotonic() + self._timeout):
            raise TimeoutError(f"another process holds its lock for longer than {self._timeout:g} s. Look for it.")
        _create(real)
        _prepare(real, durability, clock, self._timeout)
        self.readers = Readers(real, self._timeout)
        undo.callback(self.readers.close)
        self._writer = Writer(
            real,
            inbox=self.inbox,
            mutex=self._mutex,
            clock=clock,
            durability=durability,
            timeout=self._timeout,
            let_go=self.readers.close,
            changed=changed,
        )
        self._mutex.release()

    def close(self) -> None:
        """Finish what was begun or waits, then let go of everything.

        Bounded: of a writer that is stuck in the system the thread is left behind, and goes when it is free again.
        """
        self.inbox.close()
        self._writer.join(2 * self._timeout + _GRACE)

    def leave_to_parent(self) -> None:
        """In a child that was forked: let go of the parent's locks, and never touch its connections again."""
        self._mutex.close()
        leave_to_parent(self._writer.identity, [*self.readers.connections(), self._writer.db])


def _checked(path: Path) -> Path:
    """Where the file really is."""
    if not _mutex.HAS_LOCKS:
        raise JobStoreUnusable("this system has no file locks (fcntl). Keep jobs in PostgreSQL here.")
    if not path.parent.is_dir():
        raise FileNotFoundError("its folder does not exist. Create it when the application is deployed.")
    real = path.resolve()
    refuse_network(real.parent)
    refuse_inherited(real)
    return real


def _create(path: Path) -> None:
    """Make the file if there is none. Its companions get the same permissions from SQLite."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)  # SQLite syncs the contents only, not the name
    finally:
        os.close(folder)


def _prepare(path: Path, durability: Durability, clock: Clock, timeout: float) -> None:
    db = connect_writer(path, durability, timeout)
    try:
        prepare(db, clock)
    finally:
        db.close()
