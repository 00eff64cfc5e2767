"""What jobs leave behind: one short record each, appended to a file in one write. It costs all of them the same."""

from __future__ import annotations

import functools
import os
import struct
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.jobs import settings

_RECORD = struct.Struct("<qqqq")


class Effect(NamedTuple):
    """One record. Times are in nanoseconds of a clock that all processes share; `ended` is 0 while the job runs."""

    number: int
    began: int
    ended: int
    pid: int


def work(number: int, seconds: float) -> int:
    """The job that all run: it sleeps, if it is to, and leaves a record when it ends."""
    began = time.monotonic_ns()
    if seconds:
        _leave(Effect(number, began, 0, os.getpid()))
        time.sleep(seconds)
    _leave(Effect(number, began, time.monotonic_ns(), os.getpid()))
    return number


def _leave(effect: Effect) -> None:
    os.write(_log(), _RECORD.pack(*effect))


@functools.cache
def _log() -> int:
    return os.open(settings.folder() / "effects", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


class Effects:
    """What the jobs of one folder have left so far."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "effects"
        self._path.touch()

    def __len__(self) -> int:
        return self._path.stat().st_size // _RECORD.size

    def read(self) -> list[Effect]:
        """Those records that are whole."""
        data = self._path.read_bytes()
        return [Effect(*fields) for fields in _RECORD.iter_unpack(data[: len(data) // _RECORD.size * _RECORD.size])]

    def ended(self) -> set[int]:
        """The numbers of the jobs that have run to their end at least once."""
        return {effect.number for effect in self.read() if effect.ended}

    def wait(self, count: int, limit: float, every: float = 0.005) -> bool:
        """Wait until there are so many records; `False`: there were not within `limit` seconds."""
        until = time.monotonic() + limit
        while len(self) < count:
            if time.monotonic() > until:
                return False
            time.sleep(every)
        return True
