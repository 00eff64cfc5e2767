"""A synchronous generator as an asynchronous iterator: live, bounded, and closed where it ran.

The generator runs on a worker, in one Context, and puts its items in a buffer. When the buffer is full it gives the
worker back and goes on when the consumer has caught up. It is not run ahead before the *second* item is asked for, so
a generator that is a FastAPI dependency (`yield session`) stays where it is until the request ends.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import anyio
from anyio.lowlevel import checkpoint

from fastapi_convert.errors import OffloadTimeout

from ._call import Call, name_of, named
from ._holds import Hold

if TYPE_CHECKING:
    from ._crew import Lane
    from ._waiting import Options
    from .pools import BasePool

#: How far a generator runs ahead of its consumer: so many items, or so many bytes of `bytes` and `str` items.
AHEAD_ITEMS = 256
AHEAD_BYTES = 1 << 20

_SAME = object()


class Stream:
    """One run of a generator function. `more()` and `take()` on the loop, `_pump()` on a worker."""

    def __init__(
        self, pool: BasePool, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Options
    ) -> None:
        self.buffer: deque[Any] = deque()
        self.take = self.buffer.popleft
        self._pool, self._fn, self._args, self._kwargs, self._options = pool, fn, args, kwargs, options
        self._context = copy_context()
        self._generator: Generator[Any, Any, Any] | None = None
        self._may_run_ahead = False
        self._pump_call: _PumpCall | None = None
        self._lane: Lane | None = None
        self._news = anyio.Event()
        self._consumer_waits = False
        self._ended = False
        self._closing = False
        self._overdue = False
        self._abandoned = False
        self._error: BaseException | None = None
        self._hold: Hold | None = None

    # On the worker

    def _pump(self) -> None:
        """Run the generator until it ends, is to be closed, or is far enough ahead."""
        buffer, size, ahead = self.buffer, 0, self._may_run_ahead
        try:
            generator = self._begin()
            while not self._closing:
                item = next(generator)
                buffer.append(item)
                if self._consumer_waits:
                    self._announce()
                if type(item) is bytes or type(item) is str:
                    size += len(item)
                # Not by the length of the buffer alone: the consumer may have emptied it in this very moment.
                if not ahead or len(buffer) >= AHEAD_ITEMS or size >= AHEAD_BYTES:
                    return
            generator.close()
        except StopIteration:
            self._ended = True
        except BaseException:
            self._ended = True
            raise
        else:
            self._ended = True

    def _begin(self) -> Generator[Any, Any, Any]:
        generator = self._generator
        if generator is None:
            generator = self._generator = self._fn(*self._args, **self._kwargs)
            self._args, self._kwargs = (), {}
        return generator

    def _announce(self) -> None:
        self._consumer_waits = False
        call = self._pump_call
        assert call is not None
        call.box.post(self)

    # On the loop

    def deliver(self) -> None:
        self._news.set()

    async def more(self) -> bool:
        """Wait until there are items to take; `False` at the end. Raises what the generator raised."""
        if self.buffer:
            # Neither awaits nor ends would let a fast generator keep the loop to itself.
            await checkpoint()
            return True
        started = time.monotonic()
        while not self.buffer:
            if self._pump_call is None:
                if self._ended:
                    self._raise_error()
                    return False
                self._start_pump()
            await self._wait(started)
        if self._hold is None:
            self._hold = Hold(self._pool)
        return True

    def _start_pump(self) -> None:
        began = self._may_run_ahead = self._generator is not None
        call = self._pump_call = _PumpCall(named(self._pump, self._fn), (), {}, self._context)
        call.waiter = self
        try:
            self._lane = self._pool.start(call, begun=began)
        except BaseException:
            self._pump_call, self._ended = None, True
            raise

    async def _wait(self, started: float) -> None:
        self._news = anyio.Event()
        self._consumer_waits = True
        # Only after the flag is up: what was put in before it announces nothing.
        if self.buffer or self._pump_call is None:
            self._consumer_waits = False
            return
        timeout = self._options.timeout
        with anyio.move_on_after(None if timeout is None else started + timeout - time.monotonic()) as scope:
            await self._news.wait()
        if scope.cancelled_caught and not self.buffer:
            self._overdue = True
            self._pool.count_timeout()
            raise OffloadTimeout(
                f"{name_of(self._fn)}() gave no item for {timeout} s. Raise the timeout, or look why it is stuck."
            )

    def pump_ended(self, error: BaseException | None) -> None:
        """The generator has given its worker back."""
        self._pump_call = None
        self._error = error
        self._news.set()
        if self._abandoned and not self._ended:  # it paused before it could see that it was to close
            self._start_pump()

    def _raise_error(self) -> None:
        error, self._error = self._error, None
        if error is not None:
            try:
                raise error
            finally:
                del error  # this frame is in the traceback: no cycle

    async def throw(self, exc: BaseException) -> None:
        """Raise `exc` in the generator where it stands; returns if it is swallowed there. Waiting items are lost."""
        with anyio.CancelScope(shield=True):
            await self._pause()
        self.buffer.clear()
        if self._ended or self._generator is None:
            raise exc
        generator = self._generator
        item = await self._pool.call_exit(named(lambda: self._throw_on_worker(generator, exc), self._fn), self._context)
        if item is _SAME:
            raise exc
        if not self._ended:
            self.buffer.append(item)

    def _throw_on_worker(self, generator: Generator[Any, Any, Any], exc: BaseException) -> Any:
        try:
            return generator.throw(exc)
        except StopIteration:
            self._ended = True
        except BaseException as raised:
            self._ended = True
            if raised is not exc:
                raise
            return _SAME  # not raised through the worker: it may be a cancellation, which is the caller's own
        return None

    async def aclose(self) -> None:
        """Close the generator, on a worker and in its Context, exactly once; wait for it as `on_cancel` says."""
        self._closing = True
        self.buffer.clear()
        if self._hold is not None:
            self._hold.let_go()
        if self._ended:
            return
        if self._overdue or self._options.on_cancel == "abandon":
            self._abandon()
            return
        with anyio.CancelScope(shield=True):
            await self._pause()
            self._raise_error()
            if self._generator is not None and not self._ended:
                self._ended = True
                await self._pool.call_exit(named(self._generator.close, self._fn), self._context)

    async def _pause(self) -> None:
        """Wait until no worker is in the generator."""
        if self._pump_call is not None and self._lane is not None and self._lane.withdraw(self._pump_call):
            self._pump_call = None
        while self._pump_call is not None:
            self._news = anyio.Event()
            await self._news.wait()

    def _abandon(self) -> None:
        """Leave without waiting: a pump under way closes the generator itself; else a last one is started to do it."""
        self._abandoned = True
        if self._pump_call is not None:
            self._pump_call.left = True
        elif self._generator is not None:
            self._start_pump()


class _PumpCall(Call):
    """A stretch of a generator's run."""

    def resolve(self, error: BaseException | None) -> None:
        self.waiter.pump_ended(error)
