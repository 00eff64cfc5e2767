"""Calls to a thread and back: functions that do nothing, and functions that block for a millisecond."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import anyio.to_thread
from asgiref.sync import sync_to_async
from starlette.concurrency import run_in_threadpool

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import load
from benchmarks.offload.measure import Batch, TimedComparison, compare, in_flight
from benchmarks.offload.work import noop, sleep_1_ms
from fastapi_convert.offloading import Pool, offload

PEER = "anyio.to_thread.run_sync"
THREADS = 40  # what anyio's limiter allows by default


async def no_op(loop: str) -> list[Comparison]:
    """CPU time of a hop, with many and with one under way."""
    _give_everybody_the_same_threads()
    found: list[Comparison] = []
    for count, total, goal in ((40, load(4000, 80), 8.0), (1000, load(20000, 1000), 8.0), (1, load(1500, 30), 1.4)):
        what = f"no-op hop, {count} in flight"
        timings = await compare(what, loop, _contenders(noop, count, total), load(7 if count < 1000 else 5, 1))
        figures = {name: timing.cpu * 1e6 for name, timing in timings.items()}
        found.append(TimedComparison(what, loop, PEER, "us CPU", figures, Goal(times=goal), timings=timings))
    return found


async def blocking(loop: str) -> list[Comparison]:
    """Calls per second when each sleeps for a millisecond; 40 threads could do 40 000."""
    _give_everybody_the_same_threads()
    what = "1 ms of blocking, 1000 in flight"
    timings = await compare(what, loop, _contenders(sleep_1_ms, 1000, load(4000, 1000)), load(5, 1))
    figures = {name: 1 / timing.wall for name, timing in timings.items()}
    goal = Goal(times=2)
    return [TimedComparison(what, loop, PEER, "calls/s", figures, goal, more_is_better=True, timings=timings)]


def _give_everybody_the_same_threads() -> None:
    """The executor of asyncio and asgiref has fewer on small machines."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))


def _contenders(fn: Callable[[], None], count: int, total: int) -> dict[str, Batch]:
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        PEER: functools.partial(anyio.to_thread.run_sync, fn),
        "starlette run_in_threadpool": functools.partial(run_in_threadpool, fn),
        "asyncio.to_thread": functools.partial(asyncio.to_thread, fn),
        "asgiref sync_to_async": sync_to_async(fn, thread_sensitive=False),
        OURS: offload(fn, pool=Pool("bench", threads=THREADS)),
    }
    return {name: functools.partial(in_flight, call, count, total) for name, call in calls.items()}
