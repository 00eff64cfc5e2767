"""The disk that jobs are stored on: what each of those waits for who have them on it before they answer."""

from __future__ import annotations

import os
import statistics
import tempfile
import time

from benchmarks.common.running import load


def header() -> str:
    """A line of Markdown: how long it takes to have 4 KiB on the disk."""
    return f"- the disk takes {_sync_in_milliseconds():.2f} ms to sync 4 KiB (fdatasync, median)"


def _sync_in_milliseconds() -> float:
    took = []
    with tempfile.TemporaryFile() as file:
        for _ in range(load(300, 10)):
            os.write(file.fileno(), bytes(4096))
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    return statistics.median(took) * 1000
