"""`Ledger`: what jobs need of a store. Everything that must outlive a process is behind these methods."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from typing import Protocol

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

__all__ = ("Ledger",)


class Ledger(Protocol):
    """The store of jobs: state, owners, keys, progress, results and events.

    One object serves every thread of its process. Writes return a `concurrent.futures.Future` at once; it is done when
    what was written will outlive the process. Cancelling a future that is not being worked on takes the write back.
    Reads block for as long as the store takes, so they belong on a worker thread.

    A write fails with `JobStoreUnavailable` when the store cannot take it (a full disk, a lock that does not come
    free); nothing of it is stored then. Every write about a run names `(job_id, attempt)` and does nothing, with
    `False` as its answer, unless that very run is the job's present one.

    An engine that carries work elsewhere carries `(job_id, attempt)` and asks the ledger for the rest.
    """

    def open(self) -> None:
        """Make it ready: create or migrate what is stored. Raises `JobStoreUnusable` if that cannot be."""
        ...

    def close(self) -> None:
        """Finish the writes that were begun or wait, then let go of everything. May be called twice, and opened again.

        Futures of writes that could not be done raise `JobStoreUnavailable`.
        """
        ...

    def on_change(self, callback: Callable[[frozenset[str]], None]) -> None:
        """Have `callback(job ids)` called after each commit of this process, on the thread that made it. It is quick.

        One callback; `on_change(print)` replaces the one before.
        """
        ...

    # Writes

    def submit(self, job: NewJob) -> Future[Submission]:
        """Store a job.

        The future raises `JobQueueFull`, `JobKeyReused` (the key was used with another fingerprint) or
        `JobStoreUnavailable`. With a key that is known, the answer is the job that the first submission made.
        """
        ...

    def claim(self, worker: str, terms: Sequence[QueueTerms], count: int) -> Future[list[Claim]]:
        """Take up to `count` queued jobs that are due: highest priority first, then oldest first, across all queues."""
        ...

    def report(self, job_id: str, attempt: int, fraction: float | None, message: str) -> Future[bool]:
        """Note the progress of a run, and an event of it."""
        ...

    def end(self, job_id: str, attempt: int, ending: Ending) -> Future[bool]:
        """Record how a run ended. `False`: it is no longer the job's run, and nothing was written."""
        ...

    def cancel(self, job_id: str) -> Future[JobRecord | None]:
        """Cancel a queued job, or ask for the end of a running one; a final state stays. Answers with the record."""
        ...

    def retry(self, job_id: str) -> Future[JobRecord | None]:
        """Queue a failed or cancelled job again, with its attempts counted on; others stay as they are."""
        ...

    def recover(self, worker: str, began: Collection[str], error: JobError, max_crashes: int) -> Future[int]:
        """Queue again what a dead worker was running; returns how many jobs that were.

        Jobs in `began` had really begun: each counts a crash, as an `Ending("crashed")` does, with `error` and
        `max_crashes`. The others are released.
        """
        ...

    def promote(self, job_ids: Collection[str]) -> Future[int]:
        """Let delayed jobs run now; returns how many that were."""
        ...

    def purge(self, count: int) -> Future[list[str]]:
        """Drop what has expired, at most `count` jobs at a time: first results, payloads and events, and after as long
        again the record itself. Returns the ids of jobs whose files may go.
        """
        ...

    # Reads

    def get(self, job_id: str) -> JobRecord | None:
        """The job as it stands."""
        ...

    def payload(self, job_id: str) -> str | None:
        """The job's payload, JSON."""
        ...

    def result(self, job_id: str) -> str | None:
        """The job's result, JSON; `None` unless it has succeeded and still has it."""
        ...

    def events(self, job_id: str, after: int = 0, count: int = 1000) -> list[JobEvent]:
        """The job's events with greater numbers than `after`, in their order."""
        ...

    def cancelling(self, worker: str) -> list[str]:
        """Ids of the jobs that this worker runs and that somebody wants cancelled."""
        ...

    def list(
        self,
        *,
        owner: str | None = None,
        any_owner: bool = False,
        state: JobState | None = None,
        before: int | None = None,
        count: int = 50,
    ) -> list[JobRecord]:
        """Jobs of one owner, or of any, the newest first; `before` is the `number` that the page before ended with."""
        ...

    def running_workers(self) -> set[str]:
        """The workers that running jobs belong to, dead or alive."""
        ...

    def counts(self) -> dict[str, dict[JobState, int]]:
        """How many jobs are queued and running, by queue."""
        ...

    def changes(self, after: int) -> tuple[int, dict[str, int]]:
        """The mark to ask with next time, and the jobs that have had an event since the mark `after`, by whomever, with
        the numbers of their newest ones.

        `after=-1` answers with the present mark and no jobs. One cheap read, whatever the number of jobs.
        """
        ...

    def version(self) -> int:
        """A number that changes whenever anybody, in any process, has committed. Microseconds; never waits."""
        ...
