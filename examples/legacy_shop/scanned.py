"""Scans the apps before and after, and shows what blocks in them. Nothing is imported or run for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from examples.legacy_shop.table import bold, good
from fastapi_convert.scan import Finding, Report, Settings, scan

HERE = Path(__file__).resolve().parent
LABEL, COLUMN = 44, 12
ROUTE, CALL = 19, 26


def scan_both() -> tuple[Report, Report]:
    """What scan says of `before/` and of `after/`; the demo leaves nothing behind, so nothing is cached."""
    before, after = (scan([HERE / side], Settings(cache=False)) for side in ("before", "after"))
    return before, after


def table(before: Report, after: Report) -> str:
    """Both apps side by side, and below them every call that blocks."""
    rows = [
        ("functions that run on the event loop", before.stats.async_functions, after.stats.async_functions),
        ("functions that block it", _blocking(before), _blocking(after)),
        ("blocking calls that they reach", len(before.findings), len(after.findings)),
    ]
    head = f"{'':<{LABEL}}{'before':>{COLUMN}}{'after':>{COLUMN}}"
    lines = [bold(head), "-" * len(head)]
    lines += [f"{label:<{LABEL}}{was:>{COLUMN}}{good(f'{now:>{COLUMN}}')}" for label, was, now in rows]
    return "\n".join([*lines, "", *_listed(before), *_listed(after)])


def _blocking(report: Report) -> int:
    return len({finding.async_function for finding in report.findings})


def _listed(report: Report) -> Iterator[str]:
    """One line a call, under the route that has to wait for it."""
    for function, findings in groupby(report.findings, key=lambda finding: finding.async_function):
        route = function.route or function.name
        for finding in findings:
            place = f"{_path(report, finding)}:{finding.blocking.line}"
            call = finding.blocking.call.removeprefix("builtins.")
            yield f"{route:<{ROUTE}}  {finding.code}  {call:<{CALL}}  {place}"
            route = ""


def _path(report: Report, finding: Finding) -> str:
    """Where the call is, from this folder on: the apps' own code, or the legacy code that they share."""
    return os.path.relpath(os.path.join(report.root or "", finding.blocking.path), HERE).replace(os.sep, "/")
