"""What is asked of the store: one plain function, and mostly one statement, for each question.

A statement is a transaction by itself: what one answer says was true at one moment.
"""

from __future__ import annotations

import sqlite3
from typing import Any

from fastapi_convert.jobs.model import JobEvent, JobRecord, JobState

from ._rows import RECORDS, event_from, record_from, storable

#: Jobs or events in one answer, whatever was asked for.
LONGEST_ANSWER = 10_000
_LARGEST = 2**63 - 1


def get(db: sqlite3.Connection, job_id: str) -> JobRecord | None:
    """The job as it stands."""
    row = _first(db, RECORDS + "WHERE id = ?", job_id)
    return record_from(row) if row else None


def payload(db: sqlite3.Connection, job_id: str) -> str | None:
    """The job's payload."""
    row = _first(db, "SELECT payload FROM jobs JOIN payloads ON payloads.job = jobs.number WHERE id = ?", job_id)
    return row[0] if row else None


def result(db: sqlite3.Connection, job_id: str) -> str | None:
    """The job's result, if it has one."""
    row = _first(
        db,
        "SELECT result FROM jobs JOIN results ON results.job = jobs.number WHERE id = ? AND state = 'succeeded'",
        job_id,
    )
    return row[0] if row else None


def _first(db: sqlite3.Connection, statement: str, job_id: str) -> tuple[Any, ...] | None:
    rows = db.execute(statement, (job_id,)).fetchall() if storable(job_id) else []
    return rows[0] if rows else None


def events(db: sqlite3.Connection, job_id: str, after: int, count: int) -> list[JobEvent]:
    """The job's events after one of them."""
    if not storable(job_id):
        return []
    rows = db.execute(
        """
        SELECT number, type, at, attempt, fraction, message, error FROM events
        WHERE job = (SELECT number FROM jobs WHERE id = ?) AND number > ? ORDER BY number LIMIT ?
        """,
        (job_id, _number(after), _count(count)),
    )
    return [event_from(row) for row in rows.fetchall()]


def page(
    db: sqlite3.Connection,
    *,
    owner: str | None,
    any_owner: bool,
    state: JobState | None,
    before: int | None,
    count: int,
) -> list[JobRecord]:
    """One page of a list, the newest first."""
    if owner is not None and not storable(owner):
        return []
    # Spelled out, so that each of the four finds its index.
    wanted = ("" if any_owner else "owner IS :owner AND ") + ("" if state is None else "state = :state AND ")
    rows = db.execute(
        f"{RECORDS} WHERE {wanted} number < :before ORDER BY number DESC LIMIT :count",
        {
            "owner": owner,
            "state": state,
            "before": _LARGEST if before is None else _number(before),
            "count": _count(count),
        },
    )
    return [record_from(row) for row in rows.fetchall()]


def cancelling(db: sqlite3.Connection, worker: str) -> list[str]:
    """Which of a worker's jobs somebody wants cancelled."""
    rows = db.execute(
        "SELECT id FROM jobs INDEXED BY running_jobs WHERE state = 'running' AND worker = ? AND cancel_requested",
        (worker,),
    )
    return [job_id for (job_id,) in rows.fetchall()]


def running_workers(db: sqlite3.Connection) -> set[str]:
    """The workers that running jobs belong to."""
    rows = db.execute("SELECT DISTINCT worker FROM jobs INDEXED BY running_jobs WHERE state = 'running'")
    return {worker for (worker,) in rows.fetchall()}


def counts(db: sqlite3.Connection) -> dict[str, dict[JobState, int]]:
    """What is queued and running, by queue."""
    rows = db.execute("SELECT queue, queued, running FROM counters").fetchall()
    return {queue: {JobState.QUEUED: queued, JobState.RUNNING: running} for queue, queued, running in rows}


def newest_mark(db: sqlite3.Connection) -> int:
    """The mark of the last event that is stored."""
    ((mark,),) = db.execute("SELECT max(mark) FROM events").fetchall()
    return mark or 0


def changes(db: sqlite3.Connection, after: int) -> tuple[int, dict[str, int]]:
    """The mark to go on with, and the jobs that have had an event since a mark, with their newest events' numbers."""
    if after < 0:
        return newest_mark(db), {}
    rows = _events_since(db, after, LONGEST_ANSWER)
    return (rows[-1][0] if rows else after), {job_id: number for _, job_id, number in rows}


def ids_changed(db: sqlite3.Connection, after: int) -> frozenset[str]:
    """All jobs that have had an event since a mark."""
    return frozenset(job_id for _, job_id, _ in _events_since(db, after, _LARGEST))


def _events_since(db: sqlite3.Connection, after: int, count: int) -> list[tuple[int, str, int]]:
    # CROSS: the events are what to begin with.
    rows = db.execute(
        """
        SELECT mark, id, events.number FROM events CROSS JOIN jobs ON jobs.number = events.job
        WHERE mark > ? ORDER BY mark LIMIT ?
        """,
        (_number(after), count),
    )
    return rows.fetchall()


def _number(value: int) -> int:
    """A number from outside, as one that the store can compare with."""
    return max(-1, min(value, _LARGEST))


def _count(value: int) -> int:
    return max(0, min(value, LONGEST_ANSWER))
