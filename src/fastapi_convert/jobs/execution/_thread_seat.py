"""`ThreadSeat`: runs of functions that must share this process. They stop when they ask their progress, or never."""

from __future__ import annotations

from contextvars import copy_context

from fastapi_convert.jobs.progress import Progress

from ._body import run_body
from ._memory import MemorySink
from .seats import Order, Outcome, Stopped, TimedOut


class ThreadSeat:
    """A `Seat` on the thread that calls `run`. Nothing can be done to a function that never asks its progress."""

    def __init__(self) -> None:
        self._sink = MemorySink(None)

    def run(self, order: Order, timeout: float | None) -> Outcome:
        """Run the function here, in a context of its own. After `timeout` seconds its progress tells it to stop."""
        self._sink = sink = MemorySink(timeout)
        progress = Progress(sink, job_id=order.job_id, attempt=order.attempt, folder=order.folder)
        outcome = copy_context().run(run_body, order, progress)
        return TimedOut() if isinstance(outcome, Stopped) and not sink.reason else outcome

    def stop(self, reason: str) -> None:
        """Have the present run stop when it asks its progress next."""
        self._sink.reason = reason or "it was stopped"  # between runs, nobody asks this sink any more

    def progress(self) -> tuple[float | None, str] | None:
        """The latest that the run has told."""
        return self._sink.told

    def close(self) -> None:
        """Have a run that goes on stop when it asks its progress next."""
        self.stop("its worker is closing")
