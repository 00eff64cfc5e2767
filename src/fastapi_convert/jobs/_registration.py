"""What `@jobs.job(...)` is told, turned into `Terms` or refused: at import time, where the author still looks."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from fastapi_convert._units import to_bytes, to_seconds
from fastapi_convert.errors import Errors

from ._terms import Executor, Terms
from .payloads import Signature, original_of
from .retries import Retry

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
        TypeError: The function cannot be a job, or has no name.
    """
    fn = original_of(fn)  # what `offload` has wrapped gives a coroutine, which is no result and crosses no process
    signature = Signature.of(fn)
    name = name or _name_of(fn)
    chosen = executor or ("async" if signature.is_async else "process")
    _check_executor(fn, name, chosen, signature)
    if timeout is not None and CAPABILITIES[chosen].timeout is None:
        raise ValueError(
            f'Job {name!r} has a timeout, but a thread cannot be ended: use executor="process", which kills it in time.'
        )
    _check_counts(
        name,
        limit=limit,
        max_queued=max_queued,
        max_crashes=max_crashes,
        max_tasks_per_process=max_tasks_per_process,
    )
    return Terms(
        fn=fn,
        name=name,
        # A limit is the queue's, so a function that has one and names no queue gets a queue of its own.
        queue=queue or (name if limit is not None else "default"),
        executor=chosen,
        timeout=None if timeout is None else to_seconds(timeout, "timeout"),
        retry=Retry(retries) if isinstance(retries, int) else retries or ONCE,
        keep=to_seconds(keep, "keep"),
        limit=limit,
        max_queued=max_queued,
        priority=priority,
        max_crashes=max_crashes,
        max_tasks_per_process=max_tasks_per_process,
        errors=errors if isinstance(errors, Errors) else Errors(errors or {}),
        cooperative=signature.progress is not None,
        max_upload=to_bytes(max_upload, "max_upload"),
    )


def _check_counts(name: str, **counts: int | None) -> None:
    for what, number in counts.items():
        if number is not None and number < 1:
            raise ValueError(f"{what} of job {name!r} is 1 or more, not {number}.")


def _name_of(fn: Callable[..., Any]) -> str:
    name = getattr(fn, "__qualname__", None)
    if name is None:
        raise TypeError(f"{fn!r} has no name that its jobs could be stored under: give one, @jobs.job(name=...).")
    return cast("str", name)


def _check_executor(fn: Callable[..., Any], name: str, executor: str, signature: Signature) -> None:
    if executor not in CAPABILITIES:
        known = ", ".join(CAPABILITIES)
        raise ValueError(f"Job {name!r} has executor={executor!r}; there are {known}.")
    if signature.is_async != (executor == "async"):
        kind = "an async def, which runs" if signature.is_async else "a plain function, which does not run"
        raise ValueError(f'Job {name!r} is {kind} on the event loop: use executor="{_fitting(signature)}".')
    if executor == "process" and (problem := _why_not_importable(fn)):
        raise ValueError(
            f'Job {name!r} cannot run in a process: {problem}. Move it to module level, or use executor="thread".'
        )


def _fitting(signature: Signature) -> str:
    return "async" if signature.is_async else "process"


def _why_not_importable(fn: Callable[..., Any]) -> str:
    if not inspect.isfunction(fn) and not inspect.isbuiltin(fn):
        return f"it is a {type(fn).__name__}, and processes find functions by their names"
    if "<locals>" in fn.__qualname__ or "<lambda>" in fn.__qualname__:
        return "it is defined inside another function, where other processes cannot find it"
    main = sys.modules.get("__main__")
    if fn.__module__ == "__main__" and not getattr(main, "__file__", None):
        return "it is defined in an interactive session, which other processes cannot import"
    return ""
