"""Who carries jobs: how each is started, and what a job that it has accepted outlives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from benchmarks.common.comparison import OURS
from benchmarks.common.running import load
from benchmarks.jobs import settings
from benchmarks.jobs.settings import Kind

#: The two Valkey servers: one that does nothing before it answers a write, and one that does what a database does.
MEMORY, SYNCED = "memory", "synced"

Command: TypeAlias = Callable[[Kind, int], list[str]]


@dataclass(frozen=True, slots=True)
class Contender:
    """One of them."""

    #: The module with `submit`.
    module: str
    #: The command of what runs its jobs, so many at once; `None`: who submits does that too.
    worker: Command | None
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


def _ours(kind: Kind, concurrency: int) -> list[str]:  # noqa: ARG001 -- its module reads from the environment what runs the jobs
    options = ["--workers", str(concurrency)]
    return settings.python("fastapi_convert.cli", "jobs", "worker", "benchmarks.jobs.ours:jobs", *options)


def _served(kind: Kind, concurrency: int) -> list[str]:  # noqa: ARG001 -- the same
    return settings.python("benchmarks.jobs.server")


CELERY = "Celery"
CELERY_BARE = "Celery, no results"
CELERY_SYNCED = "Celery, Valkey syncs"
CELERY_LATE = "Celery, acks_late"
TASKIQ = "taskiq, stream"
HUEY = "huey, SQLite"
HUEY_UNSYNCED = "huey, SQLite, no fsync"
BACKGROUND = "BackgroundTasks"
OURS_PROCESS = f"{OURS}, durability=process"
OURS_INSIDE = f"{OURS}, in the app"
OURS_INSIDE_PROCESS = f"{OURS}, in the app, durability=process"
OURS_SERVED = f"{OURS}, in a server"

_OURS = "benchmarks.jobs.ours"
_CELERY, _TASKIQ, _HUEY = (f"benchmarks.jobs.peers.{name}" for name in ("celery", "taskiq", "huey"))
_RAM = "Valkey, in its memory"
_SYNCED = "Valkey, appendfsync always"
_WAL = "SQLite, WAL"
_AGAIN = "running ones: run again at once"
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
    BACKGROUND: Contender("", _served, "the server's memory", "nothing"),
    OURS: Contender(_OURS, _ours, f"{_WAL}, FULL: synced", f"a loss of power; {_AGAIN}"),
    OURS_PROCESS: Contender(_OURS, _ours, f"{_WAL}, NORMAL", f"the death of processes; {_AGAIN}", None, "process"),
    OURS_INSIDE: Contender(_OURS, None, f"{_WAL}, FULL: synced", f"a loss of power; {_AGAIN}", None, "embedded"),
    OURS_INSIDE_PROCESS: Contender(
        _OURS, None, f"{_WAL}, NORMAL", f"the death of processes; {_AGAIN}", None, "embedded process"
    ),
    OURS_SERVED: Contender(_OURS, _served, f"{_WAL}, FULL: synced", f"a loss of power; {_AGAIN}"),
}


def taking_part(*names: str) -> list[str]:
    """All of these, or in a quick run the plainest of those that need no server."""
    return [name for name in names if load(True, False) or not (CONTENDERS[name].valkey or CONTENDERS[name].option)]
