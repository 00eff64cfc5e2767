"""`jobs.testing()`: a store of its own for a test, which decides when jobs run."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast, get_args

from ._bench import Bench
from ._clock import Clock, ManualClock
from ._files import Folders
from ._inline import Here, on_a_thread
from ._test_stations import NAME, CapturedStation, InlineStation, WorkerStation
from .execution.seats import Outcome, Raised
from .handles import failure_of
from .ledger.sqlite import SQLiteLedger
from .model import Claim, JobState, NewJob, QueueTerms

if TYPE_CHECKING:
    from .service import Jobs

Mode = Literal["inline", "captured", "worker"]

#: Runs of one `run_pending`: more than that are jobs that submit themselves for ever.
MOST_RUNS = 10_000

_STATIONS: dict[Mode, type[CapturedStation]] = {
    "inline": InlineStation,
    "captured": CapturedStation,
    "worker": WorkerStation,
}
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission that has made a job. `args` and `kwargs` are what the function is called with."""

    id: str
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    queue: str
    key: str | None
    owner: str | None
    #: Seconds.
    delay: float
    priority: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A job that has failed for good. `error` is what its function raised, or a `JobFailed` where it raised nothing."""

    id: str
    name: str
    error: Exception


class JobsTest:
    """What `with jobs.testing() as test` gives: what was submitted, what has failed, the clock, and when to run."""

    def __init__(self, jobs: Jobs, mode: Mode, *, raises: bool) -> None:
        #: Every job that was submitted, in its order.
        self.submitted: list[Submitted] = []
        #: Every job that has failed for good. In the mode `worker` it stays empty: ask the job.
        self.failures: list[Failure] = []
        self.mode: Mode = mode
        #: How many jobs a lifespan runs at once during this test.
        self.workers = max(1, jobs.workers) if mode == "worker" else 0
        self._clock = ManualClock()
        self._jobs = jobs
        self._raises = raises
        self._station: CapturedStation | None = None

    @property
    def clock(self) -> ManualClock:
        """It stands still until `clock.advance(60)`: delays, waits between retries and `keep` pass in no time.

        Raises:
            RuntimeError: In the mode `worker`, where time is real.
        """
        self._refuse_with_worker("clock")
        return self._clock

    def run_pending(self) -> int:
        """Drop what has expired, then run what is due, and what comes of it, until nothing is; how many runs it took.

        Coroutine functions run on a loop of their own. In an async test, use `run_pending_async`.

        Raises:
            RuntimeError: Jobs submit jobs for ever; or the mode is `worker`, where workers run them.
            Exception: With `raises=True`, what the first one that failed has raised.
        """
        bench = self._purged()
        runs = 0
        while claims := self._due():
            runs = _counted(runs)
            bench.carry_out(claims)
            self.raise_failure(claims[0].id)
        return runs

    async def run_pending_async(self) -> int:
        """`run_pending` with coroutine functions on this loop, and all others on worker threads."""
        bench = await on_a_thread(self._purged)
        runs = 0
        while claims := await on_a_thread(self._due):
            runs = _counted(runs)
            await bench.carry_out_async(claims)
            self.raise_failure(claims[0].id)
        return runs

    def clear(self) -> None:
        """Forget what was submitted and what has failed, and cancel what still waits."""
        self.submitted.clear()
        self.failures.clear()
        ledger = self._jobs.ledger
        while waiting := ledger.list(any_owner=True, state=JobState.QUEUED, count=_PAGE):
            for future in [ledger.cancel(record.id) for record in waiting]:
                future.result()

    # What the stations use

    def note(self, job: NewJob) -> None:
        """A job was stored."""
        args, kwargs = self._jobs.functions[job.name].signature.decode(job.payload)
        self.submitted.append(
            Submitted(
                id=job.id,
                name=job.name,
                args=args,
                kwargs=kwargs,
                queue=job.queue,
                key=job.idempotency_key,
                owner=job.owner,
                delay=job.delay,
                priority=job.priority,
            )
        )

    def note_end(self, here: Here, outcome: Outcome) -> None:
        """A run's end was recorded."""
        record = self._jobs.ledger.get(here.claim.id)
        if record is None or record.state is not JobState.FAILED:
            return
        raised = outcome.error if isinstance(outcome, Raised) else None
        error = failure_of(record) if raised is None else raised
        self.failures.append(Failure(record.id, record.name, error))

    def raise_failure(self, job_id: str) -> None:
        """With `raises=True`: raise what this job has failed with."""
        for failure in reversed(self.failures):
            if self._raises and failure.id == job_id:
                raise failure.error

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Be the test mode of the `Jobs`, with a store in a temporary folder."""
        with ExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="jobs-test-", ignore_cleanup_errors=True))
            clock = Clock() if self.mode == "worker" else self._clock
            path = Path(folder, "jobs.db")
            ledger = SQLiteLedger(path, durability="process", clock=clock)
            folders = Folders(path.with_name("jobs.db.d"))
            self._station = station = _STATIONS[self.mode](ledger, folders, self._jobs, self)
            station.enter()
            stack.callback(station.leave)
            stack.enter_context(self._jobs.replaced(station, clock, self))
            stack.enter_context(station.working())
            yield self
        if station.in_use:
            raise RuntimeError(
                "jobs.testing() has ended before what uses its store: end the lifespan, or the TestClient, inside it."
            )

    def _purged(self) -> Bench:
        self._refuse_with_worker("run_pending()")
        assert self._station is not None
        jobs = self._jobs
        while expired := jobs.ledger.purge(_PAGE).result():
            for job_id in expired:
                jobs.folders.remove(job_id)
        return self._station.bench

    def _due(self) -> Sequence[Claim]:
        queues: dict[str, list[str]] = {}
        for terms in self._jobs.terms.values():
            queues.setdefault(terms.queue, []).append(terms.name)
        wanted = [QueueTerms(queue, tuple(names)) for queue, names in queues.items()]
        return self._jobs.ledger.claim(NAME, wanted, 1).result()

    def _refuse_with_worker(self, what: str) -> None:
        if self.mode == "worker":
            raise RuntimeError(
                f'There is no {what} in jobs.testing(mode="worker"): real workers run jobs in real time.'
            )

    def __repr__(self) -> str:
        return f"<test mode {self.mode} of {self._jobs!r}>"


def _counted(runs: int) -> int:
    if runs == MOST_RUNS:
        raise RuntimeError(f"run_pending() has run {runs} jobs and more are due: do they submit themselves for ever?")
    return runs + 1


def test_mode(jobs: Jobs, mode: str, *, raises: bool) -> AbstractContextManager[JobsTest]:
    """See `Jobs.testing`."""
    if mode not in get_args(Mode):
        raise ValueError(f"mode of jobs.testing() is one of {', '.join(get_args(Mode))}, not {mode!r}.")
    return JobsTest(jobs, cast("Mode", mode), raises=raises).running()
