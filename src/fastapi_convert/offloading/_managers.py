"""A synchronous context manager as an asynchronous one: entered and left on workers, in one Context."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from contextvars import copy_context
from types import TracebackType
from typing import TYPE_CHECKING, Any

import anyio

from ._call import named
from ._holds import Hold

if TYPE_CHECKING:
    from ._waiting import Options
    from .pools import BasePool


class OffloadedManager(AbstractAsyncContextManager[Any]):
    """What a `@contextmanager` function becomes. The exit is never refused, withdrawn or starved; no timeout ends it.

    A caller that is cancelled while the manager is entered leaves nothing open: whoever is last, the worker that
    enters or the caller that leaves, also exits.
    """

    def __init__(
        self, pool: BasePool, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], options: Options
    ) -> None:
        self._pool, self._fn, self._args, self._kwargs, self._options = pool, fn, args, kwargs, options
        self._context = copy_context()
        self._manager: AbstractContextManager[Any] | None = None
        self._entered = self._left = False
        # Popped by the one who exits after a cancelled entry: list.pop is atomic, so it is only one.
        self._ticket = [None]

    async def __aenter__(self) -> Any:
        try:
            value = await self._pool.call(named(self._enter, self._fn), (), {}, self._options, self._context)
        except BaseException:
            self._left = True
            if self._entered and self._draw():
                with anyio.CancelScope(shield=True):
                    await self._exit(None, None, None)
            raise
        self._hold = Hold(self._pool)
        return value

    def _enter(self) -> Any:
        manager = self._manager = self._fn(*self._args, **self._kwargs)
        value = manager.__enter__()
        self._entered = True
        if self._left and self._draw():
            manager.__exit__(None, None, None)
        return value

    def _draw(self) -> bool:
        try:
            self._ticket.pop()
        except IndexError:
            return False
        return True

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        suppress = False
        try:
            with anyio.CancelScope(shield=True):
                suppress = bool(await self._exit(exc_type, exc, traceback))
        finally:
            self._hold.let_go()
        return suppress

    async def _exit(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> Any:
        manager = self._manager
        assert manager is not None
        leave = named(lambda: manager.__exit__(exc_type, exc, traceback), self._fn)
        return await self._pool.call_exit(leave, self._context, self._options.context)
