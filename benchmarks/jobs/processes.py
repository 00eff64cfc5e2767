"""Commands with all the processes that they start: none of them outlives the benchmark."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from benchmarks.jobs import leash


class Group:
    """A command in a process group of its own. What it says goes to `log`."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        leashed = [sys.executable, "-ISE", str(leash.__file__), *command]
        with log.open("ab") as output:
            self._leader = subprocess.Popen(
                leashed,
                env=environment,
                cwd=log.parent,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        """`kill -9` for all of them at once. May be called twice."""
        with suppress(ProcessLookupError):
            os.killpg(self._leader.pid, signal.SIGKILL)
        self._leader.wait()
        assert self._leader.stdin is not None
        self._leader.stdin.close()

    def check(self) -> None:
        """Nobody waits for a worker that has not even started."""
        code = self._leader.poll()
        assert code is None, f"it ended with {code}: {self._log.read_text(encoding='utf-8', errors='replace')[-2000:]}"

    def cpu_seconds(self) -> float:
        """Processor time of all of them, so far."""
        return sum(_cpu_seconds(process) for process in self._members())

    def _members(self) -> list[psutil.Process]:
        # By descent: some workers give each process that runs jobs a group of its own, so that they can kill it alone.
        leader = psutil.Process(self._leader.pid)
        return [leader, *leader.children(recursive=True)]


def _cpu_seconds(process: psutil.Process) -> float:
    """In nanoseconds, as the scheduler counts: the usual ticks of 10 ms are more than an idle worker uses a second."""
    seconds = 0.0
    for path in Path(f"/proc/{process.pid}/task").glob("*/schedstat"):
        with suppress(OSError):  # the thread has ended
            seconds += int(path.read_text(encoding="ascii").split()[0]) / 1e9
    return seconds
