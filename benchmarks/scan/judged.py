"""Findings drawn at random from applications that are not in the development set, each judged by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.common.comparison import OURS, Comparison, Goal

PRECISION: Final = Path(__file__).with_name("precision.json")
VERDICTS: Final = ("right", "noise", "wrong")
COLUMNS: Final = ("level", "application", "findings", *VERDICTS, "share that is right")

Finding = Mapping[str, Any]


def findings() -> list[Finding]:
    """Those that were judged."""
    found: list[Finding] = json.loads(PRECISION.read_text(encoding="utf-8"))["findings"]
    return found


def right(judged: Iterable[Finding]) -> float:
    """How many are right, in percent: noise is not."""
    verdicts = Counter(finding["verdict"] for finding in judged)
    return 100 * verdicts["right"] / verdicts.total()


def rows(judged: Iterable[Finding]) -> Iterator[list[str]]:
    """A line for each level and application, and one for each level."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in judged:
        for app in (finding["app"], "all"):
            groups.setdefault((finding["level"], app), []).append(finding)
    for (level, app), group in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] == "all", item[0][1])):
        verdicts = Counter(finding["verdict"] for finding in group)
        counts = [str(verdicts[verdict]) for verdict in VERDICTS]
        yield [level, app, str(len(group)), *counts, f"{right(group):.0f} %"]


def compare(judged: Iterable[Finding]) -> list[Comparison]:
    """A line for each level that findings were drawn from; the goal is that of errors."""
    by_level: dict[str, list[Finding]] = {}
    for finding in judged:
        by_level.setdefault(finding["level"], []).append(finding)
    return [
        Comparison(
            "findings that are right, of those judged",
            f"level {level}",
            None,
            "%",
            {OURS: right(group)},
            Goal(at_least=92) if level == "error" else None,
            more_is_better=True,
        )
        for level, group in sorted(by_level.items())
    ]
