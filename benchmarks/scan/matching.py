"""One rule for all: when does what a tool said count as one of the judged entries?

1. It names the file and the line of the blocking call.
2. If it says which async function is blocked, it names that one: the file, and the last part of the name.
   A tool that looks at one function at a time says no function, and need not.
3. A look-alike that no async code reaches counts as reported whichever function is named. A look-alike of one function
   does not count against a tool that names none, if the same line does block another function.

So a tool that follows calls is not asked for the way that it went, nor one that does not for the function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.scan.applications import Application, Entry


@dataclass(frozen=True, slots=True)
class Reported:
    """What a tool said once.

    Args:
        path: The file of the blocking call, as seen from the top of the repository.
        line: Its line.
        function_path: The file of the async function; empty if the tool names none.
        function: Its name; empty if the tool names none.
    """

    path: str
    line: int
    function_path: str = ""
    function: str = ""

    def moved(self, prefix: str) -> Reported:
        """The same, as seen from a folder further up."""
        function_path = f"{prefix}{self.function_path}" if self.function_path else ""
        return Reported(f"{prefix}{self.path}", self.line, function_path, self.function)


def matched(app: Application, reports: Iterable[Reported]) -> list[str]:
    """The keys of the entries that were reported, in the order of the entries."""
    found = _by_place(reports)
    blocking = {(entry.path, entry.line) for entry in app.entries if entry.hops is not None}
    return [
        entry.key
        for entry in app.entries
        if any(
            _counts(entry, report, also_blocks=(entry.path, entry.line) in blocking)
            for report in found.get((entry.path, entry.line), ())
        )
    ]


def told_of_another(app: Application, reports: Iterable[Reported]) -> list[str]:
    """The keys of blocking entries whose line was reported, but for other functions only."""
    reports = list(reports)
    exact = set(matched(app, reports))
    lines = {(report.path, report.line) for report in reports}
    blocking = [entry for entry in app.entries if entry.hops is not None]
    return [entry.key for entry in blocking if entry.key not in exact and (entry.path, entry.line) in lines]


def _by_place(reports: Iterable[Reported]) -> dict[tuple[str, int], list[Reported]]:
    found: dict[tuple[str, int], list[Reported]] = {}
    for report in reports:
        found.setdefault((report.path, report.line), []).append(report)
    return found


def _counts(entry: Entry, report: Reported, *, also_blocks: bool) -> bool:
    if not entry.function:
        return True
    if not report.function:
        return entry.hops is not None or not also_blocks
    return report.function_path == entry.function_path and same_name(report.function, entry.function)


def same_name(one: str, other: str) -> bool:
    """Whether two names of a function end alike: some tools put the module before it, some the class."""
    return one.rpartition(".")[2] == other.rpartition(".")[2]


def count(entries: Sequence[Entry], reported: Iterable[str]) -> int:
    """How many of these entries were reported."""
    keys = set(reported)
    return sum(entry.key in keys for entry in entries)
