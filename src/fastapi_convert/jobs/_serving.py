"""`Serving`: an open store with a worker in it, from the beginning of a lifespan to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import anyio
from anyio.from_thread import BlockingPortal

from ._access import Access
from .work._presence import Presence
from .work._stop_signals import stop_signals
from .work.worker import Worker

if TYPE_CHECKING:
    from ._clock import Clock
    from ._hub import Hub
    from ._station import Station
    from ._terms import Terms


class Serving(Access):
    """What runs jobs in this process.

    Args:
        station: What is opened.
        clock: The store's.
        grace: Seconds that running jobs have to end in.
    """

    def __init__(self, station: Station, clock: Clock, grace: float) -> None:
        super().__init__(station, clock)
        self.grace = grace
        #: What was said about the functions, by their names.
        self.terms: dict[str, Terms] = {}
        self._worker: Worker | None = None

    @property
    def has_worker(self) -> bool:
        """Whether this process runs jobs."""
        return self._worker is not None

    @asynccontextmanager
    async def running(self, workers: int, queues: Collection[str] | None = None) -> AsyncIterator[None]:
        """`lifespan`, with another number of workers, for jobs of some queues only: what the command line does."""
        if self._hub() is not None:
            yield
            return
        async with self.following() as hub, _portal() as portal:
            worker = await self._start_worker(portal, workers, queues) if workers else None
            try:
                with self.followed_through(hub), stop_signals(lambda: _stop_soon(hub, worker)):
                    yield
            finally:
                _stop_soon(hub, worker)
                if worker is not None:
                    with anyio.CancelScope(shield=True):
                        await self._end_worker(worker)

    async def _start_worker(self, portal: BlockingPortal, workers: int, queues: Collection[str] | None) -> Worker:
        presence = await self.read(Presence, self.folders.workers)
        worker = Worker(
            self.ledger,
            # Without queues the very dict: functions that are registered later are found in it.
            self.terms if queues is None else {name: each for name, each in self.terms.items() if each.queue in queues},
            workers=workers,
            folder=self.folders.root,
            presence=presence,
            clock=self.clock,
            portal=portal,
            grace=self.grace,
        )
        self._station.add(worker)
        self._worker = worker
        worker.start()
        return worker

    async def _end_worker(self, worker: Worker) -> None:
        # A thread of its own: the pool's may all be waiting for this very store.
        await anyio.to_thread.run_sync(worker.stop)
        self._station.discard(worker)
        if self._worker is worker:
            self._worker = None


@asynccontextmanager
async def _portal() -> AsyncIterator[BlockingPortal]:
    """A portal that is not told of the block's error, which its task group would wrap."""
    portal = BlockingPortal()
    await portal.__aenter__()
    try:
        yield portal
    finally:
        await portal.__aexit__(None, None, None)


def _stop_soon(hub: Hub, worker: Worker | None) -> None:
    """Let event streams end and no job begin. Quick: a signal handler calls it."""
    hub.stop()
    if worker is not None:
        worker.drain()
