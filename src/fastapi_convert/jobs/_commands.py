"""What the command line does with jobs: find the `Jobs` of an app, run a worker, cancel, retry. It prints nothing."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from operator import attrgetter
from pathlib import Path
from types import FrameType, ModuleType

import anyio
from fastapi import FastAPI

from fastapi_convert.errors import ConvertError, JobStoreUnusable

from ._loops import poster
from .model import JobEvent, JobRecord, JobState
from .service import Jobs
from .work._texts import one_line

_PAGE = 1_000


class UsageError(ConvertError):
    """What was typed cannot be meant: exit status 2."""


class NotDone(ConvertError):
    """A job stays as it is."""


# APP


def find_jobs(spec: str) -> Jobs:
    """The `Jobs` that `module:attribute` names, or the only one in the module of a FastAPI app.

    Raises:
        UsageError: It names none; the message lists those that there are.
    """
    module_name, _, path = spec.partition(":")
    if not (module_name and path):
        raise UsageError(f"{spec!r} is not module:attribute, such as app:jobs.")
    module = _imported(module_name)
    try:
        found = attrgetter(path)(module)
    except AttributeError:
        raise UsageError(f"Module {module_name!r} has no {path!r}{_instead(module)}.") from None
    if isinstance(found, Jobs):
        return found
    candidates = list(_candidates(module).values())
    if isinstance(found, FastAPI) and len(candidates) == 1:
        return candidates[0]
    raise UsageError(f"{spec!r} is a {type(found).__name__}, and no Jobs{_instead(module)}.")


def _imported(name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # a module that this one needs: its traceback says where
        raise UsageError(f"There is no module {error.name!r} in {here!r} or among what is installed.") from None


def _candidates(module: ModuleType) -> dict[str, Jobs]:
    """Each `Jobs` of the module once, under its first name."""
    found: dict[str, Jobs] = {}
    for name, value in vars(module).items():
        if isinstance(value, Jobs) and all(value is not other for other in found.values()):
            found[name] = value
    return found


def _instead(module: ModuleType) -> str:
    names = ", ".join(f"{module.__name__}:{name}" for name in _candidates(module))
    return f"; there is {names}" if names else "; the module has no Jobs at all"


# Workers


async def work(jobs: Jobs, workers: int | None, queues: str | None, say: Callable[[str], None]) -> None:
    """Run jobs until SIGTERM or SIGINT, then let them end. A second SIGINT ends this process at once.

    Args:
        jobs: Whose jobs.
        workers: How many at once; `None`: as many as the app runs, and at least one.
        queues: Names with commas between them; `None`: all.
        say: Called with one line when it is ready, and with one when it has ended.

    Raises:
        UsageError: There is no job for one of the queues, or none at all.
        JobStoreUnusable: The store cannot be opened.
    """
    served = _queues(jobs, queues)
    number = workers or max(1, jobs.workers)
    stop = anyio.Event()
    with _first_signal(partial(poster(), stop.set)):
        async with jobs.running(number, None if queues is None else served):
            say(one_line(f"worker ready: {jobs.path.name}, {number} at once, queues {', '.join(served)}"))
            await stop.wait()
    say(one_line(f"worker ended: {jobs.path.name}"))


def _queues(jobs: Jobs, text: str | None) -> list[str]:
    known = sorted({terms.queue for terms in jobs.terms.values()})
    if not known:
        raise UsageError(f"No job is registered with {jobs!r}: name a module that imports those with @jobs.job().")
    if text is None:
        return known
    chosen = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if strangers := [name for name in chosen if name not in known]:
        raise UsageError(f"No job has a queue {', '.join(map(repr, strangers))}; there is {', '.join(known)}.")
    return chosen


@contextmanager
def _first_signal(callback: Callable[[], object]) -> Iterator[None]:
    told = False

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 -- how Python calls it
        nonlocal told
        if told and number == signal.SIGINT:
            os._exit(128 + number)  # whoever presses Ctrl-C twice does not want to wait; the jobs run again
        told = True
        callback()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# Jobs


@contextmanager
def opened(jobs: Jobs) -> Iterator[None]:
    """The store of an app that has run already. Looking must not make one in the wrong place.

    Raises:
        JobStoreUnusable: There is none.
    """
    if not jobs.path.exists():
        raise JobStoreUnusable(
            f"There is no job store {str(jobs.path)!r} yet: the app makes it when it starts. Is this its directory?"
        )
    with jobs.opened():
        yield


def latest(jobs: Jobs, status: str | None, limit: int) -> list[JobRecord]:
    """The newest jobs of all owners.

    Raises:
        UsageError: There is no such status.
    """
    if status is not None and status not in set(JobState):
        raise UsageError(f"There is no status {status!r}: a job is {', '.join(JobState)}.")
    state = None if status is None else JobState(status)
    records: list[JobRecord] = []
    with opened(jobs):
        while len(records) < limit:
            before = records[-1].number if records else None
            count = min(_PAGE, limit - len(records))
            page = jobs.ledger.list(any_owner=True, state=state, before=before, count=count)
            records += page
            if len(page) < count:
                break
    return records


def one(jobs: Jobs, job_id: str, *, payload: bool) -> tuple[JobRecord, list[JobEvent], str | None]:
    """A job, its events and, if asked for, its arguments.

    Raises:
        JobNotFound: There is no such job.
    """
    with opened(jobs):
        jobs.get(job_id).status_sync()
        record = jobs.ledger.get(job_id)
        assert record is not None
        return record, jobs.ledger.events(job_id), jobs.ledger.payload(job_id) if payload else None


def cancel(jobs: Jobs, job_id: str) -> str:
    """Cancel a job; how it stands then."""
    status = jobs.get(job_id).cancel_sync()
    return "cancelling" if status.status is JobState.RUNNING else status.status


def retry(jobs: Jobs, job_id: str) -> str:
    """Queue a failed or cancelled job again; how it stands then.

    Raises:
        NotDone: It is neither, or its arguments have expired.
    """
    job = jobs.get(job_id)
    before = job.status_sync().status
    if before not in {JobState.FAILED, JobState.CANCELLED}:
        raise NotDone(f"Job {job_id} is {before}: only a failed or cancelled one is queued again.")
    after = job.retry_sync().status
    if after is before:
        raise NotDone(f"The arguments of job {job_id} were kept until they expired: submit it anew.")
    return after


def for_each(jobs: Jobs, job_ids: Collection[str], act: Callable[[Jobs, str], str]) -> Iterator[tuple[str, str, str]]:
    """Do it to each; the id, how it stands, and what was in the way."""
    with opened(jobs):
        for job_id in job_ids:
            try:
                yield job_id, act(jobs, job_id), ""
            except ConvertError as error:
                yield job_id, "", str(error)
