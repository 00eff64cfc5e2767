"""The clocks of a store: which of them jumps, and which does not."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from fastapi_convert.jobs import _clock
from fastapi_convert.jobs._clock import Clock, ManualClock


def test_the_clocks_are_the_machine_s() -> None:
    """Between two readings of ours."""
    wall, steady = time.time(), time.monotonic()
    now = Clock().now()
    assert wall <= now.wall <= time.time()
    assert steady <= now.steady <= time.monotonic()


def test_a_jump_of_the_wall_clock_leaves_the_steady_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a day, either way."""
    clock = Clock()
    real = time.time
    before = clock.now()
    for jump in (86_400, -86_400):
        monkeypatch.setattr(time, "time", lambda jump=jump: real() + jump)
        now = clock.now()
        assert abs(now.wall - before.wall - jump) < 3600
        assert 0 <= now.steady - before.steady < 3600


def test_a_boot_has_one_name() -> None:
    """The same at every reading, in one line."""
    boot = Clock().boot()
    assert boot
    assert boot == Clock().boot() == boot.strip()


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_where_boots_have_no_name_the_wall_clock_is_all_there_is(
    platform: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A steady time of before a restart would mean anything after it."""
    monkeypatch.setattr(sys, "platform", platform)
    now = Clock().now()
    assert Clock().boot() == ""
    assert now.steady == now.wall


def test_a_sandbox_without_the_name_of_the_boot_has_the_wall_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where /proc is not mounted, or hidden."""
    monkeypatch.setattr(_clock, "_BOOT_ID", tmp_path / "missing")
    now = Clock().now()
    assert Clock().boot() == ""
    assert now.steady == now.wall


def test_a_manual_clock_stands_still() -> None:
    """Until it is told to go on."""
    clock = ManualClock(wall=1000)
    assert clock.now() == clock.now() == (1000, 0)
    clock.advance(2.5)
    clock.advance(0.5)
    assert clock.now() == (1003, 3)


def test_setting_a_manual_wall_clock_leaves_its_steady_one() -> None:
    """Forwards and backwards, and time passes from there."""
    clock = ManualClock(wall=1000)
    clock.advance(10)
    clock.set_wall(5)
    assert clock.now() == (5, 10)
    clock.advance(1)
    assert clock.now() == (6, 11)
    clock.set_wall(90_000)
    assert clock.now() == (90_000, 11)


def test_a_manual_clock_is_one_run_of_one_machine() -> None:
    """So that its steady times may be stored."""
    assert ManualClock().boot() == ManualClock().boot() != ""
