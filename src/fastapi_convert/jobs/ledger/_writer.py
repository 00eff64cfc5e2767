"""The one thread of a process that writes to the job store: what waits together is committed together."""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from fastapi_convert.errors import JobStoreUnavailable
from fastapi_convert.jobs._clock import Clock, Moment

from . import _reads
from ._connections import SYNCHRONOUS, Durability, connect_writer
from ._forks import identity_of
from ._inbox import Inbox, Write
from ._mutex import Mutex

logger = logging.getLogger("fastapi_convert.jobs")

#: Writes in one transaction. More would only make the first of them wait.
BATCH = 512
#: Bytes of the WAL after which it is carried over into the database. Reads get slower with its length, but with a
#: shorter one more than a hundredth of the claims would wait for that.
CHECKPOINT_AT = 16 << 20
#: Seconds that a checkpoint may wait for readers once the WAL is far too long.
_CHECKPOINT_WAIT = 0.1

Changed = Callable[[frozenset[str]], None]


class Writer:
    """Applies what comes into `inbox`, until that is closed and empty; then lets go of everything.

    Args:
        path: The database, as it is found there now: another file under this name is not written to.
        mutex: Held for every write, and open.
        let_go: Closes what else of this process is open on the database.
        changed: Told, after each commit, of the jobs that have had an event.
    """

    def __init__(
        self,
        path: Path,
        *,
        inbox: Inbox,
        mutex: Mutex,
        clock: Clock,
        durability: Durability,
        timeout: float,
        let_go: Callable[[], None],
        changed: Changed,
    ) -> None:
        self.db: sqlite3.Connection | None = connect_writer(path, durability, timeout)
        self._path, self.identity = path, identity_of(path)
        self._wal = f"{path}-wal"
        self._checkpoint_at = CHECKPOINT_AT
        self._inbox, self._mutex, self._clock = inbox, mutex, clock
        self._durability: Durability = durability
        self._timeout = timeout
        self._synchronous = SYNCHRONOUS[durability]
        self._let_go, self._changed = let_go, changed
        self._thread = threading.Thread(target=self._run, name="jobs-writer", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def join(self, timeout: float) -> None:
        """Wait until it has let go of everything, after `inbox` was closed."""
        self._thread.join(timeout)

    def _run(self) -> None:
        try:
            while (deadline := self._inbox.wait()) is not None:
                self._write_some(deadline)
                self._checkpoint_if_due()
        finally:
            self._finish()

    def _write_some(self, deadline: float) -> None:
        try:
            acquired = self._mutex.acquire(deadline)
        except OSError as error:
            self._fail(self._inbox.take(BATCH), error)
            return
        if not acquired:
            self._inbox.drop_late()
            return
        try:
            batch = self._inbox.take(BATCH)
            tell = self._commit_or_fail(batch)
        finally:
            self._mutex.release()
        tell()

    def _commit_or_fail(self, batch: Sequence[Write]) -> Callable[[], None]:
        """Commit the batch, all of it or nothing. What is returned tells everybody, once the mutex is free."""
        try:
            answers, changed = self._commit(batch)
        except Exception as error:
            self._roll_back()
            return partial(self._fail, batch, error)
        return partial(self._tell, batch, answers, changed)

    def _commit(self, batch: Sequence[Write]) -> tuple[list[Any], frozenset[str]]:
        db = self._connection()
        self._set_synchronous(db, batch)
        db.execute("BEGIN IMMEDIATE")
        mark = _reads.newest_mark(db)
        moment = self._clock.now()
        answers = [_apply(db, moment, write) for write in batch]
        changed = _reads.ids_changed(db, mark)
        db.execute("COMMIT")
        return answers, changed

    def _connection(self) -> sqlite3.Connection:
        if identity_of(self._path) != self.identity:
            raise FileNotFoundError("the file was deleted or replaced while it was in use; restart to use another one")
        if self.db is None:
            self.db = connect_writer(self._path, self._durability, self._timeout)
            self._synchronous = SYNCHRONOUS[self._durability]
        return self.db

    def _set_synchronous(self, db: sqlite3.Connection, batch: Sequence[Write]) -> None:
        expendable = all(write.expendable for write in batch)
        wanted = SYNCHRONOUS["process" if expendable else self._durability]
        if wanted != self._synchronous:
            db.execute(f"PRAGMA synchronous = {wanted}")
            self._synchronous = wanted

    def _roll_back(self) -> None:
        if self.db is None:
            return
        try:
            if self.db.in_transaction:
                self.db.execute("ROLLBACK")
        except sqlite3.Error:  # this connection is of no more use; the next batch makes another
            self._disconnect()

    def _disconnect(self) -> None:
        db, self.db = self.db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()

    def _fail(self, batch: Sequence[Write], error: Exception) -> None:
        message = (
            f"The job store {str(self._path)!r} could not be written: {error}. Nothing of this write was stored. "
            "Look at the disk's space and health; the job store goes on by itself when they are back."
        )
        for write in batch:  # an error of its own for each: whoever raises one adds to its traceback
            failure = JobStoreUnavailable(message)
            failure.__cause__ = error
            write.future.set_exception(failure)

    def _tell(self, batch: Sequence[Write], answers: Sequence[Any], changed: frozenset[str]) -> None:
        for write, answer in zip(batch, answers, strict=True):
            if isinstance(answer, _Refused):
                write.future.set_exception(answer.error)
            else:
                write.future.set_result(answer)
        if changed:
            try:
                self._changed(changed)
            except Exception:
                logger.exception("What on_change() was given has failed")

    # Checkpoints

    def _checkpoint_if_due(self) -> None:
        size = self._wal_size()
        if size < CHECKPOINT_AT:
            self._checkpoint_at = CHECKPOINT_AT
        if size >= self._checkpoint_at and self._mutex_free():
            try:
                self._checkpoint(_CHECKPOINT_WAIT if size > 4 * CHECKPOINT_AT else 0.0)
            finally:
                self._mutex.release()
            # Readers can be in the way. Then it is tried again when there is as much more to gain.
            self._checkpoint_at = self._wal_size() + CHECKPOINT_AT

    def _mutex_free(self) -> bool:
        with suppress(OSError):
            return self._mutex.acquire(time.monotonic() + self._timeout)
        return False

    def _checkpoint(self, wait: float) -> None:
        if self.db is None:
            return
        with suppress(sqlite3.Error):  # a full disk, for example: the WAL still has all of it
            self.db.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        with suppress(sqlite3.Error):
            self.db.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")

    def _wal_size(self) -> int:
        try:
            return os.stat(self._wal).st_size  # noqa: PTH116 - once per batch: a Path costs five times as much
        except OSError:
            return 0

    def _finish(self) -> None:
        self._inbox.close()
        while left := self._inbox.take(BATCH):  # only if this thread has failed
            self._fail(left, RuntimeError("its writer has failed"))
        self._mutex_free()  # in vain: then another process has the database open, and closing it here writes nothing
        self._checkpoint(_CHECKPOINT_WAIT)
        self._let_go()
        self._disconnect()
        self._mutex.close()


class _Refused:
    """The answer to a write that failed by itself, and spoilt nothing for the others of its batch."""

    def __init__(self, error: Exception) -> None:
        self.error = error


def _apply(db: sqlite3.Connection, moment: Moment, write: Write) -> Any:
    db.execute("SAVEPOINT one")
    try:
        answer = write.apply(db, moment)
    except Exception as error:
        if _concerns_the_store(error):
            raise
        db.execute("ROLLBACK TO one")
        answer = _Refused(_explained(error))
    db.execute("RELEASE one")
    return answer


def _concerns_the_store(error: Exception) -> bool:
    """Whether it may strike every write: SQLite then has perhaps ended the whole transaction."""
    own = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
    return isinstance(error, sqlite3.Error) and not isinstance(error, own)


def _explained(error: Exception) -> Exception:
    if isinstance(error, UnicodeEncodeError):
        return ValueError("A text with a lone surrogate cannot be stored: it is no Unicode. Replace it, or encode it.")
    if isinstance(error, (sqlite3.Error, OverflowError)):
        return ValueError(f"This cannot be stored ({error}): an id that is in use, a number beyond 64 bits, no text.")
    return error
