"""The connections that read: a few, lent to whichever thread asks."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from fastapi_convert.errors import JobStoreUnavailable, NotStarted

from ._connections import connect_reader

T = TypeVar("T")

#: Reads that go on at one time. They are short, and Python runs one at a time anyway.
READERS = 4


class Readers:
    """Connections that only read, each used by one thread at a time, and one more that watches for commits.

    Args:
        timeout: Seconds that a read may wait for a connection.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self._path, self._timeout = path, timeout
        self._watcher = connect_reader(path, timeout)
        self._watching = threading.Lock()
        self._free = threading.BoundedSemaphore(READERS)
        self._idle: list[sqlite3.Connection] = []
        self._closed = False

    def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """What `question` answers.

        Raises:
            JobStoreUnavailable: The store cannot be read, or all connections are in use for too long.
        """
        with self._lent() as db:
            return question(db)

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        if not self._free.acquire(timeout=self._timeout):
            raise JobStoreUnavailable(
                f"{READERS} reads of the job store have been going on for {self._timeout:g} s. Look at its disk."
            )
        try:
            db = self._take()
            try:
                yield db
            finally:
                self._give_back(db)
        except sqlite3.Error as error:
            raise self._unreadable(error) from error
        finally:
            self._free.release()

    def _take(self) -> sqlite3.Connection:
        if self._closed:
            raise NotStarted("The job store was closed. Read it inside the lifespan, or call open() again.")
        with suppress(IndexError):
            return self._idle.pop()
        return connect_reader(self._path, self._timeout)

    def _give_back(self, db: sqlite3.Connection) -> None:
        if self._closed:
            _close(db)
        else:
            self._idle.append(db)

    def version(self) -> int:
        """SQLite's own count of the commits that this connection has heard of: a look into shared memory."""
        with self._watching:
            if self._closed:
                raise NotStarted("The job store was closed. Ask it inside the lifespan, or call open() again.")
            try:
                ((version,),) = self._watcher.execute("PRAGMA data_version")
            except sqlite3.Error as error:
                raise self._unreadable(error) from error
        assert isinstance(version, int)
        return version

    def _unreadable(self, error: sqlite3.Error) -> JobStoreUnavailable:
        return JobStoreUnavailable(f"The job store {str(self._path)!r} could not be read: {error}. Look at its disk.")

    def close(self) -> None:
        """Close them, once they are not in use. One that is in use for too long is closed by its user."""
        self._closed = True
        deadline = time.monotonic() + self._timeout
        got = [self._free.acquire(timeout=max(0.0, deadline - time.monotonic())) for _ in range(READERS)]
        while self._idle:
            _close(self._idle.pop())
        with self._watching:
            _close(self._watcher)
        self._free.release(sum(got))  # who waits for one learns that it is closed

    def connections(self) -> list[sqlite3.Connection]:
        """All that is not lent."""
        return [self._watcher, *self._idle]


def _close(db: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):
        db.close()
