"""A function that computes on a thread is told of once, by name, with the cure; one that waits is not."""

from __future__ import annotations

import hashlib
import time
import warnings
from collections.abc import AsyncIterator

import pytest

from fastapi_convert import Pool
from fastapi_convert.errors import CpuBoundWarning

pytestmark = pytest.mark.asyncio_only


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("threads", threads=2) as pool:
        yield pool


def compute() -> int:
    end = time.thread_time() + 0.25
    total = 0
    while time.thread_time() < end:
        total += 1
    return total


async def test_a_hog_is_told_of_once(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """By its name, with ProcessPool as the cure, at its own line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(50):  # on a busy machine, a call may get too little of a processor to be noticed
            await pool.run(compute)
            if caught:
                break
        for _ in range(2):
            await pool.run(compute)
    assert [warning.category for warning in caught] == [CpuBoundWarning]
    assert "compute() computed for" in str(caught[0].message)
    assert "ProcessPool" in str(caught[0].message)
    assert caught[0].filename == __file__
    assert sum("ProcessPool" in record.message for record in caplog.records) == 1


async def test_where_warnings_are_errors_the_call_still_succeeds(pool: Pool) -> None:
    """The result is not lost over a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert await pool.run(compute) > 0


async def test_what_waits_or_is_short_is_innocent(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """A long sleep, and many short computations."""

    def wait() -> None:
        time.sleep(0.3)

    await pool.run(wait)
    for _ in range(20):
        await pool.run(hashlib.sha256, b"x" * 1000)
    assert "computed for" not in caplog.text
