"""`settle`: await what another thread does, as told by its `concurrent.futures.Future`."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TypeVar

import anyio
from anyio.lowlevel import checkpoint

from ._loops import poster

T = TypeVar("T")


async def settle(future: Future[T]) -> T:
    """Wait for a future of another thread, and give its result. No thread waits for it, neither here nor there.

    Raises:
        Exception: What the future raises; `concurrent.futures.CancelledError` if somebody else has cancelled it.

    Cancelled while it waits, it takes the work back if that has not begun. If it has, the caller leaves at once all
    the same, and the work is done: what was written stays written.
    """
    if future.done():
        await checkpoint()
    else:
        await _wait(future)
    try:
        return future.result()
    finally:
        del future  # an error's traceback has this frame: no cycle


async def _wait(future: Future[T]) -> None:
    done = anyio.Event()
    post = poster()
    future.add_done_callback(lambda _: post(done.set))
    try:
        await done.wait()
    finally:
        future.cancel()  # does nothing to one that has begun or is done
