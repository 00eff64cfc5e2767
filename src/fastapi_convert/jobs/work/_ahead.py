"""How many jobs a worker takes before it has a runner for them: what short jobs need, and what long ones forbid."""

from __future__ import annotations

#: Seconds of work that may wait here, where no other worker can take it.
WORTH = 0.020
MOST = 256
#: Seconds after which a job that waits for a runner is given back.
PATIENCE = 0.050

# One long run is believed at once, and it takes some forty short ones to be forgotten.
_WEIGHT = 0.2


class Ahead:
    """A moving average of how long runs take. It begins with long ones: nothing is taken ahead of what is not known."""

    def __init__(self) -> None:
        self._seconds = 1.0

    def note(self, seconds: float) -> None:
        """A run has taken so long."""
        self._seconds += (seconds - self._seconds) * _WEIGHT

    def count(self, runners: int) -> int:
        """How many jobs so many runners get through in no time."""
        return min(MOST, int(WORTH * runners / max(self._seconds, 1e-6)))
