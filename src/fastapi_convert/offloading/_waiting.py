"""What waiting for a call is on every event loop: its options, how it expires, what is brought back from it."""

from __future__ import annotations

import sys
import traceback
from contextvars import Context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastapi_convert.errors import OffloadTimeout

from ._call import Call, current_call, logger, name_of
from ._holds import open_holds

if TYPE_CHECKING:
    from ._crew import Crew

OnCancel = Literal["wait", "abandon"]
ContextMode = Literal["in", "inout"]


@dataclass(frozen=True, slots=True)
class Options:
    """How a caller waits. `timeout` in seconds covers waiting for a worker and running."""

    timeout: float | None = None
    on_cancel: OnCancel = "wait"
    context: ContextMode = "in"
    #: Never taken back: the end of something that has begun.
    must_run: bool = False


DEFAULTS = Options()

# Ours, and different in the body and in its caller on purpose.
_OWN = {current_call, open_holds}


def expire(crew: Crew, call: Call, options: Options, *, ran: bool) -> OffloadTimeout:
    """Count a timeout, and word it."""
    call.left = True
    crew.timed_out += 1
    if not ran:
        return OffloadTimeout(
            f"{name_of(call.fn)}() waited {options.timeout} s for a worker of pool {crew.name!r} and was not started. "
            "Add workers to the pool, lower max_waiting, or raise the timeout."
        )
    if crew.can_kill:
        return OffloadTimeout(
            f"{name_of(call.fn)}() did not end within {options.timeout} s: its process of pool {crew.name!r} was "
            "killed. Raise the timeout, or serve the function as a job."
        )
    crew.abandoned += 1
    return OffloadTimeout(
        f"{name_of(call.fn)}() did not end within {options.timeout} s. It still runs and keeps its worker of pool "
        f"{crew.name!r} until it ends: call check_cancelled() in it, give it a timeout of its own, or raise this one."
    )


def carry_back(context: Context) -> None:
    """Set in the caller's context what the body has set in its copy."""
    missing = object()
    for variable, value in context.items():
        if variable not in _OWN and variable.get(missing) is not value:
            variable.set(value)


def tell_stuck(crew: Crew, call: Call | None = None) -> None:
    """Log which bodies did not end in time, and where each of them is."""
    frames = sys._current_frames()  # noqa: SLF001 - the documented way to see where another thread is
    for worker in tuple(crew.workers):
        if worker.call is None or call not in (None, worker.call) or worker.thread is None:
            continue
        if worker.told_call is worker.call:  # once for each stuck body: a pool and its loop may both end
            continue
        worker.told_call = worker.call
        frame = frames.get(worker.thread.ident or 0)
        where = "".join(traceback.format_stack(frame, limit=8)) if frame else "  (unknown)\n"
        logger.warning("%s() of pool %r did not end in time:\n%s", name_of(worker.call.fn), crew.name, where)
