"""`Progress`: what a job tells, what it hears, and what it is outside of a job."""

from __future__ import annotations

import asyncio
import copy
import math
import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.jobs.progress import MOST_CHARACTERS, Progress


class Told:
    """A sink that remembers everything."""

    def __init__(self) -> None:
        self.all: list[tuple[float | None, str]] = []
        self.reason = ""

    def put(self, fraction: float | None, message: str) -> None:
        self.all.append((fraction, message))

    def stop_reason(self) -> str:
        return self.reason


@pytest.mark.parametrize(
    "given_,told",
    [
        ((), (None, "")),
        ((0.5,), (0.5, "")),
        ((None, "pass 1"), (None, "pass 1")),
        ((1, "done"), (1.0, "done")),
        ((-0.1,), (0.0, "")),
        ((17,), (1.0, "")),
        ((math.inf,), (1.0, "")),
        ((-math.inf,), (0.0, "")),
        ((math.nan,), (None, "")),
    ],
    ids=range(9),
)
def test_what_is_told_is_a_part_or_unknown(given_: Any, told: tuple[float | None, str]) -> None:
    """Beyond 0 and 1 it is cut to them; 0 / 0 is nobody's news."""
    sink = Told()
    Progress(sink)(*given_)
    assert sink.all == [told]


@given(fraction=st.none() | st.floats() | st.integers(-(10**6), 10**6))
def test_no_number_is_beyond_its_bounds(fraction: float | None) -> None:
    """Whatever a legacy function divides."""
    sink = Told()
    Progress(sink)(fraction)
    ((told, _),) = sink.all
    assert told is None or 0 <= told <= 1


def test_a_long_message_is_cut() -> None:
    """It travels in every status."""
    sink = Told()
    Progress(sink)(0.1, "x" * 10_000)
    assert sink.all == [(0.1, "x" * MOST_CHARACTERS)]


def test_a_message_need_not_be_text() -> None:
    """Legacy code passes an exception or a number."""
    sink = Told()
    Progress(sink)(0.1, ValueError("odd"))  # type: ignore[arg-type]  # that is what is tried
    assert sink.all == [(0.1, "odd")]


@pytest.mark.parametrize("fraction", ["half", [], object()])
def test_what_is_no_number_is_an_error(fraction: Any) -> None:
    """A bug of the function, which nothing hides."""
    sink = Told()
    with pytest.raises((TypeError, ValueError)):
        Progress(sink)(fraction)
    assert sink.all == []


def test_telling_hears_that_the_job_should_stop() -> None:
    """After what was told, so that the last news is not lost."""
    sink = Told()
    progress = Progress(sink)
    progress.check()
    sink.reason = "cancelled"
    with pytest.raises(asyncio.CancelledError, match="cancelled"):
        progress(0.5)
    with pytest.raises(asyncio.CancelledError, match="cancelled"):
        progress.check()
    assert sink.all == [(0.5, "")]


def test_a_legacy_handler_does_not_swallow_the_stop() -> None:
    """`except Exception` around a loop's body is everywhere."""
    sink = Told()
    sink.reason = "the worker is shutting down"
    rounds = 0
    with pytest.raises(asyncio.CancelledError):
        for _ in range(3):
            try:
                rounds += 1
                Progress(sink)(0.1)
            except Exception:  # as legacy code does
                pass
    assert rounds == 1


def test_outside_a_job_it_tells_nobody_and_never_stops() -> None:
    """So that the function stays the function that it was."""
    progress = Progress()
    progress(0.5, "x")
    progress()
    progress.check()
    assert (progress.job_id, progress.attempt, repr(progress)) == ("", 1, "<Progress>")


def test_outside_a_job_there_is_no_folder() -> None:
    """The message says what to use instead."""
    with pytest.raises(RuntimeError, match="use tempfile"):
        _ = Progress().folder


def test_the_folder_is_made_when_it_is_first_used(tmp_path: Path) -> None:
    """And readable by nobody else."""
    folder = tmp_path / "runs" / "a-1"
    progress = Progress(Told(), folder=folder)
    progress(0.1)
    assert not folder.exists()
    (progress.folder / "scratch").write_bytes(b"x")
    assert progress.folder == folder
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_knows_which_run_it_is() -> None:
    """For keys of effects that must happen once."""
    progress = Progress(Told(), job_id="abc", attempt=2)
    assert (progress.job_id, progress.attempt, repr(progress)) == ("abc", 2, "<Progress of job abc, attempt 2>")


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_does_not_leave_its_process(leave: Any) -> None:
    """There it would tell nobody, and never stop."""
    with pytest.raises(TypeError, match="pass it to threads, not to processes"):
        leave(Progress(Told()))


def test_threads_of_the_job_may_share_it() -> None:
    """Nothing is lost between them but what is older."""
    sink = Told()
    progress = Progress(sink)
    with ThreadPoolExecutor(4) as threads:
        for number in range(100):
            threads.submit(progress, number / 100, str(number))
    assert sorted(sink.all) == [(number / 100, str(number)) for number in range(100)]
