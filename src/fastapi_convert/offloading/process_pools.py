"""`ProcessPool`: warm worker processes behind the interface of every pool, for functions that compute."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

import anyio

from fastapi_convert.errors import OffloadTimeout

from ._call import current_call, name_of, named
from ._hop import hop
from ._process import Child
from .pools import BasePool, PoolStats

__all__ = ("ProcessPool",)


class ProcessPool(BasePool):
    """A named pool of warm worker processes, for functions that compute.

    Pure Python that computes starves the event loop from any thread; in a process of its own it cannot. Functions
    and arguments travel by pickle, functions by their module and name; contents of large `bytes` and arrays travel
    in shared memory. The event loop's thread neither pickles nor waits.

    Args:
        name: For errors, logs, process names and stats.
        processes: The bound.
        max_waiting: How many calls may wait for a process; the next one is refused with `PoolFull` at once.
        max_tasks_per_process: A process is replaced after so many calls, for functions that leak. `None`: never.
        start_method: `"forkserver"` (the default where there is one) or `"spawn"`.
        preload: Names of modules that each process imports before its first call.
        close_timeout: Seconds that running calls have to end in when the pool or its event loop ends.

    A call past its timeout is killed with its process. A process that dies (killed, out of memory, a crash in C)
    fails its own call with `WorkerDied`, and the next call gets a new one. Processes die with the server, even when
    that is killed. A script that starts one needs the usual `if __name__ == "__main__":` guard.

    Examples:
        >>> from fastapi_convert import ProcessPool
        >>> cpu = ProcessPool("cpu", processes=2, max_waiting=20)
        >>> cpu.stats().processes
        2
    """

    def __init__(
        self,
        name: str,
        *,
        processes: int | None = None,
        max_waiting: int = 100,
        max_tasks_per_process: int | None = None,
        start_method: str | None = None,
        preload: Sequence[str] = (),
        close_timeout: float = 5.0,
    ) -> None:
        processes = (os.cpu_count() or 1) if processes is None else processes
        super().__init__(name, processes, max_waiting, close_timeout)
        if max_tasks_per_process is not None and max_tasks_per_process < 1:
            raise ValueError(f"max_tasks_per_process of pool {name!r} is 1 or more, not {max_tasks_per_process}.")
        self.processes = processes
        self.max_tasks_per_process = max_tasks_per_process
        self._make_child = functools.partial(Child, name, start_method=start_method, preload=tuple(preload))
        self._forget_children()
        self._crew.can_kill = True
        self._crew.on_dismissed = self._close_idle

    def bind(self, fn: Callable[..., Any]) -> Callable[..., Any]:
        """What has a process run `fn`."""
        return named(functools.partial(self._call_in_child, fn), fn)

    def stats(self) -> PoolStats:
        """What the pool does now and has done. Cheap; may be called from any thread."""
        return replace(super().stats(), processes=self.processes)

    def begin_anew(self) -> None:
        """In a forked child: the processes are the parent's."""
        super().begin_anew()
        self._forget_children()

    def _forget_children(self) -> None:
        self._idle: list[Child] = []
        self._busy: set[Child] = set()

    def _call_in_child(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """On a worker thread: there are as many as processes, so this never waits for a child to be free."""
        call = current_call.get()
        assert call is not None
        child = self._take_child()
        try:
            return child.call(fn, args, kwargs, deadline=call.deadline)
        except TimeoutError as exc:
            if child.alive or call.deadline is None:  # the function's own
                raise
            call.timed_out = True
            raise OffloadTimeout(f"{name_of(fn)}() did not end in time: its process was killed.") from exc
        finally:
            self._put_back(child)

    def _take_child(self) -> Child:
        while self._idle:
            child = self._idle.pop()
            self._busy.add(child)
            if child.alive:
                return child
            self._discard(child)
        child = self._make_child()
        self._busy.add(child)
        try:
            child.start()
        except BaseException:
            self._discard(child)
            raise
        return child

    def _put_back(self, child: Child) -> None:
        worn = self.max_tasks_per_process is not None and child.calls >= self.max_tasks_per_process
        if worn or self._closed or not child.alive or not self._crew.users:
            self._discard(child)
        else:
            self._busy.discard(child)
            self._idle.append(child)

    def _discard(self, child: Child) -> None:
        self._busy.discard(child)
        child.close()

    async def __aenter__(self) -> Self:
        """Start every process now, so that no request waits for one."""
        await super().__aenter__()
        missing = self.processes - len(self._idle) - len(self._busy)
        async with anyio.create_task_group() as group:
            for _ in range(missing):
                group.start_soon(hop, self._crew, self._warm)
        return self

    def _warm(self) -> None:
        child = self._make_child()
        try:
            child.start()
        except BaseException:
            child.close()
            raise
        self._idle.append(child)

    def _end(self) -> None:
        for child in tuple(self._busy):  # past the close_timeout: a process, unlike a thread, can be ended
            child.kill()
        super()._end()

    def _close_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()
