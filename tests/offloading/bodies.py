"""Bodies for offloaded calls: gates that hold them, and counters that see how many are alive."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ("Gate", "Live")


class Live:
    """Counts the bodies that run at the same time, with a lock, so that the peak is exact."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.peak = self.runs = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        with self._lock:
            self.now += 1
            self.runs += 1
            self.peak = max(self.peak, self.now)
        try:
            yield
        finally:
            with self._lock:
                self.now -= 1


class Gate(Live):
    """A body that begins, says so, and ends when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = threading.Event()
        self._open = threading.Event()

    def body(self, value: object = None) -> object:
        with self.counted():
            self.begun.set()
            if not self._open.wait(30):
                raise TimeoutError("the test never opened this gate")
            return value

    def open(self) -> None:
        self._open.set()
