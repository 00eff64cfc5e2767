"""Wait for a condition with a deadline, never for a guessed time."""

from __future__ import annotations

import time
from collections.abc import Callable

import anyio

__all__ = ("wait_until", "wait_until_async")

INTERVAL = 0.005


def wait_until(condition: Callable[[], object], *, timeout: float = 5, message: str = "") -> None:
    """Block until `condition()` is true, or fail after `timeout` seconds. For tests without an event loop."""
    deadline = time.monotonic() + timeout
    while not condition():
        _fail_if_late(deadline, timeout, message)
        time.sleep(INTERVAL)


async def wait_until_async(condition: Callable[[], object], *, timeout: float = 5, message: str = "") -> None:
    """Wait until `condition()` is true while the event loop runs on, or fail after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        _fail_if_late(deadline, timeout, message)
        await anyio.sleep(INTERVAL)


def _fail_if_late(deadline: float, timeout: float, message: str) -> None:
    if time.monotonic() > deadline:
        raise AssertionError(f"{message or 'the condition'} did not come true within {timeout} s")
