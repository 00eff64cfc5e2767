"""What `@jobs.job(...)` is told, turned into `Terms` or refused: at import time, where the author still looks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fastapi_convert._units import to_seconds

from ._checks import errors_of, label, size_of_upload, whole_number
from ._terms import Executor, Terms
from .payloads import Signature, original_of
from .retries import Retry

if TYPE_CHECKING:
    from fastapi_convert.errors import Errors

#: A job without `retries` runs once.
ONCE = Retry(1)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an executor can do with a run that is under way.

    Examples:
        >>> CAPABILITIES["process"].cancel_running
        'kill'
    """

    #: `kill` ends it at once, `await` at its next await, `cooperative` when it asks its `progress`.
    cancel_running: Literal["kill", "await", "cooperative"]
    #: How a `timeout` ends it; `None`: it cannot, so `timeout` is refused.
    timeout: Literal["kill", "await"] | None
    #: Whether a crash in it (a segfault, `os._exit`) ends this run alone, and not the worker with all its runs.
    isolated: bool


CAPABILITIES: Mapping[str, Capabilities] = {
    "process": Capabilities(cancel_running="kill", timeout="kill", isolated=True),
    "thread": Capabilities(cancel_running="cooperative", timeout=None, isolated=False),
    "async": Capabilities(cancel_running="await", timeout="await", isolated=False),
}


def make_terms(
    fn: Callable[..., Any],
    *,
    name: str | None,
    queue: str | None,
    executor: Executor | None,
    timeout: float | str | None,
    retries: Retry | int | None,
    keep: float | str,
    limit: int | None,
    max_queued: int,
    priority: int,
    max_crashes: int | None,
    max_tasks_per_process: int | None,
    errors: Errors | Mapping[type[Exception], Any] | None,
    max_upload: int | str,
) -> Terms:
    """Check every option against the function and the executor.

    Raises:
        ValueError: An option is out of range, or the executor cannot do it.
        TypeError: The function cannot be a job or has no name, or an option is of another type.
    """
    fn = original_of(fn)  # what `offload` has wrapped gives a coroutine, which is no result and crosses no process
    signature = Signature.of(fn)
    name = label(_name_of(fn) if name is None else name, "name of a job")
    chosen = executor or ("async" if signature.is_async else "process")
    _check_executor(fn, name, chosen, signature)
    if timeout is not None and CAPABILITIES[chosen].timeout is None:
        raise ValueError(
            f'Job {name!r} has a timeout, but a thread cannot be ended: use executor="process", which kills it in time.'
        )
    of = f"of job {name!r}"
    return Terms(
        fn=fn,
        name=name,
        # A limit is the queue's, so a function that has one and names no queue gets a queue of its own.
        queue=label(queue, f"queue {of}") if queue is not None else name if limit is not None else "default",
        executor=chosen,
        timeout=None if timeout is None else to_seconds(timeout, f"timeout {of}"),
        retry=_retry(retries, f"retries {of}"),
        keep=to_seconds(keep, f"keep {of}"),
        limit=_count(limit, f"limit {of}"),
        max_queued=whole_number(max_queued, f"max_queued {of}", least=1),
        priority=whole_number(priority, f"priority {of}"),
        max_crashes=_count(max_crashes, f"max_crashes {of}"),
        max_tasks_per_process=_count(max_tasks_per_process, f"max_tasks_per_process {of}"),
        errors=errors_of(errors, f"errors {of}"),
        cooperative=signature.progress is not None,
        max_upload=size_of_upload(max_upload, f"max_upload {of}"),
    )


def _count(number: int | None, what: str) -> int | None:
    return None if number is None else whole_number(number, what, least=1)


def _retry(retries: object, what: str) -> Retry:
    if retries is None:
        return ONCE
    if isinstance(retries, Retry):
        return retries
    if isinstance(retries, int) and not isinstance(retries, bool):
        return Retry(whole_number(retries, what, least=1))
    raise TypeError(f"{what} is a number of runs in all, or a Retry, not {retries!r}.")


def _name_of(fn: Callable[..., Any]) -> object:
    name = getattr(fn, "__qualname__", None)
    if name is None:
        raise TypeError(f"{fn!r} has no name that its jobs could be stored under: give one, @jobs.job(name=...).")
    return name


def _check_executor(fn: Callable[..., Any], name: str, executor: str, signature: Signature) -> None:
    if executor not in CAPABILITIES:
        known = ", ".join(CAPABILITIES)
        raise ValueError(f"Job {name!r} has executor={executor!r}; there are {known}.")
    if signature.is_async != (executor == "async"):
        kind = "an async def, which runs" if signature.is_async else "a plain function, which does not run"
        raise ValueError(f'Job {name!r} is {kind} on the event loop: use executor="{_fitting(signature)}".')
    if executor == "process" and (problem := _why_not_importable(fn)):
        raise ValueError(f'Job {name!r} cannot run in a process: {problem}, or use executor="thread".')


def _fitting(signature: Signature) -> str:
    return "async" if signature.is_async else "process"


def _why_not_importable(fn: Callable[..., Any]) -> str:
    """What is in the way, and what to do about it; empty if there is nothing."""
    if not inspect.isfunction(fn) and not inspect.isbuiltin(fn):
        return f"it is a {type(fn).__name__}, and processes find functions by their names. Move it to module level"
    if fn.__name__ == "<lambda>":
        return "it is a lambda, which has no name that another process could find. Write it as a def at module level"
    if "<locals>" in fn.__qualname__ or "<lambda>" in fn.__qualname__:
        return "it is defined inside another function, where other processes cannot find it. Move it to module level"
    main = sys.modules.get("__main__")
    if fn.__module__ == "__main__" and not getattr(main, "__file__", None):
        return "it is defined in an interactive session, which other processes cannot import. Move it into a module"
    return ""
