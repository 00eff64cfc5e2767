"""What changes jobs that run: one plain function for each write, inside the writer's transaction.

Whatever is written about a run names its `(id, attempt)`. An attempt's number is never used twice, so a run that was
taken from its worker can write nothing any more.
"""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi_convert.jobs._clock import Moment
from fastapi_convert.jobs.model import TERMINAL, Claim, Ending, JobError, JobState, QueueTerms

from ._events import note, note_progress
from ._rows import error_text, made_storable

#: Delayed jobs that one claim makes ready. More that come due at one moment are left to the next claims.
_MADE_READY = 1_000


def claim(db: sqlite3.Connection, moment: Moment, worker: str, terms: Sequence[QueueTerms], count: int) -> list[Claim]:
    """Take what is due: highest priority first, then oldest first."""
    _make_ready(db, moment)
    return [_begin(db, moment, worker, number) for number in _pick(db, terms, count)]


def _make_ready(db: sqlite3.Connection, moment: Moment) -> None:
    db.execute(
        """
        UPDATE jobs SET ready = 1, due_steady = NULL WHERE number IN (
            SELECT number FROM jobs INDEXED BY delayed_jobs WHERE state = 'queued' AND ready = 0 AND due_steady <= ?
            ORDER BY due_steady LIMIT ?)
        """,
        (moment.steady, _MADE_READY),
    )


def _pick(db: sqlite3.Connection, terms: Sequence[QueueTerms], count: int) -> list[int]:
    room = _room(db, terms, count)
    pairs = {(each.queue, name) for each in terms for name in each.names if room[each.queue] > 0}
    picked: list[int] = []
    for _, number, queue in heapq.merge(*[_first_of(db, queue, name, room[queue]) for queue, name in pairs]):
        if len(picked) >= count:
            break
        if room[queue] > 0:
            room[queue] -= 1
            picked.append(number)
    return picked


def _room(db: sqlite3.Connection, terms: Sequence[QueueTerms], count: int) -> dict[str, int]:
    """How many jobs may be taken of each queue."""
    room: dict[str, int] = {}
    for each in terms:
        free = room.get(each.queue, count)
        if each.limit is not None:
            row = db.execute("SELECT running FROM counters WHERE queue = ?", (each.queue,)).fetchone()
            free = min(free, each.limit - (row[0] if row else 0))
        room[each.queue] = free
    return room


def _first_of(db: sqlite3.Connection, queue: str, name: str, count: int) -> list[tuple[int, int, str]]:
    rows = db.execute(
        """
        SELECT -priority, number, queue FROM jobs INDEXED BY ready_jobs
        WHERE state = 'queued' AND ready = 1 AND queue = ? AND name = ?
        ORDER BY priority DESC, number LIMIT ?
        """,
        (queue, name, count),
    )
    return rows.fetchall()


def _begin(db: sqlite3.Connection, moment: Moment, worker: str, number: int) -> Claim:
    db.execute(
        """
        UPDATE jobs SET state = 'running', worker = ?, attempt = attempt + 1, tries = tries + 1, started_wall = ?,
            due_wall = NULL, fraction = NULL, message = '', version = version + 1
        WHERE number = ?
        """,
        (worker, moment.wall, number),
    )
    note(db, number, moment, "running")
    row = db.execute(
        """
        SELECT id, name, queue, ifnull(payload, ''), ifnull(schema, ''), attempt, tries, crashes
        FROM jobs LEFT JOIN payloads ON payloads.job = jobs.number WHERE number = ?
        """,
        (number,),
    ).fetchone()
    return Claim(*row)


def report(
    db: sqlite3.Connection, moment: Moment, job_id: str, attempt: int, fraction: float | None, message: str
) -> bool:
    """Note the progress of a run."""
    run = _present_run(db, job_id, attempt)
    if run is None:
        return False
    db.execute(
        "UPDATE jobs SET fraction = ?, message = ?, version = version + 1 WHERE number = ?",
        (fraction, made_storable(message), run.number),
    )
    note_progress(db, run.number, moment)
    return True


def end(db: sqlite3.Connection, moment: Moment, job_id: str, attempt: int, ending: Ending) -> bool:
    """Record how a run ended."""
    run = _present_run(db, job_id, attempt)
    if run is None:
        return False
    if ending.kind in {"released", "crashed"}:  # `Retry` counts neither
        died = ending.kind == "crashed"
        db.execute("UPDATE jobs SET tries = tries - 1, crashes = crashes + ? WHERE number = ?", (died, run.number))
    state = run.final_state(ending)
    if state is None:
        _queue_again(db, moment, run.number, ending)
    else:
        # What was cancelled on its way to another run has not failed.
        blameless = state is JobState.CANCELLED and ending.kind != "cancelled"
        finish(db, moment, run.number, state, result=ending.result, error=None if blameless else ending.error)
    return True


@dataclass(frozen=True, slots=True)
class _Run:
    number: int
    crashes: int
    cancel_requested: bool

    def final_state(self, ending: Ending) -> JobState | None:
        """The state that this ending leads to; `None`: another run."""
        if ending.kind in TERMINAL:
            return JobState(ending.kind)
        if self.cancel_requested:
            return JobState.CANCELLED
        died_for_good = ending.kind == "crashed" and self.crashes + 1 >= ending.max_crashes
        return JobState.FAILED if died_for_good else None


def _present_run(db: sqlite3.Connection, job_id: str, attempt: int) -> _Run | None:
    row = db.execute(
        "SELECT number, crashes, cancel_requested FROM jobs WHERE id = ? AND attempt = ? AND state = 'running'",
        (job_id, attempt),
    ).fetchone()
    return _Run(*row) if row else None


def _queue_again(db: sqlite3.Connection, moment: Moment, number: int, ending: Ending) -> None:
    later = ending.delay > 0
    db.execute(
        """
        UPDATE jobs SET state = 'queued', ready = ?, due_wall = ?, due_steady = ?, worker = NULL, started_wall = NULL,
            version = version + 1
        WHERE number = ?
        """,
        (
            not later,
            moment.wall + ending.delay if later else None,
            moment.steady + ending.delay if later else None,
            number,
        ),
    )
    note(db, number, moment, "queued" if ending.kind == "released" else "retrying", ending.error)


def finish(
    db: sqlite3.Connection,
    moment: Moment,
    number: int,
    state: JobState,
    *,
    result: str | None = None,
    error: JobError | None = None,
) -> None:
    """Bring a job into a final state. It expires as long after this moment as it is to be kept."""
    db.execute(
        """
        UPDATE jobs SET state = ?, worker = NULL, due_wall = NULL, due_steady = NULL, finished_wall = ?,
            expires_wall = ? + keep, purge_wall = ? + keep, purge_steady = ? + keep, version = version + 1
        WHERE number = ?
        """,
        (state, moment.wall, moment.wall, moment.wall, moment.steady, number),
    )
    if result is not None and state is JobState.SUCCEEDED:
        db.execute("INSERT INTO results VALUES (?, ?)", (number, result))
    if error is not None and state is not JobState.SUCCEEDED:
        db.execute("INSERT INTO errors VALUES (?, ?)", (number, error_text(error)))
    note(db, number, moment, state, error)


def recover(
    db: sqlite3.Connection, moment: Moment, worker: str, began: Collection[str], error: JobError, max_crashes: int
) -> int:
    """Queue again what a dead worker was running."""
    rows: Sequence[tuple[Any, ...]] = db.execute(
        "SELECT id, attempt FROM jobs INDEXED BY running_jobs WHERE state = 'running' AND worker = ?", (worker,)
    ).fetchall()
    crashed = Ending("crashed", error=error, max_crashes=max_crashes)
    for job_id, attempt in rows:
        end(db, moment, job_id, attempt, crashed if job_id in began else Ending("released"))
    return len(rows)
