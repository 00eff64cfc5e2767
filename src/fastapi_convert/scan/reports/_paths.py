"""Paths as they are from where somebody reads the report: to click on, and for services that know the repository."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

from fastapi_convert.scan._checkout import repository_of
from fastapi_convert.scan.findings import Finding, Report

__all__ = ("from_here", "from_repository", "path_between")


def from_here(report: Report) -> Report:
    """The report with paths from the current folder on, if the root lies in it; otherwise whole ones."""
    if report.root is None:
        return report
    root, here = report.root.absolute(), Path.cwd()
    if path_between(root, here) is None:
        return replace(_moved(report, _from(root, here, outside=str)), root=root)
    # What lies beside the current folder is known by the way out of it.
    return replace(_moved(report, _from(root, here, outside=lambda path: os.path.relpath(path, here))), root=here)


def from_repository(report: Report) -> Report:
    """The report with paths from the folder of the repository on, by which services know a file.

    It is the one around the current folder, of which the root may be a submodule, or else the one around the root. If
    there is none, paths begin at the current folder. What lies elsewhere has a whole path: an address that leaves its
    folder means nothing.
    """
    if report.root is None:
        return report
    root, here = report.root.absolute(), Path.cwd()
    around = repository_of(here)
    top = around if around and path_between(root, around) is not None else repository_of(root) or here
    return replace(_moved(report, _from(root, top, outside=str)), root=top)


def path_between(folder: Path, above: Path) -> str | None:
    """The way down from `above` to `folder`, "" if they are one, `None` if there is none."""
    here, there = os.path.realpath(above), os.path.realpath(folder)
    if not Path(there).is_relative_to(here):
        return None
    between = Path(there).relative_to(here).as_posix()
    return "" if between == "." else between


def _from(root: Path, top: Path, *, outside: Callable[[str], str]) -> Callable[[str], str]:
    """What a path of a report is called by those who read it in `top`.

    Args:
        root: The folder that paths of the report begin at.
        top: Where readers are.
        outside: What a whole path is called that does not lie in `top`.
    """
    way = path_between(root, top)

    @cache
    def called(path: str) -> str:
        if way is not None and not path.startswith(("../", "/")):
            return posixpath.normpath(posixpath.join(way, path))
        whole = Path(os.path.normpath(root / path))
        between = path_between(whole.parent, top)
        return outside(str(whole)) if between is None else posixpath.join(between, whole.name)

    return called


def _moved(report: Report, called: Callable[[str], str]) -> Report:
    return replace(
        report,
        findings=tuple(_moved_finding(finding, called) for finding in report.findings),
        warnings=tuple(replace(warned, path=called(warned.path)) for warned in report.warnings),
    )


def _moved_finding(finding: Finding, called: Callable[[str], str]) -> Finding:
    return replace(
        finding,
        async_function=replace(finding.async_function, path=called(finding.async_function.path)),
        chain=tuple(replace(step, path=called(step.path)) for step in finding.chain),
        blocking=replace(finding.blocking, path=called(finding.blocking.path)),
    )
