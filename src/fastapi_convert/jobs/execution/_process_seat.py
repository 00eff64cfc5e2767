"""`ProcessSeat`: runs in a process of their own, which can be ended at any moment, whatever it does."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from fastapi_convert.errors import NotPicklable, WorkerDied
from fastapi_convert.offloading._pickling import blame, pack_call
from fastapi_convert.offloading._session import preload_forkserver

from . import _in_child
from ._cell import Cell, Told
from ._failures import escaped, told
from ._in_child import run_in_child
from ._parcel import unpack
from ._worker_process import WorkerProcess
from .seats import Died, NotBegun, Order, Outcome, Stopped, TimedOut

_LONGEST_END = 15.0  # a killed process is gone at once, unless it hangs in the kernel


class ProcessSeat:
    """A `Seat` with a warm process, started for the first run and again after each death.

    What a function starts belongs to the group of its process and dies with it at the latest; what leaves the group
    (`start_new_session=True`) does not. Changes that a function makes to its process, such as to `os.environ`, are
    there for the next run in it.

    Args:
        name: For messages and the names of processes.
        max_tasks: Runs after which the process is replaced, against functions that leak; `None`: never.
        folder: For sockets, progress cells and temporary files. Made if it is missing; what a killed worker leaves
            there is garbage.
    """

    def __init__(self, name: str, *, max_tasks: int | None = None, folder: Path) -> None:
        self._name = name
        self._max_tasks = max_tasks
        self._folder = folder
        self._changed = threading.Condition()  # over all below
        self._running = False
        self._stopped = False
        self._closed = False
        self._process: WorkerProcess | None = None
        self._cell: Cell | None = None
        self._told: Told | None = None
        self._travelled: Callable[..., Any] | None = None  # what was seen to travel last, for it does so again
        preload_forkserver(_in_child.__name__)

    def run(self, order: Order, timeout: float | None) -> Outcome:
        """Run the function in the process. After `timeout` seconds, its module's import included, that is killed."""
        with self._changed:
            if self._closed:
                return Died("worker died: its seat was closed")
            self._running, self._stopped, self._told = True, False, None
        try:
            return self._carry_out(order, timeout)
        finally:
            self._end_run()

    def stop(self, reason: str) -> None:  # noqa: ARG002 -- who is killed is told no reason
        """Kill the process of the present run, and with it the run. Does nothing between runs."""
        with self._changed:  # held, so that no other run can begin in between
            if self._running:
                self._stopped = True
                if self._process is not None:
                    self._process.child.kill()

    def ask(self, reason: str) -> None:
        """Have the present run stop when it asks its progress next. Does nothing between runs."""
        with self._changed:
            if self._cell is not None:
                self._cell.ask_to_stop(reason)

    def progress(self) -> Told | None:
        """The latest that the run has told; after it, the last."""
        with self._changed:
            return self._told if self._cell is None else self._cell.get()

    def close(self) -> None:
        """End the process, and with it a run that goes on. Returns when both have ended."""
        with self._changed:
            self._closed = True
        self.stop("its worker is closing")
        with self._changed:
            if not self._changed.wait_for(lambda: not self._running, _LONGEST_END):
                return  # the run ends the process when it can
        self._dismiss()

    def _carry_out(self, order: Order, timeout: float | None) -> Outcome:
        try:
            if order.fn is not self._travelled:
                _check_that_it_travels(order.fn)
                self._travelled = order.fn
        except NotPicklable as error:  # nor will it in any other process
            return told(error)
        try:
            process = self._warm_process()
            self._begin_in(process)
        except (OSError, WorkerDied) as error:  # no descriptor, no memory, no room on the disk
            self._dismiss()
            return Stopped() if self._stopped else NotBegun(escaped(str(error)))
        return self._call(process, order, timeout)

    def _call(self, process: WorkerProcess, order: Order, timeout: float | None) -> Outcome:
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            parcel, is_tidy = process.child.call(run_in_child, (order, str(process.scratch)), deadline=deadline)
        except TimeoutError:
            self._dismiss()
            return Stopped() if self._stopped else TimedOut()
        except WorkerDied as error:
            was_idle = self._has_died_idle()
            self._dismiss()
            if was_idle and not self._stopped:  # the function never began: it is not to blame, and gets a fresh process
                return self._carry_out(order, timeout)
            return Stopped() if self._stopped else Died(_last_words(error))
        except NotPicklable as error:  # its module cannot be imported there; a fresh process may find it mended
            self._dismiss()
            return NotBegun(escaped(str(error)))
        if isinstance(parcel.outcome, Died | NotBegun):  # its worker was thought dead; it cannot open its cell
            self._dismiss()
        elif not is_tidy:
            self._tidy_up(process)
        return unpack(parcel)

    def _tidy_up(self, process: WorkerProcess) -> None:
        try:
            process.tidy_up()  # not in the process, where it would take time that is the function's
        except OSError:  # the next run gets a fresh one
            self._dismiss()

    def _warm_process(self) -> WorkerProcess:
        process = self._process
        if process is not None and (not process.child.alive or self._is_worn(process.child.calls)):
            self._dismiss()
        if self._process is None:
            process = WorkerProcess(self._name, self._folder)
            with self._changed:
                self._process = process
            process.start()
        assert process is not None
        with self._changed:
            if self._stopped:  # a kill() that came before there was anything to kill
                raise WorkerDied("The run was stopped before it began.")
        return process

    def _has_died_idle(self) -> bool:
        """Whether a process that has run something before was dead, or dying, when it was given this run."""
        process, cell = self._process, self._cell
        return process is not None and process.child.calls > 0 and cell is not None and not cell.has_begun()

    def _is_worn(self, runs: int) -> bool:
        return self._max_tasks is not None and runs >= self._max_tasks

    def _begin_in(self, process: WorkerProcess) -> None:
        with self._changed:
            process.cell.begin()
            self._cell = process.cell

    def _leave_cell(self) -> None:
        cell, self._cell = self._cell, None
        if cell is not None:
            self._told = cell.get()

    def _end_run(self) -> None:
        if self._closed:
            self._dismiss()
        with self._changed:
            self._leave_cell()
            self._running = False
            self._changed.notify_all()

    def _dismiss(self) -> None:
        with self._changed:
            self._leave_cell()
            process, self._process = self._process, None
        if process is not None:
            process.end()


def _check_that_it_travels(fn: Callable[..., Any]) -> None:
    try:
        pack_call(fn, (), {})
    except Exception as error:
        raise NotPicklable(blame(fn, (), {}, error)) from error


def _last_words(error: WorkerDied) -> str:
    code = error.exit_code
    if code is None:
        return f"worker died: {escaped(str(error))}"
    if code >= 0:
        return f"worker died: exit code {code}"
    name = ""
    with suppress(ValueError):  # a real-time signal has none
        name = f" ({signal.Signals(-code).name})"
    return f"worker died: signal {-code}{name}"
