"""`Terms`: all that `@jobs.job(...)` says about a function, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from fastapi_convert.errors import Errors

from .retries import Retry

OWN_DEATHS = 3
WORKER_DEATHS = 20

Executor = Literal["process", "thread", "async"]


@dataclass(frozen=True, slots=True)
class Terms:
    """How a function's jobs are queued, run, retried and kept. Times are in seconds, sizes in bytes."""

    fn: Callable[..., Any]
    name: str
    queue: str
    executor: Executor
    timeout: float | None
    retry: Retry
    keep: float
    #: How many jobs of the queue run at once, over all workers.
    limit: int | None
    max_queued: int
    priority: int
    #: Deaths after which a job has failed, as its author says; `None`: the two numbers below.
    max_crashes: int | None
    #: Jobs after which a process is replaced.
    max_tasks_per_process: int | None
    errors: Errors
    #: Whether the function takes a `Progress`: what is needed to stop it in a thread.
    cooperative: bool
    max_upload: int

    @property
    def own_deaths(self) -> int:
        """Deaths of the job's own process after which it has failed: it was alone in there."""
        return OWN_DEATHS if self.max_crashes is None else self.max_crashes

    @property
    def worker_deaths(self) -> int | None:
        """Deaths of the whole worker after which a job has failed that ran meanwhile; `None`: it is not to blame.

        A job in a process of its own has not caused it. One on a thread or on the loop may have, among others.
        """
        if self.max_crashes is not None:
            return self.max_crashes
        return None if self.executor == "process" else WORKER_DEATHS
