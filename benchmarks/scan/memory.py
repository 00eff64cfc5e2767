"""The peak of memory of a command with all processes that it starts, as Linux counts what they share."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

#: Seconds between two looks. A peak that is shorter than this can be missed.
PAUSE = 0.02


def peak(command: Sequence[str], where: Path, timeout: float) -> float | None:
    """Megabytes at the peak; `None` if the command did not end in time."""
    process = subprocess.Popen(command, cwd=where, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    end = time.monotonic() + timeout
    try:
        while process.poll() is None and time.monotonic() < end:
            most = max(most, _in_use(process.pid))
            time.sleep(PAUSE)
        return most / 1e6 if process.poll() is not None else None
    finally:
        process.kill()
        process.wait()


def _in_use(pid: int) -> int:
    with suppress(psutil.NoSuchProcess):
        leader = psutil.Process(pid)
        return sum(_share(process) for process in (leader, *leader.children(recursive=True)))
    return 0


def _share(process: psutil.Process) -> int:
    """A page that three processes share counts a third for each of them."""
    with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
        return int(process.memory_full_info().pss)
    return 0
