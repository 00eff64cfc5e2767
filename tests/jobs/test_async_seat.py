"""Runs of coroutines on somebody's event loop: cancelled for their own reasons only, and never a thread that hangs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import pytest

from fastapi_convert.jobs.execution._async_seat import AsyncSeat
from fastapi_convert.jobs.execution.seats import Died, Outcome, Returned, Stopped, TimedOut
from tests.jobs import job_bodies as bodies
from tests.jobs.orders import error_of, order_for
from tests.support.backends import BACKENDS
from tests.support.waiting import wait_until

Portal = anyio.from_thread.BlockingPortal
LOOP_ENDED = Died("worker died: its event loop ended")


@pytest.fixture(params=list(BACKENDS))
def portal(request: pytest.FixtureRequest) -> Iterator[Portal]:
    """An event loop of each kind, in a thread of its own."""
    backend, options = BACKENDS[request.param]
    with anyio.from_thread.start_blocking_portal(backend, options) as portal:
        yield portal


@pytest.fixture
def runner() -> Iterator[ThreadPoolExecutor]:
    """The thread that runs belong to."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def begin(
    runner: ThreadPoolExecutor, seat: AsyncSeat, folder: Path, fn: Callable[..., Any], timeout: float | None = None
) -> Future[Outcome]:
    """Start a run and return when it is under way."""
    here = folder / "here"
    here.unlink(missing_ok=True)
    future = runner.submit(seat.run, order_for(folder, fn, path=str(here)), timeout)
    wait_until(lambda: here.exists() or future.done())
    return future


def test_a_coroutine_function_runs_on_the_loop(portal: Portal, tmp_path: Path) -> None:
    """And the next one."""
    seat = AsyncSeat(portal)
    for number in range(3):
        assert seat.run(order_for(tmp_path, bodies.add_later, a=number), 10) == Returned(str(number))
    assert seat.progress() is None


@pytest.mark.parametrize("end", ["stop", "close"])
@pytest.mark.parametrize(
    "fn", [bodies.sleep_for_ever, bodies.swallow_once, bodies.sleep_in_a_task_group, bodies.ask_in_a_loop]
)
def test_a_stop_ends_it_at_its_next_await(
    portal: Portal, tmp_path: Path, runner: ThreadPoolExecutor, fn: Callable[..., Any], end: str
) -> None:
    """Also one that swallows the first cancellation, or has a task group. The next run is untouched."""
    seat = AsyncSeat(portal)
    future = begin(runner, seat, tmp_path, fn)
    getattr(seat, end)(*["cancelled"] * (end == "stop"))
    assert future.result(10) == Stopped()
    assert seat.run(order_for(tmp_path, bodies.add_later, a=1), 10) == Returned("1")


@pytest.mark.parametrize(
    "fn", [bodies.sleep_for_ever, bodies.swallow_once, bodies.sleep_in_a_task_group, bodies.ask_in_a_loop]
)
def test_a_timeout_ends_it_too(
    portal: Portal, tmp_path: Path, runner: ThreadPoolExecutor, fn: Callable[..., Any]
) -> None:
    """And is told as such."""
    seat = AsyncSeat(portal)
    assert begin(runner, seat, tmp_path, fn, 0.1).result(10) == TimedOut()
    assert seat.run(order_for(tmp_path, bodies.add_later, a=1), 10) == Returned("1")


def test_the_functions_own_timeout_error_is_its_own(portal: Portal, tmp_path: Path) -> None:
    """It is no timeout of ours."""
    outcome = AsyncSeat(portal).run(order_for(tmp_path, bodies.fail_later, kind="timeout"), 10)
    assert isinstance(error_of(outcome).error, TimeoutError)


def test_what_it_returns_in_spite_of_a_stop_counts(portal: Portal, tmp_path: Path, runner: ThreadPoolExecutor) -> None:
    """It was done before it could be stopped."""
    seat = AsyncSeat(portal)
    future = begin(runner, seat, tmp_path, bodies.swallow_and_return)
    seat.stop("cancelled")
    assert future.result(10) == Returned('"done"')


def test_a_stop_from_the_loop_itself_works(portal: Portal, tmp_path: Path, runner: ThreadPoolExecutor) -> None:
    """It does not wait for itself."""
    seat = AsyncSeat(portal)
    future = begin(runner, seat, tmp_path, bodies.sleep_for_ever)
    assert seat.progress() == (0.5, "half")
    portal.call(seat.stop, "cancelled")
    assert future.result(10) == Stopped()


def test_a_stop_between_runs_does_nothing(portal: Portal, tmp_path: Path) -> None:
    """The run that comes is another."""
    seat = AsyncSeat(portal)
    for _ in range(2):
        seat.stop("nothing to stop")
        assert seat.run(order_for(tmp_path, bodies.add_later, a=1), 10) == Returned("1")


def test_a_stop_before_the_loop_has_begun_counts(
    portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The function is never called."""
    seat, real = AsyncSeat(portal), portal.start_task_soon

    def late(fn: Any, *args: Any) -> Any:
        seat.stop("cancelled")
        return real(fn, *args)

    monkeypatch.setattr(portal, "start_task_soon", late)
    assert seat.run(order_for(tmp_path, bodies.sleep_for_ever, path=str(tmp_path / "here")), 10) == Stopped()
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("kind", ["value", "exit", "interrupt", "generator", "group"])
def test_the_loop_survives_whatever_is_raised(portal: Portal, tmp_path: Path, kind: str) -> None:
    """Nothing passes."""
    seat = AsyncSeat(portal)
    assert error_of(seat.run(order_for(tmp_path, bodies.fail_later, kind=kind), 10)).error is not None
    assert seat.run(order_for(tmp_path, bodies.add_later, a=1), 10) == Returned("1")


@pytest.mark.parametrize("name", list(BACKENDS))
def test_a_loop_that_ends_takes_its_run_along(tmp_path: Path, runner: ThreadPoolExecutor, name: str) -> None:
    """The run has died, and so have those that come after it."""
    backend, options = BACKENDS[name]
    with anyio.from_thread.start_blocking_portal(backend, options) as portal:
        seat = AsyncSeat(portal)
        future = begin(runner, seat, tmp_path, bodies.sleep_for_ever)
        portal.call(portal.stop, True)
        assert future.result(10) == LOOP_ENDED
    assert seat.run(order_for(tmp_path, bodies.add_later, a=1), 10) == LOOP_ENDED
    seat.stop("nothing to stop")
    seat.close()


def test_a_run_can_be_stopped_after_its_portal(tmp_path: Path, runner: ThreadPoolExecutor, portal: Portal) -> None:
    """A portal that takes nothing new still waits for what runs."""
    seat = AsyncSeat(portal)
    future = begin(runner, seat, tmp_path, bodies.sleep_for_ever)
    portal.call(portal.stop)
    seat.stop("cancelled")
    assert future.result(10) == Stopped()
