"""This library, called as the others are."""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path

from benchmarks.common.comparison import OURS
from benchmarks.scan.matching import Reported
from benchmarks.scan.tools import Target
from fastapi_convert.scan import Finding, Settings, scan

#: What is measured is what the command does where nothing is set.
LEVEL = Settings().level


class Ours:
    """It runs in this process, and so needs no more than this library."""

    name = OURS
    follows_calls = True

    def able(self, _name: str, /) -> bool:
        """It needs nothing of an application but its files."""
        return True

    def version(self) -> str:
        return version(OURS)

    def shown(self) -> str:
        return f"{OURS} scan --no-cache PATH"

    def run(self, target: Target, _timeout: float, /) -> list[Reported]:
        """All that it says about a target, with paths as seen from the top of the tree. It never gives up."""
        report = scan([target.tree / root for root in target.roots], Settings(cache=False))
        assert report.root is not None
        above = report.root.resolve().relative_to(target.tree.resolve()).as_posix()
        prefix = "" if above == "." else f"{above}/"
        return [_reported(finding).moved(prefix) for finding in report.findings]


def _reported(finding: Finding) -> Reported:
    function, blocking = finding.async_function, finding.blocking
    return Reported(blocking.path, blocking.line, function.path, function.name)


def command(*arguments: str) -> list[str]:
    """The command line, for what is measured from outside. A scanned tree must not stand in for a library of ours."""
    return [sys.executable, "-P", "-m", "fastapi_convert.scan", *arguments, "--quiet", "--exit-zero", "."]


def cached(folder: Path, processes: int) -> list[str]:
    """The command line with a cache in this folder."""
    return command("--processes", str(processes), "--cache-dir", str(folder))


def uncached(processes: int) -> list[str]:
    """The command line without a cache."""
    return command("--processes", str(processes), "--no-cache")
