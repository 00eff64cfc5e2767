"""What linters find, a scan finds too: every line that ruff or flake8-async report by their ASYNC2xx rules."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from fastapi_convert.scan import Settings, scan
from tests.scan.probe import Probe, probes, read_page

RUFF = shutil.which("ruff", path=str(Path(sys.executable).parent)) or "ruff"
RUFF_RULES = {
    "ASYNC210": 25,
    "ASYNC212": 16,
    "ASYNC220": 8,
    "ASYNC221": 24,
    "ASYNC222": 7,
    "ASYNC230": 12,
    "ASYNC240": 11,
    "ASYNC250": 4,
    "ASYNC251": 1,
}
FLAKE8_ASYNC_RULES = {
    "ASYNC210": 30,
    "ASYNC211": 11,
    "ASYNC212": 40,
    "ASYNC220": 8,
    "ASYNC221": 23,
    "ASYNC222": 6,
    "ASYNC230": 9,
    "ASYNC231": 4,
    "ASYNC232": 40,
    "ASYNC240": 22,
    "ASYNC250": 2,
    "ASYNC251": 4,
}
FLOOR = {probe.name: probe for probe in read_page("linter_floor.md")}
_MARK = re.compile(r"# (ASYNC\d+)$")


def _marks(probe: Probe) -> dict[int, str]:
    lines = enumerate(probe.files["app.py"].split("\n"), start=1)
    return {number: mark[1] for number, line in lines if (mark := _MARK.search(line))}


def _ruff(folder: Path) -> dict[int, set[str]]:
    """The codes of ruff by line, with its rules alone and no configuration."""
    options = ["--isolated", "--no-cache", "--preview", "--exit-zero", "--output-format", "json"]
    command = [RUFF, "check", *options, "--select", ",".join(RUFF_RULES), str(folder / "app.py")]
    found: dict[int, set[str]] = {}
    for each in json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout):
        found.setdefault(each["location"]["row"], set()).add(each["code"])
    return found


def _check(probe: Probe, folder: Path, lines: set[int]) -> None:
    report = scan([folder], Settings(level="all", cache=False, processes=1))
    source = probe.files["app.py"].split("\n")
    missing = sorted(lines - {finding.blocking.line for finding in report.findings})
    wrong = [f"missing: {line}: {source[line - 1].strip()}" for line in missing]
    if wrong or report.warnings:
        pytest.fail("\n".join([probe.name, *wrong, *map(str, report.warnings)]), pytrace=False)


@probes("linter_floor.md")
def test_every_line_that_a_linter_reports_is_reported(probe: Probe, tmp_path: Path) -> None:
    """The marked lines are what flake8-async or ruff report by the rule of that name."""
    _check(probe, probe.write(tmp_path), set(_marks(probe)))


@probes("linter_floor.md")
def test_every_line_that_the_installed_ruff_reports_is_reported(probe: Probe, tmp_path: Path) -> None:
    """Differential: ruff itself says which lines, today's version and the next."""
    _check(probe, tmp_path, set(_ruff(probe.write(tmp_path))))


@pytest.mark.parametrize("code", RUFF_RULES)
def test_the_floor_is_as_wide_as_the_fixtures_of_ruff(code: str, tmp_path: Path) -> None:
    """As many lines as ruff's own snapshots have diagnostics, seen by the ruff that is installed."""
    seen = [codes for codes in _ruff(FLOOR[code].write(tmp_path)).values() if code in codes]
    assert len(seen) >= RUFF_RULES[code]


def test_the_floor_is_as_wide_as_the_fixtures_of_flake8_async() -> None:
    """As many marked lines as its evaluation files have expected errors."""
    counted = Counter(mark for probe in FLOOR.values() for mark in _marks(probe).values())
    assert {code: counted[code] for code, least in FLAKE8_ASYNC_RULES.items() if counted[code] < least} == {}
