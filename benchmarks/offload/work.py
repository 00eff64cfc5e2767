"""The functions that are offloaded. Worker processes import them by name, so this file imports next to nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

PAGE = 4096


def noop() -> None:
    """Nothing: what is left is the price of the hop."""


def sleep_1_ms() -> None:
    time.sleep(0.001)


def lines(count: int) -> Iterator[str]:
    for _ in range(count):
        yield "a small item\n"


def checksum(array: np.ndarray[Any, Any]) -> int:
    """Read one byte of every page, so that an array which was only mapped has to be there all the same."""
    return int(array[::PAGE].sum())
