"""What changes jobs that do not run: one plain function for each write, inside the writer's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from fastapi_convert.errors import JobKeyReused, JobQueueFull
from fastapi_convert.jobs._clock import Moment
from fastapi_convert.jobs.model import JobRecord, JobState, NewJob, Submission

from . import _reads
from ._events import note
from ._rows import storable
from ._runs import finish


def submit(db: sqlite3.Connection, moment: Moment, job: NewJob) -> Submission:
    """Store a job, or find the one that its key has led to before."""
    if job.idempotency_key is not None and (known := _of_same_key(db, job)) is not None:
        return Submission(known, created=False)
    _refuse_if_full(db, job)
    number = _insert(db, moment, job)
    db.execute("INSERT INTO payloads VALUES (?, ?, ?)", (number, job.payload, job.schema))
    if job.idempotency_key is not None:
        key = (number, job.name, job.idempotency_key, job.owner, job.fingerprint)
        db.execute("INSERT INTO keys (job, name, key, owner, fingerprint) VALUES (?, ?, ?, ?, ?)", key)
    note(db, number, moment, "queued")
    return Submission(job.id, created=True)


def _of_same_key(db: sqlite3.Connection, job: NewJob) -> str | None:
    row = db.execute(
        """
        SELECT jobs.id, fingerprint FROM keys JOIN jobs ON jobs.number = keys.job
        WHERE keys.name = ? AND keys.key = ? AND keys.owner IS ?
        """,
        (job.name, job.idempotency_key, job.owner),
    ).fetchone()
    if row is None:
        return None
    job_id, fingerprint = row
    if fingerprint != job.fingerprint:
        raise JobKeyReused(
            f"An idempotency key of {job.name!r} came with other arguments than at its first use. Use a new key."
        )
    assert isinstance(job_id, str)
    return job_id


def _refuse_if_full(db: sqlite3.Connection, job: NewJob) -> None:
    row = db.execute("SELECT queued FROM counters WHERE queue = ?", (job.queue,)).fetchone()
    if row is not None and row[0] >= job.max_queued:
        raise JobQueueFull(f"Queue {job.queue!r} holds {row[0]} queued jobs, its max_queued: add workers, or raise it.")


def _insert(db: sqlite3.Connection, moment: Moment, job: NewJob) -> int:
    later = job.delay > 0
    inserted = db.execute(
        """
        INSERT INTO jobs (id, name, queue, owner, priority, keep, created_wall, ready, due_wall, due_steady, version)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
        """,
        (
            job.id,
            job.name,
            job.queue,
            job.owner,
            job.priority,
            job.keep,
            moment.wall,
            not later,
            moment.wall + job.delay if later else None,
            moment.steady + job.delay if later else None,
        ),
    )
    assert inserted.lastrowid is not None
    return inserted.lastrowid


def cancel(db: sqlite3.Connection, moment: Moment, job_id: str) -> JobRecord | None:
    """End a queued job, or note that the end of a running one is wanted."""
    job = _reads.get(db, job_id)
    if job is None or job.state not in {JobState.QUEUED, JobState.RUNNING} or job.cancel_requested:
        return job
    if job.state is JobState.QUEUED:
        db.execute("UPDATE jobs SET cancel_requested = 1 WHERE number = ?", (job.number,))
        finish(db, moment, job.number, JobState.CANCELLED)
    else:
        db.execute("UPDATE jobs SET cancel_requested = 1, version = version + 1 WHERE number = ?", (job.number,))
        note(db, job.number, moment, "cancelling")
    return _reads.get(db, job_id)


def retry(db: sqlite3.Connection, moment: Moment, job_id: str) -> JobRecord | None:
    """Queue a failed or cancelled job again, if its payload is still there."""
    job = _reads.get(db, job_id)
    if job is None or job.state not in {JobState.FAILED, JobState.CANCELLED} or _reads.payload(db, job_id) is None:
        return job
    db.execute(
        """
        UPDATE jobs SET state = 'queued', ready = 1, tries = 0, crashes = 0, cancel_requested = 0, fraction = NULL,
            message = '', started_wall = NULL, finished_wall = NULL, expires_wall = NULL, purge_wall = NULL,
            purge_steady = NULL, version = version + 1
        WHERE number = ?
        """,
        (job.number,),
    )
    db.execute("DELETE FROM errors WHERE job = ?", (job.number,))
    db.execute("DELETE FROM results WHERE job = ?", (job.number,))
    note(db, job.number, moment, "queued")
    return _reads.get(db, job_id)


def promote(db: sqlite3.Connection, moment: Moment, job_ids: Collection[str]) -> int:
    """Let delayed jobs run now."""
    promoted = 0
    for job_id in job_ids:
        job = _reads.get(db, job_id) if storable(job_id) else None
        if job is not None and _make_ready(db, job.number):
            note(db, job.number, moment, "queued")
            promoted += 1
    return promoted


def _make_ready(db: sqlite3.Connection, number: int) -> bool:
    made = db.execute(
        """
        UPDATE jobs SET ready = 1, due_wall = NULL, due_steady = NULL, version = version + 1
        WHERE number = ? AND state = 'queued' AND ready = 0
        """,
        (number,),
    )
    return made.rowcount == 1


def purge(db: sqlite3.Connection, moment: Moment, count: int) -> list[str]:
    """Drop what has expired; a job's record lives twice as long as what is large about it.

    The ids of both stages are returned: whoever was to remove the files at the first may have died over it.
    """
    rows = db.execute(
        """
        SELECT number, id, expired FROM jobs INDEXED BY jobs_to_purge WHERE purge_steady <= ?
        ORDER BY purge_steady LIMIT ?
        """,
        (moment.steady, max(0, count)),
    ).fetchall()
    for number, _, expired in rows:
        for table in ("payloads", "results", "events", "keys"):
            db.execute(f"DELETE FROM {table} WHERE job = ?", (number,))  # noqa: S608 - of the names above
        if expired:
            db.execute("DELETE FROM errors WHERE job = ?", (number,))
            db.execute("DELETE FROM jobs WHERE number = ?", (number,))
        else:
            _mark_expired(db, number)
    return [job_id for _, job_id, _ in rows]


def _mark_expired(db: sqlite3.Connection, number: int) -> None:
    # The version grows without an event: what clients have cached of it is stale, and its events are gone.
    db.execute(
        """
        UPDATE jobs SET expired = 1, version = version + 1,
            purge_wall = purge_wall + keep, purge_steady = purge_steady + keep
        WHERE number = ?
        """,
        (number,),
    )
