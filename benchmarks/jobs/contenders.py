"""Who carries jobs: how each is started, and what a job that it has accepted outlives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.common.running import load
from benchmarks.jobs import settings
from benchmarks.jobs.settings import Kind
from benchmarks.jobs.valkey import MEMORY, SYNCED

Command: TypeAlias = Callable[[Kind, int], list[str]]


@dataclass(frozen=True, slots=True)
class Contender:
    """One of them."""

    #: The module with `submit`.
    module: str
    #: Its worker's command, for so many jobs at once.
    worker: Command
    #: Where jobs are stored, and when that is on the disk.
    store: str
    #: What an accepted job outlives, and what becomes of one that ran when its worker was killed.
    outlives: str
    #: Which Valkey server it needs.
    valkey: str | None = None
    #: What the module is told.
    option: str = ""


def _celery(kind: Kind, concurrency: int) -> list[str]:
    pool = "threads" if kind == "threads" else "prefork"
    options = ["--pool", pool, "--concurrency", str(concurrency), "--loglevel", "ERROR"]
    return settings.python("celery", "--app", "benchmarks.jobs.peers.celery", "--quiet", "worker", *options)


def _huey(kind: Kind, concurrency: int) -> list[str]:
    worker = "thread" if kind == "threads" else "process"
    options = ["--worker-type", worker, "--workers", str(concurrency), "--quiet"]
    return settings.python("huey.bin.huey_consumer", "benchmarks.jobs.peers.huey.huey", *options)


def _taskiq(kind: Kind, concurrency: int) -> list[str]:
    pool = (
        ["--max-threadpool-threads", str(concurrency)]
        if kind == "threads"
        else ["--use-process-pool", "--max-process-pool-processes", str(concurrency)]
    )
    options = ["--workers", "1", *pool, "--log-level", "ERROR"]
    return settings.python("taskiq", "worker", "benchmarks.jobs.peers.taskiq:broker", *options)


CELERY = "Celery"
CELERY_BARE = "Celery, no results"
CELERY_SYNCED = "Celery, Valkey syncs"
CELERY_LATE = "Celery, acks_late"
TASKIQ = "taskiq, stream"
HUEY = "huey, SQLite"
HUEY_UNSYNCED = "huey, SQLite, no fsync"

_CELERY, _TASKIQ, _HUEY = (f"benchmarks.jobs.peers.{name}" for name in ("celery", "taskiq", "huey"))
_RAM = "Valkey, in its memory"
_SYNCED = "Valkey, appendfsync always"
_WAL = "SQLite, WAL"
_VALKEY = "every death but that of Valkey; running and prefetched ones:"

CONTENDERS: Mapping[str, Contender] = {
    CELERY: Contender(_CELERY, _celery, _RAM, f"{_VALKEY} lost, or back after an hour", MEMORY),
    CELERY_BARE: Contender(_CELERY, _celery, _RAM, f"{_VALKEY} lost, or back after an hour", MEMORY, "bare"),
    CELERY_SYNCED: Contender(_CELERY, _celery, _SYNCED, "a loss of power; running ones: lost", SYNCED),
    CELERY_LATE: Contender(_CELERY, _celery, _RAM, f"{_VALKEY} back after visibility_timeout", MEMORY, "late"),
    TASKIQ: Contender(_TASKIQ, _taskiq, _RAM, f"{_VALKEY} back after ten minutes", MEMORY),
    HUEY: Contender(_HUEY, _huey, f"{_WAL}, FULL: synced", "a loss of power; running ones: lost"),
    HUEY_UNSYNCED: Contender(
        _HUEY, _huey, f"{_WAL}, OFF", "the death of processes; running ones: lost", None, "unsynced"
    ),
}


def taking_part(*names: str) -> list[str]:
    """All of these, or in a quick run those that need no server and start at once."""
    return [name for name in names if load(True, False) or CONTENDERS[name].valkey is None]
