"""How finished calls get back to an asyncio loop: one wake-up for a whole batch.

A worker appends to `done` and wakes the loop only if nobody has since the last drain. The loop is woken through an
eventfd where there is one and the loop is asyncio's own: one system call, against a lock, a handle and a byte through
a socket pair with `call_soon_threadsafe`. uvloop gains nothing by it.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from contextvars import Context
from typing import TYPE_CHECKING

import anyio.lowlevel

from ._call import logger
from ._threadlocals import claim_thread, scope_for_calls

if TYPE_CHECKING:
    from ._call import Deliverable
    from ._crew import Crew


class _Here(threading.local):
    box: Mailbox | None = None


# A running loop belongs to one thread, so the last mailbox of this thread nearly always is the right one.
_here = _Here()
# Loops that have begun to end: what still runs in them gets a mailbox with nothing to clean up afterwards.
_ending: weakref.WeakSet[asyncio.AbstractEventLoop] = weakref.WeakSet()


def current_mailbox(crew: Crew) -> Mailbox:
    """The running asyncio loop's mailbox, with `crew` noted as used by it; RuntimeError where no such loop runs."""
    loop = asyncio.get_running_loop()
    box = _here.box
    if box is None or box.loop is not loop:
        if box is not None and box.loop.is_closed():  # a loop that was closed without shutdown_asyncgens()
            box.close()
        box = _here.box = Mailbox(loop)
    if crew not in box.crews and box.open:
        box.crews.add(crew)
        crew.acquire()
    return box


class Mailbox:
    """Everything that worker threads have finished for one asyncio loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.crews: set[Crew] = set()
        self.open = loop not in _ending
        #: What `anyio.from_thread` needs to find the way back from a worker.
        self.token = anyio.lowlevel.current_token()
        self.scope = scope_for_calls()
        self._done: deque[Deliverable] = deque()
        self._announced = False
        self._looked_at = 0.0
        self._ending_since: float | None = None
        # Between waking and closing: a descriptor that is closed may be somebody else's the next moment.
        self._lock = threading.Lock()
        self._eventfd = -1
        if self.open:
            self._open_eventfd()
            self._hook = at_loop_end(self.close)

    def _open_eventfd(self) -> None:
        if hasattr(os, "eventfd") and isinstance(self.loop, asyncio.SelectorEventLoop):
            self._eventfd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            # In an empty context: the loop keeps the one it is given, and with it the first request's variables.
            Context().run(self.loop.add_reader, self._eventfd, self._drain_eventfd)

    # On the worker

    def claim_thread(self) -> None:
        claim_thread(self.token, self.scope)

    def post(self, item: Deliverable) -> None:
        self._done.append(item)
        if not self._announced:
            self._announced = True
            self._wake()

    def _wake(self) -> None:
        with self._lock:
            if self._eventfd >= 0:
                os.eventfd_write(self._eventfd, 1)
                return
        with suppress(RuntimeError):  # the loop is closed: nobody is left to hear of it
            self.loop.call_soon_threadsafe(self._drain, context=Context())

    # On the loop

    def _drain_eventfd(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._eventfd)
        self._drain()

    def _drain(self) -> None:
        # First lower the flag, then look: what is posted from here on announces itself.
        self._announced = False
        done = self._done
        for _ in range(len(done)):
            try:
                done.popleft().deliver()
            except Exception:
                logger.exception("An offloaded call could not be delivered")  # and the others must be

    def seconds_of_ending(self) -> float:
        """For how long no task of the loop is left that was not cancelled, as while `asyncio.run` ends; 0.0 else.

        Looked up at most every 50 ms: thousands of shielded callers may ask, and there are as many tasks.
        """
        now = time.monotonic()
        if now - self._looked_at > 0.05:
            self._looked_at = now
            ending = all(task.cancelling() for task in asyncio.all_tasks(self.loop))
            self._ending_since = (self._ending_since or now) if ending else None
        return now - self._ending_since if self._ending_since is not None else 0.0

    def close(self) -> None:
        """Give back the descriptor and the threads. Calls that still run answer by `call_soon_threadsafe`."""
        if not self.open:
            return
        self.open = False
        _ending.add(self.loop)
        if _here.box is self:
            _here.box = None
        with self._lock:
            fd, self._eventfd = self._eventfd, -1
        if fd >= 0:
            if not self.loop.is_closed():
                self.loop.remove_reader(fd)
            os.close(fd)
            self._drain()  # a wake-up may have been in the descriptor
        while self.crews:
            self.crews.pop().release()


def at_loop_end(callback: Callable[[], None]) -> object:
    """Have `callback` called when the running loop ends, for as long as the returned object is kept.

    `asyncio.run`, uvicorn, uvloop and trio end every asynchronous generator before a loop is closed. That is the one
    hook which all of them offer.
    """
    hook = _until_loop_end(callback)
    with suppress(StopIteration):  # how a first `yield` that awaits nothing looks from outside
        hook.__anext__().__await__().send(None)
    return hook


async def _until_loop_end(callback: Callable[[], None]) -> AsyncIterator[None]:
    try:
        yield
    finally:
        callback()


def _forget_parent_loop() -> None:
    _here.box = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_parent_loop)
