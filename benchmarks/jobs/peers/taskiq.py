"""taskiq over a stream of Redis, the one of its brokers that acknowledges jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from taskiq_redis import RedisAsyncResultBackend, RedisStreamBroker

from benchmarks.jobs import effects, settings

broker = RedisStreamBroker(settings.broker()).with_result_backend(
    RedisAsyncResultBackend[int](settings.broker(), result_ex_time=3600)
)


@broker.task
def work(number: int, seconds: float) -> int:
    return effects.work(number, seconds)


async def submit(number: int, seconds: float) -> str:
    return (await work.kiq(number, seconds)).task_id


@asynccontextmanager
async def opened() -> AsyncIterator[None]:
    await broker.startup()
    try:
        yield
    finally:
        await broker.shutdown()
