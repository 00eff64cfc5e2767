"""`Job`: what a submission gives back, to ask, wait for, follow and cancel it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio
from anyio.lowlevel import current_token

from fastapi_convert._units import to_seconds
from fastapi_convert.errors import JobCancelled, JobFailed, JobNotCancellable, JobNotFound, JobResultExpired

from ._settling import settle
from .model import TERMINAL, JobEvent, JobRecord, JobState
from .statuses import JobStatus, status_of

if TYPE_CHECKING:
    from .service import Jobs

__all__ = ("Job", "failure_of", "refuse_on_loop")

R = TypeVar("R")

_POLL = 0.05


class Job(Generic[R]):
    """A job in the store, by its id. Making one reads nothing; every method asks the store.

    All methods work in any process that has the same store, also long after the job was submitted: `jobs.get(id)`.
    They raise `JobNotFound` when there is no such job.

    Examples:
        >>> async def make_thumbnail(src: Path) -> Report:
        ...     job = await transcode.submit(src)
        ...     async for event in job.events():
        ...         print(event.type, event.fraction)
        ...     return await job.result()
    """

    def __init__(self, jobs: Jobs, job_id: str, decode: Callable[[str], R] | None = None) -> None:
        self._jobs = jobs
        self._decode = decode
        #: 128 random bits in hexadecimal.
        self.id = job_id

    async def status(self) -> JobStatus:
        """The job as it stands now.

        Raises:
            JobNotFound: There is no such job (any more).
        """
        return status_of(await self._record())

    def status_sync(self) -> JobStatus:
        """`status` for synchronous code. It blocks the thread, as the others do that end in `_sync`.

        Raises:
            RuntimeError: It was called on an event loop, and not in `jobs.testing()`.
        """
        self._refuse_on_loop("status")
        with self._jobs.opened() as station:
            return status_of(_found(station.ledger.get(self.id), self.id))

    async def result(self, timeout: float | str | None = None) -> R:
        """Wait for the job's end and return what its function returned, as its annotation says.

        Args:
            timeout: Seconds, or a time such as `"30s"`. When it has passed the job goes on.

        Raises:
            JobFailed: The function failed, and was not to be retried. `str(error)` says why.
            JobCancelled: The job was cancelled.
            JobResultExpired: It was kept as long as `keep` says.
            TypeError: Its JSON, which HTTP clients get, does not read back as the annotation.
            TimeoutError: See `timeout`.
            NotStarted: The application is shutting down. The job is safe.

        Cancelled while it waits, the job goes on.
        """
        with anyio.fail_after(None if timeout is None else to_seconds(timeout, "timeout")):
            async with self._jobs.following() as hub:
                record = _found(await hub.ended(self.id), self.id)
        text = await self._jobs.read(self._jobs.ledger.result, self.id)
        return self._value(record, text)

    def result_sync(self, timeout: float | str | None = None) -> R:
        """`result` for synchronous code: it blocks the thread. Never call it on an event loop.

        Raises:
            RuntimeError: It was called on an event loop.
        """
        refuse_on_loop("result_sync()", "await job.result()")  # in a test too, where it may wait for ever
        limit = None if timeout is None else to_seconds(timeout, "timeout")
        with self._jobs.opened() as station:
            record = station.wait_for(self.id, limit)
            return self._value(_found(record, self.id), station.ledger.result(self.id))

    async def cancel(self) -> JobStatus:
        """Cancel a job that is queued, or end one that runs; one that has ended stays as it is.

        In a process it is killed at once, a coroutine is cancelled at its next await, a thread ends when the function
        asks its `progress`. Returns when the wish is stored, with the job as it stands then: follow it to see it end.

        Raises:
            JobNotCancellable: It runs in a thread and its function takes no `progress`.
        """
        self._check_cancellable(await self._record())
        async with self._jobs.open_async() as station:
            return status_of(_found(await settle(station.ledger.cancel(self.id)), self.id))

    def cancel_sync(self) -> JobStatus:
        """`cancel` for synchronous code."""
        self._refuse_on_loop("cancel")
        with self._jobs.opened() as station:
            self._check_cancellable(_found(station.ledger.get(self.id), self.id))
            return status_of(_found(station.ledger.cancel(self.id).result(), self.id))

    async def retry(self) -> JobStatus:
        """Queue a failed or cancelled job again; any other stays as it is."""
        async with self._jobs.open_async() as station:
            return status_of(_found(await station.retry(self.id), self.id))

    def retry_sync(self) -> JobStatus:
        """`retry` for synchronous code."""
        self._refuse_on_loop("retry")
        with self._jobs.opened() as station:
            return status_of(_found(station.retry_sync(self.id), self.id))

    async def events(self, after: int = 0) -> AsyncGenerator[JobEvent, None]:
        """What has happened to the job and goes on happening, until it ends.

        Args:
            after: Only events with greater numbers: to go on where another loop stopped.

        Every change of state is among them. Of progress only the newest is told, at most ten times a second, and of
        what lies back only the last 50. Ends without a final event when the application shuts down.

        Use `async with contextlib.aclosing(job.events()) as events` where you may leave the loop early.
        """
        async with self._jobs.following() as hub, aclosing(hub.follow(self.id, after)) as events:
            async for event in events:
                yield event

    async def _record(self) -> JobRecord:
        async with self._jobs.open_async() as station:
            return _found(await self._jobs.read(station.ledger.get, self.id), self.id)

    def _refuse_on_loop(self, what: str) -> None:
        if not self._jobs.in_test_mode:
            refuse_on_loop(f"{what}_sync()", f"await job.{what}()")

    def _check_cancellable(self, record: JobRecord) -> None:
        terms = self._jobs.terms.get(record.name)
        if record.state is JobState.RUNNING and terms and terms.executor == "thread" and not terms.cooperative:
            raise JobNotCancellable(
                f"Job {self.id} runs {record.name}() in a thread, which cannot be ended, and the function takes no"
                ' progress to ask. Give it one, or use executor="process".'
            )

    def _value(self, record: JobRecord, text: str | None) -> R:
        assert record.state in TERMINAL
        if record.state is JobState.CANCELLED:
            raise JobCancelled(f"Job {self.id} was cancelled.")
        if record.state is JobState.FAILED:
            raise failure_of(record)
        if text is None:
            raise JobResultExpired(
                f"The result of job {self.id} was kept until it expired. Submit it again, or raise keep."
            )
        decode = self._decode or self._jobs.decoder(record.name)
        return decode(text)

    def __repr__(self) -> str:
        return f"<Job {self.id}>"


def failure_of(record: JobRecord) -> JobFailed:
    """The error that tells why a job failed: everything to the operator, the detail to the client."""
    error = record.error
    if error is None:
        return JobFailed(f"Job {record.id} ({record.name}) failed.")
    message = f"Job {record.id} ({record.name}) failed in attempt {record.attempt}: {error.reason or error.detail}"
    return JobFailed(message, status=error.status, detail=error.detail, code=error.code)


def _found(record: JobRecord | None, job_id: str) -> JobRecord:
    if record is None:
        raise JobNotFound(f"There is no job {job_id!r}: it never was, or its record has expired.")
    return record


def refuse_on_loop(what: str, instead: str) -> None:
    """Raise a `RuntimeError` in a thread that runs an event loop, which `what` would block."""
    for loop in (asyncio.get_running_loop, current_token):  # in a callback, which is no task; and on trio
        with suppress(RuntimeError):
            loop()
            break
    else:
        return
    raise RuntimeError(f"{what} would block this event loop: use `{instead}`.")
