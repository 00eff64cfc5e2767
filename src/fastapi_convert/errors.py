"""Every error of the library: one root, a message with the cure, an HTTP status where it has one.

`str(error)` is for the people who run the service: what happened and what to do. `error.detail` is what a client
may read, so it names no pool, path or argument. Errors with a status are `fastapi.HTTPException`s, so they answer
properly in any existing app; `install(app)` turns their bodies into `application/problem+json` (RFC 9457).
"""

from __future__ import annotations

import io
import re
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from starlette.requests import Request

from ._error_map import Errors, MappedError

__all__ = (
    "CallableExited",
    "ConvertError",
    "CpuBoundWarning",
    "Errors",
    "HTTPConvertError",
    "InvalidRecord",
    "InvalidUpload",
    "JobCancelled",
    "JobFailed",
    "JobKeyReused",
    "JobNotCancellable",
    "JobNotFound",
    "JobNotRetryable",
    "JobPayloadTooLarge",
    "JobQueueFull",
    "JobResultExpired",
    "JobStoreUnavailable",
    "JobStoreUnusable",
    "MappedError",
    "NotPicklable",
    "NotSeekable",
    "NotStarted",
    "OffloadTimeout",
    "PoolClosed",
    "PoolFull",
    "ResourceUnavailable",
    "UnsafeUpload",
    "UnsupportedUpload",
    "UploadAborted",
    "UploadExists",
    "UploadStalled",
    "UploadTooLarge",
    "WorkerDied",
    "install",
)


class ConvertError(Exception):
    """The root of every error that fastapi-convert raises on its own account.

    Catch it to tell the library's refusals from the errors of the function that was called, which always reach the
    caller unchanged. Subclasses take one positional message, so that they pickle without help.

    Examples:
        >>> from fastapi_convert.errors import ConvertError, PoolFull
        >>> issubclass(PoolFull, ConvertError)
        True
    """


class HTTPConvertError(ConvertError, HTTPException):
    """An error that is a proper HTTP answer by itself: FastAPI needs no handler to serve it.

    Args:
        message: For the log: what happened and the cure. Defaults to `detail`.
        retry_after: Whole seconds for a `Retry-After` header; `None` keeps the class's own `default_headers`.

    Examples:
        >>> from fastapi_convert.errors import PoolFull
        >>> error = PoolFull("Pool 'db' is full: raise max_waiting", retry_after=3)
        >>> error.status_code, error.headers
        (503, {'Retry-After': '3'})
    """

    default_status: ClassVar[int] = 500
    default_detail: ClassVar[str] = "Internal server error"
    default_headers: ClassVar[dict[str, str]] = {}

    def __init__(self, message: str = "", *, retry_after: int | None = None) -> None:
        headers = dict(self.default_headers)
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        HTTPException.__init__(self, self.default_status, self.default_detail, headers or None)
        self.message = message or self.default_detail

    def __str__(self) -> str:
        return self.message

    @classmethod
    def code(cls) -> str:
        """The error's stable machine-readable name, as it stands in problem bodies: `PoolFull` is `pool-full`."""
        return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", cls.__name__).lower()

    @property
    def problem_code(self) -> str:
        """The `code` of this very error's problem body: `code()`, unless it tells of another one."""
        return self.code()


class PoolFull(HTTPConvertError):
    """Every worker of the pool is busy and its queue is full. Retry later, add workers or raise `max_waiting`."""

    default_status = 503
    default_detail = "The service is at capacity. Try again later."
    default_headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class OffloadTimeout(HTTPConvertError):
    """The call did not end within its `timeout`. Raise the timeout, or serve the function as a job."""

    default_status = 504
    default_detail = "The operation took too long."


class UploadTooLarge(HTTPConvertError):
    """The body is larger than allowed. The connection is closed, so that the client stops sending."""

    default_status = 413
    default_detail = "The upload is too large."
    default_headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class UnsupportedUpload(HTTPConvertError):
    """The content is not of a type that the endpoint takes."""

    default_status = 415
    default_detail = "The upload's content type is not supported."
    default_headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class UploadAborted(HTTPConvertError):
    """The client went away, or the body ended before its closing boundary. What arrived is not a whole file."""

    default_status = 400
    default_detail = "The upload ended before it was complete."
    default_headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class InvalidUpload(HTTPConvertError):
    """The body does not keep to the format that its Content-Type declares. The client's software is at fault."""

    default_status = 400
    default_detail = "The upload is malformed."
    default_headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class InvalidRecord(HTTPConvertError):
    """A row or line of an upload does not fit its model. `detail` tells the client which, and what is wrong with it.

    Read with `on_error="collect"` or `"skip"` to go on past such records.
    """

    default_status = 422
    default_detail = "The upload has a record that is not valid."
    default_headers: ClassVar[dict[str, str]] = {"Connection": "close"}

    def __init__(self, message: str = "", *, detail: str = "", retry_after: int | None = None) -> None:
        super().__init__(message or detail, retry_after=retry_after)
        self.detail = detail or self.default_detail


class UnsafeUpload(HTTPConvertError):
    """What the file holds would do harm: an archive entry outside its folder, a link, more pixels than allowed."""

    default_status = 422
    default_detail = "The upload's content is not acceptable."


class UploadExists(HTTPConvertError, FileExistsError):
    """`save(exclusive=True)` found a file of that name. Choose another name, or save without `exclusive`."""

    default_status = 409
    default_detail = "A file of this name exists already."


class UploadStalled(HTTPConvertError):
    """The client sent too slowly, or not at all, for longer than allowed."""

    default_status = 408
    default_detail = "The upload stalled."
    default_headers: ClassVar[dict[str, str]] = {"Connection": "close"}


class JobNotFound(HTTPConvertError):
    """There is no such job, or it belongs to somebody else: the two answers are the same on purpose."""

    default_status = 404
    default_detail = "Job not found."


class JobQueueFull(HTTPConvertError):
    """The queue holds as many jobs as it may. Retry later, add workers or raise the limit."""

    default_status = 503
    default_detail = "The job queue is full. Try again later."
    default_headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}


class JobStoreUnavailable(HTTPConvertError):
    """The job store could not take a write: a full disk, a lock that did not come free. Nothing of it was stored."""

    default_status = 503
    default_detail = "Jobs cannot be accepted at the moment. Try again later."
    default_headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}


class JobKeyReused(HTTPConvertError):
    """An `Idempotency-Key` came with other contents than at its first use. Send a new key with a new request."""

    default_status = 422
    default_detail = "This Idempotency-Key was used with another request."


class JobNotCancellable(HTTPConvertError):
    """The job runs where nobody can end it. Give its function a `progress` to check, or use `executor="process"`."""

    default_status = 409
    default_detail = "This job is running and can only stop by itself: its cancellation is cooperative only."


class JobNotRetryable(HTTPConvertError):
    """The job goes on or has succeeded, so there is nothing to run again. Submit it anew for another run."""

    default_status = 409
    default_detail = "Only a job that has failed or was cancelled can be retried."


class JobPayloadTooLarge(HTTPConvertError):
    """A job's arguments take more room as JSON than a job may have. Put the data into a file, and pass its `Path`."""

    default_status = 413
    default_detail = "The arguments of this job are too large."


class JobResultExpired(HTTPConvertError):
    """The job's result was kept for as long as `keep` says, and is gone. Submit the job again."""

    default_status = 410
    default_detail = "The result of this job has expired."


class JobCancelled(HTTPConvertError):
    """The job was cancelled, so it has no result. Submit it again, or retry it."""

    default_status = 409
    default_detail = "The job was cancelled."


class JobFailed(HTTPConvertError):
    """The job failed. `message` says why to the operator, `detail` what a client may know.

    Its status, detail and code are the ones that the job's `errors=` gave to what it raised.
    """

    default_detail = "The job failed."

    def __init__(
        self,
        message: str = "",
        *,
        status: int = 500,
        detail: str = "",
        code: str = "job-failed",
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message, retry_after=retry_after)
        self.status_code = status
        self.detail = detail or self.default_detail
        self._code = code

    @property
    def problem_code(self) -> str:
        """The code of the failure."""
        return self._code


class ResourceUnavailable(HTTPConvertError):
    """A shared client, connection or engine could not be had in time. Retry later or enlarge its pool."""

    default_status = 503
    default_detail = "A resource that this request needs is not available. Try again later."
    default_headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}


class PoolClosed(ConvertError):
    """The pool was closed, so it takes no more calls. Call it inside `async with pool`, or before shutdown."""


class WorkerDied(ConvertError):
    """The worker process ended in the middle of the call: killed, out of memory, crashed. Only this call failed."""

    #: How the process ended: its exit code, negative for a signal; `None` where that is not known, or not its doing.
    exit_code: int | None = None


class NotStarted(ConvertError):
    """Something was used before the lifespan that opens it had started."""


class JobStoreUnusable(ConvertError):
    """The file of a job store cannot be used at all: not a job store, of a newer version, on a network file system."""


class NotPicklable(ConvertError):
    """A function, argument, result or error cannot travel between processes. Use a `Pool` of threads, or pass data."""


class NotSeekable(ConvertError, io.UnsupportedOperation):
    """A streamed upload was asked to seek. Give the function `seekable()` or `path()` instead."""


class CallableExited(ConvertError, RuntimeError):
    """The offloaded function raised what would stop an event loop: `SystemExit`, `StopIteration` and their like.

    The original is the `__cause__`. Raise an ordinary exception in the function instead.
    """


class CpuBoundWarning(RuntimeWarning):
    """A function in a thread pool spends its time on the CPU, which starves the event loop. Use a `ProcessPool`."""


def _problem(error: HTTPConvertError) -> dict[str, Any]:
    """The RFC 9457 body of an error: `title`, `status`, `detail`, and the stable extension member `code`."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": error.detail,
        "code": error.problem_code,
    }


async def _answer_problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPConvertError)  # the only class this handler is registered for
    return JSONResponse(
        _problem(error), error.status_code, headers=error.headers, media_type="application/problem+json"
    )


def install(app: FastAPI) -> None:
    """Answer this library's HTTP errors with `application/problem+json` (RFC 9457) in `app`.

    Optional: without it they answer as every `HTTPException` does, `{"detail": ...}`. The app's own exceptions and
    its validation errors are left as they are.

    Args:
        app: The application; a mounted sub-application needs its own call.

    Raises:
        RuntimeError: The application has started, and takes no more handlers.

    Examples:
        >>> from fastapi import FastAPI
        >>> from fastapi_convert import errors
        >>> app = FastAPI()
        >>> errors.install(app)
    """
    if app.middleware_stack is not None:
        raise RuntimeError("errors.install(app) came too late: the application has started. Call it where app is made.")
    app.add_exception_handler(HTTPConvertError, _answer_problem)
