"""The benchmarks run, and say what they measured. How fast anything is, is not tested."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.offload.measure import OURS, Comparison, Goal, Timing
from benchmarks.offload.report import markdown, table_of_goals

ROOT = Path(__file__).parents[1]
NEEDED = ("asgiref", "matplotlib", "numpy", "uvloop")
SUBJECTS = (
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


def compared(peer: float, ours: float, goal: Goal, *, more_is_better: bool = False) -> Comparison:
    figures = {"them": peer, OURS: ours}
    timings = {"them": Timing(peer / 1000, peer / 2000)}
    return Comparison("a thing", "asyncio", "them", "ms", figures, goal, more_is_better, timings)


def rows_of(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]


@pytest.mark.skipif(not all(map(find_spec, NEEDED)), reason="the dependency group `bench` is not installed")
def test_a_tiny_run_writes_the_table_and_the_picture(tmp_path: Path) -> None:
    """Every comparison is there for both loops, on the screen and in the files, and nothing names the machine."""
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    environment = {**os.environ, "BENCH_QUICK": "1", "BENCH_RESULTS": str(tmp_path), "PYTHONPATH": path}
    command = [sys.executable, "-W", "error::ResourceWarning", "-m", "benchmarks.offload"]
    run = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=50, check=False
    )
    assert run.returncode == 0, run.stderr
    assert run.stderr == ""
    page = (tmp_path / "offload.md").read_text(encoding="utf-8")
    for printed in (run.stdout, page):
        lines = {(row[0], row[1]) for row in rows_of(printed) if len(row) == 8}
        assert lines >= {(subject, loop) for subject in SUBJECTS for loop in ("asyncio", "uvloop")}
    assert (tmp_path / "offload.png").read_bytes().startswith(b"\x89PNG")
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
    ],
    ids=["less, reached", "less, missed", "more, reached", "absolute, reached", "absolute, missed"],
)
def test_a_goal_is_a_ratio_or_a_figure(comparison: Comparison, ratio: str, goal: str, reached: str) -> None:
    """Ratios say how many times better we are, whether more or less is better."""
    assert rows_of(table_of_goals([comparison]))[-1][-3:] == [ratio, goal, reached]


def test_the_page_holds_everybodys_times() -> None:
    """The second table has clock and processor time of each."""
    page = markdown([compared(40, 4, Goal(times=8))], ["- a machine"], 1.0)
    assert rows_of(page)[-1] == ["a thing", "asyncio", "them", "40,000 us", "20,000 us"]
    assert "- a machine" in page
