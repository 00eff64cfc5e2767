"""The jobs that this worker has taken: which of them wait for a runner, and which run."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, field

from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.execution.seats import Order, Outcome, Seat, Stopped
from fastapi_convert.jobs.model import Claim

from ._endings import Asked

_REASONS = {"cancel": "The job was cancelled.", "drain": "The worker is shutting down."}

Told = tuple[float | None, str]


@dataclass(slots=True, eq=False)
class Run:
    """One run of a job by this worker, from the claim to the end of its body."""

    claim: Claim
    terms: Terms
    claimed_at: float = field(default_factory=time.monotonic)
    #: When its body began; 0 before.
    began_at: float = 0.0
    #: The runner that has it.
    place: int = -1
    #: Why it was told to stop.
    asked: Asked = ""
    #: The write of what it had told before, which may still be under way.
    report: Future[bool] | None = None
    _told: Told | None = None
    _last: Told | None = None
    _seat: Seat | None = None
    # Held while the seat is spoken to, so that nobody stops the run that comes after this one.
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def carry_out(self, seat: Seat, order: Order) -> Outcome:
        """Run the body, unless it was told to stop before."""
        with self._turn:
            if self.asked:
                return Stopped()
            self._seat = seat
        try:
            return seat.run(order, self.terms.timeout)
        finally:
            with self._turn:
                self._seat = None
                self._last = seat.progress()

    def seconds(self) -> float:
        """How long its body has run."""
        return time.monotonic() - self.began_at

    def stop(self, asked: Asked) -> None:
        """Tell it to stop, in whatever way its seat can. Harmless when it is over, and when it was told before."""
        with self._turn:
            self.asked = "cancel" if "cancel" in {self.asked, asked} else asked
            if self._seat is not None:
                self._seat.stop(_REASONS[self.asked])

    def news(self) -> Told | None:
        """What it has told since this was asked last; `None` if nothing. Also when it is over."""
        with self._turn:
            latest = self._seat.progress() if self._seat is not None else self._last
            if latest is None or latest == self._told:
                return None
            self._told = latest
            return latest


class Runs:
    """All of them, for the threads that take, end and withdraw them.

    Args:
        workers: How many may run at once.
        call: Called when fewer than `call_below` are left.
    """

    def __init__(self, workers: int, call: Callable[[], None]) -> None:
        self.workers = workers
        #: Under how many the one who claims wants to know.
        self.call_below = 0
        self._call = call
        self._ready: OrderedDict[str, Run] = OrderedDict()
        self._running: dict[str, Run] = {}
        self._closed = False
        lock = threading.Lock()
        self._arrival = threading.Condition(lock)
        self._change = threading.Condition(lock)

    def __len__(self) -> int:
        return len(self._ready) + len(self._running)

    @property
    def ready(self) -> int:
        """How many wait for a runner."""
        return len(self._ready)

    @property
    def running(self) -> int:
        """How many run."""
        return len(self._running)

    def all_running(self) -> list[Run]:
        """Those whose bodies run now."""
        with self._change:
            return list(self._running.values())

    def has(self, job_ids: Collection[str]) -> tuple[bool, bool]:
        """Whether some of these jobs are here, and whether some are not."""
        with self._change:
            here = sum(each in self._running or each in self._ready for each in job_ids)
        return here > 0, here < len(job_ids)

    def add(self, runs: Iterable[Run]) -> None:
        """Let these wait for a runner."""
        with self._arrival:
            self._ready.update((run.claim.id, run) for run in runs)
            self._arrival.notify()

    def take(self, place: int) -> Run | None:
        """Wait for one, and begin it; `None`: there will be no more."""
        with self._arrival:
            while not self._ready:
                if self._closed:
                    return None
                self._arrival.wait()
            job_id, run = self._ready.popitem(last=False)
            self._running[job_id] = run
            run.place, run.began_at = place, time.monotonic()
            if self._ready:
                # Each wakes the next: short runs go on back to back in few threads, long ones fan out over all.
                self._arrival.notify()
            return run

    def over(self, run: Run) -> None:
        """The body of this one has ended."""
        with self._change:
            if self._running.get(run.claim.id) is run:
                del self._running[run.claim.id]
            few = len(self) < self.call_below
            self._change.notify_all()
        if few:
            self._call()

    def find(self, job_id: str) -> Run | None:
        """The one of this job, if its body runs."""
        return self._running.get(job_id)

    def withdraw(self, job_id: str) -> Run | None:
        """Take back the one of this job, if it waits for a runner."""
        with self._change:
            return self._ready.pop(job_id, None)

    def withdraw_claimed_before(self, moment: float) -> list[Run]:
        """Take back those that have waited for a runner since before `moment`."""
        with self._change:
            late = [run for run in self._ready.values() if run.claimed_at < moment]
            for run in late:
                del self._ready[run.claim.id]
            return late

    def wait_until_idle(self, timeout: float) -> list[Run]:
        """Wait until none runs, for `timeout` seconds at most, and answer with those that still do."""
        with self._change:
            self._change.wait_for(lambda: not self._running, max(0.0, timeout))
            return list(self._running.values())

    def close(self) -> None:
        """Send the runners home once nothing waits for them."""
        with self._change:
            self._closed = True
            self._arrival.notify_all()
