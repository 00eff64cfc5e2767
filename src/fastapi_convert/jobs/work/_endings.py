"""From what a run came to, to how the ledger records it: who is told what, and whether the job runs again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal, TypeAlias

from starlette.exceptions import HTTPException

from fastapi_convert.errors import (
    HTTPConvertError,
    JobCancelled,
    JobNotFound,
    JobResultExpired,
    MappedError,
)
from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.execution.seats import Died, NotBegun, Outcome, Raised, Returned, Stopped, TimedOut, Unfit
from fastapi_convert.jobs.model import Claim, Ending, JobError
from fastapi_convert.jobs.retries import Retry

from ._texts import one_line, storable

#: Why a run was told to stop: somebody cancelled the job, or its worker ends. Empty: nobody told it to.
Asked: TypeAlias = Literal["", "cancel", "drain"]

CANCELLED = Ending("cancelled")
RELEASED = Ending("released")

MOST_DETAIL = 2_000
_LONGEST_PATIENCE = 8.0
# They would be read as if they were said of this one.
_OF_ANOTHER_JOB = (JobCancelled, JobNotFound, JobResultExpired)
MOST_TRACEBACK = 20_000


def ending_of(outcome: Outcome, claim: Claim, terms: Terms, asked: Asked) -> Ending:
    """How the ledger is to record this run."""
    match outcome:
        case Returned(result):
            return Ending("succeeded", result=result)
        case Unfit(reason):
            return Ending("failed", error=_outdated(reason))
        case _ if asked:
            # Whatever it came to, this is how it stopped: functions turn the exception that tells them to into their
            # own, and a process that was killed cannot tell by whom.
            return CANCELLED if asked == "cancel" else RELEASED
        case NotBegun():
            # Not its fault, and nothing of it has happened: it waits until there is what it needs.
            return Ending("released", delay=_patience(claim))
        case Raised() | TimedOut():
            return _again_or_failed(outcome, claim, terms)
        case Died() | Stopped():
            # Stopped by whom? Not by us. It is queued again as after a death: not for ever.
            reason = outcome.reason if isinstance(outcome, Died) else "it was stopped, and nobody had asked for it"
            return Ending("crashed", error=died(reason), max_crashes=terms.own_deaths)


def _patience(claim: Claim) -> float:
    """Seconds that a job waits which could not begin: longer each time it has run for nothing."""
    return float(min(_LONGEST_PATIENCE, 2 ** min(claim.attempt - claim.tries, 16) / 2))


def died(reason: str) -> JobError:
    """The error of a job whose process, or whose worker, has died under it."""
    return JobError("worker-died", 500, "The job ended its worker process.", one_line(reason))


def unstorable(error: BaseException) -> Ending:
    """The end of a job whose real one the ledger refuses, whatever it had to say."""
    return Ending(
        "failed",
        error=JobError("job-failed", 500, "The job failed.", f"its end could not be stored: {type(error).__name__}"),
    )


def _again_or_failed(outcome: Raised | TimedOut, claim: Claim, terms: Terms) -> Ending:
    error = _late(terms) if isinstance(outcome, TimedOut) else _raised(outcome, terms)
    if claim.tries < terms.retry.attempts and _is_covered(outcome, terms.retry):
        return Ending("retry", error=error, delay=terms.retry.wait(claim.tries))
    return Ending("failed", error=error)


def _is_covered(outcome: Raised | TimedOut, retry: Retry) -> bool:
    if isinstance(outcome, TimedOut):
        return retry.covers(TimeoutError())
    return retry.covers_names(outcome.names) if outcome.error is None else retry.covers(outcome.error)


def _outdated(reason: str) -> JobError:
    detail = "This job was submitted to another version of the service."
    return JobError("job-outdated", 500, detail, one_line(reason))


def _late(terms: Terms) -> JobError:
    reason = f"TimeoutError: it did not end within {terms.timeout} s"
    return JobError("job-timeout", 504, "The job did not end in time.", reason)


def _raised(outcome: Raised, terms: Terms) -> JobError:
    known = _mapped(outcome, terms) or _answered(outcome.error) or MappedError(500, "The job failed.", "job-failed")
    return JobError(
        code=known.code,
        status=known.status,
        detail=storable(known.detail)[:MOST_DETAIL],
        reason=one_line(outcome.summary),
        traceback=storable(outcome.traceback)[-MOST_TRACEBACK:],
    )


def _mapped(outcome: Raised, terms: Terms) -> MappedError | None:
    if outcome.error is not None:
        try:
            known = terms.errors.find(outcome.error)
            if known is None or isinstance(known.detail, str):
                return known
        except Exception:  # noqa: S110 -- a detail that its author's function cannot make: the status alone is still true
            pass
    return terms.errors.find_by_names(outcome.names)


def _answered(error: Exception | None) -> MappedError | None:
    """What an error says that is an HTTP answer by itself: its author has written it for the client."""
    if not isinstance(error, HTTPException) or error.status_code not in range(400, 600):
        return None
    if isinstance(error, _OF_ANOTHER_JOB):
        return None
    status = int(error.status_code)  # which may be a member of `HTTPStatus`
    code = error.problem_code if isinstance(error, HTTPConvertError) else "http-exception"
    detail: object = error.detail  # FastAPI takes any JSON
    return MappedError(status, detail if isinstance(detail, str) else _phrase(status), code)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # none of the registered ones
        return "The request failed."
