"""What was judged by hand of applications that nobody had at hand while the scan was written.

Each measurement took other applications, and the scan was corrected after it: the next one tells whether that has
helped elsewhere.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.common.comparison import OURS, Comparison, Goal

UNSEEN: Final = Path(__file__).with_name("unseen")
VERDICTS: Final = ("right", "noise", "wrong")
COLUMNS: Final = ("measurement", "level", "application", "findings", *VERDICTS, "share that is right")
RECALL_COLUMNS: Final = ("measurement", "applications", "direct", "indirect", "look-alikes reported", "remark")

Finding = Mapping[str, Any]


def measurements() -> list[list[Finding]]:
    """The findings that were drawn at random and judged, one list a measurement."""
    files = sorted(UNSEEN.glob("precision/*.json"), key=lambda path: int(path.stem))
    return [json.loads(file.read_text(encoding="utf-8"))["findings"] for file in files]


def recall() -> list[Mapping[str, Any]]:
    """How many of the blocking calls that were read in the sources a first scan found, a line a measurement."""
    found: list[Mapping[str, Any]] = json.loads((UNSEEN / "recall.json").read_text(encoding="utf-8"))
    return found


def recall_rows(measured: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """A line for each measurement."""
    for number, each in enumerate(measured, 1):
        counts = ["{}/{}".format(*each[kind]) for kind in ("direct", "indirect", "lookalikes")]
        yield [str(number), ", ".join(each["applications"]), *counts, each["remark"]]


def right(judged: Iterable[Finding]) -> float:
    """How many are right, in percent: noise is not."""
    verdicts = Counter(finding["verdict"] for finding in judged)
    return 100 * verdicts["right"] / verdicts.total()


def rows(measured: Sequence[Iterable[Finding]]) -> Iterator[list[str]]:
    """A line for each measurement, level and application, and one for all applications of a level."""
    for number, judged in enumerate(measured, 1):
        for row in _rows(judged):
            yield [str(number), *row]


def _rows(judged: Iterable[Finding]) -> Iterator[list[str]]:
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in judged:
        for app in (finding["app"], "all"):
            groups.setdefault((finding["level"], app), []).append(finding)
    for (level, app), group in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] == "all", item[0][1])):
        verdicts = Counter(finding["verdict"] for finding in group)
        counts = [str(verdicts[verdict]) for verdict in VERDICTS]
        yield [level, app, str(len(group)), *counts, f"{right(group):.0f} %"]


def compare(measured: Sequence[Iterable[Finding]], recalled: Sequence[Mapping[str, Any]]) -> list[Comparison]:
    """The last measurement against the goals; that of precision is one of errors."""
    errors = [finding for finding in measured[-1] if finding["level"] == "error"]
    wanted = {"direct": 95, "indirect": 92}
    shares = {kind: 100 * recalled[-1][kind][0] / recalled[-1][kind][1] for kind in wanted}
    return [
        *(
            Comparison(f"{kind} calls found, first scan", "unseen applications", None, "%", {OURS: shares[kind]},
                       Goal(at_least=goal), more_is_better=True)
            for kind, goal in wanted.items()
        ),
        Comparison("findings that are right", "unseen applications, level error", None, "%", {OURS: right(errors)},
                   Goal(at_least=92), more_is_better=True),
    ]  # fmt: skip
