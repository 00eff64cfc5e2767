"""Runs on the thread that asks for them: they stop when they want to, and change nothing for the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fastapi_convert.errors import CallableExited
from fastapi_convert.jobs.execution._thread_seat import ThreadSeat
from fastapi_convert.jobs.execution.seats import Outcome, Returned, Stopped, TimedOut
from tests.jobs import job_bodies as bodies
from tests.jobs.orders import error_of, order_for
from tests.support.waiting import wait_until


@pytest.fixture
def runner() -> Iterator[ThreadPoolExecutor]:
    """The thread that runs belong to."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def begin(
    runner: ThreadPoolExecutor, seat: ThreadSeat, folder: Path, fn: Callable[..., Any], timeout: float | None = None
) -> Future[Outcome]:
    """Start a run and return when it is under way."""
    here = folder / "here"
    here.unlink(missing_ok=True)
    future = runner.submit(seat.run, order_for(folder, fn, path=str(here)), timeout)
    wait_until(lambda: here.exists() or future.done())
    return future


def test_a_run_is_on_the_calling_thread(tmp_path: Path) -> None:
    """With its progress, id and attempt."""
    seat = ThreadSeat()
    assert seat.progress() is None
    outcome = seat.run(order_for(tmp_path, bodies.greet, attempt=2, name="Ada"), None)
    assert outcome == Returned('"hello Ada, attempt 2 of j0b"')
    assert seat.progress() == (0.5, "greeting Ada")
    seat.run(order_for(tmp_path, bodies.add, a=1), None)
    assert seat.progress() is None


def test_nothing_sticks_to_the_thread(tmp_path: Path) -> None:
    """A context variable that a run has set is unset in the next, and here."""
    seat, order = ThreadSeat(), order_for(tmp_path, bodies.set_mark, value="mine")
    assert [seat.run(order, None), seat.run(order, None)] == [Returned('"unset"')] * 2
    assert bodies.mark.get() == "unset"


@pytest.mark.parametrize("end", ["stop", "close"])
def test_a_stop_reaches_a_function_that_asks(tmp_path: Path, runner: ThreadPoolExecutor, end: str) -> None:
    """From any thread; a reason that is empty counts too."""
    seat = ThreadSeat()
    future = begin(runner, seat, tmp_path, bodies.tell_and_wait)
    assert seat.progress() == (0.5, "half")
    if end == "stop":
        seat.stop("")
    else:
        seat.close()
    assert future.result(10) == Stopped()


def test_a_stop_between_runs_does_nothing(tmp_path: Path) -> None:
    """The run that comes is another."""
    seat, order = ThreadSeat(), order_for(tmp_path, bodies.greet, name="Ada")
    for _ in range(2):
        seat.stop("nothing to stop")
        assert isinstance(seat.run(order, None), Returned)


def test_a_timeout_reaches_a_function_that_asks(tmp_path: Path, runner: ThreadPoolExecutor) -> None:
    """And is told apart from the function's own."""
    seat = ThreadSeat()
    assert begin(runner, seat, tmp_path, bodies.tell_and_wait, 0.05).result(10) == TimedOut()
    outcome = seat.run(order_for(tmp_path, bodies.fail, kind="timeout"), 10)
    assert isinstance(error_of(outcome).error, TimeoutError)


def test_what_a_function_makes_of_a_stop_is_told(tmp_path: Path, runner: ThreadPoolExecutor) -> None:
    """It may return all the same, or fail."""
    seat = ThreadSeat()
    future = begin(runner, seat, tmp_path, bodies.swallow_the_stop)
    seat.stop("cancelled")
    assert future.result(10) == Returned('"finished all the same"')
    future = begin(runner, seat, tmp_path, bodies.raise_when_stopped)
    seat.stop("cancelled")
    assert error_of(future.result(10)).summary == "ValueError: the clean-up failed"


@pytest.mark.parametrize("kind", ["exit", "interrupt", "generator", "stop", "cancelled"])
def test_the_thread_survives_whatever_is_raised(tmp_path: Path, kind: str) -> None:
    """Nothing passes."""
    outcome = ThreadSeat().run(order_for(tmp_path, bodies.fail, kind=kind), None)
    assert isinstance(error_of(outcome).error, CallableExited)
