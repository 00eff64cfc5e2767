"""Run the synchronous functions you have off the event loop: bounded, cancellable, with their signatures kept.

`offload` makes a function awaitable; `Pool` and `ProcessPool` are the bounded places where it runs; `OffloadRoute`
does it for the plain `def` endpoints of a router; `check_cancelled` and `time_left` are for the function's own use.
"""

from __future__ import annotations

from ._call import check_cancelled, time_left
from ._offload import Offloaded, OffloadedStream, offload
from .pools import BasePool, Pool, PoolStats, default_pool
from .process_pools import ProcessPool
from .routes import OffloadRoute

__all__ = (
    "BasePool",
    "OffloadRoute",
    "Offloaded",
    "OffloadedStream",
    "Pool",
    "PoolStats",
    "ProcessPool",
    "check_cancelled",
    "default_pool",
    "offload",
    "time_left",
)
