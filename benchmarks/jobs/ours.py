"""The same job with this library, and one that tells more of its progress than anybody wants to know."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.jobs import effects, settings
from fastapi_convert.jobs import Job, Jobs, Progress

#: What a contender's option says: how much an accepted job outlives, and whether the application runs jobs itself.
PROCESS = "process"
EMBEDDED = "embedded"

_options = settings.option().split()

jobs = Jobs(
    settings.folder() / "jobs.db",
    workers=settings.concurrency() if EMBEDDED in _options else 0,
    durability="process" if PROCESS in _options else "power",
)
_SILENT = Progress()
_job = jobs.job(executor="thread" if settings.kind() == "threads" else "process")


@_job
def work(number: int, seconds: float) -> int:
    return effects.work(number, seconds)


@_job
def flood(rate: int, seconds: float, *, progress: Progress = _SILENT) -> int:
    """Tell of progress so many times a second; how many times that was in all."""
    told, began = 0, time.monotonic()
    while (elapsed := time.monotonic() - began) < seconds:
        for told in range(told + 1, int(rate * elapsed) + 1):  # noqa: B020 -- it goes on where it was
            progress(elapsed / seconds, f"update {told}")
        time.sleep(0.001)
    return told


async def submit(number: int, seconds: float) -> Job[int]:
    return await work.submit(number, seconds)


async def cancel(job: Job[int]) -> None:
    await job.cancel()


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    async with jobs.lifespan():
        yield
