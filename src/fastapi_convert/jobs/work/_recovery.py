"""What the dead have left behind: their jobs, which run again, and their folders."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from fastapi_convert.jobs._terms import WORKER_DEATHS, Terms
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import Ending, JobState

from ._endings import died
from ._presence import dead, is_alive

logger = logging.getLogger("fastapi_convert.jobs")

#: Folders beside the store: of each run what it puts there, of each worker what its processes need.
RUNS, SEATS = "runs", "seats"


class Recovery:
    """Finds workers that are dead, and queues their jobs again. All of it blocks.

    Args:
        ledger: The open ledger.
        terms: The functions that are known here, for the deaths that their jobs may see.
        workers: The folder with the workers' lock files.
        folder: The folder beside the store.
        own: The id of the worker that looks.
    """

    def __init__(self, ledger: Ledger, terms: Mapping[str, Terms], *, workers: Path, folder: Path, own: str) -> None:
        self._ledger = ledger
        self._terms = terms
        self._workers = workers
        self._runs, self._seats = folder / RUNS, folder / SEATS
        self._own = own

    def recover(self) -> int:
        """See to all dead workers, and return how many jobs are queued again.

        Raises:
            JobStoreUnavailable: Not now. What was not seen to is found again.
        """
        recovered = 0
        for worker in dead(self._workers):
            with worker:
                recovered += self._queue_again(worker.id, worker.began)
                worker.bury()
        for worker_id in self._ledger.running_workers() - {self._own}:
            if not is_alive(self._workers, worker_id):  # it ended in peace, with a run that would not
                recovered += self._queue_again(worker_id, ())
        if recovered:
            self.sweep()
        return recovered

    def _queue_again(self, worker_id: str, began: Collection[str]) -> int:
        error = died("the worker of the job was killed, or the job killed it")
        # One by one, for each function says how many deaths it may see; then all that are left, which are not to blame.
        crashes = [
            self._ledger.end(record.id, record.attempt, Ending("crashed", error=error, max_crashes=deaths))
            for record in map(self._ledger.get, began)
            if record is not None and record.state is JobState.RUNNING and record.worker == worker_id
            if (deaths := self._deaths_of(record.name)) is not None
        ]
        # Only when those are stored: what cannot be counted now must not be let off by a batch that goes through.
        count = sum(crash.result() for crash in crashes)
        count += self._ledger.recover(worker_id, (), error, WORKER_DEATHS).result()
        if count:
            logger.warning(
                "Worker %s has died: %d of its jobs were seen to, %d had begun", worker_id, count, len(began)
            )
        return count

    def _deaths_of(self, name: str) -> int | None:
        terms = self._terms.get(name)
        return WORKER_DEATHS if terms is None else terms.worker_deaths

    def sweep(self) -> None:
        """Remove the folders of runs that are over, and of workers that are gone. Never raises."""
        for folders, is_needed in ((self._runs, self._goes_on), (self._seats, self._is_there)):
            with suppress(Exception):  # no such folder, or a ledger that cannot be read now: there is a next time
                for folder in folders.iterdir():
                    if not is_needed(folder.name):
                        shutil.rmtree(folder, ignore_errors=True)

    def _goes_on(self, name: str) -> bool:
        job_id, _, attempt = name.partition("-")
        record = self._ledger.get(job_id)
        return record is not None and record.state is JobState.RUNNING and str(record.attempt) == attempt

    def _is_there(self, worker_id: str) -> bool:
        return is_alive(self._workers, worker_id)
