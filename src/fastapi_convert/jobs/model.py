"""What a job is: its states, its record in the ledger, its events, and how a run of it can end."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

__all__ = (
    "TERMINAL",
    "Claim",
    "Ending",
    "JobError",
    "JobEvent",
    "JobRecord",
    "JobState",
    "NewJob",
    "QueueTerms",
    "Submission",
    "new_job_id",
)


class JobState(StrEnum):
    """Where a job stands. The last three are final.

    Examples:
        >>> JobState("running") is JobState.RUNNING
        True
    """

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: The states that nothing leaves but an explicit retry.
TERMINAL = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED})


def new_job_id() -> str:
    """128 random bits: nobody finds a job by trying.

    Examples:
        >>> len(new_job_id())
        32
    """
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class JobError:
    """Why a job failed: what a client may read, and what only the people who run the service may."""

    #: Stable and machine-readable, as in problem bodies: `job-failed`, `job-timeout`, `worker-died`.
    code: str
    #: The HTTP status that its result answers with.
    status: int
    #: For the client: no argument, path or traceback.
    detail: str
    #: For the operator, one line: `ValueError: no such preset`.
    reason: str = ""
    #: For the operator.
    traceback: str = ""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job that is to be put into the ledger. Times are in seconds."""

    name: str
    payload: str
    #: Hash of the parameters' schema that `payload` was written for.
    schema: str = ""
    queue: str = "default"
    id: str = field(default_factory=new_job_id)
    priority: int = 0
    owner: str | None = None
    #: From now until it may first run.
    delay: float = 0.0
    #: How long its result is kept once it has ended.
    keep: float = 86_400.0
    #: Refused with `JobQueueFull` if its queue holds so many queued jobs already.
    max_queued: int = 1_000_000
    #: What repeated submissions have in common, within one owner and one name.
    idempotency_key: str | None = None
    #: What submissions under one key must have in common.
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """The job that a submission has led to, and whether this submission made it."""

    id: str
    created: bool


@dataclass(frozen=True, slots=True)
class QueueTerms:
    """What a worker may take of one queue: jobs of these names, while fewer than `limit` of the queue run anywhere."""

    queue: str
    names: tuple[str, ...]
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this worker has taken. `(id, attempt)` fences all that is written about this run."""

    id: str
    name: str
    queue: str
    payload: str
    schema: str
    #: From 1.
    attempt: int
    #: Runs that count for `Retry`, with this one: not those that were released, nor those that a process died under.
    tries: int
    #: How often a process has died under it so far.
    crashes: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How one run ended, as the ledger records it.

    `succeeded` (with `result`), `failed` (with `error`) and `cancelled` are final. `retry` (with `error`) queues the
    job again after `delay` seconds. `released` does so as if this run had not been. `crashed` (with
    `error`) counts a death of the process, and queues the job again unless it has had `max_crashes` of them: then it
    has failed with `error`.
    """

    kind: Literal["succeeded", "failed", "cancelled", "retry", "released", "crashed"]
    result: str | None = None
    error: JobError | None = None
    delay: float = 0.0
    max_crashes: int = 3


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something that happened to a job. Numbers grow by one within a job; some of progress may be missing."""

    #: From 1 within the job.
    number: int
    #: `queued`, `running`, `progress`, `retrying`, `succeeded`, `failed`, `cancelling` or `cancelled`.
    type: str
    #: Seconds since 1970.
    at: float
    attempt: int
    #: Between 0 and 1; `None` while unknown.
    fraction: float | None = None
    message: str = ""
    error: JobError | None = None


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A job as the ledger knows it, without its payload and result. Times are in seconds since 1970."""

    id: str
    #: Grows with each submission to this ledger: the order of lists.
    number: int
    name: str
    queue: str
    state: JobState
    priority: int
    owner: str | None
    #: How many runs have begun.
    attempt: int
    #: Runs that count for `Retry`: not those that were released, nor those that a process died under.
    tries: int
    crashes: int
    cancel_requested: bool
    fraction: float | None
    message: str
    #: The number of its latest event.
    version: int
    created_at: float
    #: When it may run, if that is not at once.
    due_at: float | None
    started_at: float | None
    finished_at: float | None
    #: When its result goes.
    expires_at: float | None
    #: Whether its result has gone.
    expired: bool
    error: JobError | None
    #: Which worker runs it.
    worker: str | None
