"""Measure the longest time for which an event loop ran nothing else, proved first on a stall that is known."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.abc import TaskStatus

__all__ = ("LoopGap", "loop_gap")

BEAT = 0.001
INJECTED_STALL = 0.03


class LoopGap:
    """The longest gap between two beats of a task that wants to run every millisecond."""

    def __init__(self) -> None:
        self._last_beat = time.perf_counter()
        self._longest = 0.0

    @property
    def longest(self) -> float:
        """The longest gap in seconds so far, the one that is still open included."""
        return max(self._longest, time.perf_counter() - self._last_beat)

    def reset(self) -> None:
        """Forget what was seen."""
        self._last_beat = time.perf_counter()
        self._longest = 0.0

    async def beat(self, *, task_status: TaskStatus[None]) -> None:
        """Beat until cancelled."""
        self.reset()
        task_status.started()
        while True:
            await anyio.sleep(BEAT)
            self._longest = self.longest
            self._last_beat = time.perf_counter()


@asynccontextmanager
async def loop_gap() -> AsyncIterator[LoopGap]:
    """Measure the loop's gaps during a block.

    `async with loop_gap() as gap: ...`, then `gap.longest` seconds. Before the block starts it stalls the loop itself
    and checks that it saw so, because a probe that sees nothing would pass every test. Works on asyncio, uvloop and
    trio.
    """
    gap = LoopGap()
    failure: Exception | None = None
    async with anyio.create_task_group() as tasks:
        await tasks.start(gap.beat)
        try:
            await _prove(gap)
            yield gap
        except Exception as error:  # kept aside: the task group would wrap it in an ExceptionGroup
            failure = error
        gap._longest = gap.longest
        tasks.cancel_scope.cancel()
    gap._last_beat = float("inf")  # nothing is counted after the block
    if failure is not None:
        raise failure


def _stall() -> None:
    time.sleep(INJECTED_STALL)


async def _prove(gap: LoopGap) -> None:
    gap.reset()
    _stall()
    await anyio.sleep(2 * BEAT)
    if gap.longest < INJECTED_STALL * 0.9:
        raise RuntimeError(f"the probe saw {gap.longest * 1000:.1f} ms of a stall of {INJECTED_STALL * 1000:.0f} ms")
    gap.reset()
