"""Time the same work done in several ways: in turns and in one run, so that a busy machine slows all of them alike."""

from __future__ import annotations

import asyncio
import gc
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from benchmarks.common.comparison import Comparison
from benchmarks.common.running import in_turns, tell

#: Does some work and returns how many units of it.
Batch: TypeAlias = Callable[[], Awaitable[int]]


def event_loops() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loops to measure on, by name; there is no uvloop on Windows."""
    found: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"asyncio": asyncio.new_event_loop}
    if sys.platform != "win32":
        import uvloop

        found["uvloop"] = uvloop.new_event_loop
    return found


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that one unit of work took: by the clock, and of the processors, all threads of this process together."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class TimedComparison(Comparison):
    """One for which there are times of everybody too."""

    timings: Mapping[str, Timing] = field(default_factory=dict)


async def in_flight(call: Callable[[], Awaitable[object]], count: int, total: int) -> int:
    """Make `total` calls, always `count` of them at once."""
    rounds = total // count

    async def caller() -> None:
        for _ in range(rounds):
            await call()

    if count == 1:  # a bare loop: no task, nothing to share with anybody
        await caller()
    else:
        await asyncio.gather(*(caller() for _ in range(count)))
    return rounds * count


async def compare(what: str, loop: str, contenders: Mapping[str, Batch], rounds: int) -> dict[str, Timing]:
    """Median timings by name. Each round times everybody once, and each round somebody else begins."""
    for batch in contenders.values():
        await batch()  # starts threads and processes, fills caches
    found: dict[str, list[Timing]] = {name: [] for name in contenders}
    for name in in_turns(list(contenders), rounds):
        found[name].append(await _timed(contenders[name]))
    timings = {name: _median(samples) for name, samples in found.items()}
    for name, timing in timings.items():
        tell(loop, what, name, f"{micro(timing.wall)} wall, {micro(timing.cpu)} CPU")
    return timings


async def _timed(batch: Batch) -> Timing:
    gc.collect()  # nobody pays for what the one before has left behind
    cpu, wall = time.process_time(), time.perf_counter()
    units = await batch()
    return Timing((time.perf_counter() - wall) / units, (time.process_time() - cpu) / units)


def _median(samples: list[Timing]) -> Timing:
    return Timing(statistics.median(t.wall for t in samples), statistics.median(t.cpu for t in samples))


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.{2 if seconds < 1e-4 else 0}f} us"
