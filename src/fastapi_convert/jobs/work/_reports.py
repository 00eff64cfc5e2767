"""What runs tell of themselves: to the ledger while they run, to the log when they have ended."""

from __future__ import annotations

import logging
from contextlib import suppress

from fastapi_convert.errors import NotStarted
from fastapi_convert.jobs.execution.seats import Died, NotBegun, Outcome, Raised, TimedOut
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import Ending

from ._runs import Run
from ._texts import storable

logger = logging.getLogger("fastapi_convert.jobs")


def report(ledger: Ledger, run: Run) -> None:
    """Have the ledger note what the run has told since last time. If it cannot, the next news are as good."""
    told = run.news()
    if told is not None:
        fraction, message = told
        with suppress(NotStarted):  # a run that was left behind when its worker ended
            run.report = ledger.report(run.claim.id, run.claim.attempt, fraction, storable(message))


def tell_end(run: Run, outcome: Outcome, ending: Ending) -> None:
    """Log what went wrong: which job, and the reason on one line; no arguments."""
    claim, error = run.claim, ending.error
    if isinstance(outcome, NotBegun):
        logger.error("Job %s (%s) could not begin, and waits: %s", claim.id, claim.name, outcome.reason)
    elif error is None:
        if isinstance(outcome, Raised | TimedOut | Died):
            logger.info("Job %s (%s) ended after it was told to stop: %s", claim.id, claim.name, ending.kind)
    elif ending.kind == "crashed":
        text = "Job %s (%s) lost its process, time %d of at most %d: %s"
        logger.warning(text, claim.id, claim.name, claim.crashes + 1, ending.max_crashes, error.reason)
    elif ending.kind == "retry":
        text = "Job %s (%s) runs again in %.1f s, after run %d: %s"
        logger.warning(text, claim.id, claim.name, ending.delay, claim.tries, error.reason)
    else:
        logger.warning("Job %s (%s) has failed: %s", claim.id, claim.name, error.reason)
