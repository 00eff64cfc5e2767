"""What a thread sleeps on until somebody has news for it, or a time has passed."""

from __future__ import annotations

from contextlib import suppress
from queue import Empty, SimpleQueue


class Waker:
    """Wakes one thread. Many rings before it looks are one ring.

    A `SimpleQueue`, not an `Event`: it may be rung by a signal handler that has interrupted another ring.
    """

    def __init__(self) -> None:
        self._rings: SimpleQueue[None] = SimpleQueue()
        self._rung = False

    def ring(self) -> None:
        """Wake it, or have its next `wait` return at once."""
        if not self._rung:
            self._rung = True
            self._rings.put(None)

    def wait(self, timeout: float) -> None:
        """Sleep until it rings, for `timeout` seconds at most. Look at what may have changed afterwards."""
        with suppress(Empty):
            self._rings.get(timeout=max(0.0, timeout))
        self._rung = False
