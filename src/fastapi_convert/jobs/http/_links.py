"""Where the routes of a store's jobs are in the app that serves them: names, links and operation ids."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.routing import NoMatchFound

from fastapi_convert.jobs.statuses import JobLinks, JobStatus, LinkedStatus

if TYPE_CHECKING:
    from starlette.requests import Request

    from fastapi_convert.jobs.service import Jobs

#: Reserved characters that may stand in a path as they are.
_SAFE = "/:@!$&'()*+,;=~"


def operation_id(jobs: Jobs, what: str) -> str:
    """What a route is called in OpenAPI documents, where links refer to it; stores in one app differ by their file."""
    return f"{re.sub(r'[^0-9A-Za-z]+', '_', jobs.path.stem).strip('_') or 'jobs'}_{what}"


def list_name(jobs: Jobs) -> str:
    """The name of the route that all others lie beneath: one of these very jobs, whatever else is in the app."""
    return f"{operation_id(jobs, 'list')}:{id(jobs):x}"


def base_path(request: Request, jobs: Jobs) -> str:
    """The path of the jobs as clients see it, with whatever the app lies beneath.

    Raises:
        RuntimeError: The app has no such routes.
    """
    scope = request.scope
    here = scope.get("root_path", "")
    # This app's own routes first; those of the app that it is mounted in may have them too.
    for router, root in ((scope.get("app"), here), (scope.get("router"), scope.get("app_root_path", here))):
        for parameters in ({}, _without_id(request)):  # a prefix may have parameters, such as /{tenant}/jobs
            try:
                path: str = router.url_path_for(list_name(jobs), **parameters)  # type: ignore[union-attr]  # ASGI has both
            except NoMatchFound:
                continue
            return quote(f"{root.rstrip('/')}{path}", safe=_SAFE)
    raise RuntimeError(
        f"The routes of {jobs!r} are not in this app, so nobody could ask for the job:"
        ' app.include_router(jobs.router, prefix="/jobs").'
    )


def _without_id(request: Request) -> dict[str, Any]:
    return {name: value for name, value in request.path_params.items() if name != "job_id"}


def links_under(base: str, job_id: str) -> JobLinks:
    """Where to go on from a job."""
    own = f"{base}/{job_id}"
    return JobLinks(self=own, result=f"{own}/result", events=f"{own}/events", cancel=f"{own}/cancel")


def linked(status: JobStatus, base: str) -> LinkedStatus:
    """A status with its links."""
    return LinkedStatus.model_construct(**dict(status), links=links_under(base, status.id))


def openapi_links(jobs: Jobs) -> dict[str, Any]:
    """For the 202 of an endpoint: the operations that its answer leads to."""
    ways = {"status": "How it stands.", "result": "What came of it.", "events": "Live.", "cancel": "End it."}
    return {
        what: {
            "operationId": operation_id(jobs, what),
            "parameters": {"job_id": "$response.body#/id"},
            "description": description,
        }
        for what, description in ways.items()
    }
