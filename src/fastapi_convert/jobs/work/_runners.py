"""The threads that run jobs: each takes one, runs it to its end, hands that over and takes the next."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fastapi_convert.jobs.execution.seats import Died, Order, Outcome
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import Ending

from ._ahead import Ahead
from ._endings import ending_of, unstorable
from ._outbox import Outbox
from ._presence import Presence
from ._recovery import RUNS
from ._reports import report, tell_end
from ._runs import Run, Runs
from ._seats import Seats

logger = logging.getLogger("fastapi_convert.jobs")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all runners of a worker share."""

    ledger: Ledger
    runs: Runs
    outbox: Outbox
    presence: Presence
    ahead: Ahead
    #: The folder beside the store.
    folder: Path
    make_seats: Callable[[str], Seats]


class Runner:
    """One thread, and the place that it has in the worker.

    Args:
        place: Its number, from 0.
        around: What it works with.
    """

    def __init__(self, place: int, around: Surroundings) -> None:
        self._place = place
        self._around = around
        self._runs_folder, self._files_folder = around.folder / RUNS, around.folder / "files"
        self._seats = around.make_seats(f"jobs-{place}")
        self._thread = threading.Thread(target=self._work, name=f"jobs-runner-{place}", daemon=True)

    def start(self) -> None:
        """Begin to take jobs. Raises `RuntimeError` where the system has no thread left."""
        self._thread.start()

    def join(self, timeout: float) -> bool:
        """Wait for its end after the runs were closed; whether it came within `timeout` seconds."""
        self._thread.join(max(0.0, timeout))
        return not self._thread.is_alive()

    def _work(self) -> None:
        runs = self._around.runs
        try:
            while (run := runs.take(self._place)) is not None:
                self._hand_over(run, self._carry_out(run))
                runs.over(run)
        finally:
            self._seats.close()

    def _carry_out(self, run: Run) -> Outcome:
        presence, order = self._around.presence, self._order(run)
        try:
            with suppress(OSError):  # a full disk; if the worker is killed now, this run is not counted as its doing
                presence.begin(self._place, run.claim.id)
            return run.carry_out(self._seats.seat_for(run.terms), order)
        except BaseException as error:
            # A bug of ours. The job is tried again as after a death, so not for ever, and in another seat.
            logger.exception("Job %s could not be run", run.claim.id)
            self._seats.drop(run.terms)
            return Died(f"{type(error).__name__} where none should be")
        finally:
            # Before the end is stored: if the worker is killed in between, the job runs again, and is not to blame.
            with suppress(OSError):
                presence.finish(self._place)
            self._around.ahead.note(run.seconds())
            if os.path.lexists(order.folder):  # few functions use it, and this is the cheapest way to ask
                shutil.rmtree(order.folder, ignore_errors=True)

    def _hand_over(self, run: Run, outcome: Outcome) -> None:
        report(self._around.ledger, run)
        ending = _ending(outcome, run)
        tell_end(run, outcome, ending)
        self._around.outbox.put(run.claim, ending, more_to_come=self._around.runs.ready > 0)

    def _order(self, run: Run) -> Order:
        claim = run.claim
        return Order(
            fn=run.terms.fn,
            payload=claim.payload,
            job_id=claim.id,
            attempt=claim.attempt,
            folder=self._runs_folder / f"{claim.id}-{claim.attempt}",
            results=self._files_folder.joinpath(claim.id, "result"),
            presence=self._around.presence.path,
        )


def _ending(outcome: Outcome, run: Run) -> Ending:
    try:
        return ending_of(outcome, run.claim, run.terms, run.asked)
    except Exception as error:  # classes of the user's are asked there
        logger.exception("The end of job %s could not be made out", run.claim.id)
        return unstorable(error)


class Crew:
    """All runners: hired when they are needed, and kept."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._runners: list[Runner] = []
        self._lock = threading.Lock()

    def hire(self) -> None:
        """Have a runner for each run, as far as there may be so many."""
        runs = self._around.runs
        with self._lock:
            while len(self._runners) < min(runs.workers, len(runs)):
                runner = Runner(len(self._runners), self._around)
                try:
                    runner.start()
                except RuntimeError:  # no thread to be had: those that are there must do
                    logger.warning("A thread for jobs could not be started; %d run", len(self._runners))
                    return
                self._runners.append(runner)

    def join(self, timeout: Callable[[], float]) -> None:
        """Wait for their ends, each for as long as `timeout` says by then."""
        with self._lock:
            for runner in self._runners:
                runner.join(timeout())
