"""`Station`: what one process keeps open while it uses a job store, and who hears of a change in it."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import anyio

from ._files import Folders
from ._settling import settle
from .model import TERMINAL, JobRecord, NewJob, Submission
from .work._bells import Bells

if TYPE_CHECKING:
    from .ledger.protocol import Ledger

#: Whoever has missed a ring, as on a system without named pipes, looks at least so often.
LOOK_EVERY = 0.5


class Listener(Protocol):
    """Who wants to hear of changes: a hub, a worker. All methods are quick and may be called from any thread."""

    def changed(self, ids: frozenset[str]) -> None:
        """This process has committed changes of these jobs."""

    def look(self) -> None:
        """Another process may have committed something."""


class Station:
    """The open ledger, the bell that other processes ring, and the listeners. Open while it has a user."""

    def __init__(self, ledger: Ledger, folders: Folders) -> None:
        self.ledger = ledger
        self.folders = folders
        self._forget()

    def _forget(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._users = 0
        self._bells: Bells | None = None
        self._thread: threading.Thread | None = None
        self._listeners: tuple[Listener, ...] = ()
        self._news = threading.Condition()

    # Opening and closing

    def enter_if_open(self) -> bool:
        """Count one more user if it is open: quick, for an event loop."""
        if self._pid != os.getpid():
            self._forget()  # this is a fork: what is open belongs to the parent
        with self._lock:
            self._users += bool(self._users)
            return bool(self._users)

    @property
    def in_use(self) -> bool:
        """Whether it has a user in this process."""
        return self._pid == os.getpid() and self._users > 0

    def enter(self) -> None:
        """Count one more user, the first of which opens it. Blocks."""
        if self._pid != os.getpid():
            self._forget()
        with self._lock:
            if not self._users:
                self._open()
            self._users += 1

    def leave_if_others(self) -> bool:
        """Count one user less unless it is the last: quick, for an event loop."""
        with self._lock:
            if self._users < 2:
                return False
            self._users -= 1
            return True

    def leave(self) -> None:
        """Count one user less, the last of which closes it. Blocks."""
        with self._lock:
            self._users -= 1
            if not self._users:
                self._close()

    def _open(self) -> None:
        self.ledger.open()
        try:
            self.folders.make()
            self._bells = Bells(self.folders.bells)
        except BaseException:
            self.ledger.close()
            raise
        self.ledger.on_change(self._committed)
        self._thread = threading.Thread(target=self._listen, args=(self._bells,), name="jobs-bell", daemon=True)
        self._thread.start()

    def _close(self) -> None:
        self.ledger.close()
        bells, self._bells = self._bells, None
        thread, self._thread = self._thread, None
        if bells is not None and thread is not None:
            bells.ring()
            thread.join()
            bells.close()

    # Listening

    def add(self, listener: Listener) -> None:
        """From now on `listener` hears of changes."""
        with self._lock:
            self._listeners = (*self._listeners, listener)

    def discard(self, listener: Listener) -> None:
        """And now no more."""
        with self._lock:
            self._listeners = tuple(each for each in self._listeners if each is not listener)

    def _committed(self, ids: frozenset[str]) -> None:
        for listener in self._listeners:
            listener.changed(ids)
        bells = self._bells
        if bells is not None:
            with suppress(OSError):  # full disk or no descriptor: the others look by themselves soon
                bells.ring_others()
        self._tell()

    def _listen(self, bells: Bells) -> None:
        while self._bells is bells:
            bells.wait(LOOK_EVERY)
            for listener in self._listeners:
                listener.look()
            self._tell()

    def _tell(self) -> None:
        with self._news:
            self._news.notify_all()

    def wait_for(self, job_id: str, timeout: float | None) -> JobRecord | None:
        """Block until the job has ended; `None` if there is none.

        Raises:
            TimeoutError: It has not, in `timeout` seconds.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._news:
                record = self.ledger.get(job_id)
                if record is None or record.state in TERMINAL:
                    return record
                left = LOOK_EVERY if deadline is None else min(LOOK_EVERY, deadline - time.monotonic())
                if left <= 0:
                    raise TimeoutError(f"Job {job_id} has not ended within {timeout} s. It goes on.")
                self._news.wait(left)

    # What a test mode does in another way

    async def submit(self, job: NewJob) -> Submission:
        """Store a job; back when it will outlive this process."""
        return await settle(self.ledger.submit(job))

    async def submit_whole(self, job: NewJob) -> Submission:
        """The same, seen through whoever is cancelled: afterwards it is known whether files belong to a job."""
        with anyio.CancelScope(shield=True):
            return await self.submit(job)
        raise AssertionError("a scope that nobody cancels lets every error out")

    def submit_sync(self, job: NewJob) -> Submission:
        """The same for synchronous code."""
        return self.ledger.submit(job).result()

    async def retry(self, job_id: str) -> JobRecord | None:
        """Queue a failed or cancelled job again."""
        return await settle(self.ledger.retry(job_id))

    def retry_sync(self, job_id: str) -> JobRecord | None:
        """The same for synchronous code."""
        return self.ledger.retry(job_id).result()
