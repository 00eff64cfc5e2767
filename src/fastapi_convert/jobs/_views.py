"""How the command line shows jobs to those who run the service: with owner and traceback, and unforgeably.

Names, messages, owners and tracebacks come from requests and from other people's code. Whatever is in them, they stay
in their cell and on their line, and tell the terminal nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from .model import JobEvent, JobRecord
from .work._texts import one_line

COLUMNS = ("id", "status", "name", "queue", "owner", "attempt", "created", "about")

_NOTHING = "-"


def row(record: JobRecord) -> tuple[str, ...]:
    """A job in a list, as in `COLUMNS`."""
    about = record.error.reason or record.error.code if record.error is not None else _progress(record)
    cells = (
        record.id,
        "cancelling" if record.cancel_requested and record.worker else record.state,
        record.name,
        record.queue,
        record.owner,
        str(record.attempt),
        _time(record.created_at),
        about,
    )
    return tuple(one_line(cell or _NOTHING) for cell in cells)


def details(record: JobRecord, events: Sequence[JobEvent], payload: str | None) -> Iterator[str]:
    """A job, line by line."""
    for name, value in _fields(record):
        yield f"{name + ':':<12}{one_line(value)}"
    if payload is not None:
        yield f"{'payload:':<12}{_whole(payload)}"
    if record.error is not None and record.error.traceback:
        yield "traceback:"
        yield from (f"    {one_line(line)}" for line in record.error.traceback.rstrip("\n").split("\n"))
    yield "events:"
    for event in events:
        about = event.error.reason if event.error is not None else _told(event.fraction, event.message)
        cells = (str(event.number), _time(event.at), event.type, f"attempt {event.attempt}", about)
        yield "    " + "\t".join(one_line(cell) for cell in cells).rstrip()


def _fields(record: JobRecord) -> Iterator[tuple[str, str]]:
    error = record.error
    fields = {
        "id": record.id,
        "status": record.state + (", to be cancelled" if record.cancel_requested and record.worker else ""),
        "name": record.name,
        "queue": record.queue,
        "owner": record.owner,
        "priority": str(record.priority),
        "attempts": str(record.attempt),
        "crashes": str(record.crashes),
        "worker": record.worker,
        "progress": _progress(record),
        "created": _time(record.created_at),
        "due": _time(record.due_at),
        "started": _time(record.started_at),
        "finished": _time(record.finished_at),
        "expires": _time(record.expires_at) + (" (expired)" if record.expired else ""),
        "error": f"{error.code}, HTTP {error.status}" if error is not None else "",
        "reason": error.reason if error is not None else "",
    }
    return ((name, value) for name, value in fields.items() if value)


def data(record: JobRecord) -> dict[str, Any]:
    """A job for machines."""
    return {name: _stamp(name, value) for name, value in asdict(record).items()}


def all_data(record: JobRecord, events: Sequence[JobEvent], payload: str | None) -> dict[str, Any]:
    """A job with its events, and its arguments if they were asked for, for machines."""
    told = [{name: _stamp(name, value) for name, value in asdict(event).items()} for event in events]
    shown = {} if payload is None else {"payload": json.loads(payload)}
    return {**data(record), "events": told, **shown}


def dump(value: Any) -> str:
    """As JSON that is ASCII, so that nothing in it is for a terminal."""
    return json.dumps(value, indent=2, ensure_ascii=True)


def _stamp(name: str, value: Any) -> Any:
    return (_time(value) or None) if name == "at" or name.endswith("_at") else value


def _time(seconds: float | None) -> str:
    return "" if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def _progress(record: JobRecord) -> str:
    return _told(record.fraction, record.message)


def _told(fraction: float | None, message: str) -> str:
    return " ".join(filter(None, ("" if fraction is None else f"{fraction:.0%}", message)))


def _whole(text: str) -> str:
    """All of it: who asks for the arguments wants to see them."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in text)
