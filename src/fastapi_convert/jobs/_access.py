"""`Access`: how the parts of this room get at the store, whoever has opened it or has put another in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import anyio
from anyio.lowlevel import RunVar

from fastapi_convert.offloading import Pool

from ._clock import Clock
from ._hub import Hub

if TYPE_CHECKING:
    from ._files import Folders
    from ._station import Station
    from ._testing import JobsTest
    from .ledger.protocol import Ledger

P = ParamSpec("P")
R = TypeVar("R")

# A hub belongs to an event loop, so this does too. By the id of the `Access`, which outlives its hubs.
_hubs: RunVar[dict[int, Hub]] = RunVar("fastapi_convert_job_hubs")


class Access:
    """A store that is opened when it is used, and open throughout while something runs in it.

    Args:
        station: What is opened.
        clock: The store's.
    """

    def __init__(self, station: Station, clock: Clock) -> None:
        self.clock = clock
        self._station = station
        self._test: JobsTest | None = None
        self._pool = Pool("jobs", threads=4, max_waiting=10_000)

    @property
    def ledger(self) -> Ledger:
        """The store itself."""
        return self._station.ledger

    @property
    def folders(self) -> Folders:
        """Where files and locks lie."""
        return self._station.folders

    async def read(self, fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run what blocks on a worker thread."""
        return await self._pool.run(fn, *args, **kwargs)

    @contextmanager
    def replaced(self, station: Station, clock: Clock, test: JobsTest) -> Iterator[None]:
        """Have another store for the while: what a test does."""
        if self._test is not None:
            raise RuntimeError(f"{self!r} is in test mode already: leave the other jobs.testing() first.")
        if self._station.in_use:
            raise RuntimeError(
                f"The store of {self!r} is open: enter jobs.testing() before the lifespan or TestClient."
            )
        before = self._station, self.clock
        self._station, self.clock, self._test = station, clock, test
        try:
            yield
        finally:
            (self._station, self.clock), self._test = before, None

    @contextmanager
    def opened(self) -> Iterator[Station]:
        """The open store, for synchronous code; opened for the while if no lifespan has."""
        station = self._station
        station.enter()
        try:
            yield station
        finally:
            station.leave()

    @asynccontextmanager
    async def open_async(self) -> AsyncIterator[Station]:
        """The open store; opened for the while, on a worker thread, if no lifespan has."""
        station = self._station
        if not station.enter_if_open():
            await self.read(station.enter)
        try:
            yield station
        finally:
            if not station.leave_if_others():
                with anyio.CancelScope(shield=True):
                    await self.read(station.leave)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Hub]:
        """This event loop's hub; one for the while if no lifespan has made one."""
        hub = self._hub()
        if hub is not None:
            yield hub
            return
        async with self.open_async() as station, Hub(station.ledger, self.read) as hub:
            station.add(hub)
            try:
                yield hub
            finally:
                station.discard(hub)

    @contextmanager
    def followed_through(self, hub: Hub) -> Iterator[None]:
        """Let everybody on this event loop follow through this hub."""
        _hubs.set({**_hubs.get({}), id(self): hub})
        try:
            yield
        finally:
            _hubs.set({key: value for key, value in _hubs.get().items() if value is not hub})

    def _hub(self) -> Hub | None:
        return _hubs.get({}).get(id(self))

    def remove_if_unknown(self, job_id: str) -> None:
        """Remove the files of a job that did not come to be. Blocks."""
        try:
            if self.ledger.get(job_id) is None:
                self.folders.remove(job_id)
        except Exception:  # noqa: S110 -- the store cannot tell now: what nobody knows is swept away in a day
            pass
