"""Paths as they are from where somebody reads the report: to click on, and for services that know the repository."""

from __future__ import annotations

import os
import posixpath
from dataclasses import replace
from pathlib import Path

from fastapi_convert.scan.findings import Finding, Report

__all__ = ("from_here", "path_between")


def from_here(report: Report) -> Report:
    """The report with paths from the current folder on, if the root lies in it; otherwise whole ones."""
    if report.root is None:
        return report
    root = report.root.absolute()
    between = path_between(root, Path.cwd())
    # `relative_to` knows no way out of the folder, and `../..` from nowhere in particular helps nobody.
    start = between if between is not None else root.as_posix()
    if not start:
        return report
    return replace(
        report,
        findings=tuple(_moved(finding, start) for finding in report.findings),
        warnings=tuple(replace(warned, path=_joined(start, warned.path)) for warned in report.warnings),
    )


def path_between(folder: Path, above: Path) -> str | None:
    """The way down from `above` to `folder`, "" if they are one, `None` if there is none."""
    here, there = os.path.realpath(above), os.path.realpath(folder)
    if not Path(there).is_relative_to(here):
        return None
    return Path(there).relative_to(here).as_posix().removeprefix(".")


def _moved(finding: Finding, start: str) -> Finding:
    return replace(
        finding,
        async_function=replace(finding.async_function, path=_joined(start, finding.async_function.path)),
        chain=tuple(replace(step, path=_joined(start, step.path)) for step in finding.chain),
        blocking=replace(finding.blocking, path=_joined(start, finding.blocking.path)),
    )


def _joined(start: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(start, path))
