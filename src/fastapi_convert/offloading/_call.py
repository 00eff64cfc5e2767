"""One offloaded call: what runs on the worker, what comes of it, and what its body may ask about itself."""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from fastapi_convert.errors import CallableExited, OffloadTimeout

if TYPE_CHECKING:
    import threading

logger = logging.getLogger("fastapi_convert.offloading")

#: The call that the current code runs in. A ContextVar, not a thread-local, so that code which a body sends back to
#: the loop (`anyio.from_thread.run`) still knows which worker is waiting for it.
current_call: ContextVar[Call | None] = ContextVar("fastapi_convert_current_call", default=None)

# What ends or confuses an event loop when it is set on a future or raised in a task.
_LOOP_BREAKERS = (
    StopIteration,
    StopAsyncIteration,
    GeneratorExit,
    KeyboardInterrupt,
    SystemExit,
    asyncio.CancelledError,
)


class Deliverable(Protocol):
    """Something a worker has finished with and the event loop has to hear of."""

    def deliver(self) -> None: ...


class Box(Protocol):
    """The way from a worker thread back to one event loop."""

    def post(self, item: Deliverable) -> None: ...

    def claim_thread(self) -> None: ...


class Call:
    """A function with its arguments, and later its outcome. Belongs to one event loop and runs at most once."""

    # Defaults of the class, not slots that each call would have to fill: calls are made by the hundred thousand.
    #: Set before the call is handed over.
    box: Box
    deadline: float | None = None
    value: Any = None
    error: BaseException | None = None
    waiter: Any = None
    #: Whose slot the body holds, while it runs; and the thread that this slot is lent to meanwhile.
    crew: object = None
    loan: threading.Thread | None = None
    #: The outcome has reached the loop.
    finished = False
    #: Nobody will take the outcome any more: the caller was cancelled or has had its `OffloadTimeout`.
    left = False
    timed_out = False

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], context: Context) -> None:
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        self.context = context
        self.parent = current_call.get()

    def execute(self) -> None:
        """Run the body on the current thread and keep what comes of it; raises nothing."""
        if self._is_late():
            self.timed_out = True
            self.error = OffloadTimeout(f"{name_of(self.fn)}() was still waiting for a worker when its timeout ended.")
            return
        try:
            self.value = self.context.run(self._body)
        except _LOOP_BREAKERS as exc:
            self.error = exc if self.left else self._defused(exc)
        except BaseException as exc:
            self.error = exc

    def _is_late(self) -> bool:
        return self.deadline is not None and time.monotonic() >= self.deadline

    def _defused(self, cause: BaseException) -> CallableExited | OffloadTimeout:
        error: CallableExited | OffloadTimeout
        if isinstance(cause, asyncio.CancelledError) and self._is_late():  # check_cancelled() was before the timer
            self.timed_out = True
            error = OffloadTimeout(f"{name_of(self.fn)}() stopped because its timeout had ended.")
        else:
            error = CallableExited(
                f"{name_of(self.fn)}() raised {cause!r}, which would have stopped the event loop. "
                "Raise an ordinary exception in the function instead."
            )
        error.__cause__ = cause
        return error

    def _body(self) -> Any:
        current_call.set(self)
        try:
            return self.fn(*self.args, **self.kwargs)
        finally:
            # The context may live on (in a task that the body has started): it must not keep the arguments alive, and
            # this frame stands in the traceback of a failure, so it must not keep the call, which keeps the failure.
            self.args, self.kwargs = (), {}
            current_call.set(self.parent)
            del self

    def deliver(self) -> None:
        """Hand the outcome to the caller, on the loop; the caller may have left."""
        self.finished = True
        error, self.error = self.error, None
        if error is not None and self.left:
            tell_lost(self.fn, error)
        self.resolve(error)

    def resolve(self, error: BaseException | None) -> None:
        """Wake whoever waits for this call. `error` is passed on rather than kept: a kept one would be a cycle."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"<Call {name_of(self.fn)}>"


def tell_lost(fn: Callable[..., Any], error: BaseException) -> None:
    """Log an error that has no caller left to be raised in; a cancellation that the body noticed is no error."""
    if not isinstance(error, (asyncio.CancelledError, OffloadTimeout)):
        logger.warning("%s() failed after its caller had left", name_of(fn), exc_info=error)


def name_of(fn: Any) -> str:
    """A callable's name for people, as its author wrote it."""
    while not hasattr(fn, "__qualname__") and hasattr(fn, "func"):  # partials, also nested
        fn = fn.func
    return getattr(fn, "__qualname__", None) or type(fn).__qualname__


def named(fn: Callable[..., Any], after: Callable[..., Any]) -> Callable[..., Any]:
    """`fn` under the name of the function it stands for, so that logs and errors speak of the user's code."""
    standing_in = functools.partial(fn)
    standing_in.__qualname__ = name_of(after)  # type: ignore[attr-defined]  # partials take attributes
    return standing_in


def time_left() -> float | None:
    """How many seconds the offloaded function that calls this may still take; `None` where there is no timeout.

    Outside an offloaded call, and in a worker process, it is `None` too, so that the function still runs when it is
    called directly. Never below zero: at 0.0 the caller has its `OffloadTimeout`.

    Examples:
        >>> from fastapi_convert.offloading import time_left
        >>> time_left() is None
        True
    """
    call = current_call.get()
    if call is None or call.deadline is None:
        return None
    return max(0.0, call.deadline - time.monotonic())


def check_cancelled() -> None:
    """Stop here if nobody waits for the offloaded function any more; does nothing outside an offloaded call.

    Call it between steps of long work, where stopping leaves things whole. It is what makes a thread, which cannot
    be killed, end early and give its slot back. In a worker process it does nothing: that is killed at its timeout.

    Raises:
        asyncio.CancelledError: The caller was cancelled (a stream's client gone, a task group failing), or the timeout
            has ended. It is no `Exception`, so a legacy `except Exception` does not swallow it.

    Examples:
        >>> from fastapi_convert.offloading import check_cancelled
        >>> check_cancelled()
    """
    call = current_call.get()
    if call is not None and (call.left or time_left() == 0.0):
        raise asyncio.CancelledError(f"The caller of {name_of(call.fn)}() no longer waits for it.")
