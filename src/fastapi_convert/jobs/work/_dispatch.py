"""The thread that decides: what is asked for, what is given back, what is stopped, and what is told of progress."""

from __future__ import annotations

import heapq
import logging
import threading
import time

from fastapi_convert.jobs._clock import Clock
from fastapi_convert.jobs.ledger.protocol import Ledger

from ._ahead import PATIENCE
from ._claims import Claims
from ._endings import CANCELLED, RELEASED
from ._outbox import Outbox
from ._reports import report
from ._runs import Runs
from ._waker import Waker

logger = logging.getLogger("fastapi_convert.jobs")

#: Whoever has missed a ring, and whatever has come due unheard of, is found so soon.
LOOK_EVERY = 0.5
#: Progress is stored, and what was told to stop is told again, so often.
TICK = 0.1
#: At most so often somebody asks which jobs are to be cancelled.
_CANCELS_EVERY = 0.02
_MOST_DELAYS = 1_000


class Dispatcher:
    """One thread that never waits for the disk.

    Args:
        ledger: The open ledger.
        worker: This worker's id.
        claims: What asks for jobs.
        runs: The jobs that are here.
        outbox: Where their ends go.
        clock: The ledger's.
        waker: What wakes it.
    """

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        *,
        claims: Claims,
        runs: Runs,
        outbox: Outbox,
        clock: Clock,
        waker: Waker,
    ) -> None:
        self._ledger, self._worker, self._clock = ledger, worker, clock
        self._claims, self._runs, self._outbox = claims, runs, outbox
        self._waker = waker
        #: Set: nothing more is begun.
        self.draining = False
        self._ended = False
        # When jobs come due of which this worker knows, on the ledger's steady clock.
        self._delays: list[float] = []
        self._delays_lock = threading.Lock()
        self._cancels_wanted = True
        self._cancels_at = self._ticked_at = self._polled_at = 0.0
        self._version = -1
        self._thread = threading.Thread(target=self._work, name="jobs-dispatcher", daemon=True)

    def start(self) -> None:
        """Begin, unless it was ended before."""
        if not self._ended:
            self._thread.start()

    def end(self, timeout: float) -> None:
        """End the thread, or leave it behind after `timeout` seconds."""
        self._ended = True
        self._waker.ring()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    # What others have to say: quick, from any thread

    def look_for_cancels(self) -> None:
        """Somebody may want one of these jobs cancelled. To be followed by a ring."""
        self._cancels_wanted = True

    def expect(self, delay: float) -> None:
        """A job of this ledger comes due in `delay` seconds."""
        if len(self._delays) < _MOST_DELAYS:  # the others are found by looking
            with self._delays_lock:
                heapq.heappush(self._delays, self._clock.now().steady + delay)
            self._waker.ring()

    # The thread

    def _work(self) -> None:
        while not self._ended:
            self._waker.wait(self._pause(time.monotonic()))
            try:
                self._turn(time.monotonic())
            except Exception:
                logger.exception("The dispatcher of jobs goes on after an error")
                self._polled_at = time.monotonic()

    def _pause(self, now: float) -> float:
        """Seconds until something is to be done unless somebody rings."""
        times = [self._polled_at + LOOK_EVERY - now]
        if self._runs.ready:
            times.append(PATIENCE / 2)
        if any(run.asked or run.terms.cooperative for run in self._runs.all_running()):
            times.append(self._ticked_at + TICK - now)
        if self._cancels_wanted and len(self._runs):
            times.append(self._cancels_at + _CANCELS_EVERY - now)
        if self._delays:
            times.append(self._delays[0] - self._clock.now().steady)
        times += [each for each in (self._outbox.pause(now), self._claims.pause(now)) if each is not None]
        return min(times)

    def _turn(self, now: float) -> None:
        self._poll(now)
        self._outbox.send(now)
        self._give_back(now)
        self._tick(now)
        self._cancel(now)
        if not self.draining and not self._outbox.is_full:
            self._claims.ask(now)

    def _poll(self, now: float) -> None:
        if self._delays and self._delays[0] <= (steady := self._clock.now().steady):
            with self._delays_lock:
                while self._delays and self._delays[0] <= steady:
                    heapq.heappop(self._delays)
            self._claims.look()
        if now - self._polled_at >= LOOK_EVERY:
            self._polled_at = now
            self._claims.look()
            version, self._version = self._version, self._ledger.version()
            self._cancels_wanted |= version != self._version

    def _give_back(self, now: float) -> None:
        # With a runner free, they only wait for it to wake.
        patience = PATIENCE if self._runs.running >= self._runs.workers else 20 * PATIENCE
        for run in self._runs.withdraw_claimed_before(now if self.draining else now - patience):
            self._outbox.put(run.claim, RELEASED)

    def _tick(self, now: float) -> None:
        if now - self._ticked_at < TICK:
            return
        self._ticked_at = now
        for run in self._runs.all_running():
            if run.asked:  # again, for the first time may have come just before the body began
                run.stop(run.asked)
            # A seat that was just taken may still tell of the run before.
            if run.terms.cooperative and run.seconds() > TICK / 2 and (run.report is None or run.report.done()):
                report(self._ledger, run)

    def _cancel(self, now: float) -> None:
        if not self._cancels_wanted or now - self._cancels_at < _CANCELS_EVERY:
            return
        self._cancels_wanted, self._cancels_at = False, now
        for job_id in self._cancelling(now) if len(self._runs) else []:
            if (run := self._runs.withdraw(job_id)) is not None:
                self._outbox.put(run.claim, CANCELLED)
            elif (run := self._runs.find(job_id)) is not None:
                run.stop("cancel")

    def _cancelling(self, now: float) -> list[str]:
        try:
            return self._ledger.cancelling(self._worker)
        except Exception as error:
            logger.warning("Which jobs are to be cancelled could not be read: %s", error)
            self._cancels_wanted, self._cancels_at = True, now + LOOK_EVERY
            return []
