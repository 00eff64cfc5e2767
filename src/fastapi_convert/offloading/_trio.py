"""The same promises on trio: our own accounting of slots, anyio's threads.

trio is imported here and nowhere else, and only when a call comes from a trio run. Each call is carried by a system
task and run by `anyio.to_thread`, because its threads are the only ones in which `anyio.from_thread` works there.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

import anyio
import trio
from anyio import to_thread
from anyio.lowlevel import RunVar

from fastapi_convert.errors import PoolFull

from ._call import Call
from ._mailbox import at_loop_end
from ._waiting import Options, carry_back, expire

if TYPE_CHECKING:
    from ._call import Deliverable
    from ._crew import Crew

_lanes: RunVar[dict[Crew, TrioLane]] = RunVar("fastapi_convert_lanes")


def current_lane(crew: Crew) -> TrioLane:
    """The running trio run's share of `crew`: as many slots, counted apart. It goes with the run."""
    try:
        lanes = _lanes.get()
    except LookupError:
        lanes = {}
        _lanes.set(lanes)
    if crew not in lanes:
        lanes[crew] = TrioLane(crew)
    return lanes[crew]


class TrioCall(Call):
    """A call whose end sets an event."""

    failure: BaseException | None

    def resolve(self, error: BaseException | None) -> None:
        self.failure = error
        self.waiter.set()


class TrioLane:
    """The slots of one crew in one trio run. All but `post` happens in the run's own thread."""

    def __init__(self, crew: Crew) -> None:
        self.crew = crew
        self.running: set[Call] = set()
        self.queue: deque[Call] = deque()
        self._token = trio.lowlevel.current_trio_token()
        # The slots bound the threads; anyio's limiter would only count them a second time.
        self._limiter = anyio.CapacityLimiter(math.inf)
        crew.lanes.add(self)
        crew.acquire()
        self._hook = at_loop_end(crew.release)

    def submit(self, call: Call) -> None:
        call.box = self
        parent = call.parent
        while parent is not None and parent.crew is not self.crew:
            parent = parent.parent
        if parent is not None and len(self.running) >= self.crew.size:
            # The slot of a body that waits for this very call is idle: lent, as in Crew.
            trio.lowlevel.spawn_system_task(self._carry, call)
        elif len(self.running) < self.crew.size:
            self._start(call)
        elif len(self.queue) < self.crew.max_waiting:
            self.queue.append(call)
        else:
            self.crew.rejected += 1
            raise PoolFull(
                f"Pool {self.crew.name!r} is full: {len(self.running)} calls run and {len(self.queue)} wait. "
                "Let the client retry (Retry-After), add workers, or raise max_waiting."
            )

    def submit_first(self, call: Call) -> None:
        call.box = self
        if len(self.running) < self.crew.size:
            self._start(call)
        else:
            self.queue.appendleft(call)

    def withdraw(self, call: Call) -> bool:
        try:
            self.queue.remove(call)
        except ValueError:
            return False
        return True

    def post(self, item: Deliverable) -> None:
        """From a worker: have `item` delivered on the loop."""
        try:
            self._token.run_sync_soon(item.deliver)
        except trio.RunFinishedError:
            return

    def claim_thread(self) -> None:
        """Nothing to do: trio's threads know their run."""

    def _start(self, call: Call) -> None:
        self.running.add(call)
        trio.lowlevel.spawn_system_task(self._serve, call)

    async def _serve(self, call: Call) -> None:
        try:
            await self._carry(call)
        finally:
            self.running.discard(call)
            if self.queue and len(self.running) < self.crew.size:
                self._start(self.queue.popleft())

    async def _carry(self, call: Call) -> None:
        call.crew = self.crew
        # abandon_on_cancel: a system task is cancelled only when the whole run ends, and a stuck body must not hold
        # that up.
        await to_thread.run_sync(call.execute, limiter=self._limiter, abandon_on_cancel=True)
        call.crew = None
        self.crew.completed_elsewhere += 1
        call.deliver()


async def hop_on_trio(
    crew: Crew,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    context: Context,
    options: Options,
) -> Any:
    """What `_hop.hop` is on asyncio."""
    call = TrioCall(fn, args, kwargs, context)
    call.waiter = anyio.Event()
    if options.timeout is not None:
        call.deadline = time.monotonic() + options.timeout
    lane = current_lane(crew)
    lane.submit(call)
    await wait_on_trio(call, lane, options)
    if options.context == "inout":
        carry_back(call.context)
    failure, call.failure = call.failure, None
    if failure is not None:
        crew.timed_out += call.timed_out
        try:
            raise failure
        finally:
            del failure, call  # this frame is in the traceback: no cycle
    return call.value


async def wait_on_trio(call: TrioCall, lane: TrioLane, options: Options) -> None:
    """Wait until the call has ended; raises `OffloadTimeout` in time, and Cancelled as `on_cancel` says."""
    try:
        with anyio.move_on_after(options.timeout):
            await call.waiter.wait()
    except BaseException as exc:
        if options.must_run or not lane.withdraw(call):
            await _see_through(call, lane, options, exc)
        raise
    if not call.waiter.is_set():
        raise expire(lane.crew, call, options, ran=not lane.withdraw(call))


async def _see_through(call: TrioCall, lane: TrioLane, options: Options, reason: BaseException) -> None:
    call.left = True
    if options.on_cancel == "abandon" or isinstance(reason, GeneratorExit):
        lane.crew.abandoned += 1
        return
    with anyio.CancelScope(shield=True):
        await call.waiter.wait()
