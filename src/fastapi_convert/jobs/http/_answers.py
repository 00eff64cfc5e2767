"""What is answered about a job: its status with an ETag, and its result in every state that it can be in."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, Response

from fastapi_convert.errors import JobCancelled, JobResultExpired
from fastapi_convert.jobs.handles import failure_of
from fastapi_convert.jobs.model import TERMINAL, JobRecord, JobState
from fastapi_convert.jobs.payloads import served_result
from fastapi_convert.jobs.statuses import JobStatus, status_of

from ._links import base_path, linked, links_under

if TYPE_CHECKING:
    from starlette.requests import Request

    from fastapi_convert.jobs.service import Jobs

#: When to ask again about a job that has not ended, in seconds.
_ASK_AGAIN = "1"

#: Of every answer about jobs: kept by nobody but the client itself, which asks each time whether it still holds, and
#: taken by no browser for a page, whatever names and messages are in it.
HEADERS = MappingProxyType({"Cache-Control": "private, no-cache", "X-Content-Type-Options": "nosniff"})


def status_response(
    request: Request, jobs: Jobs, status: JobStatus, *, code: int = 200, version: int | None = None
) -> Response:
    """A job as it stands, for one client.

    Args:
        request: What is answered.
        jobs: The store.
        status: How it stands.
        code: The HTTP status.
        version: The number of its latest event, for an ETag.
    """
    headers = dict(HEADERS)
    if status.status not in TERMINAL:
        headers["Retry-After"] = _ASK_AGAIN
    if version is not None:
        headers["ETag"] = f'W/"{version}"'
        if _has_already(request, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    body = linked(status, base_path(request, jobs)).model_dump_json()
    return Response(body, code, headers, media_type="application/json")


def _has_already(request: Request, tag: str) -> bool:
    tags = [each.strip() for each in ",".join(request.headers.getlist("if-none-match")).split(",")]
    return "*" in tags or tag in tags or tag.removeprefix("W/") in tags


def accepted_response(request: Request, jobs: Jobs, status: JobStatus) -> Response:
    """The 202: the job is stored, so it runs, and here it can be asked for."""
    response = status_response(request, jobs, status, code=202)
    response.headers["Location"] = links_under(base_path(request, jobs), status.id).self
    response.headers["Retry-After"] = _ASK_AGAIN
    return response


async def result_response(request: Request, jobs: Jobs, record: JobRecord) -> Response:
    """What came of a job, or that nothing did yet.

    Raises:
        JobFailed: It has failed: answered as its `errors=` say.
        JobCancelled: It was cancelled.
        JobResultExpired: Its result is not kept any longer.
    """
    if record.state not in TERMINAL:
        return status_response(request, jobs, status_of(record), code=202)
    if record.state is JobState.CANCELLED:
        raise JobCancelled(f"Job {record.id} was cancelled.")
    if record.state is JobState.FAILED:
        raise failure_of(record)
    async with jobs.open_async() as station:
        text = await jobs.read(station.ledger.result, record.id)
    if text is None:
        raise _expired(record)
    function = jobs.functions.get(record.name)
    if function is None or function.signature.returns_path:
        file = await jobs.read(_file, jobs.folders.files / record.id, text)
        if file is not None:
            return FileResponse(file, headers=HEADERS, filename=file.name)
        if function is not None:
            raise _expired(record)
    return Response(served_result(text), headers=HEADERS, media_type="application/json")


def _file(folder: Path, text: str) -> Path | None:
    """The file that a result names, if it is one in the folder of its job. Blocks."""
    try:
        path = Path(json.loads(text)).resolve(strict=True)
    except (OSError, TypeError, ValueError):
        return None
    return path if path.is_relative_to(folder.resolve()) and path.is_file() else None


def _expired(record: JobRecord) -> JobResultExpired:
    return JobResultExpired(f"The result of job {record.id} was kept until it expired. Submit it again, or raise keep.")
