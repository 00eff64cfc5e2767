"""huey with its SQLite storage: the other one that needs no server."""

from __future__ import annotations

from huey import SqliteHuey  # type: ignore[import-untyped]  # it has no types

from benchmarks.jobs import effects, settings

#: What outlives a process, and not a loss of power. huey's own default has SQLite sync each commit.
UNSYNCED = "unsynced"

huey = SqliteHuey(
    "bench",
    filename=str(settings.folder() / "huey.db"),
    fsync=False if settings.option() == UNSYNCED else None,
)


@huey.task()  # type: ignore[untyped-decorator]  # it has no types
def work(number: int, seconds: float) -> int:
    return effects.work(number, seconds)


def submit(number: int, seconds: float) -> str:
    return str(work(number, seconds).id)
