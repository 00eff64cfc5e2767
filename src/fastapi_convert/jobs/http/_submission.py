"""One request that submits a job: what must be so before, what is stored, and what is answered."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from fastapi_convert.errors import HTTPConvertError, JobNotFound, NotStarted
from fastapi_convert.jobs._submitting import SubmitOptions, new_job
from fastapi_convert.jobs.model import TERMINAL, JobRecord, NewJob, Submission
from fastapi_convert.jobs.statuses import status_of

from ._answers import accepted_response, result_response
from ._fields import as_request_error
from ._links import base_path, links_under
from ._preferences import wanted_wait

if TYPE_CHECKING:
    from fastapi_convert.jobs.functions import JobFunction

    from ._inputs import Inputs
    from ._owners import Visitor


class SubmitRequest:
    """A function, and the request that wants it run."""

    def __init__(self, function: JobFunction[..., Any], request: Request, visitor: Visitor, key: str | None) -> None:
        self.function = function
        self.jobs = function.jobs
        self._request = request
        self._options = SubmitOptions(key=key, owner=visitor.name)

    def check(self) -> None:
        """Make sure that what is accepted will run, and can be asked for.

        Raises:
            NotStarted: Nobody would run it.
            RuntimeError: Nobody could ask for it.
        """
        try:
            base_path(self._request, self.jobs)
            self._check_serving()
        except (RuntimeError, NotStarted) as error:
            self.jobs.tell_once(str(error))  # the client reads a bare 500, and every request is one more
            raise

    def _check_serving(self) -> None:
        if not self.jobs.serving:
            raise NotStarted(
                f"Nobody would run {self.function.name}(): no workers of {self.jobs!r} run in this process. Start the"
                " app with FastAPI(lifespan=jobs.lifespan), inside the lifespan of the outermost app if this one is"
                " mounted; or say Jobs(..., workers=0) if another process runs the jobs."
            )

    async def submit(
        self, body: BaseModel, files: Mapping[str, Path | list[Path] | None], inputs: Inputs | None = None
    ) -> str:
        """Store a job and return its id; with a known key, the id of the one that was there before.

        Raises:
            JobQueueFull: The queue is full.
            JobStoreUnavailable: The store cannot take it.
            JobPayloadTooLarge: The arguments take too much room.
            JobKeyReused: The key was used with another body.
            RequestValidationError: The body has what cannot be stored.
        """
        job = self._job(body, files, inputs)
        async with self.jobs.open_async() as station:
            if inputs is None:
                return (await station.submit(job)).id
            # Cancelled in the middle, nobody knows whether they belong to a job. If not, they are swept away later.
            inputs.keep = True
            done: Submission | None = None
            try:
                with anyio.CancelScope(shield=True):
                    done = await station.submit(job)
            except Exception:
                inputs.keep = False
                raise
            assert done is not None  # a shield lets errors through
            inputs.keep = done.id == job.id
            return done.id

    def _job(self, body: BaseModel, files: Mapping[str, Path | list[Path] | None], inputs: Inputs | None) -> NewJob:
        args, kwargs = self.function.signature.call_from_body(body, files)
        job_id, digests = (None, ()) if inputs is None else (inputs.job_id, inputs.digests)
        try:
            return new_job(self.function.terms, args, kwargs, self._options, job_id=job_id, digests=digests)
        except ValidationError as error:  # a validator that depends on more than the value
            raise as_request_error(error) from error
        except TypeError as error:  # such as a number that JSON does not have
            problem = {"type": "value_error", "loc": ("body",), "msg": "It has a value that cannot be stored"}
            raise RequestValidationError([{**problem, "input": None}]) from error

    async def answer(self, job_id: str) -> Response:
        """The 202; the result instead if the client would wait for it, and has not waited in vain."""
        wait = wanted_wait(self._request.headers.getlist("prefer"))
        record = await self._ended(job_id, wait) if wait else None
        if record is None:
            async with self.jobs.open_async() as station:
                record = await self.jobs.read(station.ledger.get, job_id)
        if record is None:
            raise JobNotFound(f"Job {job_id} is not kept any longer: raise keep.")
        if wait is None:
            return accepted_response(self._request, self.jobs, status_of(record))
        return await self._answer_in_time(record, f"wait={wait}")

    async def _answer_in_time(self, record: JobRecord, applied: str) -> Response:
        headers = {"Preference-Applied": applied}
        if record.state not in TERMINAL:
            response = accepted_response(self._request, self.jobs, status_of(record))
        else:
            links = links_under(base_path(self._request, self.jobs), record.id)
            headers["Content-Location"] = links.result
            try:
                response = await result_response(self._request, self.jobs, record)
            except HTTPConvertError as error:
                error.headers = {**(error.headers or {}), **headers}
                raise
        response.headers.update(headers)
        return response

    async def _ended(self, job_id: str, seconds: float) -> JobRecord | None:
        with anyio.move_on_after(seconds), suppress(NotStarted):  # the service is going down: the job is safe
            async with self.jobs.following() as hub:
                return await hub.ended(job_id)
        return None
