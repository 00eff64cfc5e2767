"""Small items of a synchronous generator, each handed on as soon as it is there."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.concurrency import iterate_in_threadpool

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import load
from benchmarks.offload.measure import TimedComparison, compare
from benchmarks.offload.work import lines
from fastapi_convert.offloading import Pool, offload

PEER = "starlette iterate_in_threadpool"


async def streaming(loop: str) -> list[Comparison]:
    """Items per second. We get more of them to count, or our time would be too short to measure."""
    pool = Pool("streams", threads=4)
    ours = offload(lines, pool=pool)
    await _prove_live(lambda: offload(_waits_for_its_consumer, pool=pool)(threading.Event()))
    few, many = load(3000, 50), load(200_000, 2000)
    contenders = {
        PEER: lambda: _drained(iterate_in_threadpool(lines(few)), few),
        OURS: lambda: _drained(ours(many), many),
    }
    what = "live stream of small items"
    timings = await compare(what, loop, contenders, load(9, 1))
    figures = {name: 1 / timing.wall for name, timing in timings.items()}
    goal = Goal(times=100)
    return [TimedComparison(what, loop, PEER, "items/s", figures, goal, more_is_better=True, timings=timings)]


async def _drained(items: AsyncIterator[str], expected: int) -> int:
    count = 0
    async for _ in items:
        count += 1
    assert count == expected
    return count


def _waits_for_its_consumer(seen: threading.Event) -> Iterator[threading.Event]:
    yield seen
    assert seen.wait(10), "the first item was held back until there were more"
    yield seen


async def _prove_live(stream: Callable[[], AsyncIterator[threading.Event]]) -> None:
    """A stream in batches would be faster, and would not be what is compared here."""
    async for seen in stream():
        seen.set()
