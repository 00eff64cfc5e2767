"""Time the same work done in several ways: in turns and in one run, so that a busy machine slows all of them alike."""

from __future__ import annotations

import asyncio
import gc
import os
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

OURS = "fastapi-convert"

#: Does some work and returns how many units of it.
Batch: TypeAlias = Callable[[], Awaitable[int]]


def load(full: int, quick: int) -> int:
    """How much to do: `BENCH_QUICK=1` asks for so little that the figures mean nothing and the program is tried."""
    return quick if os.environ.get("BENCH_QUICK") else full


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
class Goal:
    """What is to be reached: so many times better than the peer, or a figure of our own that is at most so large."""

    times: float | None = None
    at_most: float | None = None

    def as_ratio(self, peer: float) -> float:
        """The ratio to the peer at which the goal is just reached."""
        if self.times is not None:
            return self.times
        assert self.at_most is not None
        return peer / self.at_most


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the table: a figure of everybody who did the same work on the same event loop."""

    what: str
    loop: str
    against: str
    unit: str
    figures: Mapping[str, float]
    goal: Goal
    more_is_better: bool = False
    timings: Mapping[str, Timing] = field(default_factory=dict)

    @property
    def peer(self) -> float:
        return self.figures[self.against]

    @property
    def ours(self) -> float:
        return self.figures[OURS]

    @property
    def ratio(self) -> float:
        """How many times better we are than the peer."""
        return self.ours / self.peer if self.more_is_better else self.peer / self.ours

    @property
    def goal_ratio(self) -> float:
        return self.goal.as_ratio(self.peer)

    @property
    def reached(self) -> bool:
        return self.ratio >= self.goal_ratio


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
    names = list(contenders)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
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


def tell(loop: str, what: str, who: str, result: str) -> None:
    """Progress: one line for each thing that was measured."""
    print(f"{loop:8} {what:38} {who:38} {result}", flush=True)


def micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.{2 if seconds < 1e-4 else 0}f} us"
