"""A warm process for runs, with all that belongs to it: what its functions start, and a folder as long as it lives."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path

from fastapi_convert.offloading._process import Child

from . import _in_child
from ._cell import Cell
from ._in_child import CELL, TEMPORARY

_GROUP = 4  # PIDFD_SIGNAL_PROCESS_GROUP of Linux 6.9, which Python does not name
_FAREWELL = 1.0  # seconds in which a process that is not needed any more ends by itself


class WorkerProcess:
    """A `Child`, started once. `kill` and `end` may come from any thread, `end` once nobody calls it any more.

    Args:
        name: For messages.
        folder: Where its own folder is made.

    Raises:
        OSError: There is no room for its folder, or for its cell.
    """

    def __init__(self, name: str, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.scratch = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
        try:
            (self.scratch / TEMPORARY).mkdir(mode=0o700)
            self.cell = Cell(self.scratch / CELL)
        except BaseException:
            self._remove_scratch()
            raise
        # Imported before it is warm, so that it does not take time that is the function's.
        self.child = Child(name, preload=[_in_child.__name__])
        self._pid: int | None = None
        self._handle: int | None = None

    def start(self) -> None:
        """Return when it is warm. Raises `WorkerDied`."""
        self.child.start()
        self._pid = self.child.pid
        if self._pid is not None and hasattr(os, "pidfd_open"):
            with suppress(OSError):
                self._handle = os.pidfd_open(self._pid)
            if not self.child.alive:  # then the handle may be one on a stranger
                self._close_handle()
                self._pid = None

    def tidy_up(self) -> None:
        """Remove what a run has left in the folder for temporary files.

        Raises:
            OSError: Not all of it can be removed, or a run has made something else of the folder.
        """
        folder = self.scratch / TEMPORARY
        shutil.rmtree(folder)
        folder.mkdir(mode=0o700)

    def end(self) -> None:
        """End the process and what its functions have left running, and remove its folder."""
        self.child.close(_FAREWELL)
        if self._pid is not None:
            self._kill_group(self._pid)
        self._close_handle()
        self._pid = None
        self.cell.close()
        self._remove_scratch()

    def _remove_scratch(self) -> None:
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _kill_group(self, pid: int) -> None:
        """Kill the group that the process has led. It is gone itself: its number may be somebody else's by now."""
        with suppress(OSError):
            if self._handle is not None and self._kill_by_handle(self._handle):
                return
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                # Nobody has the number, and nobody gets it as long as the group has members.
                os.killpg(pid, signal.SIGKILL)

    @staticmethod
    def _kill_by_handle(handle: int) -> bool:
        try:
            signal.pidfd_send_signal(handle, signal.SIGKILL, None, _GROUP)
        except ProcessLookupError:
            return True
        except OSError:  # the kernel is older
            return False
        return True

    def _close_handle(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)
