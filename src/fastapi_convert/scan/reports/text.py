"""The report as people read it: by file and async function, each with its ways to what blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final

from fastapi_convert.mapping import CATEGORIES
from fastapi_convert.scan.findings import AsyncFunction, Finding, Report, Step, Warned

from ._escaping import visible
from ._lines import Line, Segment, Style, counted, line, wrapped

__all__ = ("text_report", "verdict")

_LEVEL_STYLES: Final[dict[str, Style]] = {"error": "error", "warn": "warn", "all": "faint"}
#: Steps of a chain that are shown, and warnings: what is beyond is counted. JSON has them all.
_MOST_STEPS: Final = 16
_MOST_WARNINGS: Final = 20


def text_report(report: Report, *, width: int = 80, quiet: bool = False) -> Iterator[Line]:
    r"""The report, line by line.

    Args:
        report: What a scan returned.
        width: Characters in a line. Places and names are never broken, so that they can be clicked and copied.
        quiet: Only the findings: no summary, no warnings.

    Examples:
        >>> from fastapi_convert.scan.findings import Report
        >>> from fastapi_convert.scan.reports import plain
        >>> print(*plain(text_report(Report())), sep="\n")
        Nothing blocks the event loop.
        Looked at 0 files with 0 functions, 0 of them async, in 0.0 s.
    """
    ordered = sorted(report.findings, key=lambda each: (each.async_function, each.blocking, each.code))
    for path, findings in groupby(ordered, key=lambda each: each.async_function.path):
        yield line((path, "title"))
        for function, group in groupby(findings, key=lambda each: each.async_function):
            yield ()
            yield _function(function)
            for finding in group:
                yield from _finding(finding, width)
        yield ()
    if not quiet:
        yield from _summary(report)
        yield from wrapped(verdict(report), width, style="error" if report.findings else "good")
        yield from wrapped(_looked_at(report), width, style="faint")
        yield from _warnings(report.warnings, width)


def _function(function: AsyncFunction) -> Line:
    route: tuple[str, Style] = (visible(function.route), "route")
    where: tuple[str, Style] = (f"  {function.path}:{function.line}  ", "path")
    return line(where, (f"async def {visible(function.name)}", "name"), ("  " if function.route else "", ""), route)


def _finding(finding: Finding, width: int) -> Iterator[Line]:
    head = f"    {finding.code} {finding.level}  "
    first, *others = [*wrapped(finding.message, width - len(head))] or [()]
    yield (Segment(f"    {finding.code} ", "code"), Segment(f"{finding.level}  ", _LEVEL_STYLES[finding.level]), *first)
    yield from ((Segment(" " * len(head)), *rest) for rest in others)
    yield from _chain(finding, width)
    if finding.replacement:
        yield line(("      Use ", "faint"), (visible(finding.replacement), "cure"))


def _chain(finding: Finding, width: int) -> Iterator[Line]:
    steps = [_place(finding, step) for step in _shown(finding.chain)]
    indented = [(" " * (6 + 2 * depth) + place, name) for depth, (place, name) in enumerate(steps)]
    column = max((len(place) for place, _ in indented), default=0)
    fits = column + 2 + max((len(name) for _, name in indented), default=0) <= width
    for place, name in indented:
        style: Style = "call" if name == indented[-1][1] else "name"
        yield line((place.ljust(column) if fits else place, "path"), ("  ", ""), (name, style))


def _shown(chain: tuple[Step, ...]) -> list[Step | int]:
    half = _MOST_STEPS // 2
    left_out = len(chain) - 2 * half
    return [*chain] if left_out <= 1 else [*chain[:half], left_out, *chain[-half:]]


def _place(finding: Finding, step: Step | int) -> tuple[str, str]:
    if isinstance(step, int):
        return "...", f"{step:,} more calls"
    blocking = finding.blocking
    column = blocking.column if (step.path, step.line) == (blocking.path, blocking.line) else step.column
    return visible(f"{step.path}:{step.line}{f':{column}' if column else ''}", None), visible(step.name)


def _summary(report: Report) -> Iterator[Line]:
    names = {category.code: category.name for category in CATEGORIES}
    for code, count in report.summary.items():
        yield line((f"{code}  ", "code"), (f"{names.get(code, ''):<14}", ""), (f"{count:>7,}", "name"))
    if report.findings:
        yield ()


def verdict(report: Report) -> str:
    """What was found, in a sentence."""
    if not report.findings:
        return "Nothing new blocks the event loop." if report.stats.suppressed else "Nothing blocks the event loop."
    functions = len({finding.async_function for finding in report.findings})
    return f"{counted(len(report.findings), 'blocking call')} in {counted(functions, 'async function')}."


def _looked_at(report: Report) -> str:
    stats = report.stats
    files, functions = counted(stats.files, "file"), counted(stats.functions, "function")
    text = f"Looked at {files} with {functions}, {stats.async_functions:,} of them async, in {stats.seconds:.1f} s."
    if stats.suppressed:
        text += f" {stats.suppressed:,} more hidden by comments, settings or the baseline."
    return text


def _warnings(warnings: Iterable[Warned], width: int) -> Iterator[Line]:
    told = [*warnings]
    if not told:
        return
    yield ()
    yield line((f"{counted(len(told), 'warning')}:", "warn"))
    for warned in told[:_MOST_WARNINGS]:
        where = f"{warned.path}:{warned.line}" if warned.line else warned.path
        yield from wrapped(f"{visible(where, None)}  {warned.message}", width, "  ", "  ")
    if len(told) > _MOST_WARNINGS:
        yield from wrapped(f"... and {len(told) - _MOST_WARNINGS:,} more: `--format json` has them all.", width, "  ")
