"""`make_router`: the routes of a store's jobs. What each does is in the modules beside this one."""

# No `from __future__ import annotations`: FastAPI evaluates annotations in the globals of a function, and those of the
# endpoints name objects of the function around them.

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from fastapi_convert.errors import JobNotRetryable
from fastapi_convert.jobs.model import TERMINAL, JobRecord, JobState
from fastapi_convert.jobs.statuses import LinkedStatus, status_of

from ._answers import HEADERS, result_response, status_response
from ._board import Board
from ._events import changes_for, events_of, last_seen, where_to_begin
from ._links import base_path, list_name, operation_id
from ._owners import Visitor, find, found_by, visitor_of
from ._paging import JobPage, page_of
from ._stream import EventStream

if TYPE_CHECKING:
    from fastapi_convert.jobs.service import Jobs

_NOT_FOUND: dict[int | str, dict[str, Any]] = {404: {"description": "Job not found."}}


def make_router(jobs: "Jobs") -> APIRouter:
    """The routes of all jobs of one store, to include under a prefix."""
    router = APIRouter(tags=["jobs"])
    visitor = visitor_of(jobs)
    found = Depends(found_by(jobs, visitor))
    _add_lists(router, jobs, visitor)
    _add_events(router, jobs, found)
    _add_answers(router, jobs, found)
    _add_actions(router, jobs, found)
    _add_strange_ids(router, jobs, visitor)
    return router


def _add_lists(router: APIRouter, jobs: "Jobs", visitor: Any) -> None:
    """What comes first: an id looks like any other word."""
    board = Board.load()

    async def list_jobs(
        request: Request,
        response: Response,
        visitor: Annotated[Visitor, visitor],
        status: JobState | None = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=100, description="The `next` of the page before.")] = None,
    ) -> JobPage:
        """Your jobs, the newest first."""
        response.headers.update(HEADERS)
        base = base_path(request, jobs)
        return await page_of(jobs, visitor, base, state=status, limit=limit, cursor=cursor)

    async def show_board() -> Response:
        """A page that shows your jobs live."""
        return board.response()

    async def all_events(request: Request, visitor: Annotated[Visitor, visitor]) -> Response:
        """The status of each of your jobs whenever it changes, as server-sent events; `many`: look at the list."""
        return EventStream(changes_for(jobs, visitor, base_path(request, jobs)))

    router.add_api_route(
        "", list_jobs, name=list_name(jobs), summary="List Jobs", operation_id=operation_id(jobs, "list")
    )
    router.add_api_route("/board", show_board, include_in_schema=False, response_class=Response)
    router.add_api_route(
        "/events",
        all_events,
        status_code=200,
        operation_id=operation_id(jobs, "all_events"),
        response_class=EventStream,
    )


def _add_events(router: APIRouter, jobs: "Jobs", found: Any) -> None:
    async def job_events(
        request: Request, record: Annotated[JobRecord, found], after: Annotated[int, Depends(last_seen)]
    ) -> Response:
        """What happens to the job, as server-sent events, until it ends. `Last-Event-ID` goes on."""
        begin = where_to_begin(record, after)
        if begin is None:
            return Response(status_code=204)
        return EventStream(events_of(jobs, record, begin, base_path(request, jobs)))

    responses = {**_NOT_FOUND, 204: {"description": "The client has seen everything: the job has ended."}}
    options: dict[str, Any] = {"responses": responses, "response_class": EventStream, "status_code": 200}
    _add(router, jobs, "events", job_events, method="GET", **options)


def _add_answers(router: APIRouter, jobs: "Jobs", found: Any) -> None:
    async def job_result(request: Request, record: Annotated[JobRecord, found]) -> Response:
        """The job's result: JSON or a file, as its function returns. 202: not yet."""
        return await result_response(request, jobs, record)

    async def job_status(request: Request, record: Annotated[JobRecord, found]) -> Response:
        """How the job stands."""
        return status_response(request, jobs, status_of(record), version=record.version)

    ends: dict[int | str, dict[str, Any]] = {
        200: {"description": "The result."},
        202: {"description": "It has not ended yet.", "model": LinkedStatus},
        409: {"description": "It was cancelled."},
        410: {"description": "The result is not kept any longer."},
        "default": {"description": "It has failed: the problem and the status that the failure stands for."},
    }
    _add(router, jobs, "result", job_result, method="GET", responses={**ends, **_NOT_FOUND})
    unchanged: dict[int | str, dict[str, Any]] = {304: {"description": "As `If-None-Match` says."}}
    _add(router, jobs, "status", job_status, method="GET", responses={**_linked(200), **unchanged, **_NOT_FOUND})


def _add_actions(router: APIRouter, jobs: "Jobs", found: Any) -> None:
    async def cancel_job(request: Request, record: Annotated[JobRecord, found]) -> Response:
        """Cancel a job that waits, or end one that runs; 200: it had ended before."""
        if record.state in TERMINAL:
            return status_response(request, jobs, status_of(record))
        return status_response(request, jobs, await jobs.get(record.id).cancel(), code=202)

    async def retry_job(request: Request, record: Annotated[JobRecord, found]) -> Response:
        """Queue a failed or cancelled job again."""
        if record.state not in TERMINAL or record.state is JobState.SUCCEEDED:
            raise JobNotRetryable(f"Job {record.id} is {record.state}: only failed and cancelled jobs can be retried.")
        return status_response(request, jobs, await jobs.get(record.id).retry(), code=202)

    conflict: dict[int | str, dict[str, Any]] = {409: {"description": "Not in the state that it is in."}}
    responses = {**_linked(202), **conflict, **_NOT_FOUND}
    _add(router, jobs, "cancel", cancel_job, method="POST", status_code=202, responses={**_linked(200), **responses})
    _add(router, jobs, "retry", retry_job, method="POST", status_code=202, responses=responses)


def _add_strange_ids(router: APIRouter, jobs: "Jobs", visitor: Any) -> None:
    """What comes last: an encoded slash arrives as one, and such an id is answered like any other that nobody knows."""

    async def no_id(request: Request, visitor: Annotated[Visitor, visitor]) -> Response:
        path = request.url.path
        if path.endswith("/"):  # these routes hide the ones that the framework would redirect to
            return RedirectResponse(request.url.replace(path=path.rstrip("/")))
        if request.method == "GET" and request.path_params["rest"] in {"cancel", "retry"}:
            raise HTTPException(405, headers={"Allow": "POST"})
        await find(jobs, visitor, path)
        raise AssertionError("an id has no slash")

    for method, end in (("GET", ""), ("POST", "/cancel"), ("POST", "/retry")):
        for beginning in ("/{first}/{rest:path}", "//{rest:path}"):
            router.add_api_route(
                f"{beginning}{end}", no_id, methods=[method], include_in_schema=False, response_class=Response
            )


def _add(router: APIRouter, jobs: "Jobs", what: str, endpoint: Any, *, method: str, **options: Any) -> None:
    path = f"/{{job_id}}{'' if what == 'status' else f'/{what}'}"
    router.add_api_route(path, endpoint, methods=[method], operation_id=operation_id(jobs, what), **options)


def _linked(status: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": LinkedStatus}}
