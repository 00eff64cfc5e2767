"""What a worker process does for one run: enter its folder, run its function, leave all as it was."""

from __future__ import annotations

import functools
import multiprocessing
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fastapi_convert.jobs.progress import Progress
from fastapi_convert.offloading._child import lead_into_death

from ._body import run_body
from ._cell import CellEnd
from ._failures import escaped
from ._parcel import Parcel, pack
from .seats import Died, NotBegun, Order, Outcome

if TYPE_CHECKING:
    from fastapi_convert.jobs.work._descriptors import Descriptor

#: What lies in the folder of a process: its cell until it has opened it, and a folder for temporary files of its runs.
CELL, TEMPORARY = "cell", "tmp"

#: Bytes of a folder's path that leave a socket in it within the 107 that the system allows.
_ROOM_FOR_SOCKETS = 80

WORKER_GONE = "worker is gone: its lock file was removed, so somebody thinks its jobs ended"


def run_in_child(order: Order, scratch: str) -> tuple[Parcel, bool]:
    """Run the order in this process.

    Args:
        order: The run.
        scratch: The folder of this process.

    Returns:
        What it came to, and whether the folder for temporary files is empty.
    """
    try:
        home = _settle_in(scratch)
        outcome = _run(order, home) if _is_present(order.presence) else Died(WORKER_GONE)
        return pack(outcome), _is_empty(str(home.temporary))
    except Exception as error:  # it cannot open its cell, or it has no descriptor left
        return pack(NotBegun(escaped(repr(error)))), True


class _Home(NamedTuple):
    """What a process has for all its runs."""

    cell: CellEnd
    temporary: Path


@functools.cache  # once for each process
def _settle_in(scratch: str) -> _Home:
    """Become the leader of a group, so that all that the functions start can be killed with this process."""
    with suppress(PermissionError):  # it is one already
        os.setsid()
    lead_into_death()
    # Sockets of multiprocessing serve a process as long as it lives, longer than what the first run leaves.
    getattr(multiprocessing.current_process(), "_config", {}).setdefault("tempdir", _short(scratch))
    return _Home(CellEnd(Path(scratch, CELL)), Path(scratch, TEMPORARY))


def _short(folder: str) -> str:
    """A path of the folder that has room for the name of a socket behind it, where one is to be had."""
    if len(os.fsencode(folder)) <= _ROOM_FOR_SOCKETS or not os.path.isdir("/proc/self/fd"):  # noqa: PTH112 -- no more than asked
        return folder
    return f"/proc/{os.getpid()}/fd/{os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)}"


def _run(order: Order, home: _Home) -> Outcome:
    sink = home.cell.begin()
    progress = Progress(sink, job_id=order.job_id, attempt=order.attempt, folder=order.folder)
    # What `tempfile` makes, here and in subprocesses, is removed after the run.
    tempfile.tempdir = os.environ["TMPDIR"] = str(home.temporary)
    try:
        with _same_place_afterwards():
            return run_body(order, progress, home.temporary)
    finally:
        sink.retire()


def _is_empty(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None and not os.path.islink(folder)  # noqa: PTH114 -- a Path costs more
    except OSError:  # a function has removed it, or closed it to us
        return False


def _is_present(presence: Path) -> bool:
    """Hold the worker's lock file too. If it is gone, the worker was thought dead and its jobs were given to others."""
    try:
        return _hold(presence).is_named(presence)
    except FileNotFoundError:
        return False


@functools.cache  # it is held as long as this process lives
def _hold(presence: Path) -> Descriptor:
    from fastapi_convert.jobs.work._presence import share  # noqa: PLC0415 -- that room imports this one

    return share(presence)


@contextmanager
def _same_place_afterwards() -> Iterator[None]:
    """Undo what would hit the next run out of the blue: another working directory, an alarm that still ticks."""
    before = "/"
    with suppress(FileNotFoundError):  # somebody has removed it
        before = os.getcwd()  # noqa: PTH109 -- a path object is of no use here
    try:
        yield
    finally:
        with suppress(OSError):
            os.chdir(before)
        signal.setitimer(signal.ITIMER_REAL, 0)
