"""A call that is started now and awaited later, without a task: what `Pool.map` keeps several of ahead."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import copy_context
from typing import TYPE_CHECKING, Any

import anyio

from ._call import Call
from ._hop import start_anywhere
from ._waiting import expire

if TYPE_CHECKING:
    from ._crew import Crew
    from ._waiting import Options


class Flight(Call):
    """One call under way. A task group would not do: `map` yields while calls run, and a scope may not span a yield."""

    def __init__(self, crew: Crew, fn: Callable[..., Any], item: Any, options: Options) -> None:
        super().__init__(fn, (item,), {}, copy_context())
        self._ended = anyio.Event()
        self._failure: BaseException | None = None
        self._options = options
        self._owner = crew
        if options.timeout is not None:
            self.deadline = time.monotonic() + options.timeout
        self._lane = start_anywhere(crew, self)

    def resolve(self, error: BaseException | None) -> None:
        self._failure = error
        self._ended.set()

    async def land(self) -> Any:
        """Wait for the result, and return or raise it; cancelled, take the call back or see it through."""
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        try:
            with anyio.move_on_after(left):
                await self._ended.wait()
        except BaseException:
            self.recall()
            await self.leave()
            raise
        if not self.finished:
            raise expire(self._owner, self, self._options, ran=not self.recall())
        return self._outcome()

    def _outcome(self) -> Any:
        failure, self._failure = self._failure, None
        if failure is None:
            return self.value
        self._owner.timed_out += self.timed_out
        try:
            raise failure
        finally:
            del failure, self  # this frame is in the traceback: no cycle

    def recall(self) -> bool:
        """Take the call back if it has not begun."""
        if not self._lane.withdraw(self):
            return False
        self.finished = True
        return True

    async def leave(self) -> None:
        """Wait, whatever happens, until the body has ended or its timeout has; its outcome is lost."""
        self.left = True
        left = math.inf if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        with anyio.CancelScope(shield=True, deadline=anyio.current_time() + left):
            while not self.finished:
                await self._ended.wait()
        if not self.finished:
            self._owner.abandoned += 1
