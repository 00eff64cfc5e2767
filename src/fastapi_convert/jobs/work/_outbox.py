"""The ends of runs on their way into the ledger. None is lost because the disk is full for a while."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from functools import partial

from fastapi_convert.errors import JobStoreUnavailable, NotStarted
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import Claim, Ending

from ._endings import unstorable

logger = logging.getLogger("fastapi_convert.jobs")

#: So many ends may wait for the ledger; then nothing is claimed that would make more of them.
MOST_UNWRITTEN = 1_000

#: Seconds that an end may wait for others to be committed with, while more jobs wait than this worker can begin.
_TOGETHER_IN = 0.005
_MOST_TOGETHER = 64

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

Written = Callable[[Ending], None]


class Outbox:
    """Hands ends to the ledger, again and again until it has taken them.

    Args:
        ledger: Where they are written.
        written: Called for each that was, on the ledger's thread.
        call: Called when one has to be sent again.
    """

    def __init__(self, ledger: Ledger, written: Written, call: Callable[[], None]) -> None:
        self._ledger = ledger
        self._written = written
        self._call = call
        self._change = threading.Condition()
        self._unwritten = 0
        self._held: list[tuple[Claim, Ending]] = []
        self._held_since = 0.0
        self._refused: list[tuple[Claim, Ending]] = []
        self._pause = 0.0
        self._again_at = 0.0
        self._closed = False

    def __len__(self) -> int:
        return self._unwritten

    @property
    def is_full(self) -> bool:
        """Whether it is better to run nothing more for the moment."""
        return self._unwritten >= MOST_UNWRITTEN

    def put(self, claim: Claim, ending: Ending, *, more_to_come: bool = False) -> None:
        """Have the ledger record this end. Returns at once.

        Args:
            claim: Whose.
            ending: What.
            more_to_come: It may wait some milliseconds for others: a commit for each takes longer than short runs.
        """
        with self._change:
            if self._closed:  # the ledger may be too, and the job runs again elsewhere
                return
            self._unwritten += 1
            is_first = not self._held
            if is_first:
                self._held_since = time.monotonic()
            self._held.append((claim, ending))
            at_once = not more_to_come or len(self._held) >= _MOST_TOGETHER
        if at_once:
            self._send_held()
        elif is_first:
            self._call()

    def pause(self, now: float) -> float | None:
        """Seconds until `send` has something to do; `None`: nothing waits for it."""
        times = [self._again_at - now] if self._refused else []
        if self._held:
            times.append(self._held_since + _TOGETHER_IN - now)
        return min(times, default=None)

    def send(self, now: float) -> None:
        """Send what has waited for others, and again what the ledger could not take, as far as it is time."""
        if self._held and now >= self._held_since + _TOGETHER_IN:
            self._send_held()
        with self._change:
            if not self._refused or now < self._again_at:
                return
            refused, self._refused = self._refused, []
        for claim, ending in refused:
            self._send(claim, ending)

    def _send_held(self) -> None:
        with self._change:
            held, self._held = self._held, []
        for claim, ending in held:
            self._send(claim, ending)

    def wait_until_empty(self, timeout: float) -> int:
        """Wait until all are written, for `timeout` seconds at most, and answer how many are not."""
        self._send_held()
        with self._change:
            self._change.wait_for(lambda: not self._unwritten, timeout)
            return self._unwritten

    def close(self) -> None:
        """Try nothing again from now on."""
        with self._change:
            self._closed = True

    def _send(self, claim: Claim, ending: Ending) -> None:
        try:
            future = self._ledger.end(claim.id, claim.attempt, ending)
        except NotStarted as error:
            self._keep(claim, ending, error)
        else:
            future.add_done_callback(partial(self._answered, claim, ending))

    def _answered(self, claim: Claim, ending: Ending, future: Future[bool]) -> None:
        error = CancelledError() if future.cancelled() else future.exception()
        if error is not None:
            self._keep(claim, ending, error)
            return
        with self._change:
            self._unwritten -= 1
            self._pause = 0.0
            if not self._unwritten:
                self._change.notify_all()
        if future.result():
            self._written(ending)

    def _keep(self, claim: Claim, ending: Ending, error: BaseException) -> None:
        if not isinstance(error, JobStoreUnavailable | NotStarted | CancelledError):
            logger.error("The end of job %s could not be stored: %r", claim.id, error)
            ending = unstorable(error)
        with self._change:
            if self._closed:
                return
            if not self._refused:
                self._pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, self._pause * 2))
                self._again_at = time.monotonic() + self._pause
            self._refused.append((claim, ending))
        self._call()
