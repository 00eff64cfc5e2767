"""The same job with this library."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.jobs import effects, settings
from fastapi_convert.jobs import Job, Jobs

#: What a contender's option says: how much an accepted job outlives, and whether the application runs jobs itself.
PROCESS = "process"
EMBEDDED = "embedded"

_options = settings.option().split()

jobs = Jobs(
    settings.folder() / "jobs.db",
    workers=settings.concurrency() if EMBEDDED in _options else 0,
    durability="process" if PROCESS in _options else "power",
)


@jobs.job(executor="thread" if settings.kind() == "threads" else "process")
def work(number: int, seconds: float) -> int:
    return effects.work(number, seconds)


async def submit(number: int, seconds: float) -> Job[int]:
    return await work.submit(number, seconds)


async def cancel(job: Job[int]) -> None:
    await job.cancel()


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    async with jobs.lifespan():
        yield
