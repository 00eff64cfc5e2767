"""The events of a job: each change of its state, and the newest of its progress."""

from __future__ import annotations

import sqlite3

from fastapi_convert.jobs._clock import Moment
from fastapi_convert.jobs.model import JobError

from ._rows import error_text

#: Events of progress that a job keeps.
PROGRESS_KEPT = 50
#: Events that a job keeps at all: it may be retried for ever.
EVENTS_KEPT = 2_000


def note(db: sqlite3.Connection, number: int, moment: Moment, kind: str, error: JobError | None = None) -> None:
    """Store an event of the job as it stands now. Who changed the job has counted its `version` up."""
    db.execute(
        """
        INSERT INTO events (job, number, type, at, attempt, error)
        SELECT number, version, ?, ?, attempt, ? FROM jobs WHERE number = ?
        """,
        (kind, moment.wall, error_text(error), number),
    )
    db.execute(
        """
        DELETE FROM events WHERE job = ?1 AND number <= (
            SELECT number FROM events WHERE job = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
            AND EXISTS (SELECT 1 FROM jobs WHERE number = ?1 AND version > ?2)
        """,
        (number, EVENTS_KEPT),
    )


def note_progress(db: sqlite3.Connection, number: int, moment: Moment) -> None:
    """Store the job's progress as an event, in place of the oldest one of that kind if there are many."""
    db.execute(
        """
        INSERT INTO events (job, number, type, at, attempt, fraction, message)
        SELECT number, version, 'progress', ?, attempt, fraction, message FROM jobs WHERE number = ?
        """,
        (moment.wall, number),
    )
    db.execute(
        """
        DELETE FROM events WHERE job = ?1 AND type = 'progress' AND number <= (
            SELECT number FROM events WHERE job = ?1 AND type = 'progress' ORDER BY number DESC LIMIT 1 OFFSET ?2)
        """,
        (number, PROGRESS_KEPT),
    )
