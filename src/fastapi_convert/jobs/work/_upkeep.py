"""The thread for what takes its time: looking for the dead, and removing what has expired."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from fastapi_convert.errors import JobStoreUnavailable
from fastapi_convert.jobs._files import Folders
from fastapi_convert.jobs.ledger.protocol import Ledger

from ._recovery import Recovery

logger = logging.getLogger("fastapi_convert.jobs")

#: Seconds between two looks for dead workers.
DEAD_EVERY = 0.5
#: Seconds between two looks for what has expired.
PURGE_EVERY = 5.0
#: Seconds between two looks for files of jobs that never came to be.
ORPHANS_EVERY = 3600.0

_MOST_PURGED = 200


class Upkeep:
    """Does it, now and then, on a thread of its own: a folder with a million files must not keep any job waiting.

    Args:
        ledger: The open ledger.
        recovery: Who sees to the dead.
        folders: Where the files of jobs lie.
        began: Called once the first look for the dead is over.
    """

    def __init__(self, ledger: Ledger, recovery: Recovery, folders: Folders, began: Callable[[], None]) -> None:
        self._ledger = ledger
        self._recovery = recovery
        self._folders = folders
        self._began = began
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._work, name="jobs-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self, timeout: float) -> None:
        """End the thread, or leave it behind after `timeout` seconds."""
        self._ended.set()
        self._thread.join(timeout)

    def _work(self) -> None:
        purged_at = swept_at = time.monotonic()
        self._try(self._recovery.recover)
        self._recovery.sweep()
        self._began()
        self._try(self._sweep)
        while not self._ended.wait(DEAD_EVERY):
            self._try(self._recovery.recover)
            now = time.monotonic()
            if now - purged_at >= PURGE_EVERY:
                purged_at = now
                self._try(self._purge)
            if now - swept_at >= ORPHANS_EVERY:
                swept_at = now
                self._try(self._sweep)

    def _try(self, what: Callable[[], object]) -> None:
        try:
            what()
        except JobStoreUnavailable as error:
            logger.warning("Dead workers and expired jobs were not seen to: %s", error)
            self._ended.wait(DEAD_EVERY)
        except Exception:
            logger.exception("The upkeep of jobs goes on after an error")

    def _purge(self) -> None:
        while not self._ended.is_set():
            gone = self._ledger.purge(_MOST_PURGED).result()
            for job_id in gone:
                self._folders.remove(job_id)
            if len(gone) < _MOST_PURGED:
                return

    def _sweep(self) -> None:
        self._folders.remove_orphans(lambda job_id: self._ledger.get(job_id) is not None)
