"""`stop_signals`: hear of SIGTERM and SIGINT before the server does.

A server waits for open responses before it runs the end of the lifespan. A stream of events never ends by itself, so
it has to hear of the signal.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

logger = logging.getLogger("fastapi_convert.jobs")


@contextmanager
def stop_signals(callback: Callable[[], object]) -> Iterator[None]:
    """Have `callback()` called at each SIGTERM and SIGINT during the block, before what handled them until now.

    What handled them still does: a server's function, an event loop's `add_signal_handler`, or the end of the process.
    Handlers that are set during the block take the place of this one. Several blocks may end in any order. Outside the
    main thread, where Python lets nobody handle signals, it does nothing.

    Args:
        callback: Called between two steps of the main thread, wherever that is, so it may wait for no lock and raise
            nothing: set a flag, post to an event loop. What it raises all the same is logged.
    """
    handlers = [_Handler(number, callback) for number in (signal.SIGTERM, signal.SIGINT)]
    for handler in handlers:
        handler.install()
    try:
        yield
    finally:
        for handler in handlers:
            handler.remove()


class _Handler:
    """One signal's new handler, which passes on to the old one."""

    def __init__(self, number: signal.Signals, callback: Callable[[], object]) -> None:
        self._number = number
        self._callback: Callable[[], object] | None = callback
        self._before: Any = None

    def install(self) -> None:
        self._before = signal.getsignal(self._number)
        # None: whoever embeds Python handles it in C, and nothing could be passed on to that.
        if self._before is not None and threading.current_thread() is threading.main_thread():
            _set(self._number, self)

    def remove(self) -> None:
        # Another one may have kept this one as the handler before it: it stays there, and only passes on.
        self._callback = None
        if _is_set(self._number, self) and threading.current_thread() is threading.main_thread():
            _set(self._number, self._last_in_use())

    def _last_in_use(self) -> Any:
        before = self._before
        while isinstance(before, _Handler) and before._callback is None:  # noqa: SLF001 -- one of its own kind
            before = before._before  # noqa: SLF001
        return before

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self._callback is not None:
            try:
                self._callback()
            except Exception:
                logger.exception("What was to be told of %s has failed", self._number.name)
        self._pass_on(number, frame)

    def _pass_on(self, number: int, frame: FrameType | None) -> None:
        if callable(self._before):
            self._before(number, frame)
        elif self._before == signal.SIG_DFL:
            _set(self._number, signal.SIG_DFL)
            signal.raise_signal(self._number)


def _set(number: signal.Signals, handler: Any) -> None:
    with suppress(ValueError):  # the main thread of a subinterpreter
        signal.signal(number, handler)


def _is_set(number: signal.Signals, handler: object) -> bool:
    return signal.getsignal(number) is handler
