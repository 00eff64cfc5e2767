"""Functions that worker processes import."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
import time
from typing import Any

from fastapi_convert import ProcessPool, offload

pool = ProcessPool("bodies", processes=1)
IMPORTED_IN = os.getpid()


@offload(pool=pool)
def decorated(value: int) -> tuple[int, bool]:
    return value * value, threading.current_thread() is threading.main_thread()


class Counter:
    def __init__(self, start: int) -> None:
        self.start = start

    @offload(pool=pool)
    def plus(self, value: int) -> int:
        return self.start + value


def fail_with_note() -> None:
    error = ValueError("bad row")
    error.add_note("row 7")
    raise error


def leave() -> None:
    raise SystemExit(3)


def make_lock() -> Any:
    return threading.Lock()


def print_it(value: object) -> None:
    print(value)


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def die(way: str) -> None:
    if way == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif way == "exit":
        os._exit(3)
    ctypes.string_at(0)


def total(array: Any) -> float:
    return float(array.sum())


def double(array: Any) -> Any:
    array *= 2
    return array


def echo(value: bytes) -> bytes:
    return value
