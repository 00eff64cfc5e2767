"""The results as Markdown: one table against the goals, then everybody's outcomes, and what was judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.common import page
from benchmarks.common.comparison import OURS, Comparison
from benchmarks.common.tables import table
from benchmarks.scan import applications, judged, probes, recall
from benchmarks.scan.recorded import Record
from benchmarks.scan.speed import PROCESSES, Timed

VARIANT = "on"

_INTRODUCTION = """\
# Scanning, measured

Written by `python -m benchmarks.scan`. The applications are public, at a commit each, and what blocks in them was found
by reading; one rule decides for all tools whether they reported it. None of the applications' libraries are installed
but where the name says so. *Ratio* is how many times better {ours} is. These applications and the probes were at hand
while the scan was written: they say what it covers rather than what it does elsewhere. That is what the end of the page
is about: applications that nobody had looked at before. The scan was corrected after each measurement, and the next one
took other applications. How to read the tables is told in the README of the benchmarks.
"""


def markdown(
    records: Mapping[str, Record],
    timed: Sequence[Timed],
    comparisons: Sequence[Comparison],
    header: Iterable[str],
    seconds: float,
) -> str:
    """The whole page."""
    opening = [_INTRODUCTION.format(ours=OURS), *header, f"- the run took {seconds:.0f} s"]
    everybody = [*of_applications(records), *one_by_one(records), *_probes(records), *_speed(timed), *_judged()]
    return page.markdown("scan", opening, comparisons, VARIANT, everybody[:-1])


def _section(title: str, *parts: str) -> list[str]:
    return [f"## {title}", "", *(line for part in parts for line in (part, ""))]


def of_applications(records: Mapping[str, Record]) -> list[str]:
    """What everybody reported of all that they were run on, and how they were called."""
    rows = [
        [name, record.version, str(len(score.outcomes)), *score.cells()]
        for name, record in records.items()
        if (score := recall.score(record)).outcomes
    ]
    commands = table(["who", "called as"], [[name, f"`{record.command}`"] for name, record in records.items()])
    head = ["who", "version", "applications", *recall.COLUMNS]
    return _section("What everybody reported of the applications", table(head, rows), commands)


def one_by_one(records: Mapping[str, Record]) -> list[str]:
    """The same for each application."""
    rows = [
        [app.name, str(app.files), name, *recall.score(record, {app.name}).cells()]
        for app in applications.applications()
        for name, record in records.items()
        if recall.score(record, {app.name}).outcomes
    ]
    head = ["application", "files", "who", *recall.COLUMNS]
    return _section("The applications one by one", table(head, rows))


def _probes(records: Mapping[str, Record]) -> list[str]:
    head = ["probes", "programs", "who", "places found", "programs with a wrong finding"]
    rows = []
    for group, names in probes.seen_by_all(records).items():
        for name, record in records.items():
            if names and record.probes:
                found, of, wrong = probes.total(record, names)
                rows.append([group, str(len(names)), name, f"{found}/{of}", str(wrong)])
    return _section("Small programs of one mechanism each", table(head, rows))


def _speed(timed: Sequence[Timed]) -> list[str]:
    head = [VARIANT, "who", "time", "files a second", "peak memory"]
    rows = [row for one in timed for row in one.rows()]
    return _section(f"Everybody's times; {OURS} with {PROCESSES} processes", table(head, rows))


def _judged() -> list[str]:
    recall_table = table(judged.RECALL_COLUMNS, judged.recall_rows(judged.recall()))
    precision_table = table(judged.COLUMNS, judged.rows(judged.measurements()))
    return [
        *_section("Unseen applications: what a first scan found of what was read in the sources", recall_table),
        *_section("Unseen applications: findings drawn at random, judged by hand", precision_table),
    ]
