"""Ledgers on a clock that tests move, and short words for what tests do with them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.ledger import SQLiteLedger
from fastapi_convert.jobs.model import Claim, Ending, JobError, JobRecord, NewJob, QueueTerms

#: Long campaigns: `FC_LEDGER=20` makes them twenty times as long.
CAMPAIGN = int(os.environ.get("FC_LEDGER", "1"))
#: Seconds that a test waits for a write, at most.
PATIENCE = 20.0

ERROR = JobError("job-failed", 500, "The job failed.", "ValueError: no such preset", "Traceback ...")
TERMS = [QueueTerms("default", ("report",))]


@contextmanager
def opened(path: Path, **options: Any) -> Iterator[SQLiteLedger]:
    """An open ledger, on a clock that stands still unless `options` has another one."""
    ledger = SQLiteLedger(path, **{"clock": ManualClock(), "durability": "process", **options})
    ledger.open()
    try:
        yield ledger
    finally:
        ledger.close()


def submitted(ledger: SQLiteLedger, **fields: Any) -> str:
    """The id of a new job; what is not said is plain."""
    job = NewJob(**{"name": "report", "payload": "{}", **fields})
    return ledger.submit(job).result(PATIENCE).id


def claimed(
    ledger: SQLiteLedger, worker: str = "worker", terms: list[QueueTerms] = TERMS, count: int = 10
) -> list[Claim]:
    """What a worker gets."""
    return ledger.claim(worker, terms, count).result(PATIENCE)


def begun(ledger: SQLiteLedger, worker: str = "worker", **fields: Any) -> Claim:
    """A new job that runs."""
    job_id = submitted(ledger, **fields)
    (claim,) = claimed(ledger, worker, [QueueTerms(str(fields.get("queue", "default")), ("report",))])
    assert claim.id == job_id
    return claim


def ended(ledger: SQLiteLedger, claim: Claim, kind: Any = "succeeded", **fields: Any) -> bool:
    """Whether the ledger took this ending."""
    return ledger.end(claim.id, claim.attempt, Ending(kind, **fields)).result(PATIENCE)


def record(ledger: SQLiteLedger, job_id: str) -> JobRecord:
    """The job as it stands, which must exist."""
    found = ledger.get(job_id)
    assert found is not None
    return found


def kinds(ledger: SQLiteLedger, job_id: str) -> list[str]:
    """The types of a job's events."""
    return [event.type for event in ledger.events(job_id)]


def tampered(path: Path, statement: str, *parameters: object) -> None:
    """Do to the file what no ledger would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA ignore_check_constraints = ON")
        db.execute(statement, parameters)


def integrity(path: Path) -> str:
    """What SQLite finds wrong with the file: `ok`."""
    with closing(sqlite3.connect(path)) as db:
        return str(db.execute("PRAGMA integrity_check").fetchone()[0])
