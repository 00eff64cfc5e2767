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
from typing import TYPE_CHECKING

from fastapi_convert.jobs.progress import Progress

from ._body import run_body
from ._cell import CellSink
from ._failures import told
from ._parcel import Parcel, pack
from .seats import Died, Order, Outcome

if TYPE_CHECKING:
    from fastapi_convert.jobs.work._descriptors import Descriptor

WORKER_GONE = "worker is gone: its lock file was removed, so somebody thinks its jobs ended"


def run_in_child(order: Order, cell: Path, scratch: Path) -> Parcel:
    """Run the order in this process.

    Args:
        order: The run.
        cell: Where its progress goes.
        scratch: A folder that lives as long as this process.
    """
    try:
        _lead(scratch)
        return pack(_run(order, cell) if _is_present(order.presence) else Died(WORKER_GONE))
    except Exception as error:  # no room for the folder, no cell: nothing that the function did
        return pack(told(error))


def _run(order: Order, cell: Path) -> Outcome:
    progress = Progress(CellSink(cell), job_id=order.job_id, attempt=order.attempt, folder=order.folder)
    with _temporary_files_in(progress.folder), _same_place_afterwards():
        return run_body(order, progress)


@functools.cache  # once for each process
def _lead(scratch: Path) -> None:
    """Become the leader of a group, so that all that the functions start can be killed with this process."""
    with suppress(PermissionError):  # it is one already
        os.setsid()
    # Sockets of multiprocessing serve a process as long as it lives, longer than the folder of the first run.
    getattr(multiprocessing.current_process(), "_config", {}).setdefault("tempdir", str(scratch))


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
def _temporary_files_in(folder: Path) -> Iterator[None]:
    """Send what `tempfile` makes, here and in subprocesses, to the folder that is removed after the run."""
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        os.environ.pop("TMPDIR", None)
        if variable is not None:
            os.environ["TMPDIR"] = variable


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
