"""A 10 MB array to a warm process that reads it and returns a checksum, and what the event loop feels of it."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias

import anyio.to_process
import numpy as np

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import load, tell
from benchmarks.offload.measure import TimedComparison, compare, in_flight
from benchmarks.offload.work import checksum
from fastapi_convert.offloading import ProcessPool

PEER = "anyio.to_process.run_sync"
NOTHING = "nothing: the machine's own gaps"

Call: TypeAlias = Callable[[], Awaitable[int]]

SIZE = 10_000_000


async def array_to_process(loop: str) -> list[Comparison]:
    """Milliseconds for a call, and the longest gap between two turns of the loop during one."""
    array = np.arange(SIZE, dtype=np.uint32).astype(np.uint8)
    expected = checksum(array)

    def checked(send: Call) -> Call:
        async def call() -> int:
            found = await send()
            assert found == expected
            return found

        return call

    async with ProcessPool("bench", processes=1) as pool:
        contenders = {
            PEER: checked(lambda: anyio.to_process.run_sync(checksum, array)),
            OURS: checked(lambda: pool.run(checksum, array)),
        }
        return [await _duration(loop, contenders), await _gaps(loop, contenders)]


async def _duration(loop: str, contenders: dict[str, Call]) -> Comparison:
    what = "10 MB array to a process"
    batches = {name: partial(in_flight, call, 1, load(8, 1)) for name, call in contenders.items()}
    timings = await compare(what, loop, batches, load(15, 2))
    figures = {name: timing.wall * 1000 for name, timing in timings.items()}
    return TimedComparison(what, loop, PEER, "ms", figures, Goal(times=8), timings=timings)


async def _gaps(loop: str, contenders: dict[str, Call]) -> Comparison:
    what = "loop gap while it travels"
    contenders = {**contenders, NOTHING: _nothing}  # what of it is the scheduler's doing, not ours or the peer's
    gaps: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(load(41, 2)):
        for name, call in contenders.items():
            gaps[name].append(await _longest_gap(call) * 1000)
    figures = {name: statistics.median(found) for name, found in gaps.items()}
    for name, found in gaps.items():
        tell(loop, what, name, f"{figures[name]:.2f} ms in the median call, {max(found):.2f} ms in the worst")
    return Comparison(what, loop, PEER, "ms", figures, Goal(at_most=1))


async def _nothing() -> int:
    await asyncio.sleep(0.005)
    return 0


async def _longest_gap(call: Call) -> float:
    """The longest time between two turns of the loop while the call runs.

    The probe runs at every turn: one with a timer would see only the gaps that its timer happens to end in. Turning
    without a pause costs the call some time, so calls are not timed while it runs.
    """
    loop = asyncio.get_running_loop()
    longest, last, running = 0.0, time.perf_counter(), True

    def turn() -> None:
        nonlocal longest, last
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
        if running:
            loop.call_soon(turn)

    loop.call_soon(turn)
    await call()
    running = False
    await asyncio.sleep(0)  # the gap that the call has ended in counts too
    return longest
