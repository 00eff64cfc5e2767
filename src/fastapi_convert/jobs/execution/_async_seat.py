"""`AsyncSeat`: runs of coroutine functions on the event loop of a portal, waited for by a thread."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable

import anyio
import anyio.from_thread

from fastapi_convert.jobs._loops import poster
from fastapi_convert.jobs.progress import Progress

from ._body import run_async_body
from ._memory import MemorySink
from .seats import Died, Order, Outcome, Stopped, TimedOut

_LOOP_ENDED = "worker died: its event loop ended"


class AsyncSeat:
    """A `Seat` on the event loop of `portal`: asyncio, uvloop or trio. The loop must outlive the runs.

    A run that is stopped, or out of time, is cancelled at its next `await`, and again at each one after that: a
    function that swallows the cancellation once has its clean-up, but not the rest of its life. One that never awaits
    holds up the loop and cannot be stopped.
    """

    def __init__(self, portal: anyio.from_thread.BlockingPortal) -> None:
        self._portal = portal
        self._lock = threading.Lock()
        self._run: _Run | None = None
        self._sink = MemorySink(None)

    def run(self, order: Order, timeout: float | None) -> Outcome:
        """Run the function on the loop, and block this thread, which is not the loop's, until it has ended."""
        run = _Run(order, timeout)
        with self._lock:
            self._run = run
            self._sink = run.sink
        try:
            return run.wait(self._portal)
        finally:
            with self._lock:
                self._run = None

    def stop(self, reason: str) -> None:
        """Cancel the present run, as soon as the loop hears of it."""
        with self._lock:
            run = self._run
        if run is not None:
            run.stop(reason)

    def progress(self) -> tuple[float | None, str] | None:
        """The latest that the run has told."""
        return self._sink.told

    def close(self) -> None:
        """Cancel a run that goes on. The portal is its owner's."""
        self.stop("its worker is closing")


class _Run:
    """One run, and what is needed to cancel it and nothing else."""

    def __init__(self, order: Order, timeout: float | None) -> None:
        self.sink = MemorySink(timeout)
        self._order = order
        self._timeout = timeout
        self._scope: anyio.CancelScope | None = None
        self._post: Callable[[Callable[[], object]], None] | None = None

    def wait(self, portal: anyio.from_thread.BlockingPortal) -> Outcome:
        try:
            future = portal.start_task_soon(self._go)
        except RuntimeError:  # so it says that it was stopped, or that its loop is closed
            return Died(_LOOP_ENDED)
        try:
            return future.result()
        except (concurrent.futures.CancelledError, GeneratorExit):
            return self._cut() or Died(_LOOP_ENDED)

    async def _go(self) -> Outcome:
        order = self._order
        progress = Progress(self.sink, job_id=order.job_id, attempt=order.attempt, folder=order.folder)
        self._post = poster()
        with anyio.CancelScope() as self._scope, anyio.move_on_after(self._timeout):
            outcome = await run_async_body(order, progress)
            return TimedOut() if isinstance(outcome, Stopped) and not self.sink.reason else outcome
        return self._cut() or TimedOut()

    def _cut(self) -> Outcome | None:
        """What the run came to, seeing that it was cancelled."""
        return Stopped() if self.sink.reason else TimedOut() if self.sink.late() else None

    def stop(self, reason: str) -> None:
        self.sink.reason = reason or "it was stopped"
        scope = self._scope  # if there is none yet, the run sees the reason before it begins
        if scope is not None and self._post is not None:
            self._post(scope.cancel)  # not waited for: a coroutine that computes holds up its loop
