"""`Retry`: which failures are tried again, when, and what it refuses to be made of."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.jobs.retries import Retry


class OwnError(ValueError):
    """An exception that could not leave its process is known by its name only."""


def name_of(kind: type[BaseException]) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def test_waits_grow_and_stop_growing() -> None:
    """Each is the one before times the base, and none exceeds the longest."""
    assert Retry(6, wait_initial=1, wait_max=10, wait_jitter=0).waits() == [1, 2, 4, 8, 10]
    assert Retry(4, wait_initial=1, wait_exp_base=3).waits() == [1, 3, 9]
    assert Retry(3, wait_initial=5, wait_exp_base=1).waits() == [5, 5]


def test_one_attempt_has_nothing_to_wait_for() -> None:
    """The first run is an attempt."""
    assert Retry(1).waits() == []


def test_times_may_be_written_with_units() -> None:
    """As everywhere."""
    assert Retry(3, wait_initial="30s", wait_max="1m", wait_jitter="0.5s").waits() == [30, 60]


def test_no_wait_at_all_is_a_choice() -> None:
    """Zero is a time here, though not where a limit is asked for."""
    retry = Retry(3, wait_initial=0, wait_max=0, wait_jitter=0)
    assert retry.waits() == [0, 0]
    assert retry.wait(1) == 0


@given(
    tries=st.integers(1, 10**9),
    initial=st.floats(0.001, 1e6),
    longest=st.floats(0.001, 1e6),
    jitter=st.floats(0.001, 60),
)
def test_a_wait_is_within_its_bounds(tries: int, initial: float, longest: float, jitter: float) -> None:
    """However often it has failed: no overflow, and the jitter only adds."""
    wait = Retry(5, wait_initial=initial, wait_max=longest, wait_jitter=jitter).wait(tries)
    assert min(initial, longest) <= wait <= longest + jitter


def test_jobs_that_failed_together_do_not_return_together() -> None:
    """That is what the jitter is for."""
    retry = Retry(wait_initial=1, wait_jitter=1)
    assert len({retry.wait(1) for _ in range(20)}) > 1


def test_only_what_another_run_may_cure_is_covered() -> None:
    """By class, subclasses included."""
    retry = Retry(on=(OSError, ValueError))
    assert retry.covers(ConnectionResetError())
    assert retry.covers(OwnError())
    assert retry.covers(TimeoutError())
    assert not retry.covers(KeyError())
    assert Retry().covers(KeyError())
    assert not Retry(on=()).covers(KeyError())


def test_names_of_classes_do_as_well() -> None:
    """Of any class in the list; a name alone or of another module does not."""
    retry = Retry(on=ValueError)
    assert retry.covers_names([name_of(kind) for kind in OwnError.__mro__])
    assert not retry.covers_names([name_of(KeyError), "builtins.LookupError"])
    assert not retry.covers_names(["ValueError", "other.ValueError"])
    assert not retry.covers_names([])
    assert Retry(on=(KeyError, OwnError)).covers_names([name_of(OwnError)])


@pytest.mark.parametrize("attempts", [0, -1])
def test_fewer_than_one_run_is_refused(attempts: int) -> None:
    """Zero retries are one attempt, and the message says so."""
    with pytest.raises(ValueError, match="attempts of Retry counts all runs"):
        Retry(attempts)


@pytest.mark.parametrize("base", [0, 0.5, -2, math.nan])
def test_waits_do_not_shrink(base: float) -> None:
    """NaN is no base either."""
    with pytest.raises(ValueError, match="wait_exp_base of Retry is 1 or more"):
        Retry(wait_exp_base=base)


@pytest.mark.parametrize("name", ["wait_initial", "wait_max", "wait_jitter"])
@pytest.mark.parametrize("value", [-1, "soon", math.nan, math.inf, "-1s"])
def test_what_is_no_time_is_refused(name: str, value: Any) -> None:
    """When the job is registered, with the name of the option."""
    with pytest.raises((ValueError, TypeError), match=f"{name} of Retry"):
        Retry(**{name: value})


@pytest.mark.parametrize(
    "on", [BaseException, KeyboardInterrupt, "OSError", OSError(), (OSError, int), [OSError], None]
)
def test_what_is_no_exception_class_is_refused(on: Any) -> None:
    """What stops a process is not tried again either."""
    with pytest.raises(TypeError, match="on of Retry holds exception classes"):
        Retry(on=on)


def test_it_can_be_compared_and_is_not_changed() -> None:
    """One may serve for many jobs."""
    retry = Retry(4)
    assert retry == Retry(4)
    assert hash(retry) == hash(Retry(4))
    with pytest.raises(AttributeError):
        retry.attempts = 5  # type: ignore[misc]  # that is what is tried
