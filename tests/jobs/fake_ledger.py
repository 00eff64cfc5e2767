"""A store in memory, with the part of `Ledger` that followers need: thread-safe, and it counts what is read."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import fields
from typing import Any, cast

import anyio.to_thread

from fastapi_convert.errors import JobStoreUnavailable
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import JobEvent, JobRecord, JobState

__all__ = ("FakeLedger", "read")


async def read(fn: Callable[..., Any], *args: Any) -> Any:
    """Run what blocks on a thread, and leave only when it has ended, as `Pool.run` does."""
    return await anyio.to_thread.run_sync(fn, *args)


class FakeLedger:
    """Events are put in by `commit`; `broken` makes every read fail, `hold` has reads wait for `release`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[str, list[JobEvent]] = {}
        self._log: list[str] = []
        self._callback: Callable[[frozenset[str]], None] = lambda _: None
        self._free = threading.Event()
        self._free.set()
        self.reads: Counter[str] = Counter()
        self.after_next_read: Callable[[], object] = lambda: None
        self.marks: list[int] = []
        self.under_way = self.most_under_way = 0
        self.reading = 0
        self.broken = False
        self.purged: set[str] = set()

    def as_ledger(self) -> Ledger:
        return cast("Ledger", self)

    async def read(self, fn: Callable[..., Any], *args: Any) -> Any:
        """As the function of this name; `reading` tells how many have not been answered."""
        self.reading += 1
        try:
            return await read(fn, *args)
        finally:
            self.reading -= 1

    # Writing

    def commit(self, job_id: str, *types: str, tell: bool = True) -> list[JobEvent]:
        """Store one event after the other in one commit; without `tell` as another process would."""
        with self._lock:
            stored = self._events.setdefault(job_id, [])
            first = stored[-1].number + 1 if stored else 1
            added = [JobEvent(number, kind, 0.0, 1) for number, kind in enumerate(types, first)]
            stored += added
            self._log.append(job_id)
        if tell:
            self._callback(frozenset({job_id}))
        return added

    def prune(self, job_id: str, keep: int) -> None:
        """Drop all progress but the last `keep` events."""
        with self._lock:
            stored = self._events[job_id]
            self._events[job_id] = [event for event in stored[:-keep] if event.type != "progress"] + stored[-keep:]

    def purge(self, job_id: str) -> None:
        with self._lock:
            self._events[job_id] = []
            self.purged.add(job_id)

    def stored(self, job_id: str, after: int = 0) -> list[JobEvent]:
        with self._lock:
            return [event for event in self._events.get(job_id, []) if event.number > after]

    def hold(self) -> None:
        self._free.clear()

    def release(self) -> None:
        self._free.set()

    # The ledger's

    def on_change(self, callback: Callable[[frozenset[str]], None]) -> None:
        self._callback = callback

    def events(self, job_id: str, after: int = 0, count: int = 1000) -> list[JobEvent]:
        self._count("events")
        found = self.stored(job_id, after)[:count]
        hook, self.after_next_read = self.after_next_read, lambda: None
        hook()
        return found

    def get(self, job_id: str) -> JobRecord | None:
        self._count("get")
        if job_id in self.purged:
            return _record(job_id, JobState.SUCCEEDED, 9)
        stored = self.stored(job_id)
        if not stored:
            return None
        return _record(job_id, _state_after(event.type for event in stored), stored[-1].number)

    def changes(self, after: int) -> tuple[int, dict[str, int]]:
        self._count("changes")
        self.marks.append(after)
        with self._lock:
            changed = self._log[after:] if after >= 0 else ()
            newest = {job_id: self._events[job_id][-1].number for job_id in changed if self._events[job_id]}
            return len(self._log), newest

    def version(self) -> int:
        with self._lock:
            return len(self._log)

    def _count(self, kind: str) -> None:
        with self._lock:
            self.reads[kind] += 1
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            assert self._free.wait(30)
            if self.broken:
                raise JobStoreUnavailable("The fake store is broken. Mend it.")
        finally:
            with self._lock:
                self.under_way -= 1


def _state_after(types: Iterable[str]) -> JobState:
    state = JobState.QUEUED
    for kind in types:
        if kind in set(JobState):
            state = JobState(kind)
    return state


def _record(job_id: str, state: JobState, version: int) -> JobRecord:
    unknown: dict[str, Any] = dict.fromkeys(field.name for field in fields(JobRecord))
    return JobRecord(**{**unknown, "id": job_id, "state": state, "version": version})
