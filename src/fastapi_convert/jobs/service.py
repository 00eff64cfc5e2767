"""`Jobs`: functions that take minutes, served with a 202, on a file of this machine and no server."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from fastapi import params

from fastapi_convert._units import to_seconds

from ._checks import errors_of, size_of_upload, whole_number
from ._clock import Clock
from ._files import Folders
from ._registration import CAPABILITIES, Capabilities, make_terms
from ._serving import Serving
from ._station import Station
from .functions import AsyncJobFunction, JobFunction, Register
from .handles import Job
from .ledger.sqlite import SQLiteLedger
from .model import JobState
from .work.worker import WorkerStats

if TYPE_CHECKING:
    from fastapi import APIRouter

    from fastapi_convert.errors import Errors

    from ._terms import Executor, Terms
    from ._testing import JobsTest
    from .retries import Retry

__all__ = ("Jobs", "JobsStats")

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("fastapi_convert.jobs")


@dataclass(frozen=True, slots=True)
class JobsStats:
    """What the jobs of this store do now. `worker` is this process's; `None` if it has none."""

    #: Jobs that wait, over all queues.
    queued: int
    #: Jobs that run, in all processes.
    running: int
    worker: WorkerStats | None


class Jobs(Serving):
    """Durable jobs on one file: what was accepted runs, whoever is killed when.

    Make one at import time, beside the app; nothing is opened before the lifespan starts. Every process that uses the
    same file, more uvicorn workers or `fastapi-convert jobs worker app:jobs`, shares the work and sees every job.

    Args:
        path: The store's file, on a disk of this machine; its folder must exist. Beside it lies a folder, `jobs.db.d`,
            for files and locks.
        workers: How many jobs this process runs at once inside the app. 0: it only accepts them, and another one runs
            them.
        owner: A FastAPI dependency that tells whose request it is, as `str`, `int` or `UUID`; it sees its own jobs
            only. `None` from it is nobody, who sees a job only by its id. Without one, whoever gets through to the
            router sees every job: put it behind your own authentication.
        durability: `"power"`: an accepted job survives a loss of power. `"process"`: only the death of processes,
            many times faster on slow disks.
        max_queued: Jobs that wait in one queue; the next one is refused with `JobQueueFull`, a 503.
        keep: Seconds, or a time such as `"24h"`, that results are kept after the job has ended.
        grace: Seconds, or a time, that running jobs have to end in when the app stops. Those that have not are stopped,
            and run again at the next start.
        errors: What exceptions of every job stand for; `@jobs.job(errors=...)` goes before it.
        max_upload: Bytes of one uploaded file, such as `"1GB"`.

    Raises:
        ValueError: An option is out of range, or `path` names no file.
        TypeError: An option is of another type.

    **At least once**: a job whose worker is killed runs again, from its beginning. Exactly one end of it is recorded.
    Write functions that may run twice.

    Examples:
        >>> from fastapi import FastAPI
        >>> from fastapi_convert.jobs import Jobs
        >>> jobs = Jobs("jobs.db", workers=2)
        >>> app = FastAPI(lifespan=jobs.lifespan)
        >>> app.include_router(jobs.router, prefix="/jobs")
        >>> @jobs.job(timeout="30m")
        ... def count_words(text: str) -> int:
        ...     return len(text.split())
        >>> endpoint = app.post("/count", **count_words.route)(count_words.endpoint)
        >>> count_words("to be or not")
        4
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        workers: int = 4,
        owner: Callable[..., Any] | None = None,
        durability: Literal["power", "process"] = "power",
        max_queued: int = 100_000,
        keep: float | str = "24h",
        grace: float | str = "10s",
        errors: Errors | Mapping[type[Exception], Any] | None = None,
        max_upload: int | str = "1GB",
    ) -> None:
        self.workers = whole_number(workers, "workers of Jobs", least=0)
        self.owner = _checked_owner(owner)
        self._errors = errors_of(errors, "errors of Jobs")
        self._defaults: dict[str, Any] = {
            "max_queued": whole_number(max_queued, "max_queued of Jobs", least=1),
            "keep": to_seconds(keep, "keep of Jobs"),
            "max_upload": size_of_upload(max_upload, "max_upload of Jobs"),
        }
        self.path = _checked_path(path)
        clock = Clock()
        station = Station(
            SQLiteLedger(self.path, durability=durability, clock=clock),
            Folders(self.path.with_name(self.path.name + ".d")),
        )
        super().__init__(station, clock, to_seconds(grace, "grace of Jobs"))
        #: The functions by name.
        self.functions: dict[str, JobFunction[..., Any]] = {}
        self._told: set[str] = set()

    # Registration

    def job(
        self,
        *,
        name: str | None = None,
        queue: str | None = None,
        executor: Executor | None = None,
        timeout: float | str | None = None,
        retries: Retry | int | None = None,
        keep: float | str | None = None,
        limit: int | None = None,
        max_queued: int | None = None,
        priority: int = 0,
        max_crashes: int | None = None,
        max_tasks_per_process: int | None = None,
        errors: Errors | Mapping[type[Exception], Any] | None = None,
        max_upload: int | str | None = None,
    ) -> Register:
        """A decorator: the function can also run as a job. `jobs.job()(legacy.make_report)` leaves a module untouched.

        Args:
            name: What its jobs are stored under, by default the function's qualified name. Renaming a function with
                jobs in the store: keep the old name here.
            queue: Which queue its jobs wait in; `"default"`, or one of its own if it has a `limit`.
            executor: `"process"` (default): each run in a warm process of its own, which can be killed. `"thread"`: it
                ends only by itself. `"async"` (default for `async def`): on the event loop. See `capabilities`.
            timeout: Seconds, or a time such as `"30m"`, for one run; then it is ended, and is a `TimeoutError` for
                `retries`.
            retries: A `Retry`, or the number of runs in all. By default a job that raises has failed.
            keep: As for `Jobs`.
            limit: How many jobs of the queue run at once, over all workers.
            max_queued: As for `Jobs`.
            priority: Greater ones run first, oldest first among equals.
            max_crashes: A job that was running in so many deaths (killed, out of memory, a crash in C) has failed. By
                default 3 deaths of a process of its own; those of the whole worker count only for a job on a thread or
                on the loop, which may have caused them, and 20 are too many. 1: never run it again after a death.
            max_tasks_per_process: A process is replaced after so many jobs, for functions that leak.
            errors: Which HTTP status its exceptions stand for, in the result of a failed job.
            max_upload: As for `Jobs`.

        Raises:
            ValueError: An option is out of range, or the executor cannot do it.
            TypeError: A parameter cannot be stored as JSON or is none of a job, or an option is of another type.
        """

        def register(fn: Callable[..., Any]) -> Any:
            terms = make_terms(
                fn,
                name=name,
                queue=queue,
                executor=executor,
                timeout=timeout,
                retries=retries,
                keep=self._defaults["keep"] if keep is None else keep,
                limit=limit,
                max_queued=self._defaults["max_queued"] if max_queued is None else max_queued,
                priority=priority,
                max_crashes=max_crashes,
                max_tasks_per_process=max_tasks_per_process,
                errors=self._errors | errors_of(errors, "errors of @jobs.job()"),
                max_upload=self._defaults["max_upload"] if max_upload is None else max_upload,
            )
            self._check_against_others(terms)
            kind = AsyncJobFunction if terms.executor == "async" else JobFunction
            function: JobFunction[..., Any] = kind(self, terms)
            self.terms[terms.name] = terms
            self.functions[terms.name] = function
            return function

        return register

    def _check_against_others(self, terms: Terms) -> None:
        if terms.name in self.terms:
            raise ValueError(f"There is a job named {terms.name!r} already: give this one another name=.")
        for other in self.terms.values():
            if other.queue == terms.queue and other.limit != terms.limit:
                raise ValueError(
                    f"Jobs {other.name!r} and {terms.name!r} share the queue {terms.queue!r}, whose limit is one:"
                    f" {other.limit} or {terms.limit}. Say the same twice, or give them queues of their own."
                )

    @property
    def capabilities(self) -> Mapping[str, Capabilities]:
        """What each executor can do with a job that runs; asking for more is an error where the job is registered.

        Examples:
            >>> from fastapi_convert.jobs import Jobs
            >>> Jobs("jobs.db").capabilities["thread"].cancel_running
            'cooperative'
        """
        return CAPABILITIES

    def get(self, job_id: str) -> Job[Any]:
        """The job of this id. Nothing is read: `await jobs.get(id).status()` raises `JobNotFound` if there is none."""
        if not isinstance(job_id, str):
            raise TypeError(f"The id of a job is a str, such as job.id, not {job_id!r}.")
        return Job(self, job_id)

    def decoder(self, name: str) -> Callable[[str], Any]:
        """What makes objects of the stored results of this function."""
        function = self.functions.get(name)
        if function is None:
            raise LookupError(
                f"No job named {name!r} is registered here, so its result has no type: import its module."
            )
        return function.decode

    # Serving

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:  # noqa: ARG002 -- how Starlette calls it
        """Open the store and run jobs until the block ends: `FastAPI(lifespan=jobs.lifespan)`.

        At the end, running jobs get `grace` seconds; then they are stopped and queued again, without counting as a
        run. From SIGTERM on no job is begun, and event streams end, so that the server can. Where it is entered a
        second time on the same event loop, by a mounted app, the second one does nothing.

        Without an app, in a script or a worker of your own: `async with jobs.lifespan(): ...`.
        """
        async with self.running(self.workers if self._test is None else self._test.workers):
            yield

    @cached_property
    def router(self) -> APIRouter:
        """The routes of this store's jobs: `app.include_router(jobs.router, prefix="/jobs")`. They need a prefix.

        With `owner=`, the board works where a browser sends by itself what tells who asks: a cookie, or what a proxy
        makes of its own login. It sends no `Authorization: Bearer` with a page or an event stream.
        """
        from .http._router import make_router  # noqa: PLC0415 -- who serves no HTTP needs no routes

        return make_router(self)

    async def stats(self) -> JobsStats:
        """How many jobs wait and run, and what this process does with them."""
        async with self.open_async():
            counts = (await self.read(self.ledger.counts)).values()
        return JobsStats(
            queued=sum(queue.get(JobState.QUEUED, 0) for queue in counts),
            running=sum(queue.get(JobState.RUNNING, 0) for queue in counts),
            worker=self._worker.stats() if self._worker is not None else None,
        )

    @property
    def serving(self) -> bool:
        """Whether what this process accepts will run: here, elsewhere as `workers=0` says, or when a test says so."""
        return self.workers == 0 or self.has_worker or self._test is not None

    @property
    def in_test_mode(self) -> bool:
        """Whether `jobs.testing()` is on."""
        return self._test is not None

    def tell_once(self, problem: str) -> None:
        """Log what is wrong with the app, the first time that a request comes upon it. There are few such problems."""
        if problem not in self._told:
            self._told.add(problem)
            logger.error("%s", problem)

    def testing(
        self, mode: Literal["inline", "captured", "worker"] = "inline", *, raises: bool = False
    ) -> AbstractContextManager[JobsTest]:
        """Give a test a store of its own, in a temporary folder; the real one is not opened.

        Enter it before the lifespan or `TestClient`, and leave it after. Other `Jobs` are as they were.

        Args:
            mode: `"inline"`: each job runs where it is submitted, before `submit` returns, and again at once if it is
                to be retried; those of processes run on a thread, so they are not killed. `"captured"`: nothing runs
                before `test.run_pending()`. `"worker"`: real workers and processes, in real time.
            raises: What a job fails with is raised by `submit`, or by `run_pending`, as well as recorded.

        Raises:
            RuntimeError: It is in test mode already, or its store is open; at the end, if it still is.

        Examples:
            >>> from collections.abc import Iterator
            >>> import pytest
            >>> from fastapi_convert.jobs import Jobs
            >>> jobs = Jobs("jobs.db")
            >>> @jobs.job()
            ... def count_words(text: str) -> int:
            ...     return len(text.split())
            >>> @pytest.fixture
            ... def captured_jobs() -> Iterator[JobsTest]:
            ...     with jobs.testing("captured") as test:
            ...         yield test
            >>> with jobs.testing() as test:
            ...     count_words.submit_sync("to be or not").result_sync()
            4
        """
        from ._testing import test_mode  # noqa: PLC0415 -- who serves needs no tests

        return test_mode(self, mode, raises=raises)

    def __repr__(self) -> str:
        return f"<Jobs {self.path.name!r}>"


def _checked_owner(owner: Any) -> Callable[..., Any] | None:
    if owner is None or callable(owner) or isinstance(owner, params.Depends):
        return owner  # type: ignore[no-any-return]  # what FastAPI takes for a dependency
    raise TypeError(
        f"owner of Jobs is a FastAPI dependency, such as a function that gives user.id, not {owner!r}. Who owns one job"
        " is said by its options(owner=...)."
    )


def _checked_path(path: str | os.PathLike[str]) -> Path:
    found = Path(path)
    if found.name in {"", "..", ":memory:"}:
        raise ValueError(
            f'path of Jobs is a file on a disk, such as "jobs.db", which processes share, and {str(path)!r} is none.'
            " For a store in a test, use jobs.testing()."
        )
    return found.absolute()
