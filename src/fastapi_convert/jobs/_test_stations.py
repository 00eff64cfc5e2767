"""The stations of `jobs.testing()`: what a submission does in each of its modes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from anyio.from_thread import start_blocking_portal

from ._bench import Bench
from ._inline import Here, check_depth, on_a_thread
from ._station import Station
from .execution.seats import Outcome
from .model import Claim, JobRecord, JobState, NewJob, QueueTerms, Submission

if TYPE_CHECKING:
    from ._files import Folders
    from ._testing import JobsTest
    from .ledger.protocol import Ledger
    from .service import Jobs

#: The worker that runs are recorded under.
NAME = "test"
_MOST = 1_000


class CapturedStation(Station):
    """Stores jobs and runs none: the test says when."""

    def __init__(self, ledger: Ledger, folders: Folders, jobs: Jobs, test: JobsTest) -> None:
        super().__init__(ledger, folders)
        self.jobs = jobs
        self.test = test
        self.bench = Bench(ledger, folders, jobs.terms, self.ended)
        self.add(self.bench)

    @contextmanager
    def working(self) -> Iterator[None]:
        """The whole time of the test."""
        yield

    async def submit(self, job: NewJob) -> Submission:
        """Store a job, and note it."""
        done = await super().submit(job)
        if done.created:
            self.test.note(job)
        return done

    def submit_sync(self, job: NewJob) -> Submission:
        """The same for synchronous code."""
        done = super().submit_sync(job)
        if done.created:
            self.test.note(job)
        return done

    def ended(self, here: Here, outcome: Outcome) -> Sequence[Claim]:
        """A run has ended; what is to be run now because of it."""
        self.test.note_end(here, outcome)
        return ()


class InlineStation(CapturedStation):
    """Runs each job where it is submitted, again at once if it is to be retried."""

    def __init__(self, ledger: Ledger, folders: Folders, jobs: Jobs, test: JobsTest) -> None:
        super().__init__(ledger, folders, jobs, test)
        # From the storing of a job until it is taken: no other submitter of its name takes it.
        self._turn = threading.Lock()

    async def submit(self, job: NewJob) -> Submission:
        """Store a job and run it."""
        check_depth()
        done, claims = await on_a_thread(self._admit, job)
        await self.bench.carry_out_async(claims)
        if done.created:
            self.test.raise_failure(job.id)
        return done

    def submit_sync(self, job: NewJob) -> Submission:
        """The same for synchronous code."""
        check_depth()
        done, claims = self._admit(job)
        self.bench.carry_out(claims)
        if done.created:
            self.test.raise_failure(job.id)
        return done

    async def retry(self, job_id: str) -> JobRecord | None:
        """Run a failed or cancelled job again."""
        check_depth()
        record, claims = await on_a_thread(self._again, job_id)
        await self.bench.carry_out_async(claims)
        if claims:
            self.test.raise_failure(job_id)
            return await on_a_thread(self.ledger.get, job_id)
        return record

    def retry_sync(self, job_id: str) -> JobRecord | None:
        """The same for synchronous code."""
        check_depth()
        record, claims = self._again(job_id)
        self.bench.carry_out(claims)
        if claims:
            self.test.raise_failure(job_id)
            return self.ledger.get(job_id)
        return record

    def ended(self, here: Here, outcome: Outcome) -> Sequence[Claim]:
        """If it is to run again, that is now: nobody waits in a test."""
        super().ended(here, outcome)
        record = self.ledger.get(here.claim.id)
        if record is None or record.state is not JobState.QUEUED:
            return ()
        with self._turn:
            return self._take(record.id, record.queue, record.name)

    def _admit(self, job: NewJob) -> tuple[Submission, Sequence[Claim]]:
        with self._turn:
            done = self.ledger.submit(job).result()
            if not done.created:
                return done, ()
            self.test.note(job)
            return done, self._take(job.id, job.queue, job.name)

    def _again(self, job_id: str) -> tuple[JobRecord | None, Sequence[Claim]]:
        with self._turn:
            record = self.ledger.retry(job_id).result()
            if record is None or record.state is not JobState.QUEUED or record.name not in self.jobs.terms:
                return record, ()
            return record, self._take(record.id, record.queue, record.name)

    def _take(self, job_id: str, queue: str, name: str) -> Sequence[Claim]:
        self.ledger.promote([job_id]).result()
        return self.ledger.claim(NAME, [QueueTerms(queue, (name,))], _MOST).result()


class WorkerStation(CapturedStation):
    """Leaves jobs to the workers that a lifespan has, or to one of its own where there is none."""

    def __init__(self, ledger: Ledger, folders: Folders, jobs: Jobs, test: JobsTest) -> None:
        super().__init__(ledger, folders, jobs, test)
        self._lifespan = ExitStack()
        self._starting = threading.Lock()

    @contextmanager
    def working(self) -> Iterator[None]:
        """The whole time of the test."""
        with self._lifespan:
            yield

    async def submit(self, job: NewJob) -> Submission:
        """Store a job, and have somebody who runs it."""
        if not self.jobs.has_worker:
            await on_a_thread(self._start)
        return await super().submit(job)

    def submit_sync(self, job: NewJob) -> Submission:
        """The same for synchronous code."""
        self._start()
        return super().submit_sync(job)

    def _start(self) -> None:
        with self._starting:
            if not self.jobs.has_worker:
                portal = self._lifespan.enter_context(start_blocking_portal())
                self._lifespan.enter_context(portal.wrap_async_context_manager(self.jobs.lifespan()))
