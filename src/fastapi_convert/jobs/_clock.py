"""The two clocks of a job store: one to show people, one to compare by.

A wall clock jumps, forwards and backwards, when somebody sets it. What is due or expired is therefore compared by the
system's monotonic clock, which all processes of one machine share, and which starts anew when the machine does.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NamedTuple

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Moment(NamedTuple):
    """One instant on both clocks, in seconds."""

    wall: float
    steady: float


class Clock:
    """The machine's clocks. Tests give a store one of their own.

    Examples:
        >>> clock = Clock()
        >>> clock.now().steady <= clock.now().steady
        True
    """

    def now(self) -> Moment:
        """This instant."""
        wall = time.time()
        return Moment(wall, time.monotonic() if self.boot() else wall)

    def boot(self) -> str:
        """What names this run of the machine: steady times of another one mean nothing. Empty: nobody can tell.

        Where it is empty, the steady clock is the wall clock: times that outlast a restart of the machine must still
        mean something after it.
        """
        if sys.platform != "linux":
            return ""
        try:
            return _BOOT_ID.read_text(encoding="ascii").strip()
        except OSError:
            return ""


class ManualClock(Clock):
    """A clock that stands still until it is told to go on: for tests.

    Args:
        wall: Where the wall clock stands, in seconds since 1970.

    Examples:
        >>> clock = ManualClock()
        >>> clock.advance(60)
        >>> clock.now().steady
        60.0
    """

    def __init__(self, wall: float = 1_800_000_000.0) -> None:
        self._start = wall
        self._passed = 0.0

    def now(self) -> Moment:
        """Where it stands."""
        return Moment(self._start + self._passed, self._passed)

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._passed += seconds

    def set_wall(self, wall: float) -> None:
        """Set the wall clock, as an administrator would: the steady clock knows nothing of it."""
        self._start = wall - self._passed

    def boot(self) -> str:
        """Always the same run of the machine."""
        return "manual"
