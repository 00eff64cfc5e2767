"""Lists in pages: a cursor that stays right while jobs come in front of it and go behind it."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from fastapi_convert.jobs.model import JobRecord, JobState
from fastapi_convert.jobs.statuses import LinkedStatus, status_of

from ._links import linked
from ._owners import Visitor

if TYPE_CHECKING:
    from fastapi_convert.jobs.service import Jobs


class JobPage(BaseModel):
    """Jobs, the newest first."""

    jobs: list[LinkedStatus]
    next: str | None = Field(None, description="The `cursor` of the next page; null on the last one.")


async def page_of(
    jobs: Jobs, visitor: Visitor, base: str, *, state: JobState | None, limit: int, cursor: str | None
) -> JobPage:
    """One page of the jobs that are theirs."""
    before = None if cursor is None else _number_in(cursor)
    records = [] if visitor.is_nobody else await _read(jobs, visitor, state, before, limit + 1)
    there_is_more = len(records) > limit
    return JobPage(
        jobs=[linked(status_of(record), base) for record in records[:limit]],
        next=_cursor_at(records[limit - 1].number) if there_is_more else None,
    )


async def _read(
    jobs: Jobs, visitor: Visitor, state: JobState | None, before: int | None, count: int
) -> list[JobRecord]:
    async with jobs.open_async() as station:
        return await jobs.read(
            station.ledger.list,
            owner=visitor.name,
            any_owner=visitor.sees_all,
            state=state,
            before=before,
            count=count,
        )


def _cursor_at(number: int) -> str:
    return base64.urlsafe_b64encode(b"%d" % number).decode().rstrip("=")


def _number_in(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        number = int(text) if text.isdigit() and len(text) < 19 else -1
    except (ValueError, binascii.Error):
        number = -1
    if number < 0 or _cursor_at(number) != cursor:
        message = "Input should be the `next` of another page"
        raise RequestValidationError([{"type": "cursor", "loc": ("query", "cursor"), "msg": message, "input": cursor}])
    return number
