"""What a client sees of a job: `JobStatus`, and what it adds where a job is accepted."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, Field

from .model import JobError, JobRecord, JobState

__all__ = ("JobLinks", "JobProblem", "JobStatus", "LinkedStatus", "problem_of", "status_of")


class JobProblem(BaseModel):
    """Why a job failed, as far as a client may know."""

    status: int = Field(description="The HTTP status that the job's result answers with.")
    code: str = Field(description="A stable name for machines.", examples=["job-failed"])
    detail: str


class JobStatus(BaseModel):
    """A job as it stands.

    Examples:
        >>> async def wait_for(job: Job[int]) -> float | None:
        ...     status = await job.status()
        ...     return status.progress if status.status == "running" else None
    """

    id: str
    name: str = Field(description="The function that it runs.")
    status: JobState
    progress: float | None = Field(None, ge=0, le=1, description="The part that is done; null while nobody knows.")
    message: str = Field("", description="What the job says of its progress.")
    attempt: int = Field(description="How many runs have begun.")
    cancel_requested: bool = False
    error: JobProblem | None = None
    created_at: datetime
    run_at: datetime | None = Field(None, description="When it may run, if that is not at once.")
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = Field(None, description="When its result goes.")


class JobLinks(BaseModel):
    """Where to go on from a job. Paths of the service."""

    self: str
    result: str
    events: str
    cancel: str


class LinkedStatus(JobStatus):
    """A job as it stands, with links to all that can be done with it."""

    links: JobLinks


def status_of(record: JobRecord) -> JobStatus:
    """What a client may see of a record: no owner, worker, reason or traceback."""
    return JobStatus(
        id=record.id,
        name=record.name,
        status=record.state,
        progress=record.fraction,
        message=record.message,
        attempt=record.attempt,
        cancel_requested=record.cancel_requested,
        error=problem_of(record.error),
        created_at=datetime.fromtimestamp(record.created_at, UTC),
        run_at=_time(record.due_at),
        started_at=_time(record.started_at),
        finished_at=_time(record.finished_at),
        expires_at=_time(record.expires_at),
    )


def problem_of(error: JobError | None) -> JobProblem | None:
    """The part of an error that is for clients."""
    return None if error is None else JobProblem(status=error.status, code=error.code, detail=error.detail)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
