"""Named, bounded places for legacy functions to run in: what all pools share, and `Pool`, of threads."""

from __future__ import annotations

import functools
import os
import time
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Coroutine, Iterable
from contextlib import aclosing
from contextvars import Context
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

import anyio
import anyio.to_thread

from fastapi_convert.errors import PoolClosed, PoolFull

from ._call import Call
from ._crew import Crew
from ._flight import Flight
from ._holds import holds_of, open_holds
from ._hop import hop, start_anywhere
from ._waiting import DEFAULTS, ContextMode, Options, tell_stuck

if TYPE_CHECKING:
    from ._crew import Lane

__all__ = ("BasePool", "Pool", "PoolStats", "default_pool")

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStats:
    """What a pool does now, and what it has done since it was made."""

    #: The pool's name.
    name: str
    #: The bound: at most so many calls run at once, each on a thread of its own.
    threads: int
    #: The bound on worker processes; 0 for a pool of threads.
    processes: int
    #: The bound on calls that wait for a worker.
    max_waiting: int
    #: Calls that run now, those that nobody waits for any more included.
    running: int
    #: Calls that wait for a worker now.
    waiting: int
    #: Calls that ended, with a result or an error.
    completed: int
    #: Calls refused with `PoolFull`.
    rejected: int
    #: Calls answered with `OffloadTimeout`.
    timed_out: int
    #: Calls whose caller left, by timeout or cancellation, while the function ran on.
    abandoned: int


class BasePool(ABC):
    """What pools of threads and pools of processes have in common. Make a `Pool` or a `ProcessPool`."""

    def __init__(self, name: str, workers: int, max_waiting: int, close_timeout: float) -> None:
        if workers < 1:
            raise ValueError(f"Pool {name!r} needs at least one worker, not {workers}.")
        if max_waiting < 0:
            raise ValueError(f"max_waiting of pool {name!r} is a number of calls, 0 or more, not {max_waiting}.")
        self.name = name
        self.max_waiting = max_waiting
        self._closed = False
        self._crew = Crew(name, workers, max_waiting, close_timeout)
        # Threads beyond the bound, hired only when the pool is full, and only for those who hold what its calls may be
        # waiting for: the first crew for the ends of generators and context managers, the others, one for each
        # further thing that is held, for the calls of their holders.
        self._reserves = [Crew(f"{name} reserve", max(2, workers // 4), 1_000_000, close_timeout)]
        _pools.add(self)

    @abstractmethod
    def bind(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """What a worker thread calls to run `fn` in this pool."""

    @property
    def closed(self) -> bool:
        """Whether the pool takes no more calls."""
        return self._closed

    async def run(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run `fn(*args, **kwargs)` on a worker of this pool and return its result.

        Args:
            fn: A synchronous function, not an `async def`.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments. For a timeout and the like, use `offload(fn, pool=..., timeout=...)`.

        Raises:
            PoolFull: All workers are busy and `max_waiting` calls wait: at once, before `fn` has run.
            PoolClosed: The pool was closed.

        Cancelled while it waits for a worker, it never runs; cancelled later, the caller leaves when `fn` has ended.

        Examples:
            >>> import anyio
            >>> from fastapi_convert import Pool
            >>> anyio.run(Pool("docs", threads=2).run, max, 3, 7)
            7
        """
        return await self.call(fn, args, kwargs)  # type: ignore[no-any-return]  # what fn returns

    def call(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        options: Options = DEFAULTS,
        context: Context | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """`run` with options, to be awaited at once; what `offload` is made of."""
        return hop(self._crew_for_call(), self.bind(fn), args, kwargs, options, context)

    async def call_exit(self, fn: Callable[..., Any], context: Context, mode: ContextMode = "in") -> Any:
        """Run the end of something that this pool has begun: never refused, withdrawn or starved by its other calls."""
        crew = self._reserves[0] if self._closed or self._crew.is_full() else self._crew
        return await hop(crew, fn, options=Options(context=mode, must_run=True), context=context)

    def start(self, call: Call, *, begun: bool) -> Lane:
        """Hand over a stretch of a generator. One that has begun is never refused: its consumer has the first half."""
        if not begun:
            return start_anywhere(self._crew_for_call(), call)
        crew = self._reserve(max(1, holds_of(self))) if self._crew.is_full() else self._crew
        return start_anywhere(crew, call, first=True)

    def _crew_for_call(self) -> Crew:
        if self._closed:
            raise PoolClosed(f"Pool {self.name!r} is closed. Call it inside `async with pool`, or before it is closed.")
        if not open_holds.get() or not (held := holds_of(self)) or not self._crew.is_full():
            return self._crew
        return self._reserve(held)

    def _reserve(self, held: int) -> Crew:
        # A crew for each number of things held: who holds two never waits behind those who hold one, and so on up.
        # Eight, because what is entered by the same code at different depths would otherwise be without bound.
        held = min(held, 8)
        first = self._reserves[0]
        while len(self._reserves) <= held:
            self._reserves.append(Crew(first.name, first.size, first.max_waiting, first.close_timeout))
        return self._reserves[held]

    def begin_anew(self) -> None:
        """In a forked child, where none of the parent's workers exist: forget them."""
        for crew in self.crews():
            crew.reset()

    def crews(self) -> list[Crew]:
        """The pool's own workers, then its reserves."""
        return [self._crew, *self._reserves]

    def count_timeout(self) -> None:
        """Count an `OffloadTimeout` that a stream has raised."""
        self._crew.timed_out += 1

    async def map(
        self,
        fn: Callable[[T], R],
        items: Iterable[T] | AsyncIterable[T],
        /,
        *,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> AsyncGenerator[R, None]:
        """Call `fn` on each item, several at a time, and yield the results in the order of the items.

        Args:
            fn: A synchronous function of one argument.
            items: Taken as they are needed, on the event loop: no more than `limit` are ahead of the consumer.
            limit: How many calls are under way at once; all the pool's workers by default.
            timeout: Seconds for each call, its waiting included.

        Raises:
            Exception: What `fn` raises, in its place; the calls behind it are withdrawn, those that run are awaited.
            PoolFull: The pool has no room for even one call.

        When the consumer breaks, is cancelled or fails, calls that wait are withdrawn and those that run are awaited.

        Examples:
            >>> import anyio
            >>> from fastapi_convert import Pool
            >>> async def main() -> list[int]:
            ...     return [n async for n in Pool("docs", threads=2).map(abs, [-1, 2, -3], limit=2)]
            >>> anyio.run(main)
            [1, 2, 3]
        """
        flights: deque[Flight] = deque()
        limit = limit or self._crew.size
        options = Options(timeout=timeout)
        try:
            async with aclosing(_each(items)) as source:
                async for item in source:
                    while not (flight := self._launch(fn, item, options, must=not flights)):
                        yield await flights.popleft().land()
                    flights.append(flight)
                    if len(flights) >= limit:
                        yield await flights.popleft().land()
            while flights:
                yield await flights.popleft().land()
        finally:
            for flight in flights:
                flight.recall()
            for flight in flights:
                await flight.leave()

    def _launch(self, fn: Callable[..., Any], item: Any, options: Options, *, must: bool) -> Flight | None:
        """Start one call of `map`; `None` when there is no room now, but calls of this very map will make some."""
        try:
            return Flight(self._crew_for_call(), self.bind(fn), item, options)
        except PoolFull:
            if must:
                raise
            return None

    def stats(self) -> PoolStats:
        """What the pool does now and has done. Cheap; may be called from any thread."""
        crews = self.crews()
        return PoolStats(
            name=self.name,
            threads=self._crew.size,
            processes=0,
            max_waiting=self.max_waiting,
            running=sum(crew.running() for crew in crews),
            waiting=sum(crew.waiting() for crew in crews),
            completed=sum(crew.completed() for crew in crews),
            rejected=sum(crew.rejected for crew in crews),
            timed_out=sum(crew.timed_out for crew in crews),
            abandoned=sum(crew.abandoned for crew in crews),
        )

    async def aclose(self) -> None:
        """Take no more calls, wait for those that run, at most `close_timeout` seconds, and end the workers.

        Calls that wait are let run; those that could not begin in time get `PoolClosed`. Bodies that do not end in
        time are logged with the place they are in, and left behind on their daemon threads. May be called twice.
        """
        self._closed = True
        deadline = time.monotonic() + self._crew.close_timeout
        while (stats := self.stats()).running or stats.waiting:
            if time.monotonic() >= deadline:
                self._give_up()
                break
            await anyio.sleep(0.005)
        await anyio.to_thread.run_sync(self._end)

    def _give_up(self) -> None:
        for crew in self.crews():
            crew.refuse_waiting(PoolClosed(f"Pool {self.name!r} was closed before this call could begin."))
            tell_stuck(crew)

    def _end(self) -> None:
        for crew in self.crews():
            crew.close()

    async def __aenter__(self) -> Self:
        self._closed = False
        for crew in self.crews():
            crew.closed = False
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with anyio.CancelScope(shield=True):
            await self.aclose()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}>"


class Pool(BasePool):
    """A named pool of threads: at most `threads` calls at once, at most `max_waiting` behind them.

    Make one for each thing that must not starve the others: the database, the slow partner, the file share. It can
    be made at import time and needs no start; its threads begin with the first call and end with the event loop.
    `async with pool`, in a lifespan, ends it earlier and in order.

    Args:
        name: For errors, logs, thread names and stats.
        threads: The bound. It holds whatever cancels whom: a call whose caller has left keeps its thread until the
            function ends. Only what must get through to free others goes beyond it, and only when all are busy: calls
            within calls, the ends of generators and context managers, and calls of tasks that hold one of these, on
            a reserve of a quarter as many threads (at least two).
        max_waiting: How many calls may wait for a thread; the next one is refused with `PoolFull` at once.
        close_timeout: Seconds that running calls have to end in when the pool or its event loop ends.

    The bound is for the process: event loops in several threads share the pool. (On trio each run counts its own.)
    After a fork the child begins with an empty pool.

    Examples:
        >>> import anyio
        >>> from fastapi_convert import Pool
        >>> db = Pool("db", threads=10, max_waiting=200)
        >>> anyio.run(db.run, sum, [1, 2, 3])
        6
        >>> db.stats().completed
        1
    """

    def __init__(self, name: str, *, threads: int = 40, max_waiting: int = 1000, close_timeout: float = 5.0) -> None:
        super().__init__(name, threads, max_waiting, close_timeout)
        self.threads = threads

    def bind(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return fn


async def _each(items: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


# Not state, only who has to hear of a fork: the pools themselves belong to whoever made them.
_pools: weakref.WeakSet[BasePool] = weakref.WeakSet()


def _begin_anew_after_fork() -> None:
    for pool in _pools:
        pool.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew_after_fork)


@functools.cache
def default_pool() -> Pool:
    """The pool of `@offload` without a `pool`: 40 threads, as many as FastAPI gives its `def` endpoints.

    Made at the first use. Give what is slow or precious a `Pool` of its own, so that it cannot starve the rest.

    Examples:
        >>> from fastapi_convert import default_pool
        >>> default_pool().stats().threads
        40
    """
    return Pool("default")
