"""Who holds something that a pool has begun: an entered context manager, a generator between two items.

What they hold may be what every worker of the pool is waiting for. So their further calls may not wait behind those:
when the pool is full they run on a small reserve. FastAPI deadlocks here: with more requests than threads, all threads
wait for a connection in a dependency, and the endpoints that hold the connections get no thread to run on.
"""

from __future__ import annotations

from contextvars import ContextVar

#: What the current task holds, across all pools; those that were let go are dropped at the next entry.
open_holds: ContextVar[tuple[Hold, ...]] = ContextVar("fastapi_convert_open_holds", default=())


class Hold:
    """One thing that is held. A flag and not a ContextVar token, because what is held may be let go in another task."""

    __slots__ = ("_pool", "is_open")

    def __init__(self, pool: object) -> None:
        self._pool = pool
        self.is_open = True
        open_holds.set((*(hold for hold in open_holds.get() if hold.is_open), self))

    def let_go(self) -> None:
        self.is_open = False

    def is_of(self, pool: object) -> bool:
        return self.is_open and self._pool is pool


def holds_of(pool: object) -> int:
    """How many things of `pool` the current task holds."""
    return sum(hold.is_of(pool) for hold in open_holds.get())
