"""Functions that run in worker processes, and what they raise and return. A worker imports them by these names."""

from __future__ import annotations

import asyncio
import ctypes
import functools
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np  # at run time only where it is used: most workers of the tests never need it

CACHE: list[Any] = []


def add(a: int, b: int = 0) -> int:
    return a + b


def echo(value: Any) -> Any:
    return value


def pid() -> int:
    return os.getpid()


def describe(value: Any) -> tuple[str, int]:
    return type(value).__name__, len(value)


def checksum(array: np.ndarray[Any, Any]) -> int:
    return int(array.sum())


def double(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    array *= 2
    return array


def writable(value: Any) -> bool:
    return bool(value.flags.writeable) if hasattr(value, "flags") else not memoryview(value).readonly


def remember(value: Any) -> None:
    CACHE.append(value)


def remembered() -> list[int]:
    import numpy as np

    return [int(np.asarray(value)[0]) for value in CACHE]


def forget() -> None:
    CACHE.clear()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def resident() -> int:
    """Shared memory that this process has mapped, in bytes."""
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("RssShmem"))


def make(size: int, kind: str) -> Any:
    import numpy as np

    block = bytes([7]) * size
    makers: dict[str, Callable[[], Any]] = {
        "bytes": lambda: block,
        "bytearray": lambda: bytearray(block),
        "array": lambda: np.full(size, 7, "u1"),
        "memoryview": lambda: memoryview(block),
        "tuple": lambda: (block, "label"),
        "list": lambda: [block, bytearray(block)],
    }
    return makers[kind]()


def touch_and_wait(path: str) -> None:
    """Tell that the body runs, then never end."""
    Path(path).write_text(str(os.getpid()))
    threading.Event().wait()


def touch_and_hold_the_gil(path: str) -> None:
    """Tell that the body runs, then stay in C for ever, where no other thread of the process can run."""
    Path(path).write_text(str(os.getpid()))
    re.match("(a*)*b", "a" * 60)


def exit_hard(code: int) -> None:
    os._exit(code)


def segfault() -> None:
    ctypes.string_at(0)


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def close_every_descriptor() -> None:
    os.closerange(3, 1000)
    threading.Event().wait()


def leave_grandchild(path: str, then: str) -> int:
    """Fork a process that outlives this one and holds every descriptor of it until the fifo is written to."""
    child = os.fork()
    if child == 0:
        Path(path).read_text()
        os._exit(0)
    if then == "die":
        kill_myself()
    return child


def fork_and_come_back() -> str:
    """The child of the fork returns from the function too."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    return "parent" if child else "child"


def run_processes_of_my_own() -> list[int]:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.map(abs, [-1, -2])


def run_subprocess() -> str:
    return subprocess.run([sys.executable, "-c", "print('out')"], check=True, capture_output=True, text=True).stdout


def talk() -> str:
    print("to stdout", "x" * 100_000)
    print("to stderr", file=sys.stderr)
    os.write(1, b"raw to stdout\n")
    os.write(2, b"raw to stderr\n")
    return "said"


def ignore_sigterm() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def signal_handling() -> tuple[bool, bool]:
    return (
        signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
    )


def loaded(module: str) -> bool:
    return module in sys.modules


def lock() -> Any:
    return threading.Lock()


class TwoArguments(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


class Doubling(Exception):
    def __init__(self, word: str) -> None:
        super().__init__(f"<{word}>")


class HoldsLock(Exception):
    def __init__(self) -> None:
        super().__init__("locked")
        self.lock = threading.Lock()


class UglyAndLocked(HoldsLock):
    def __repr__(self) -> str:
        raise RuntimeError("no repr")

    __str__ = __repr__


RAISERS: dict[str, Callable[[], BaseException]] = {
    "value": lambda: ValueError("bad", 3),
    "two": lambda: TwoArguments(5, "five"),
    "doubling": lambda: Doubling("word"),
    "lock": HoldsLock,
    "ugly": UglyAndLocked,
    "os": lambda: FileNotFoundError(2, "No such file", "name"),
    "timeout": lambda: TimeoutError("mine"),
    "eof": lambda: EOFError("mine"),
    "connection": lambda: ConnectionResetError("mine"),
    "group": lambda: ExceptionGroup("several", [ValueError("one"), TwoArguments(2, "two")]),
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "cancelled": asyncio.CancelledError,
    "stop": lambda: StopIteration(1),
}


def fail(kind: str, note: str | None = None) -> None:
    error = RAISERS[kind]()
    if note is not None:
        error.add_note(note)
    raise error


class Unloadable:
    """Pickles, but its pickle cannot be loaded."""

    def __reduce__(self) -> Any:
        return fail, ("value",)


def unloadable() -> Unloadable:
    return Unloadable()


class Offloaded:
    """What `offload` leaves in a module: a wrapper that has the original function as `.sync`."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        functools.update_wrapper(self, fn)
        self.sync = fn

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else functools.partial(self, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the wrapper was called instead of the function")


@Offloaded
def wrapped(a: int, b: int = 0) -> int:
    return a * 100 + b


class Counter:
    def __init__(self, start: int) -> None:
        self.start = start

    def plus(self, n: int) -> int:
        return self.start + n

    @Offloaded
    def wrapped_plus(self, n: int) -> int:
        return self.start + n

    @classmethod
    def named(cls) -> str:
        return cls.__name__

    @staticmethod
    def fixed() -> str:
        return "fixed"

    def __call__(self, n: int) -> int:
        return self.start * n


def view_facts(view: memoryview) -> tuple[Any, ...]:
    return type(view).__name__, view.format, view.shape, view.readonly, view.tolist()
