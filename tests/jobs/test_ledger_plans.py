"""No question to a large ledger reads or sorts all of it. Plans are compared, not times."""

from __future__ import annotations

import itertools
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.ledger import SQLiteLedger
from fastapi_convert.jobs.model import Ending, JobState, NewJob, QueueTerms
from tests.jobs.ledger_support import ERROR, PATIENCE, claimed, opened, submitted

JOBS = 20_000
STATES = ["queued", "queued", "queued", "succeeded", "failed", "cancelled"]
# The table of queues has a row for each queue, and the second index has only what runs.
SMALL = {"counters", "meta", "running_jobs"}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with many jobs, written past the ledger because that is quick."""
    path = tmp_path_factory.mktemp("large") / "jobs.db"
    with opened(path):
        pass
    states = itertools.cycle(STATES)
    rows = [(f"{n:032x}", f"q{n % 3}", f"owner {n % 10}", next(states), n % 5) for n in range(JOBS)]
    with closing(sqlite3.connect(path)) as db, db:
        db.executemany(
            "INSERT INTO jobs (id, name, queue, owner, state, priority, ready, keep, created_wall, version) "
            "VALUES (?, 'report', ?, ?, ?, ?, 1, 60, 0, 1)",
            rows,
        )
        db.execute("UPDATE jobs SET ready = 0, due_steady = 1e9 WHERE state = 'queued' AND number % 7 = 0")
        db.execute("UPDATE jobs SET purge_steady = 1e9 WHERE state NOT IN ('queued', 'running')")
        db.execute("INSERT INTO payloads SELECT number, '{}', '' FROM jobs")
        db.execute("INSERT INTO events (job, number, type, at, attempt) SELECT number, 1, 'queued', 0, 0 FROM jobs")
    return path


@pytest.fixture
def ledger(large: Path) -> Iterator[SQLiteLedger]:
    with opened(large, clock=ManualClock()) as ledger:
        yield ledger


def everything(ledger: SQLiteLedger) -> None:
    """Each method, so that each statement is seen."""
    terms = [QueueTerms("default", ("report",), limit=100), QueueTerms("q1", ("report", "mail"))]
    job_id = submitted(ledger, idempotency_key="key", owner="ann")
    submitted(ledger, idempotency_key="key", owner="ann")
    for kind in ("retry", "released", "crashed", "failed", "succeeded"):
        for claim in claimed(ledger, terms=terms, count=3):
            ledger.report(claim.id, claim.attempt, 0.5, "half").result(PATIENCE)
            ledger.end(claim.id, claim.attempt, Ending(kind, result="1", error=ERROR)).result(PATIENCE)
            ledger.retry(claim.id).result(PATIENCE)
    ledger.recover("worker", [], ERROR, 3).result(PATIENCE)
    claimed(ledger, count=1)
    ledger.cancel(job_id).result(PATIENCE)
    ledger.recover("worker", [job_id], ERROR, 3).result(PATIENCE)
    delayed = submitted(ledger, delay=60)
    ledger.promote([delayed]).result(PATIENCE)
    assert isinstance(ledger._clock, ManualClock)
    ledger._clock.advance(2e9)
    ledger.purge(5).result(PATIENCE)
    ledger._clock.advance(2e9)
    ledger.purge(5).result(PATIENCE)
    for owner, any_owner, state in itertools.product(("ann", None), (True, False), (JobState.QUEUED, None)):
        ledger.list(owner=owner, any_owner=any_owner, state=state, before=JOBS, count=20)
    for question in (ledger.get, ledger.payload, ledger.result, ledger.events, ledger.cancelling):
        question(job_id)
    for ask in (ledger.running_workers, ledger.counts, lambda: ledger.changes(5), lambda: ledger.changes(-1)):
        ask()


def test_no_statement_goes_through_all_jobs(ledger: SQLiteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by scanning a table nor by sorting what it found; triggers included, as statements of their own."""
    seen: set[str] = set()
    db = ledger._opened()._writer.db
    assert db is not None
    db.set_trace_callback(seen.add)
    readers = ledger._opened().readers
    reader = readers._take()
    reader.set_trace_callback(seen.add)
    readers._give_back(reader)
    everything(ledger)
    db.set_trace_callback(None)
    asked = {re.sub(r"\s+", " ", text) for text in seen if re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT)", text)}
    assert len(asked) > 40
    with closing(sqlite3.connect(ledger.path)) as other:
        bad = {(text, step) for text in asked for step in plan_of(other, text) if is_slow(step)}
    assert bad == set()


def plan_of(db: sqlite3.Connection, statement: str) -> list[str]:
    return [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}")]


def is_slow(step: str) -> bool:
    """`SCAN jobs` and its like, but for tables that are small by nature; any sorting."""
    scanned = re.match(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?", step)
    if scanned:
        return not SMALL & {scanned[1], scanned[2]} and scanned[1] != "CONSTANT"
    return "TEMP B-TREE" in step


def test_a_slow_plan_would_be_noticed(large: Path) -> None:
    """The test above can fail."""
    with closing(sqlite3.connect(large)) as db:
        assert any(map(is_slow, plan_of(db, "SELECT * FROM jobs WHERE message = ''")))
        assert any(map(is_slow, plan_of(db, "SELECT * FROM jobs WHERE owner = 'ann' ORDER BY message")))


def test_a_page_and_a_claim_are_right_in_a_large_store(ledger: SQLiteLedger) -> None:
    """The first page of an owner, and the highest priorities first."""
    page = ledger.list(owner="owner 3", state=JobState.QUEUED, count=10)
    assert [found.number for found in page] == sorted((found.number for found in page), reverse=True)
    assert {(found.owner, found.state) for found in page} == {("owner 3", JobState.QUEUED)}
    new = ledger.submit(NewJob("report", "{}", queue="q0", priority=9)).result(PATIENCE)
    claims = claimed(ledger, terms=[QueueTerms("q0", ("report",))], count=3)
    assert claims[0].id == new.id
    assert [ledger.get(claim.id).priority for claim in claims[1:]] == [4, 4]  # type: ignore[union-attr]  # claimed just now
