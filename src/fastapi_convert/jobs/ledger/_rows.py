"""Rows of the store as what they mean. A row that somebody has damaged is data that looks odd, never an error."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from fastapi_convert.jobs.model import JobError, JobEvent, JobRecord, JobState

#: The order is that of `record_from`.
RECORDS = """
    SELECT id, number, name, queue, state, priority, owner, attempt, tries, crashes, cancel_requested, fraction,
        message, version, created_wall, due_wall, started_wall, finished_wall, expires_wall, expired, error, worker
    FROM jobs LEFT JOIN errors ON errors.job = jobs.number
"""

_DAMAGED = JobError("job-failed", 500, "The job failed.", "What the job store has about this cannot be read.")
_TEXTS = ("code", "detail", "reason", "traceback")


def record_from(row: tuple[Any, ...]) -> JobRecord:
    """A row of `RECORDS`."""
    state = _state(row[4])
    return JobRecord(
        id=_text(row[0]),
        number=_whole(row[1]),
        name=_text(row[2]),
        queue=_text(row[3]),
        state=state or JobState.FAILED,
        priority=_whole(row[5]),
        owner=_text_or_none(row[6]),
        attempt=_whole(row[7]),
        tries=_whole(row[8]),
        crashes=_whole(row[9]),
        cancel_requested=bool(row[10]),
        fraction=_real(row[11]),
        message=_text(row[12]),
        version=_whole(row[13]),
        created_at=_real(row[14]) or 0.0,
        due_at=_real(row[15]),
        started_at=_real(row[16]),
        finished_at=_real(row[17]),
        expires_at=_real(row[18]),
        expired=bool(row[19]),
        error=error_from(row[20]) if state else _DAMAGED,
        worker=_text_or_none(row[21]),
    )


def event_from(row: tuple[Any, ...]) -> JobEvent:
    """A row of number, type, at, attempt, fraction, message and error."""
    number, kind, at, attempt, fraction, message, error = row
    return JobEvent(
        _whole(number),
        _text(kind),
        _real(at) or 0.0,
        _whole(attempt),
        _real(fraction),
        _text(message),
        error_from(error),
    )


def error_text(error: JobError | None) -> str | None:
    """How an error is stored: JSON in ASCII, so that even what is no Unicode survives."""
    return None if error is None else json.dumps(asdict(error))


def error_from(text: Any) -> JobError | None:
    """The error that was stored, or one that says that it cannot be read. Nothing in it is looked up anywhere."""
    if text is None:
        return None
    try:
        stored = json.loads(text)
        known = {name: stored[name] for name in (*_TEXTS, "status")}
    except (ValueError, TypeError, KeyError, RecursionError):
        return _DAMAGED
    texts_are_texts = all(type(known[name]) is str for name in _TEXTS)
    if not texts_are_texts or type(known["status"]) is not int or not 400 <= known["status"] <= 599:
        return _DAMAGED
    return JobError(**known)


def storable(text: str) -> bool:
    """Whether it is Unicode. What is not was never stored, so nobody need look for it."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def made_storable(text: str) -> str:
    """The text, with what is no Unicode written out as an escape: a file name may be part of a message."""
    return text if storable(text) else text.encode("utf-8", "backslashreplace").decode()


def _state(value: Any) -> JobState | None:
    try:
        return JobState(value)
    except ValueError:
        return None


def _text(value: Any) -> str:
    return value if type(value) is str else str(value)


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _whole(value: Any) -> int:
    return value if type(value) is int else 0


def _real(value: Any) -> float | None:
    return float(value) if type(value) in {int, float} else None
