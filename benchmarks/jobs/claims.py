"""A worker's question for the next job, when a million of them wait."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs import settings
from benchmarks.jobs.deployments import Deployments
from benchmarks.jobs.sample import Sample, Scenario, of_latencies
from fastapi_convert.jobs._clock import Clock
from fastapi_convert.jobs.ledger import SQLiteLedger
from fastapi_convert.jobs.ledger._schema import prepare
from fastapi_convert.jobs.model import QueueTerms

_NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?)"
_FILL = (
    f"""
    {_NUMBERS} INSERT INTO jobs (number, id, name, queue, ready, priority, version, keep, created_wall)
    SELECT n, lower(hex(randomblob(16))), 'work', 'default', 1, 0, 1, 86400.0, 0.0 FROM numbers
    """,
    f"""{_NUMBERS} INSERT INTO payloads SELECT n, '{{"number": 1, "seconds": 0.0}}', '' FROM numbers""",
    f"{_NUMBERS} INSERT INTO events (job, number, type, at, attempt) SELECT n, 1, 'queued', 0.0, 0 FROM numbers",
    "INSERT INTO counters VALUES ('default', ?, 0)",
)


def million(deployments: Deployments) -> Iterator[Scenario]:
    """One claim after another, by wall clock, when all is in the database and nothing else is done."""
    rows, claims = load(1_000_000, 2000), load(3000, 50)
    with deployments.deployed(OURS) as deployment:
        sample = Sample(of_latencies(deployment.run(__name__, str(rows), str(claims))))
    scenario = Scenario.of("one claim", "1,000,000 queued", {OURS: [sample]})
    scenario.compare("most", what="one claim, p99", goal=Goal(at_most=1))
    yield scenario


def _fill(path: Path, rows: int) -> None:
    """Make a store with so many queued jobs; the library would take minutes to accept them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for pragma in ("journal_mode = WAL", "synchronous = OFF", "cache_size = -400000"):
            db.execute(f"PRAGMA {pragma}")
        prepare(db, Clock())
        db.execute("BEGIN")
        made = db.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql <> ''"
        ).fetchall()
        for kind, name, _ in made:
            db.execute(f"DROP {kind} {name}")
        for statement in _FILL:
            db.execute(statement, (rows,))
        for _, _, statement in made:  # it takes a quarter of the time to make them afterwards
            db.execute(statement)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    os.sync()


def _milliseconds(ledger: SQLiteLedger) -> float:
    began = time.perf_counter()
    (claim,) = ledger.claim("bench", [QueueTerms("default", ("work",))], 1).result()
    assert claim.name == "work"
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """In a process of its own: how many jobs wait, and how often to ask."""
    rows, count = int(sys.argv[1]), int(sys.argv[2])
    path = settings.folder() / "jobs.db"
    _fill(path, rows)
    ledger = SQLiteLedger(path)
    ledger.open()
    try:
        print(json.dumps([_milliseconds(ledger) for _ in range(count)]))
    finally:
        ledger.close()


if __name__ == "__main__":
    main()
