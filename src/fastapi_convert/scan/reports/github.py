"""The report as annotations of GitHub Actions: a workflow command a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from fastapi_convert.scan.findings import Finding, Report, Warned

from ._escaping import visible
from ._paths import from_repository
from ._tool import TOOL

__all__ = ("github_report",)

_COMMANDS: Final = {"error": "error", "warn": "warning", "all": "notice"}
_MOST_STEPS: Final = 16


def github_report(report: Report) -> Iterator[str]:
    """A line for each finding and each warning.

    A finding is shown where the `async def` makes the call, which is where it is cured; the message has the chain.
    Paths begin at the folder of the repository, as GitHub has them. Nothing in a name or a path can end a command or
    begin another.

    Examples:
        >>> from fastapi_convert.scan.findings import Report, Warned
        >>> print(*github_report(Report(warnings=(Warned("a,b.py", 3, "cannot be read"),))))
        ::warning title=fastapi-convert,file=a%2Cb.py,line=3::cannot be read
    """
    seen = from_repository(report)
    yield from map(_finding, seen.findings)
    yield from map(_warning, seen.warnings)


def _finding(finding: Finding) -> str:
    place = finding.chain[0] if finding.chain else finding.async_function
    column = finding.blocking.column if len(finding.chain) == 1 else getattr(place, "column", 0)
    message = [finding.message, *_chain(finding), f"Use {finding.replacement}" if finding.replacement else ""]
    return _command(_COMMANDS[finding.level], finding.code, place.path, place.line, column, message)


def _chain(finding: Finding) -> list[str]:
    steps = [f"{step.path}:{step.line} {visible(step.name)}" for step in finding.chain]
    half = _MOST_STEPS // 2
    return steps if len(steps) <= _MOST_STEPS else [*steps[:half], "...", *steps[-half:]]


def _warning(warned: Warned) -> str:
    return _command("warning", TOOL, warned.path, warned.line, 0, [warned.message])


def _command(command: str, title: str, path: str, line: int, column: int, message: list[str]) -> str:
    values = {"title": title, "file": path, "line": line or "", "col": column or ""}
    properties = ",".join(f"{key}={_property(str(value))}" for key, value in values.items() if value)
    return f"::{command} {properties}::" + "%0A".join(_data(part) for part in message if part)


def _data(text: str) -> str:
    return visible(text, 2000).replace("%", "%25")  # line ends are escapes already


def _property(text: str) -> str:
    return visible(text, None).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
