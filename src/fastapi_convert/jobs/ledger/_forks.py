"""Stores that a process had open when it was forked: its child must never touch them.

SQLite notes within the process which locks it has on a file. A child inherits the notes, but not the locks, so
even a new connection of it would believe to be protected where it is not.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from fastapi_convert.errors import JobStoreUnusable

# By device and inode. It grows in a child only, right after its fork, and for as long as SQLite's own notes last.
_inherited: set[tuple[int, int]] = set()


def leave_to_parent(identity: tuple[int, int], connections: Iterable[sqlite3.Connection | None]) -> None:
    """In a child: remember what it must not open, and never let go of its parent's connections."""
    _inherited.add(identity)
    for db in connections:
        # Not even the garbage collector may close one: a thread that does not exist here may be inside it for ever.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(db))


def refuse_inherited(path: Path) -> None:
    """Raise `JobStoreUnusable` if the parent of this process had the file open when it forked."""
    if path.exists() and identity_of(path) in _inherited:
        raise JobStoreUnusable(
            "this process was forked while the job store was open. Open it after the fork only, or start the process "
            "with `spawn` or `forkserver`."
        )


def identity_of(path: Path) -> tuple[int, int]:
    """Which file it is, by whatever name; raises `FileNotFoundError`."""
    found = os.stat(path)  # noqa: PTH116 - once per batch of writes: a Path costs five times as much
    return found.st_dev, found.st_ino
