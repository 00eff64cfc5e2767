"""The writes that wait for the writer: a bounded line, in which everybody waits for so long and no longer."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from fastapi_convert.errors import JobStoreUnavailable
from fastapi_convert.jobs._clock import Moment

#: Writes that may wait. A longer line would only end in more of them being too late.
LONGEST_LINE = 20_000


@dataclass(slots=True)
class Write:
    """One write and the future of its answer."""

    apply: Callable[[sqlite3.Connection, Moment], Any]
    #: Whether a loss of power may undo it, because only a second run would come of that.
    expendable: bool = False
    since: float = field(default_factory=time.monotonic)
    future: Future[Any] = field(default_factory=Future)


class Inbox:
    """Writes in their order, from any thread to the one that takes them.

    Args:
        timeout: Seconds after which a write has waited for too long.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._line: deque[Write] = deque()
        self._arrival = threading.Condition()
        self._closed = False

    def put(self, write: Write) -> None:
        """Let it wait, or fail it at once."""
        with self._arrival:
            refusal = self._refusal()
            if not refusal:
                self._line.append(write)
                self._arrival.notify()
        if refusal:
            write.future.set_exception(JobStoreUnavailable(refusal))

    def _refusal(self) -> str:
        if self._closed:
            return "The job store is being closed, so it takes no more writes. Write before shutdown."
        if len(self._line) >= LONGEST_LINE:
            return f"{LONGEST_LINE} writes to the job store wait already. Retry later; look whether its disk is slow."
        return ""

    def close(self) -> None:
        """Take nothing more. What waits is still handed out."""
        with self._arrival:
            self._closed = True
            self._arrival.notify()

    def wait(self) -> float | None:
        """Wait for a write; answer until when the first one may wait, or `None`: closed, and all are handed out."""
        with self._arrival:
            while not self._line and not self._closed:
                self._arrival.wait()
            return self._line[0].since + self._timeout if self._line else None

    def take(self, count: int) -> list[Write]:
        """The first `count` writes, without those that were cancelled. Those that are late fail."""
        with self._arrival:
            taken = [self._line.popleft() for _ in range(min(count, len(self._line)))]
        wanted = [write for write in taken if write.future.set_running_or_notify_cancel()]
        oldest = time.monotonic() - self._timeout
        for late in (write for write in wanted if write.since <= oldest):
            late.future.set_exception(self._too_late())
        return [write for write in wanted if write.since > oldest]

    def drop_late(self) -> None:
        """Fail what has waited for too long."""
        oldest = time.monotonic() - self._timeout
        with self._arrival:
            late = []
            while self._line and self._line[0].since <= oldest:
                late.append(self._line.popleft())
        for write in late:
            if write.future.set_running_or_notify_cancel():
                write.future.set_exception(self._too_late())

    def _too_late(self) -> JobStoreUnavailable:
        return JobStoreUnavailable(
            f"A write to the job store waited for {self._timeout:g} s in vain. Look for a process that holds its lock, "
            "stopped or stuck, and whether the disk is slow."
        )
