"""loop_gap: sees a stall, sees none where there is none, and refuses to measure when it is blind."""

import time

import anyio
import pytest

from tests.support import loop_gap as module
from tests.support.loop_gap import loop_gap


async def test_a_stall_in_the_block_is_seen_in_full() -> None:
    """A loop that is blocked for 60 ms has a gap of at least that."""
    async with loop_gap() as gap:
        time.sleep(0.06)
    assert 0.06 <= gap.longest < 2


async def test_a_stall_that_is_not_over_yet_is_seen_too() -> None:
    """The figure may be read inside the block, right after the blocking call."""
    async with loop_gap() as gap:
        time.sleep(0.06)
        assert gap.longest >= 0.06


async def test_a_block_that_only_waits_has_no_gap_as_long_as_its_wait() -> None:
    """Waiting is not blocking, and the stall that the probe injected is not counted."""
    async with loop_gap() as gap:
        await anyio.sleep(1)
    assert gap.longest < 0.5


async def test_nothing_is_counted_after_the_block() -> None:
    """The figure of a block stays what it was."""
    async with loop_gap() as gap:
        await anyio.sleep(0.01)
    seen = gap.longest
    time.sleep(0.1)
    assert gap.longest == seen


async def test_an_error_in_the_block_reaches_the_test_as_it_was_raised() -> None:
    """It is not wrapped in an ExceptionGroup."""
    with pytest.raises(ValueError, match="as it was"):
        async with loop_gap():
            raise ValueError("as it was")


async def test_a_probe_that_cannot_see_its_own_stall_refuses_to_measure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a broken probe would pass every test."""
    monkeypatch.setattr(module, "_stall", lambda: None)
    with pytest.raises(RuntimeError, match="of a stall of 30 ms"):
        async with loop_gap():
            raise AssertionError("the block must not run")
