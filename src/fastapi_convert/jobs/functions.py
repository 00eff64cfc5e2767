"""`JobFunction`: a function that can also run as a job. It stays the function it was."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Protocol, TypeVar, overload
from uuid import UUID

import anyio
from starlette.datastructures import UploadFile

from fastapi_convert.uploads import Upload, adapt

from ._saving import save_input
from ._submitting import SubmitOptions, new_job, submit_options
from .handles import Job, refuse_on_loop
from .model import new_job_id
from .payloads import Signature
from .progress import Progress

if TYPE_CHECKING:
    from ._terms import Terms
    from .service import Jobs

__all__ = ("AsyncJobFunction", "JobFunction", "Register", "Submitter")

P = ParamSpec("P")
R = TypeVar("R")


class JobFunction(Generic[P, R]):
    """What `@jobs.job()` makes of a function: called, it runs here and now as before; submitted, it runs as a job.

    `functools.wraps` keeps its name, documentation and signature. `sync` is the function itself, untouched.
    """

    def __init__(self, jobs: Jobs, terms: Terms) -> None:
        functools.update_wrapper(self, terms.fn, updated=())
        self.jobs = jobs
        self.terms = terms
        self.signature = Signature.of(terms.fn)

    @property
    def name(self) -> str:
        """The name that its jobs are stored under."""
        return self.terms.name

    @property
    def sync(self) -> Callable[P, R]:
        """The function as its author wrote it."""
        return self.terms.fn

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run it here and now, as the plain function it is; its progress goes nowhere."""
        name = self.signature.progress
        if name is not None and name not in kwargs and not _binds(self.terms.fn, name, args):
            kwargs[name] = Progress()
        return self.terms.fn(*args, **kwargs)  # type: ignore[no-any-return]  # what fn returns

    async def submit(self, *args: P.args, **kwargs: P.kwargs) -> Job[R]:
        """Store a job that will call the function with these arguments, and return once it is on the disk.

        The arguments are checked as the annotations say and stored as JSON. For a parameter annotated with `Path`, an
        `UploadFile` or `Upload` may be given: its content is saved in a folder of the job, which lives as long as it.

        Raises:
            TypeError: The arguments do not fit the function, or would not survive being stored.
            pydantic.ValidationError: A value is not what its annotation says.
            JobPayloadTooLarge: The arguments take more than 1 MB as JSON.
            JobQueueFull: `max_queued` jobs of its queue wait already.
            JobStoreUnavailable: The store cannot take it now: a full disk, a lock that does not come free.

        Cancelled while the job is being stored, it may have been stored.
        """
        return await self.options().submit(*args, **kwargs)

    def submit_sync(self, *args: P.args, **kwargs: P.kwargs) -> Job[R]:
        """`submit` for synchronous code: scripts, legacy views, other jobs. It blocks until the job is on the disk.

        Raises:
            RuntimeError: It was called on an event loop, and not in `jobs.testing()`.
        """
        return self.options().submit_sync(*args, **kwargs)

    def options(
        self,
        *,
        key: str | None = None,
        owner: str | int | UUID | None = None,
        delay: float | str = 0,
        priority: int | None = None,
    ) -> Submitter[P, R]:
        """Say more about one submission: `await f.options(owner=user.id, delay="10m").submit(...)`.

        Args:
            key: Submissions with the same key, owner and function are one job, for as long as the job is kept. Up to
                255 visible ASCII characters.
            owner: Who may see the job over HTTP; what the `owner=` dependency of the `Jobs` gives for a request.
            delay: Seconds, or a time such as `"10m"`, before it may run.
            priority: Greater ones run first; by default what `@jobs.job` said.

        Raises:
            ValueError: One is out of its range.
            TypeError: One is of another type.
        """
        return Submitter(self, submit_options(key=key, owner=owner, delay=delay, priority=priority))

    @functools.cached_property
    def endpoint(self) -> Callable[..., Any]:
        """A FastAPI endpoint that submits the function: its body is made of the parameters, its answer is a 202.

        `app.post("/transcode", **transcode.route)(transcode.endpoint)`. Parameters annotated with `Path` become file
        uploads of a form, since no client may name paths of the server; the others become fields of one JSON body, or
        of the form. With `Prefer: wait=10` it answers 200 with the result if that takes no longer; a repeated
        `Idempotency-Key` answers with the first job.
        """
        from .http._submit import make_endpoint  # noqa: PLC0415 - who only submits from Python needs no endpoint

        return make_endpoint(self)

    @functools.cached_property
    def route(self) -> dict[str, Any]:
        """What to give `app.post` beside the path: the status 202, the typed result and the links for OpenAPI."""
        from .http._documentation import make_route  # noqa: PLC0415

        return make_route(self)

    def decode(self, text: str) -> R:
        """A stored result as the object that the function returned."""
        return self.signature.decode_result(text)  # type: ignore[no-any-return]  # by the return annotation

    def __repr__(self) -> str:
        return f"<job {self.name}>"


class AsyncJobFunction(JobFunction[P, R]):
    """A `JobFunction` of an `async def`: called, it gives a coroutine; as a job, it runs on the event loop.

    Only its types differ.
    """

    if TYPE_CHECKING:

        def __call__(  # type: ignore[override]  # what calling it gives is the one difference
            self, *args: P.args, **kwargs: P.kwargs
        ) -> Coroutine[Any, Any, R]:
            """Make the coroutine, as before."""
            ...


class Register(Protocol):
    """What `jobs.job(...)` gives: it takes the function."""

    @overload
    def __call__(self, fn: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncJobFunction[P, R]: ...
    @overload
    def __call__(self, fn: Callable[P, R], /) -> JobFunction[P, R]: ...


def _binds(fn: Callable[..., Any], name: str, args: tuple[Any, ...]) -> bool:
    """Whether positional arguments reach as far as the parameter `name`."""
    try:
        return name in inspect.signature(fn).bind_partial(*args).arguments
    except TypeError:  # too many: the call itself says so better
        return False


class Submitter(Generic[P, R]):
    """A `JobFunction` with the options of one submission. Made by `JobFunction.options`."""

    def __init__(self, function: JobFunction[P, R], options: SubmitOptions) -> None:
        self._function = function
        self._options = options

    async def submit(self, *args: P.args, **kwargs: P.kwargs) -> Job[R]:
        """As `JobFunction.submit`, with these options."""
        jobs = self._function.jobs
        async with jobs.open_async() as station, _files_saved(self._function, args, kwargs) as given:
            job = new_job(
                self._function.terms,
                given.args,
                given.kwargs,
                self._options,
                job_id=given.job_id,
                digests=given.digests,
            )
            done = await (station.submit_whole(job) if given.digests else station.submit(job))
        return Job(jobs, done.id, self._function.decode)

    def submit_sync(self, *args: P.args, **kwargs: P.kwargs) -> Job[R]:
        """As `JobFunction.submit_sync`, with these options."""
        jobs = self._function.jobs
        if not jobs.in_test_mode:
            refuse_on_loop("submit_sync()", "await f.submit(...)")
        job = new_job(self._function.terms, args, kwargs, self._options)
        with jobs.opened() as station:
            done = station.submit_sync(job)
        return Job(jobs, done.id, self._function.decode)


class _Given:
    """The arguments of a submission, with the paths of saved files in the places of the uploads."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs
        self.job_id = new_job_id()
        self.digests: list[str] = []


@asynccontextmanager
async def _files_saved(
    function: JobFunction[P, R], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> AsyncIterator[_Given]:
    """Save the uploads among the arguments under the new job's id; remove them again if it does not come to a job."""
    given = _Given(args, kwargs)
    if not any(isinstance(value, UploadFile | Upload) for value in (*args, *kwargs.values())):
        yield given
        return
    try:
        given.args = tuple([await _saved(value, given, function) for value in args])
        given.kwargs = {name: await _saved(value, given, function) for name, value in kwargs.items()}
        yield given
    finally:
        with anyio.CancelScope(shield=True):
            await function.jobs.read(function.jobs.remove_if_unknown, given.job_id)


async def _saved(value: Any, given: _Given, function: JobFunction[..., Any]) -> Any:
    if not isinstance(value, UploadFile | Upload):
        return value
    upload = adapt(value, hash="sha256") if isinstance(value, UploadFile) else value
    folder = function.jobs.folders.inputs_of(given.job_id) / str(len(given.digests))
    saved = await save_input(function.jobs, upload, folder)
    given.digests.append(saved.digest or str(saved.size))
    return saved.path
