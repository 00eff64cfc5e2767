"""Telling how far an upload is, often enough for a person and seldom enough for the loop."""

from __future__ import annotations

import time

from ._options import ProgressCallback

INTERVAL = 0.1


class Progress:
    """Calls back at most every tenth of a second, and at the end."""

    def __init__(self, callback: ProgressCallback | None, expected: int | None) -> None:
        self._callback = callback
        self._expected = expected
        self._next = 0.0

    def tell(self, received: int, *, last: bool) -> None:
        """On the loop, after each chunk."""
        if self._callback is None:
            return
        now = time.monotonic()
        if last or now >= self._next:
            self._next = now + INTERVAL
            self._callback(received, self._expected)
