"""Server-sent events: one job's from any point on, or all that is going on."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import anyio
from fastapi import Header, Query
from fastapi.sse import ServerSentEvent
from pydantic import BaseModel, Field

from fastapi_convert.jobs.model import TERMINAL, JobEvent, JobRecord
from fastapi_convert.jobs.statuses import JobProblem, problem_of, status_of

from ._links import linked

if TYPE_CHECKING:
    from fastapi_convert.jobs.service import Jobs

    from ._owners import Visitor

#: Changes of more jobs at once are told as one: "look again".
_MOST_AT_ONCE = 200

#: Seconds between two looks at what has changed anywhere: people watch, and cannot see more.
_BREATH = 0.2


class EventData(BaseModel):
    """What happened to a job: the `data` of a server-sent event."""

    number: int = Field(description="From 1 within the job; also the event's `id`.")
    type: str
    at: datetime
    attempt: int
    progress: float | None = None
    message: str = ""
    error: JobProblem | None = None


async def last_seen(
    after: Annotated[int, Query(ge=0, le=2**62, description="Only events with greater numbers.")] = 0,
    last_event_id: Annotated[
        str | None, Header(description="The same from a client that reconnects; goes before `after`.")
    ] = None,
) -> int:
    """The FastAPI dependency that tells where a client goes on. What is no number in the header is a new beginning:
    the browser that sends it could not correct it.
    """
    if last_event_id is None:
        return after
    text = last_event_id.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def where_to_begin(record: JobRecord, after: int) -> int | None:
    """The number to go on after; `None` if all was told: 204, which a browser takes as a reason not to come again."""
    if record.state in TERMINAL and after == record.version:
        return None
    return after if after <= record.version else 0  # it counts the events of another store


async def events_of(jobs: Jobs, record: JobRecord, after: int, base: str) -> AsyncGenerator[ServerSentEvent, None]:
    """A job's events behind `after`, up to its end or that of the service."""
    begun = False
    async with aclosing(jobs.get(record.id).events(after)) as events:
        async for event in events:
            if not begun and event.number != after + 1:
                yield _snapshot(record, base)
            begun = True
            yield _told(event)
    if not begun and record.state in TERMINAL:
        yield _snapshot(record, base)  # all events of it are gone


def _told(event: JobEvent) -> ServerSentEvent:
    data = EventData(
        number=event.number,
        type=event.type,
        at=datetime.fromtimestamp(event.at, UTC),
        attempt=event.attempt,
        progress=event.fraction,
        message=event.message,
        error=problem_of(event.error),
    )
    return ServerSentEvent(raw_data=data.model_dump_json(), event=event.type, id=str(event.number))


def _snapshot(record: JobRecord, base: str) -> ServerSentEvent:
    """How the job stood, for who has missed something. It has no id: it is not one of the numbered events."""
    return ServerSentEvent(raw_data=linked(status_of(record), base).model_dump_json(), event="snapshot")


async def changes_for(jobs: Jobs, visitor: Visitor, base: str) -> AsyncGenerator[ServerSentEvent, None]:
    """The status of every job of theirs whenever it has changed, until the service ends."""
    async with jobs.following() as hub, aclosing(hub.follow_all()) as changes:
        async for ids in changes:
            if len(ids) > _MOST_AT_ONCE:
                yield ServerSentEvent(event="many", raw_data="{}")
            else:
                for record in await jobs.read(_records, jobs.ledger.get, ids):
                    if visitor.lists(record):
                        yield ServerSentEvent(raw_data=linked(status_of(record), base).model_dump_json(), event="job")
            await anyio.sleep(_BREATH)


def _records(get: Callable[[str], JobRecord | None], ids: frozenset[str]) -> list[JobRecord]:
    return sorted((record for each in ids if (record := get(each)) is not None), key=lambda record: record.number)
