"""Connections to the file of a job store, as this room wants them."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Literal

Durability = Literal["power", "process"]

#: What SQLite calls the two: `FULL` syncs at each commit, `NORMAL` only before a checkpoint.
SYNCHRONOUS = {"power": "FULL", "process": "NORMAL"}

_CACHE_KIB = 16_384  # ids are random, so the index over them is touched everywhere
_READ_CACHE_KIB = 4_096


def connect_writer(path: Path, durability: Durability, timeout: float) -> sqlite3.Connection:
    """The connection that writes. `timeout` is for locks of programs that know nothing of the mutex, in seconds."""
    db = _connect(path, timeout)
    try:
        _switch_to_wal(db)
        db.execute("PRAGMA wal_autocheckpoint = 0")  # see `_mutex`
        db.execute(f"PRAGMA synchronous = {SYNCHRONOUS[durability]}")
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    except BaseException:
        db.close()
        raise
    return db


def _switch_to_wal(db: sqlite3.Connection) -> None:
    ((mode,),) = db.execute("PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise sqlite3.OperationalError(f"WAL mode is not possible here, only {mode}")


def connect_reader(path: Path, timeout: float) -> sqlite3.Connection:
    """A connection that only reads."""
    db = _connect(path, timeout)
    try:
        db.execute("PRAGMA query_only = ON")
        db.execute("PRAGMA wal_autocheckpoint = 0")
        db.execute(f"PRAGMA cache_size = -{_READ_CACHE_KIB}")
    except BaseException:
        db.close()
        raise
    return db


def _connect(path: Path, timeout: float) -> sqlite3.Connection:
    # As a URI with mode=rw: a file that is gone is an error, not a new and empty store.
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", timeout=timeout, isolation_level=None, check_same_thread=False, uri=True
    )
    db.text_factory = _text
    db.execute("PRAGMA trusted_schema = OFF")  # what a hostile file says runs no function but the plainest
    return db


def _text(data: bytes) -> str:
    """Whatever stands in the file, it is text: one damaged row must not spoil a list."""
    return data.decode("utf-8", "replace")
