"""Waiting for an offloaded call: the asyncio fast path, and what happens when its caller has to go.

The fast path is one future and no cancel scope: a scope is entered only after a CancelledError has arrived, because
only then is there something to shield from. On other event loops `_trio` keeps the same promises.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from anyio import CancelScope

from ._call import Call
from ._mailbox import Mailbox, current_mailbox
from ._waiting import DEFAULTS, Options, carry_back, expire, tell_stuck

if TYPE_CHECKING:
    from ._crew import Crew, Lane


class AsyncioCall(Call):
    """A call that an asyncio future stands for."""

    def deliver(self) -> None:
        future = self.waiter
        if self.error is None and not (self.left or future.done()):  # what nearly always happens
            self.finished = True
            self.waiter = None
            # Passed on, not kept: a task that the body has started may keep this call for long.
            value, self.value = self.value, None
            future.set_result(value)
        else:
            super().deliver()

    def resolve(self, error: BaseException | None) -> None:
        future: asyncio.Future[Any]
        # Let go of: it may hold a failure, whose traceback holds the frame that holds this call.
        future, self.waiter = self.waiter, None
        if future.done():
            return
        if self.left:  # in the shielded wait: the caller wants to know that it ended, not how
            future.set_result(None)
        elif error is None:
            future.set_result(self.value)
        else:
            future.set_exception(error)


def hop(
    crew: Crew,
    fn: Callable[..., Any],
    args: tuple[Any, ...] = (),
    kwargs: dict[str, Any] | None = None,
    options: Options = DEFAULTS,
    context: Context | None = None,
) -> Coroutine[Any, Any, Any]:
    """Run `fn(*args, **kwargs)` on a worker of `crew`, in `context` or a copy of the current one; await its result.

    Raises `PoolFull` at once when there is no room; awaited, what the function raises, or `OffloadTimeout` in time.
    Not a coroutine function itself: each one between a caller and its future costs as much as the rest of this.
    """
    context = context or copy_context()
    try:
        box = current_mailbox(crew)
    except RuntimeError:
        from ._trio import hop_on_trio  # noqa: PLC0415 - trio is not installed everywhere

        return hop_on_trio(crew, fn, args, kwargs or {}, context, options)
    call = AsyncioCall(fn, args, kwargs or {}, context)
    call.box = box
    call.waiter = box.loop.create_future()
    if options.timeout is not None:
        call.deadline = time.monotonic() + options.timeout
    crew.submit(call)
    return wait_for(call, crew, options)


def start_anywhere(crew: Crew, call: Call, *, first: bool = False) -> Lane:
    """Hand a call that needs no future to the crew, or to the running trio run's share of it; returns which."""
    try:
        call.box = current_mailbox(crew)
    except RuntimeError:
        from ._trio import current_lane  # noqa: PLC0415

        lane: Lane = current_lane(crew)
    else:
        lane = crew
    if first:
        lane.submit_first(call)
    else:
        lane.submit(call)
    return lane


async def wait_for(call: AsyncioCall, crew: Crew, options: Options) -> Any:
    """Wait for a submitted call as its options say."""
    timer = None
    if call.deadline is not None:
        seconds = call.deadline - time.monotonic()
        timer = _loop_of(call).call_later(seconds, _give_up, crew, call, options, context=Context())
    try:
        return await call.waiter
    except BaseException as exc:
        if not (call.finished or call.left):  # no outcome yet: the caller was cancelled, or its coroutine closed
            await leave(call, crew, options, exc)
        elif call.timed_out and not call.left:  # else the timer has counted it
            crew.timed_out += 1
        raise
    finally:
        if timer is not None:
            timer.cancel()
        if options.context == "inout":
            carry_back(call.context)


def _loop_of(call: AsyncioCall) -> asyncio.AbstractEventLoop:
    assert isinstance(call.box, Mailbox)
    return call.box.loop


def _give_up(crew: Crew, call: AsyncioCall, options: Options) -> None:
    """The timeout has ended: answer now. A body that runs keeps its worker until it ends."""
    if call.finished or call.left or call.waiter.done():
        return
    call.waiter.set_exception(expire(crew, call, options, ran=not crew.withdraw(call)))


async def leave(call: AsyncioCall, crew: Crew, options: Options, reason: BaseException | None = None) -> None:
    """The caller has to go: take the call back, or see it through, or let it go."""
    if not options.must_run and crew.withdraw(call):
        return
    call.left = True
    if options.on_cancel == "abandon" or isinstance(reason, GeneratorExit):  # a closed coroutine may not wait
        crew.abandoned += 1
        return
    # Shielded, because anyio delivers a cancellation anew at every turn of the loop until the task obeys.
    with CancelScope(shield=True):
        grace = _Grace(call, crew)
        while not (call.finished or grace.over):
            waiter = call.waiter = _loop_of(call).create_future()
            grace.watch(waiter)
            try:
                await waiter
            except asyncio.CancelledError:  # once more: it will be raised when the body has ended
                continue


class _Grace:
    """Ends a shielded wait when the loop itself is ending and the body does not.

    From the moment that `Mailbox.seconds_of_ending` tells, the body has `close_timeout` seconds; waiting longer would
    hold up the end of the process for ever.
    """

    def __init__(self, call: AsyncioCall, crew: Crew) -> None:
        self.over = False
        self._call, self._crew = call, crew
        self._interval = min(1.0, max(0.05, crew.close_timeout / 4))

    def watch(self, waiter: asyncio.Future[None]) -> None:
        waiter.get_loop().call_later(self._interval, self._look, waiter, context=Context())

    def _look(self, waiter: asyncio.Future[None]) -> None:
        if waiter.done():
            return
        assert isinstance(self._call.box, Mailbox)
        if self._call.box.seconds_of_ending() < self._crew.close_timeout:
            self.watch(waiter)
            return
        self.over = True
        self._crew.abandoned += 1
        tell_stuck(self._crew, self._call)
        waiter.set_result(None)
