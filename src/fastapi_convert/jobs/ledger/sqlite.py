"""`SQLiteLedger`: jobs in an SQLite file, for all processes of one machine."""

from __future__ import annotations

import builtins
import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import TypeVar

from fastapi_convert.errors import NotStarted
from fastapi_convert.jobs._clock import Clock, Moment
from fastapi_convert.jobs.model import (
    Claim,
    Ending,
    JobError,
    JobEvent,
    JobRecord,
    JobState,
    NewJob,
    QueueTerms,
    Submission,
)

from . import _reads, _runs, _writes
from ._connections import SYNCHRONOUS, Durability
from ._inbox import Write
from ._session import Session

__all__ = ("SQLiteLedger",)

T = TypeVar("T")


class SQLiteLedger:
    """A `Ledger` in one SQLite file. Every process of the machine may have the same file open.

    Beside the file lie `-wal` and `-shm` while it is open, and always two empty files for locks, `.lock` and `.next`.
    It must not lie on a network file system, and must not be copied while it is open but by SQLite's own means.

    Args:
        path: The file. It is created, readable for its owner only; its folder must exist.
        durability: What outlives a loss of power: with `"power"` every write whose future is done, but for claims and
            progress; with `"process"`, several times as fast, all but the last moments. Either outlives every process.
        clock: For tests.
        timeout: Seconds that a write may wait for its turn, and a read for a connection.

    Raises:
        ValueError: `durability` or `timeout` is none of these.

    A forked child has none of it open, and cannot open what was open when it was forked: open it after the fork, or
    start processes with `spawn` or `forkserver`.

    Examples:
        >>> import tempfile
        >>> from fastapi_convert.jobs.model import NewJob
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     ledger = SQLiteLedger(Path(folder, "jobs.db"))
        ...     ledger.open()
        ...     submission = ledger.submit(NewJob("report", '{"year": 2026}')).result()
        ...     print(ledger.get(submission.id).state)
        ...     ledger.close()
        queued
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        durability: Durability = "power",
        clock: Clock | None = None,
        timeout: float = 10.0,
    ) -> None:
        if durability not in SYNCHRONOUS:
            raise ValueError(f"durability is 'power' or 'process', not {durability!r}.")
        if not timeout > 0:
            raise ValueError(f"timeout is a number of seconds above 0, not {timeout!r}.")
        self.path = Path(path)
        self._durability: Durability = durability
        self._clock, self._timeout = clock or Clock(), timeout
        self._callback: Callable[[frozenset[str]], None] | None = None
        self._turn = threading.Lock()
        self._session: Session | None = None

    def open(self) -> None:
        """Make it ready: create or migrate the file. Does nothing if it is open.

        Raises:
            JobStoreUnusable: No folder, a network file system, no job store, a newer one, a lock that is never free.
        """
        with self._turn:
            if self._session is None:
                _open_ledgers.add(self)
                self._session = Session(
                    self.path,
                    durability=self._durability,
                    clock=self._clock,
                    timeout=self._timeout,
                    changed=self._changed,
                )

    def close(self) -> None:
        """Finish the writes that wait, or fail them once they are late; then let go of everything.

        May be called twice, and opened again.
        """
        with self._turn:
            session, self._session = self._session, None
            _open_ledgers.discard(self)
            if session is not None:
                session.close()

    def on_change(self, callback: Callable[[frozenset[str]], None]) -> None:
        """Have `callback(job ids)` called after each commit of this process that noted an event, by the writer.

        An error of it is logged, and changes nothing.
        """
        self._callback = callback

    def _changed(self, job_ids: frozenset[str]) -> None:
        if self._callback is not None:
            self._callback(job_ids)

    def _opened(self) -> Session:
        session = self._session
        if session is None:
            raise NotStarted(
                f"The job store {str(self.path)!r} is not open in this process. Use it inside the lifespan of its "
                "Jobs, or call open()."
            )
        return session

    def _write(self, apply: Callable[[sqlite3.Connection, Moment], T], *, expendable: bool = False) -> Future[T]:
        write = Write(apply, expendable)
        self._opened().inbox.put(write)
        return write.future

    def _read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        return self._opened().readers.read(question)

    # Writes

    def submit(self, job: NewJob) -> Future[Submission]:
        """Store a job.

        The future raises `JobQueueFull`, `JobKeyReused`, `JobStoreUnavailable`, or `ValueError` for what no store can
        hold: text that is no Unicode, numbers beyond 64 bits, an id that is in use.
        """
        return self._write(partial(_writes.submit, job=job))

    def claim(self, worker: str, terms: Sequence[QueueTerms], count: int) -> Future[builtins.list[Claim]]:
        """Take up to `count` queued jobs that are due: highest priority first, then oldest first."""
        return self._write(partial(_runs.claim, worker=worker, terms=terms, count=count), expendable=True)

    def report(self, job_id: str, attempt: int, fraction: float | None, message: str) -> Future[bool]:
        """Note the progress of a run. A job keeps the events of its newest 50 reports."""
        apply = partial(_runs.report, job_id=job_id, attempt=attempt, fraction=fraction, message=message)
        return self._write(apply, expendable=True)

    def end(self, job_id: str, attempt: int, ending: Ending) -> Future[bool]:
        """Record how a run ended. `False`: it is no longer the job's run, and nothing was written."""
        return self._write(partial(_runs.end, job_id=job_id, attempt=attempt, ending=ending))

    def cancel(self, job_id: str) -> Future[JobRecord | None]:
        """Cancel a queued job, or ask for the end of a running one. Answers with the record, as it then stands."""
        return self._write(partial(_writes.cancel, job_id=job_id))

    def retry(self, job_id: str) -> Future[JobRecord | None]:
        """Queue a failed or cancelled job again, unless its payload has expired. Answers with the record."""
        return self._write(partial(_writes.retry, job_id=job_id))

    def recover(self, worker: str, began: Collection[str], error: JobError, max_crashes: int) -> Future[int]:
        """Queue again what a dead worker was running; returns how many jobs that were."""
        return self._write(
            partial(_runs.recover, worker=worker, began=frozenset(began), error=error, max_crashes=max_crashes)
        )

    def promote(self, job_ids: Collection[str]) -> Future[int]:
        """Let delayed jobs run now; returns how many that were."""
        return self._write(partial(_writes.promote, job_ids=tuple(job_ids)))

    def purge(self, count: int) -> Future[builtins.list[str]]:
        """Drop what has expired, at most `count` jobs. A job's id is returned with its result, and with its record."""
        return self._write(partial(_writes.purge, count=count))

    # Reads

    def get(self, job_id: str) -> JobRecord | None:
        """The job as it stands."""
        return self._read(partial(_reads.get, job_id=job_id))

    def payload(self, job_id: str) -> str | None:
        """The job's payload, JSON; `None` once it has expired."""
        return self._read(partial(_reads.payload, job_id=job_id))

    def result(self, job_id: str) -> str | None:
        """The job's result, JSON; `None` unless it has succeeded and still has it."""
        return self._read(partial(_reads.result, job_id=job_id))

    def events(self, job_id: str, after: int = 0, count: int = 1000) -> builtins.list[JobEvent]:
        """The job's events with greater numbers than `after`, in their order."""
        return self._read(partial(_reads.events, job_id=job_id, after=after, count=count))

    def list(
        self,
        *,
        owner: str | None = None,
        any_owner: bool = False,
        state: JobState | None = None,
        before: int | None = None,
        count: int = 50,
    ) -> builtins.list[JobRecord]:
        """Jobs of one owner, or of any, the newest first.

        `before` is the `number` of the last one of the page before. A page has at most 10 000 jobs.
        """
        return self._read(
            partial(_reads.page, owner=owner, any_owner=any_owner, state=state, before=before, count=count)
        )

    def cancelling(self, worker: str) -> builtins.list[str]:
        """Ids of the jobs that this worker runs and that somebody wants cancelled."""
        return self._read(partial(_reads.cancelling, worker=worker))

    def running_workers(self) -> set[str]:
        """The workers that running jobs belong to, dead or alive."""
        return self._read(_reads.running_workers)

    def counts(self) -> dict[str, dict[JobState, int]]:
        """How many jobs are queued and running, by queue. A queue that is empty now is told too."""
        return self._read(_reads.counts)

    def changes(self, after: int) -> tuple[int, dict[str, int]]:
        """The mark to ask with next time, and the jobs that have had an event since the mark `after`, by whomever, with
        the numbers of their newest ones.

        `after=-1` answers with the present mark and no jobs. Of more than 10 000 events the rest comes the next time.
        """
        return self._read(partial(_reads.changes, after=after))

    def version(self) -> int:
        """A number that changes whenever anybody, in any process, has committed. It only compares with itself."""
        return self._opened().readers.version()

    def _forget_parent(self) -> None:
        session, self._session, self._turn = self._session, None, threading.Lock()
        if session is not None:
            session.leave_to_parent()


# Weakly: a ledger that nobody has any more is of no interest to a child either.
_open_ledgers: weakref.WeakSet[SQLiteLedger] = weakref.WeakSet()


def _forget_parents_ledgers() -> None:
    for ledger in tuple(_open_ledgers):
        ledger._forget_parent()  # noqa: SLF001 - a part of the class, outside it because forks are of the process
    _open_ledgers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parents_ledgers)
