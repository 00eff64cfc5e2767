"""How a run is recorded: every outcome, with and without retries, and whoever had told it to stop."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from fastapi import HTTPException
from hypothesis import (
    given,
    strategies as st,
)
from starlette.exceptions import HTTPException as StarletteHTTPException

from fastapi_convert.errors import Errors, JobCancelled, JobFailed, JobNotFound, JobResultExpired, PoolFull
from fastapi_convert.jobs.execution.seats import Died, NotBegun, Outcome, Raised, Returned, Stopped, TimedOut, Unfit
from fastapi_convert.jobs.model import Claim, Ending, JobError
from fastapi_convert.jobs.retries import Retry
from fastapi_convert.jobs.work._endings import Asked, ending_of, unstorable
from tests.jobs.worker_bodies import noop
from tests.jobs.worker_support import terms_of

TWICE = Retry(2, on=(ValueError, TimeoutError), wait_initial=3, wait_jitter=0)


def claim(tries: int = 1) -> Claim:
    return Claim("a" * 32, "noop", "default", "{}", "", attempt=7, tries=tries, crashes=0)


def raised(error: Exception, *, travels: bool = True) -> Raised:
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    return Raised(error if travels else None, names, f"{type(error).__name__}: {error}", "Traceback: ...")


def end(outcome: Outcome, asked: Asked = "", *, tries: int = 1, **options: Any) -> Ending:
    return ending_of(outcome, claim(tries), terms_of(noop, **options), asked)


def error_of(ending: Ending) -> JobError:
    assert ending.error is not None
    return ending.error


@pytest.mark.parametrize("asked", ["", "cancel", "drain"])
def test_what_returned_has_succeeded(asked: Asked) -> None:
    """Also when somebody wanted it stopped a moment before: its work is done."""
    assert end(Returned("42"), asked) == Ending("succeeded", result="42")


@pytest.mark.parametrize("outcome", [Stopped(), TimedOut(), Died("worker died: signal 9"), raised(ValueError("no"))])
def test_what_was_told_to_stop_is_cancelled_or_given_back(outcome: Outcome) -> None:
    """Whatever it came to: a killed process has died, and functions turn the wish to stop into errors of their own."""
    assert end(outcome, "cancel", retry=TWICE) == Ending("cancelled")
    assert end(outcome, "drain", retry=TWICE) == Ending("released")


@pytest.mark.parametrize("asked", ["", "cancel", "drain"])
def test_an_outdated_job_has_failed(asked: Asked) -> None:
    """It never ran, and would not in any other run."""
    ending = end(Unfit("preset is missing"), asked, retry=Retry(5))
    error = JobError(
        "job-outdated", 500, "This job was submitted to another version of the service.", "preset is missing"
    )
    assert ending == Ending("failed", error=error)


@pytest.mark.parametrize("travels", [True, False])
def test_an_error_that_retry_covers_is_tried_again_so_many_times(travels: bool) -> None:
    """By the object, or by the names where it could not leave its process; also for a class below the named one."""
    ending = end(raised(UnicodeError("no"), travels=travels), retry=TWICE)
    assert (ending.kind, ending.delay, error_of(ending).reason) == ("retry", 3.0, "UnicodeError: no")
    assert end(raised(UnicodeError("no"), travels=travels), retry=TWICE, tries=2).kind == "failed"
    assert end(raised(KeyError("no"), travels=travels), retry=TWICE).kind == "failed"


def test_tries_count_and_not_attempts() -> None:
    """A run that was given back has an attempt, and is not held against the job."""
    assert claim(tries=1).attempt > TWICE.attempts
    assert end(raised(ValueError("no")), retry=TWICE, tries=1).kind == "retry"


def test_the_wait_grows_with_the_tries() -> None:
    """As `Retry` says."""
    retry = Retry(9, wait_initial=1, wait_jitter=0)
    assert [end(raised(ValueError("no")), retry=retry, tries=tries).delay for tries in (1, 2, 3)] == [1.0, 2.0, 4.0]


def test_an_unmapped_error_tells_the_client_nothing() -> None:
    """The reason and the traceback are for the operator."""
    error = error_of(end(raised(ValueError("password=hunter2"))))
    assert (error.status, error.code, error.detail) == (500, "job-failed", "The job failed.")
    assert error.reason == "ValueError: password=hunter2"
    assert error.traceback == "Traceback: ..."


@pytest.mark.parametrize("travels", [True, False])
def test_a_mapped_error_has_its_status(travels: bool) -> None:
    """Its detail and its code too."""
    errors = Errors({LookupError: (404, "No such preset.")})
    error = error_of(end(raised(KeyError("p7"), travels=travels), errors=errors))
    assert (error.status, error.code, error.detail) == (404, "key-error", "No such preset.")


@pytest.mark.parametrize("detail", [lambda error: error.nothing, lambda error: None], ids=["raises", "none"])
def test_a_detail_that_cannot_be_made_is_the_statuss_own(detail: Any) -> None:
    """A bug in the map of errors costs its text, and neither the status nor the worker."""
    error = error_of(end(raised(KeyError("p7")), errors=Errors({KeyError: (409, detail)})))
    assert (error.status, error.code, error.detail) == (409, "key-error", "Conflict.")


@pytest.mark.parametrize(
    "error, status, detail, code",
    [
        (HTTPException(404, "No such preset."), 404, "No such preset.", "http-exception"),
        (HTTPException(status_code=418), 418, "I'm a Teapot", "http-exception"),
        (StarletteHTTPException(HTTPStatus.CONFLICT, "Taken."), 409, "Taken.", "http-exception"),
        (HTTPException(422, [{"loc": ["a"]}]), 422, HTTPStatus(422).phrase, "http-exception"),
        (HTTPException(499, {"why": 1}), 499, "The request failed.", "http-exception"),
        (PoolFull("Pool 'db' of /srv is full"), 503, PoolFull.default_detail, "pool-full"),
        (JobFailed("of /srv", status=410, detail="Gone.", code="gone"), 410, "Gone.", "gone"),
    ],
    ids=str,
)
def test_an_error_that_is_an_http_answer_is_the_clients(
    error: StarletteHTTPException, status: int, detail: str, code: str
) -> None:
    """Its author has written status and detail for the client; what is no text is left out."""
    found = error_of(end(raised(error)))
    assert (found.status, found.detail, found.code) == (status, detail, code)


@pytest.mark.parametrize("status", [100, 204, 302, 399, 600, 1000])
def test_an_http_answer_that_is_no_error_is_a_failure_like_any_other(status: int) -> None:
    """A redirect is nothing that a failed job could answer with."""
    found = error_of(end(raised(StarletteHTTPException(status, "elsewhere"))))
    assert (found.status, found.detail, found.code) == (500, "The job failed.", "job-failed")


def test_the_map_goes_before_what_an_error_says_itself() -> None:
    """The author of the app has the last word; what has not arrived says nothing."""
    gone = HTTPException(404, "No preset in /srv.")
    found = error_of(end(raised(gone), errors=Errors({HTTPException: (410, "Gone.")})))
    assert (found.status, found.detail) == (410, "Gone.")
    assert error_of(end(raised(gone, travels=False))).status == 500


def test_an_error_that_is_an_http_answer_can_be_retried() -> None:
    """As any other: a gateway's 502 may be gone in a moment."""
    assert end(raised(HTTPException(502)), retry=Retry(2)).kind == "retry"


def test_a_timeout_is_an_error_that_can_be_retried() -> None:
    """If `on` has `TimeoutError`; otherwise the job has failed, with the status of a gateway's."""
    assert end(TimedOut(), timeout=2.0, retry=TWICE).kind == "retry"
    assert end(TimedOut(), timeout=2.0, retry=Retry(2, on=ValueError)).kind == "failed"
    error = error_of(end(TimedOut(), timeout=2.0, retry=TWICE, tries=2))
    assert (error.code, error.status, error.detail) == ("job-timeout", 504, "The job did not end in time.")
    assert "2.0 s" in error.reason


def test_a_death_counts_a_crash() -> None:
    """With the reason for the operator and the bound of this function; `Retry` has no say in it."""
    ending = end(Died("worker died: signal 11 (SIGSEGV)"), max_crashes=5, retry=TWICE)
    error = JobError("worker-died", 500, "The job ended its worker process.", "worker died: signal 11 (SIGSEGV)")
    assert ending == Ending("crashed", error=error, max_crashes=5)


def test_a_stop_that_nobody_asked_for_is_bounded() -> None:
    """It runs again, but not for ever."""
    assert end(Stopped(), max_crashes=2) == Ending("crashed", error=end(Stopped()).error, max_crashes=2)


def test_the_end_of_last_resort_names_no_content() -> None:
    """What the ledger refused may be in the error's text."""
    assert "secret" not in str(unstorable(ValueError("secret")))


@given(st.text(), st.text(), st.text())
def test_texts_are_bounded_and_can_be_stored(summary: str, traceback: str, detail: str) -> None:
    """One line for the log, no control character in it, and nothing that UTF-8 cannot write."""
    outcome = Raised(None, ["builtins.KeyError"], "\udc80\n" + summary * 50, traceback * 5000)
    error = error_of(end(outcome, errors=Errors({KeyError: (404, "\ud800" + detail)})))
    assert error.reason.isprintable()
    assert len(error.reason) <= 500
    assert len(error.traceback) <= 20_000
    (error.reason + error.traceback + error.detail).encode()


@pytest.mark.parametrize("runs,delay", [(1, 0.5), (2, 1.0), (4, 4.0), (8, 8.0), (10_000, 8.0)])
def test_what_could_not_begin_waits_longer_each_time_and_is_never_to_blame(runs: int, delay: float) -> None:
    """No process, no descriptor: whatever is missing, the job has done nothing yet, and nothing of it is lost."""
    unlucky = Claim("a" * 32, "noop", "default", "{}", "", attempt=runs, tries=1, crashes=0)
    ending = ending_of(NotBegun("no descriptor"), unlucky, terms_of(noop), "")
    assert ending == Ending("released", delay=delay)


@pytest.mark.parametrize("asked,kind", [("cancel", "cancelled"), ("drain", "released")])
def test_what_could_not_begin_does_as_it_is_told(asked: Asked, kind: str) -> None:
    """Whoever does not want it any more need not wait until it can."""
    assert end(NotBegun("no descriptor"), asked).kind == kind


@pytest.mark.parametrize("kind", [JobNotFound, JobCancelled, JobResultExpired])
def test_what_a_job_hears_of_another_one_is_not_said_of_itself(kind: type[Exception]) -> None:
    """A 404 of a job that is there would mislead whoever asks for its result."""
    error = error_of(end(raised(kind("of another job"))))
    assert (error.status, error.code, error.detail) == (500, "job-failed", "The job failed.")
