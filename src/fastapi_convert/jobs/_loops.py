"""The way back to an event loop from any thread: one wake-up for all that comes together."""

from __future__ import annotations

import logging
import weakref
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from contextvars import Context
from typing import Any

from anyio.lowlevel import RunVar, current_token

logger = logging.getLogger("fastapi_convert.jobs")

Callback = Callable[[], object]

_line: RunVar[_Line] = RunVar("fastapi_convert_jobs_line")


def poster() -> Callable[[Callback], None]:
    """What any thread, or a signal handler, uses to have something called on the loop that runs now.

    Calls are made in their order, soon, in an empty context; what one raises is logged. Once the loop is gone they are
    dropped in silence: nobody is left to hear of it.
    """
    try:
        return _line.get().post
    except LookupError:
        line = _Line()
        _line.set(line)
        return line.post


class _Line:
    """What waits to be called on one loop, which it does not keep alive."""

    def __init__(self) -> None:
        self._loop = weakref.ref(current_token().native_token)
        self._due: deque[Callback] = deque()
        self._announced = False

    def post(self, callback: Callback) -> None:
        self._due.append(callback)
        if not self._announced:
            self._announced = True
            self._wake()

    def _wake(self) -> None:
        loop: Any = self._loop()
        try:
            if hasattr(loop, "call_soon_threadsafe"):
                loop.call_soon_threadsafe(self._call_all, context=Context())
            elif loop is not None:  # trio's
                loop.run_sync_soon(self._call_all)
            else:
                self._forget()
        except RuntimeError:  # closed, or the run is over
            self._forget()

    def _forget(self) -> None:
        self._due.clear()
        self._announced = False

    def _call_all(self) -> None:
        # First lower the flag, then look: what is posted from here on announces itself.
        self._announced = False
        for _ in range(len(self._due)):
            with suppress(IndexError):  # somebody has found the loop closing, and cleared it
                self._call(self._due.popleft())

    def _call(self, callback: Callback) -> None:
        try:
            callback()
        except Exception:
            logger.exception("What a thread has posted to the event loop has failed")  # and the others are called
