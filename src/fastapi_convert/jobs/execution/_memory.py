"""The sink of a run in this process: what it tells, and why it should stop."""

from __future__ import annotations

import time


class MemorySink:
    """Holds the latest progress of one run, and asks it to stop when somebody wants so or its time is over."""

    def __init__(self, timeout: float | None) -> None:
        self.told: tuple[float | None, str] | None = None
        #: Why somebody wants the run to stop; empty while nobody does.
        self.reason = ""
        self._deadline = None if timeout is None else time.monotonic() + timeout

    def put(self, fraction: float | None, message: str) -> None:
        """Replace what was told before."""
        self.told = (fraction, message)

    def stop_reason(self) -> str:
        """Why the run should stop; empty as long as it may go on."""
        return self.reason or ("its time is over" if self.late() else "")

    def late(self) -> bool:
        """Whether its time is over."""
        return self._deadline is not None and time.monotonic() >= self._deadline
