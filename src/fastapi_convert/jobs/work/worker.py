"""`Worker`: runs the jobs of a store in this process, on threads and in processes of its own."""

from __future__ import annotations

import logging
import math
import shutil
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from anyio.from_thread import BlockingPortal

from fastapi_convert.jobs._clock import Clock
from fastapi_convert.jobs._files import Folders
from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import Claim, Ending

from ._ahead import Ahead
from ._claims import Claims
from ._dispatch import Dispatcher
from ._endings import RELEASED
from ._outbox import Outbox
from ._presence import Presence
from ._recovery import SEATS, Recovery
from ._runners import Crew, Surroundings
from ._runs import Run, Runs
from ._seats import Seats
from ._upkeep import Upkeep
from ._waker import Waker

__all__ = ("Worker", "WorkerStats")

logger = logging.getLogger("fastapi_convert.jobs")

#: Seconds that runs have to end in once they were told to: processes are killed, coroutines and threads need a moment.
_LAST_MOMENT = 1.0
#: Seconds that the ledger has to record the last ends in.
_LAST_WRITES = 5.0
#: Seconds that threads have to end in when nothing is left to do.
_LAST_JOIN = 2.0


@dataclass(frozen=True, slots=True)
class WorkerStats:
    """What a worker does now, and what it has done since it was started."""

    #: The bound: at most so many jobs run at once.
    workers: int
    #: Jobs that run now.
    running: int
    #: Jobs that were taken and wait for a runner.
    claimed_ahead: int
    #: Runs that succeeded.
    completed: int
    #: Runs that failed for good.
    failed: int
    #: Runs whose process died.
    crashed: int
    #: Runs that have ended, and whose end is not on the disk yet.
    unwritten: int


class Worker:
    """Takes jobs out of a ledger and runs them, at most `workers` at once. Nothing is started before `start`.

    Args:
        ledger: The open ledger. Its owner calls `changed`, `look` or `wake` when there may be news.
        terms: The functions by name; others are left to other workers. More may be added while it works.
        workers: How many jobs run at once, whatever they run in.
        folder: The folder beside the store.
        presence: This worker's sign of life. It is closed by `stop`.
        clock: The ledger's clock.
        portal: The event loop for coroutine functions; `None`: they are left to other workers.
        grace: Seconds that running jobs have to end in when the worker is stopped.

    Raises:
        ValueError: `workers` is less than one.

    Examples:
        >>> import tempfile
        >>> from fastapi_convert.jobs.ledger.sqlite import SQLiteLedger
        >>> with tempfile.TemporaryDirectory() as name:
        ...     folder = Path(name)
        ...     ledger = SQLiteLedger(folder / "jobs.db")
        ...     ledger.open()
        ...     about_us = {"folder": folder, "presence": Presence(folder), "clock": Clock()}
        ...     worker = Worker(ledger, {}, workers=2, portal=None, grace=5, **about_us)
        ...     worker.start()
        ...     worker.stop()
        ...     ledger.close()
        ...     print(worker.stats().running)
        0
    """

    def __init__(
        self,
        ledger: Ledger,
        terms: Mapping[str, Terms],
        *,
        workers: int,
        folder: Path,
        presence: Presence,
        clock: Clock,
        portal: BlockingPortal | None,
        grace: float,
    ) -> None:
        if workers < 1:
            raise ValueError(f"A worker runs at least one job at once, not {workers}.")
        self._terms, self._presence, self._grace = terms, presence, grace
        self._scratch = folder / SEATS / presence.id
        self._stopping, self._started, self._stopped = threading.Lock(), False, False
        self._counts = dict.fromkeys(("succeeded", "failed", "crashed"), 0)
        self._waker = Waker()
        self._runs = Runs(workers, self._waker.ring)
        self._outbox = Outbox(ledger, self._written, self._waker.ring)
        ahead = Ahead()
        self._claims = Claims(
            ledger,
            presence.id,
            terms,
            with_loop=portal is not None,
            runs=self._runs,
            ahead=ahead,
            landed=self._landed,
            call=self._waker.ring,
        )
        self._dispatcher = Dispatcher(
            ledger,
            presence.id,
            claims=self._claims,
            runs=self._runs,
            outbox=self._outbox,
            clock=clock,
            waker=self._waker,
        )
        seats = partial(Seats, folder=self._scratch, portal=portal)
        self._crew = Crew(Surroundings(ledger, self._runs, self._outbox, presence, ahead, folder, seats))
        recovery = Recovery(ledger, terms, workers=presence.path.parent, folder=folder, own=presence.id)
        self._upkeep = Upkeep(ledger, recovery, Folders(folder), self._dispatcher.start)

    def start(self) -> None:
        """Begin: first with the jobs of workers that have died, then with those that wait."""
        with self._stopping:
            if not self._started and not self._stopped:
                self._started = True
                self._upkeep.start()

    # News: quick, and from any thread

    def wake(self) -> None:
        """Look again: there may be jobs, or somebody may want some cancelled."""
        self._claims.look()
        self._dispatcher.look_for_cancels()
        self._waker.ring()

    def changed(self, ids: frozenset[str]) -> None:
        """This process has committed changes of these jobs."""
        here, elsewhere = self._runs.has(ids)
        if elsewhere:
            self._claims.look()
        if here:
            self._dispatcher.look_for_cancels()
        self._waker.ring()

    def look(self) -> None:
        """Another process may have committed something."""
        self.wake()

    def drain(self) -> None:
        """Begin no more jobs. Quick, and safe in a signal handler; `stop` does the rest."""
        self._dispatcher.draining = True
        self._waker.ring()

    def stats(self) -> WorkerStats:
        """What it does now and has done."""
        return WorkerStats(
            workers=self._runs.workers,
            running=self._runs.running,
            claimed_ahead=self._runs.ready,
            completed=self._counts["succeeded"],
            failed=self._counts["failed"],
            crashed=self._counts["crashed"],
            unwritten=len(self._outbox),
        )

    # The end

    def stop(self, grace: float | None = None) -> None:
        """Begin nothing more, let what runs end, stop what does not, and let go of everything. Blocks.

        Args:
            grace: Seconds that running jobs have to end in; by default those that the worker was made with.

        Those that are stopped run again elsewhere, and this run of theirs is not counted. A thread that does not stop
        even when told to is left behind: its job runs again, too. May be called twice.
        """
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            self.drain()
            if self._started:
                self._end_runs(self._grace if grace is None else grace)
                self._end_threads()
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._presence.close()

    def _end_runs(self, grace: float) -> None:
        self._claims.call_off(_LAST_MOMENT)
        self._give_back(run.claim for run in self._runs.withdraw_claimed_before(math.inf))
        self._runs.wait_until_idle(grace)
        for run in self._runs.all_running():
            run.stop("drain")
        for run in self._runs.wait_until_idle(_LAST_MOMENT):
            # It goes on, and may kill this process yet; but its job runs again elsewhere and is not to be blamed.
            self._presence.finish(run.place)
            logger.warning("Job %s (%s) does not end, and runs again elsewhere", run.claim.id, run.claim.name)
        if unwritten := self._outbox.wait_until_empty(_LAST_WRITES):
            logger.error("The ends of %d jobs could not be stored: these jobs run again", unwritten)

    def _end_threads(self) -> None:
        deadline = time.monotonic() + _LAST_JOIN
        self._runs.close()
        self._outbox.close()
        self._upkeep.end(_LAST_JOIN)
        self._dispatcher.end(_LAST_JOIN)
        self._crew.join(lambda: deadline - time.monotonic())

    # What the parts have to tell

    def _landed(self, claims: Sequence[Claim]) -> None:
        if not claims:
            return
        if self._dispatcher.draining:
            self._give_back(claims)
            return
        self._runs.add(Run(claim, self._terms[claim.name]) for claim in claims)
        self._crew.hire()
        self._dispatcher.look_for_cancels()

    def _give_back(self, claims: Iterable[Claim]) -> None:
        for claim in claims:
            self._outbox.put(claim, RELEASED)

    def _written(self, ending: Ending) -> None:
        if ending.kind in self._counts:
            self._counts[ending.kind] += 1  # on the ledger's thread only
        if ending.delay:
            self._dispatcher.expect(ending.delay)
