"""Notice a function that computes on a thread, where it starves the event loop, and say so."""

from __future__ import annotations

import inspect
import time
import warnings
from collections.abc import Callable
from typing import Any, Final

from fastapi_convert.errors import CpuBoundWarning

from ._call import logger, name_of


class CpuGauge:
    """How much CPU time one worker thread has used, read rarely: the clock of a thread is a system call.

    It is read when the worker wakes and after a call of at least `MIN_SECONDS`, never for the short ones.
    """

    __slots__ = ("cpu", "wall")

    #: Shorter calls are not looked at.
    MIN_SECONDS: Final = 0.1
    #: The part of its time that a call must spend on the CPU to be told of. Calls that compete share one lock (the
    #: GIL), so with n of them running each is expected to get an n-th.
    SHARE: Final = 0.7

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.cpu = time.thread_time()
        self.wall = time.monotonic()

    def shows_hog(self, seconds: float, running: int) -> bool:
        """Whether this thread's last call, of that many `seconds`, was spent computing while `running` calls ran."""
        cpu, wall = time.thread_time() - self.cpu, time.monotonic() - self.wall
        self.restart()
        if wall > 1.2 * seconds:  # calls before this one are in the sum: the next long one will show
            return False
        return cpu >= self.MIN_SECONDS and cpu >= self.SHARE * wall / max(1, running)


def tell_hog(fn: Callable[..., Any], seconds: float, pool: str) -> None:
    """Log for those who operate the service, and warn, where the function stands, for those who develop it."""
    cure = getattr(fn, "cpu_cure", "give it a ProcessPool")
    message = (
        f"{name_of(fn)}() computed for {seconds:.2f} s on a thread of pool {pool!r}. Unless that is C code which "
        f"releases the GIL, it slows down every request of this process: {cure}."
    )
    logger.warning(message)
    code = getattr(inspect.unwrap(fn), "__code__", None)
    place = (code.co_filename, code.co_firstlineno) if code else ("fastapi_convert", 1)
    try:
        warnings.warn_explicit(message, CpuBoundWarning, *place)
    except CpuBoundWarning:  # warnings are errors in this process, but not of the call that has just succeeded
        logger.debug("CpuBoundWarning is set to raise; it was logged instead")
