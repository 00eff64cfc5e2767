"""Functions that run as jobs in the tests of workers. Processes find them here by their names."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from collections import Counter
from pathlib import Path

import anyio

from fastapi_convert.jobs.progress import Progress


class Gate:
    """What holds jobs up in threads of this process until a test opens it, and counts who got there."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._lock = threading.Lock()
        self.begun: list[str] = []
        self.now = 0
        self.peak = 0

    def reset(self) -> None:
        """As for the first test."""
        self.__init__()  # type: ignore[misc]  # everything of it is made there

    def open(self) -> None:
        """Let all go on."""
        self._open.set()

    def pass_through(self, name: str) -> None:
        """Count, wait, go on."""
        with self._lock:
            self.begun.append(name)
            self.now += 1
            self.peak = max(self.peak, self.now)
        self._open.wait(30)
        with self._lock:
            self.now -= 1


gate = Gate()
runs: Counter[str] = Counter()
_counting = threading.Lock()


def noop() -> None:
    """Nothing."""


def add(a: int, b: int) -> int:
    return a + b


async def add_later(a: int, b: int) -> int:
    await anyio.sleep(0)
    return a + b


def count(name: str) -> int:
    with _counting:
        runs[name] += 1
        return runs[name]


def held(name: str = "") -> str:
    gate.pass_through(name)
    return name


def nap(seconds: float) -> None:
    time.sleep(seconds)


def blink() -> None:
    time.sleep(0.001)


async def nap_async(seconds: float) -> None:
    await anyio.sleep(seconds)


def nap_in_folder(seconds: float, *, progress: Progress) -> None:
    (progress.folder / "half.txt").write_text("half")
    progress(0.5, "napping")
    time.sleep(seconds)


def cooperate(*, progress: Progress) -> None:
    while True:
        progress(None, "still here")
        time.sleep(0.001)


def ignore_all_but_errors(*, progress: Progress) -> None:
    """As legacy code does: whatever tells it to stop becomes an error of its own."""
    while True:
        try:
            progress.check()
        except BaseException as error:
            raise RuntimeError("aborted") from error
        time.sleep(0.001)


def tell(times: int, *, progress: Progress) -> None:
    for number in range(times):
        progress((number + 1) / times, f"step {number + 1}")


def fail(text: str = "no such preset") -> None:
    raise ValueError(text)


def fail_until(name: str, run: int) -> int:
    if count(name) < run:
        raise OSError("not yet")
    return run


def exit_process() -> None:
    os._exit(3)


def crash() -> None:
    ctypes.string_at(0)


def note_and_nap(log: Path, seconds: float) -> None:
    with log.open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(seconds)
