"""Run the function of an order: decode its payload, call it, encode what it returns. Whatever happens is an outcome."""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from fastapi_convert.jobs.payloads import Signature, UnfitPayload
from fastapi_convert.jobs.progress import Progress

from ._failures import raised
from ._result_files import take
from .seats import Order, Outcome, Raised, Returned, Stopped, Unfit

_UNASKED = " though nobody had asked it to stop"


def run_body(order: Order, progress: Progress, temporary: Path | None = None) -> Outcome:
    """Run the order's function in this thread and return what it came to.

    `temporary` is a folder for temporary files that belongs to this run alone, beside the one of the order.

    Nothing passes but what comes of bugs of ours: a function that calls `sys.exit()`, or is interrupted, has raised.
    """
    call = _prepare(order, progress)
    if not isinstance(call, functools.partial):
        return call
    if told_to_stop(progress):
        return Stopped()
    me = os.getpid()
    try:
        value = call()
    except BaseException as error:
        _end_a_fork_of(me)
        return _failed(order, progress, error)
    _end_a_fork_of(me)
    return _finish(order, value, temporary)


async def run_async_body(order: Order, progress: Progress) -> Outcome:
    """Run the order's coroutine function on this event loop and return what it came to.

    What is not the function itself runs on a thread: big payloads and results, and files, would hold the loop up.

    Raises:
        BaseException: The loop's cancellation, when it comes from around this call and `progress` knows no reason.
    """
    call = await _on_a_thread(_prepare, order, progress)
    if not isinstance(call, functools.partial):
        return call  # type: ignore[no-any-return]  # an outcome
    if told_to_stop(progress):
        return Stopped()
    try:
        value = await call()
    except BaseException as error:
        if not told_to_stop(progress) and _comes_from_around(error):
            raise
        return _failed(order, progress, error)
    return await _on_a_thread(_finish, order, value)  # type: ignore[no-any-return]  # an outcome


def told_to_stop(progress: Progress) -> bool:
    """Whether the run should end."""
    try:
        progress.check()
    except asyncio.CancelledError:
        return True
    return False


def _prepare(order: Order, progress: Progress) -> functools.partial[Any] | Unfit | Raised:
    try:
        signature = Signature.of(order.fn)
        args, kwargs = signature.decode(order.payload)
        if signature.progress is not None:
            kwargs = {**kwargs, signature.progress: progress}
        return functools.partial(order.fn, *args, **kwargs)
    except UnfitPayload as error:
        return Unfit(str(error))
    except BaseException as error:  # a validator of the user's
        return raised(order.fn, error)


def _finish(order: Order, value: Any, temporary: Path | None = None) -> Returned | Raised:
    try:
        signature = Signature.of(order.fn)
        if signature.returns_path and isinstance(value, os.PathLike):
            value = take(Path(value), order, temporary)
        return Returned(signature.encode_result(value))
    except BaseException as error:  # a serialiser of the user's
        return raised(order.fn, error)


def _failed(order: Order, progress: Progress, error: BaseException) -> Outcome:
    if not _is_cancellation(error, asyncio.CancelledError, *_loops_own()):
        return raised(order.fn, error)
    return Stopped() if told_to_stop(progress) else raised(order.fn, error, remark=_UNASKED)


def _is_cancellation(error: BaseException, *kinds: type[BaseException]) -> bool:
    if isinstance(error, BaseExceptionGroup):  # as task groups raise it
        return error.split(kinds)[1] is None
    return isinstance(error, kinds)


def _loops_own() -> tuple[type[BaseException], ...]:
    try:
        return (anyio.get_cancelled_exc_class(),)
    except anyio.NoEventLoopError:
        return ()


def _comes_from_around(error: BaseException) -> bool:
    """Whether the loop cancels this task. A function may also raise a cancellation, or await what was cancelled."""
    kinds = _loops_own()
    if isinstance(error, GeneratorExit) and not kinds:  # the loop is gone, and this coroutine is being thrown away
        return True
    if not any(_holds(error, kind) for kind in kinds):
        return False
    task = asyncio.current_task() if asyncio.CancelledError in kinds else None
    return anyio.current_effective_deadline() == float("-inf") or (task is not None and task.cancelling() > 0)


def _holds(error: BaseException, kind: type[BaseException]) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return error.subgroup(kind) is not None
    return isinstance(error, kind)


async def _on_a_thread(step: Callable[..., Any], *args: Any) -> Any:
    """Shielded, and on a thread that nobody else can have taken: what the function returned is not lost any more."""
    with anyio.CancelScope(shield=True):
        return await anyio.to_thread.run_sync(step, *args, limiter=anyio.CapacityLimiter(1))


def _end_a_fork_of(pid: int) -> None:
    if os.getpid() != pid:  # the function forked and its child came back: only one of the two may go on from here
        os._exit(0)
