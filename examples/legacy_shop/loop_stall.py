"""Measures, inside the server, the longest time that the event loop did nothing but one thing.

A task asks to be woken every few milliseconds and notes how much later that happened. Both apps include this router,
so that both are measured by the same code.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from time import perf_counter

from fastapi import APIRouter, FastAPI, Request

TICK = 0.005


class StallProbe:
    """The longest stall since it was last asked."""

    def __init__(self) -> None:
        self._longest = 0.0
        self._due = perf_counter()

    async def run(self) -> None:
        """Wake up every tick, and note how late it was."""
        while True:
            self._due = perf_counter() + TICK
            await asyncio.sleep(TICK)
            self._note()

    def take(self) -> float:
        """Return the longest stall in seconds, and begin anew."""
        self._note()  # the request that asks may have come before the wake-up that is overdue
        longest, self._longest = self._longest, 0.0
        return longest

    def _note(self) -> None:
        self._longest = max(self._longest, perf_counter() - self._due)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, StallProbe]]:
    probe = StallProbe()
    task = asyncio.create_task(probe.run())
    yield {"stall_probe": probe}
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


router = APIRouter(lifespan=_lifespan, include_in_schema=False)


@router.get("/_stall")
async def longest_stall(request: Request) -> float:
    """Tell the longest stall since the last call, in seconds."""
    probe: StallProbe = request.state.stall_probe
    return probe.take()
