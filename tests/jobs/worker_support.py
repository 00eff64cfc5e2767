"""Workers in tests: a store in a folder, functions as jobs, and waiting for what becomes of them.

Started as a program, it is a worker process that runs until its standard input ends:
`python -m tests.jobs.worker_support STORE`.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from anyio.from_thread import BlockingPortal

from fastapi_convert.errors import Errors, JobStoreUnavailable
from fastapi_convert.jobs._clock import Clock
from fastapi_convert.jobs._files import Folders
from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.ledger.sqlite import SQLiteLedger
from fastapi_convert.jobs.model import Ending, JobRecord, JobState, NewJob
from fastapi_convert.jobs.retries import Retry
from fastapi_convert.jobs.work._presence import Presence
from fastapi_convert.jobs.work.worker import Worker
from tests.jobs import worker_bodies as bodies
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


def terms_of(fn: Callable[..., Any], **options: Any) -> Terms:
    """What `@jobs.job(...)` would say about `fn`; in a thread unless said otherwise."""
    defaults: dict[str, Any] = {
        "fn": fn,
        "name": fn.__name__,
        "queue": "default",
        "executor": "thread",
        "timeout": None,
        "retry": Retry(1),
        "keep": 86_400.0,
        "limit": None,
        "max_queued": 1_000_000,
        "priority": 0,
        "max_crashes": 3,
        "max_tasks_per_process": None,
        "errors": Errors({}),
        "cooperative": "progress" in fn.__annotations__,
        "max_upload": 1_000_000,
    }
    return Terms(**{**defaults, **options})


class Store:
    """An open ledger with the folder beside it, and the workers of this process on it."""

    def __init__(self, path: Path, *, clock: Clock | None = None, kind: type[SQLiteLedger] = SQLiteLedger) -> None:
        self.clock = clock or Clock()
        self.ledger = kind(path, clock=self.clock, durability="process")
        self.ledger.open()
        self.folders = Folders(path.with_name(path.name + ".d"))
        self.folders.make()
        self.terms: dict[str, Terms] = {}
        self.workers: list[Worker] = []
        self.ledger.on_change(self._changed)

    def _changed(self, ids: frozenset[str]) -> None:
        for worker in self.workers:
            worker.changed(ids)

    def register(self, *terms: Terms) -> None:
        """Let workers run these functions."""
        self.terms.update((each.name, each) for each in terms)

    def worker(self, *, workers: int = 2, portal: BlockingPortal | None = None, start: bool = True) -> Worker:
        """Another worker of this process; it is stopped with the store."""
        presence = Presence(self.folders.workers)
        try:
            worker = Worker(
                self.ledger,
                self.terms,
                workers=workers,
                folder=self.folders.root,
                presence=presence,
                clock=self.clock,
                portal=portal,
                grace=10,
            )
        except ValueError:
            presence.close()
            raise
        self.workers.append(worker)
        if start:
            worker.start()
        return worker

    def submit(self, fn: Callable[..., Any], /, *, delay: float = 0, priority: int = 0, **arguments: Any) -> str:
        """Store a job that calls `fn(**arguments)`, and return its id."""
        terms = self.terms.get(fn.__name__)
        job = NewJob(
            fn.__name__,
            json.dumps(arguments, default=str),
            queue=terms.queue if terms else "default",
            priority=priority,
            delay=delay,
        )
        return self.ledger.submit(job).result().id

    def record(self, job_id: str) -> JobRecord:
        """The job as it stands."""
        record = self.ledger.get(job_id)
        assert record is not None
        return record

    def wait_for(self, job_id: str, state: JobState, *, timeout: float = 15) -> JobRecord:
        """Wait until the job has come to this state."""
        wait_until(
            lambda: self.record(job_id).state is state,
            timeout=timeout,
            message=f"{state} of {self.record(job_id)}",
        )
        return self.record(job_id)

    def wait_for_begin(self, job_id: str) -> None:
        """Wait until a runner has the job."""
        wait_until(lambda: any(worker._runs.find(job_id) for worker in self.workers), timeout=15)

    def result(self, job_id: str) -> Any:
        """Wait until the job has succeeded, and return what came of it."""
        self.wait_for(job_id, JobState.SUCCEEDED)
        text = self.ledger.result(job_id)
        assert text is not None
        return json.loads(text)

    def close(self) -> None:
        """Stop all workers and close the ledger."""
        bodies.gate.open()
        for worker in self.workers:
            worker.stop(0)
        self.ledger.close()

    def left_over(self) -> list[str]:
        """What lies in the folders in which nothing is to stay."""
        folders = (self.folders.workers, self.folders.root / "runs", self.folders.root / "seats")
        return [path.name for folder in folders if folder.exists() for path in folder.iterdir()]


@contextmanager
def opened(folder: Path, *terms: Terms, **options: Any) -> Iterator[Store]:
    """A store with these functions, with nothing left of it afterwards."""
    bodies.gate.reset()
    bodies.runs.clear()
    store = Store(folder / "jobs.db", **options)
    store.register(*terms)
    try:
        yield store
    finally:
        store.close()
    assert store.left_over() == []


class FaultyLedger(SQLiteLedger):
    """A ledger whose writes fail in the way that a test wants: `faults["end"] = error`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.faults: dict[str, Exception] = {}
        self.failed: list[str] = []

    def end(self, job_id: str, attempt: int, ending: Ending) -> Future[bool]:
        """Fail, or do it."""
        return self._fault("end") or super().end(job_id, attempt, ending)

    def claim(self, *args: Any) -> Future[Any]:
        """Fail, or do it."""
        return self._fault("claim") or super().claim(*args)

    def _fault(self, what: str) -> Future[Any] | None:
        if what not in self.faults:
            return None
        self.failed.append(what)
        future: Future[Any] = Future()
        future.set_exception(self.faults[what])
        return future


def full_disk() -> JobStoreUnavailable:
    """What a ledger says whose disk is full."""
    return JobStoreUnavailable("database or disk is full")


class WorkerProcess:
    """This module as a program: a worker of its own, to be killed."""

    def __init__(self, store: Store) -> None:
        command = [sys.executable, "-m", "tests.jobs.worker_support", str(store.ledger.path)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.id = self.process.stdout.readline().strip()

    def signal(self, number: int) -> None:
        """Send it."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.communicate(timeout=30)


#: What a worker process runs: `nap` in processes, the rest in its threads.
FOREIGN = (
    terms_of(bodies.nap, executor="process"),
    terms_of(bodies.note_and_nap, executor="process"),
    terms_of(bodies.nap_in_folder, name="nap_in_folder"),
    dataclasses.replace(terms_of(bodies.exit_process), max_crashes=2),
)


def main() -> None:
    """Work until the parent has closed its end of the pipe."""
    store = Store(Path(sys.argv[1]))
    store.register(*FOREIGN)
    worker = store.worker(workers=2, start=False)
    print(worker._presence.id, flush=True)
    worker.start()
    sys.stdin.read()
    store.close()


if __name__ == "__main__":
    main()
