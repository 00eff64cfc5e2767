"""Who asks, and which jobs that lets them see. A job of somebody else is answered like one that does not exist."""

# No `from __future__ import annotations`: FastAPI evaluates annotations in the globals of a function, and those of
# `visitor` name an object of its enclosing one.

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends, Path, params

from fastapi_convert.errors import JobNotFound
from fastapi_convert.jobs._checks import owner_name
from fastapi_convert.jobs.model import JobRecord

if TYPE_CHECKING:
    from fastapi_convert.jobs.service import Jobs

_IS_ID = re.compile(r"[0-9a-f]{32}")

#: What is looked up instead of a text that no id can be: everything is asked once, and this is nobody's.
_NO_ID = ""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks: an owner of jobs, nobody (`name=None`), or, where jobs have no owners, somebody who may see all."""

    name: str | None
    sees_all: bool = False

    @property
    def is_nobody(self) -> bool:
        """Whether there is no job that is theirs."""
        return self.name is None and not self.sees_all

    def sees(self, record: JobRecord) -> bool:
        """Whether a job whose id they know is shown to them; to nobody, that of nobody."""
        return self.sees_all or record.owner == self.name

    def lists(self, record: JobRecord) -> bool:
        """Whether a job is among theirs."""
        return self.sees(record) and not self.is_nobody


def visitor_of(jobs: "Jobs") -> Any:
    """The FastAPI dependency that tells who asks; `owner=` is a part of it, so overriding that one works."""
    owner = jobs.owner
    if owner is None:
        return Depends(_everybody)

    async def visitor(
        owner: Annotated[Any, owner if isinstance(owner, params.Depends) else Depends(owner)],
    ) -> Visitor:
        return Visitor(owner_name(owner, "The owner= dependency of the jobs gave"))

    return Depends(visitor)


async def _everybody() -> Visitor:
    return Visitor(None, sees_all=True)


async def find(jobs: "Jobs", visitor: Visitor, job_id: str) -> JobRecord:
    """The job of this id, if they may see it.

    Raises:
        JobNotFound: There is none, or it is not theirs: the same look into the store, the same error.
    """
    known = job_id if _IS_ID.fullmatch(job_id) else _NO_ID
    async with jobs.open_async() as station:
        record = await jobs.read(station.ledger.get, known)
    if record is None or not visitor.sees(record):
        raise JobNotFound("There is no such job, or it belongs to somebody else.")
    return record


def found_by(jobs: "Jobs", visitor: Any) -> Callable[..., Awaitable[JobRecord]]:
    """The FastAPI dependency that finds the job of a path, before anything is answered."""

    async def found(
        visitor: Annotated[Visitor, visitor], job_id: Annotated[str, Path(description="The job's id.")]
    ) -> JobRecord:
        return await find(jobs, visitor, job_id)

    return found
