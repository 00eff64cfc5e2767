"""One run in the place of who asks for it, for `jobs.testing`: no worker and no seat, but the same body."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, ContextVar
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import anyio
import anyio.to_thread
from anyio.lowlevel import RunVar

from ._loops import poster
from .execution._body import run_async_body, run_body
from .execution._memory import MemorySink
from .execution.seats import Order, Outcome, Stopped, TimedOut
from .model import Claim
from .progress import Progress
from .work._endings import Asked

if TYPE_CHECKING:
    from ._files import Folders
    from ._terms import Terms

P = ParamSpec("P")
R = TypeVar("R")

#: Jobs that submit jobs: so deep, and no deeper. Each level takes some twenty frames of the stack, or a thread.
MOST_DEEP = 20
#: As many reports of one run as the ledger keeps.
MOST_TOLD = 50
#: Jobs that run at once on the threads of one loop. What a job on a thread submits runs on that very thread.
_THREADS = 32

_depth: ContextVar[int] = ContextVar("fastapi_convert_inline_depth", default=0)
_limiter: RunVar[anyio.CapacityLimiter] = RunVar("fastapi_convert_inline_limiter")


class Sink(MemorySink):
    """Keeps each report: what production would leave out between two writes is what a test wants to see."""

    def __init__(self, timeout: float | None) -> None:
        super().__init__(timeout)
        self.all: deque[tuple[float | None, str]] = deque(maxlen=MOST_TOLD)

    def put(self, fraction: float | None, message: str) -> None:
        """Add to what was told before."""
        super().put(fraction, message)
        self.all.append((fraction, message))


class Here:
    """One run, here. A process job runs on a thread too: it cannot be killed, and ends when it asks its progress.

    It sees no context variables of who submits it, since it would see none where it really runs.
    """

    def __init__(self, claim: Claim, terms: Terms, folders: Folders) -> None:
        self.claim = claim
        self.terms = terms
        self.sink = Sink(terms.timeout)
        self.asked: Asked = ""
        self._depth = _depth.get() + 1
        self.order = Order(
            fn=terms.fn,
            payload=claim.payload,
            job_id=claim.id,
            attempt=claim.attempt,
            folder=folders.root / "runs" / f"{claim.id}-{claim.attempt}",
            results=folders.files / claim.id / "result",
            presence=folders.workers,  # for processes only
        )
        self._cut: Callable[[], object] = lambda: None

    def stop(self) -> None:
        """Somebody has cancelled the job. From any thread."""
        self.asked = "cancel"
        self.sink.reason = "The job was cancelled."
        self._cut()

    def run(self) -> Outcome:
        """Run the function on this thread; a coroutine function on a loop of its own, on a thread of its own."""
        if self.terms.executor != "async":
            return Context().run(self._run)
        with ThreadPoolExecutor(1, "jobs-inline") as thread:
            return thread.submit(lambda: anyio.run(self.run_async)).result()

    def _run(self) -> Outcome:
        _depth.set(self._depth)
        outcome = run_body(self.order, self._progress())
        return self._late() if isinstance(outcome, Stopped) else outcome

    async def run_async(self) -> Outcome:
        """Run the coroutine function on this loop, in a task and a context of its own."""
        outcomes: list[Outcome] = []
        async with anyio.create_task_group() as tasks:
            _ = Context().run(lambda: tasks.start_soon(self._run_async, outcomes, name=f"job {self.claim.name}"))
        return outcomes[0]

    async def _run_async(self, outcomes: list[Outcome]) -> None:
        _depth.set(self._depth)
        post = poster()
        with anyio.CancelScope() as scope, anyio.move_on_after(self.terms.timeout):
            self._cut = lambda: post(scope.cancel)
            outcome = await run_async_body(self.order, self._progress())
            outcomes.append(self._late() if isinstance(outcome, Stopped) else outcome)
            return
        outcomes.append(self._late())

    def _progress(self) -> Progress:
        order = self.order
        return Progress(self.sink, job_id=order.job_id, attempt=order.attempt, folder=order.folder)

    def _late(self) -> Outcome:
        return Stopped() if self.sink.reason else TimedOut()


def check_depth() -> None:
    """Refuse jobs that submit each other for ever."""
    if _depth.get() >= MOST_DEEP:
        raise RuntimeError(
            f'Jobs have submitted jobs {MOST_DEEP} deep, each inside the one before: use jobs.testing(mode="captured").'
        )


async def on_a_thread(fn: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run what blocks. Whoever is cancelled leaves when it has ended."""
    try:
        limiter = _limiter.get()
    except LookupError:
        _limiter.set(limiter := anyio.CapacityLimiter(_THREADS))
    return await anyio.to_thread.run_sync(partial(fn, *args, **kwargs), limiter=limiter)
