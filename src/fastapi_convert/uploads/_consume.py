"""A synchronous function reads an upload on a worker while it arrives: what `Upload.run` does."""

from __future__ import annotations

import functools
import inspect
import zipfile
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import anyio

from fastapi_convert.errors import NotSeekable, UploadAborted

from ._reader import NO_SEEK, UploadReader
from ._window import Window

if TYPE_CHECKING:
    from fastapi_convert.offloading import BasePool


class Consumer:
    """One run of one function over one upload.

    The caller's task moves chunks from the client into the window, a second task waits for the worker. So whatever ends
    the first, a client that goes away or a cancellation, can tell the function, which then ends too.
    """

    def __init__(
        self, pull: Callable[[], Awaitable[bytes]], window: int, consumed: Callable[[memoryview], object] | None
    ) -> None:
        self._pull = pull
        self._window = Window(window)
        self._reader = UploadReader(self._window, consumed)
        self._pumping = anyio.CancelScope()
        self._ended = False
        self._failure: Exception | None = None
        self._value: Any = None
        self._error: Exception | None = None

    async def run(self, pool: BasePool, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call `fn(file, *args, **kwargs)` in `pool`; return what it returns, or raise what went wrong first."""
        await self._fill()
        if self._failure is not None:
            raise self._failure
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._work, pool, _reading(fn, self._reader), args, kwargs)
            try:
                await self._pump()
            except BaseException:
                self._window.fail(UploadAborted("The request was cancelled."))
                raise
        return self._result()

    def leftover(self) -> list[bytes]:
        """What arrived and was not read."""
        chunks = [self._reader.leftover(), *self._window.leftover()]
        return [chunk for chunk in chunks if chunk]

    async def _fill(self) -> None:
        """Wait without a thread until there is work for one.

        That is a full window and one chunk more: the chunk shows that the client goes on sending, so whoever stalls
        with a full window holds no thread either.
        """
        full = False
        while not (self._ended or full):
            full = self._window.is_full
            await self._move()

    async def _pump(self) -> None:
        with self._pumping:
            while not self._ended:
                await (self._window.wait_for_room() if self._window.is_full else self._move())

    async def _move(self) -> None:
        """Put the next chunk into the window. A failure is told to the function first, and raised when it has ended."""
        try:
            chunk = await self._pull()
        except Exception as error:
            self._failure, self._ended = error, True
            self._window.fail(error)
            return
        if chunk:
            self._window.put(chunk)
        else:
            self._ended = True
            self._window.end()

    async def _work(
        self, pool: BasePool, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        try:
            self._value = await pool.call(call, args, kwargs)
        except Exception as error:  # kept: the task group would wrap it
            self._error = error
        self._pumping.cancel()  # the function has ended, whatever the client goes on to send

    def _result(self) -> Any:
        error, self._error = self._error, None
        if self._failure is not None and self._window.told:
            raise self._failure  # even if the function has made something else of it, or nothing
        if error is None:
            return self._value
        if self._reader.seek_refused and not isinstance(error, NotSeekable):
            if isinstance(error, zipfile.BadZipFile):  # what zipfile makes of every failed seek
                raise NotSeekable(NO_SEEK) from error
            error.add_note(NO_SEEK)
        try:
            raise error
        finally:
            del error, self  # this frame is in the traceback: no cycle


def _reading(fn: Callable[..., Any], reader: UploadReader) -> Callable[..., Any]:
    """`fn` over the upload's file, under the name that the pool's log shows."""

    @functools.wraps(fn, updated=())
    def read_and_close(*args: Any, **kwargs: Any) -> Any:
        try:
            return fn(reader, *args, **kwargs)
        finally:
            reader.close()

    # What the pool advises for a function that computes: it cannot be given to a ProcessPool as it is.
    read_and_close.cpu_cure = "give file.path() to it in a ProcessPool"  # type: ignore[attr-defined]  # read by _cpu
    return read_and_close


def synchronous(fn: Callable[..., Any]) -> Callable[..., Any]:
    """`fn`, or the function behind an offloaded one; what cannot read a blocking file is refused.

    Raises:
        TypeError: `fn` is asynchronous, or a generator, which would read only after `run` has ended.
    """
    if inspect.iscoroutinefunction(fn) and hasattr(fn, "sync"):
        return fn.sync  # type: ignore[no-any-return]  # what offload keeps there
    if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
        raise TypeError(f"run() takes synchronous functions, and {fn!r} is asynchronous: read file.chunks() in it.")
    if inspect.isgeneratorfunction(fn):
        raise TypeError(
            f"run() takes functions that are done when they return, and {fn!r} is a generator: wrap it in one that "
            "collects or writes what it yields, or use file.lines(), file.csv() or file.jsonl()."
        )
    return fn
