"""Formats the figures of two apps side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan

from examples.legacy_shop.load import Figures

LABEL, COLUMN = 44, 12


@dataclass(frozen=True)
class Row:
    """One line of the table: what it shows, how, and whether less of it is better."""

    label: str
    value: Callable[[Figures], float]
    show: Callable[[float], str]
    less_is_better: bool = True
    #: What is less counts as this much, so that the ratio of next to nothing is no miracle.
    least: float = 1e-9
    compared: bool = True

    def ratio(self, before: Figures, after: Figures) -> float:
        """How many times better `after` is."""
        was, now = self.value(before), self.value(after)
        return was / max(now, self.least) if self.less_is_better else now / max(was, self.least)


def duration(seconds: float) -> str:
    """Format a time: 1.23 s, 12 ms, 0.8 ms."""
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1000:.0f} ms" if seconds >= 0.01 else f"{seconds * 1000:.1f} ms"


def megabytes(size: float) -> str:
    """Format a number of bytes: 12 MB."""
    return f"{size / 1e6:.0f} MB"


def times(ratio: float) -> str:
    """Format a ratio: 12x, or 1.3x where the fraction matters."""
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x"


ROWS = [
    Row("total time", lambda figures: figures.seconds, duration),
    Row("requests per second", lambda figures: figures.rate, "{:.1f}".format, less_is_better=False),
    Row("longest event-loop stall", lambda figures: figures.stall, duration),
    Row("/health, half of the visitors wait up to", lambda figures: figures.health_median, duration),
    Row("/health, the unluckiest visitor waits", lambda figures: figures.health_max, duration),
]

UPLOAD_ROWS = [
    Row("total time", lambda figures: figures.seconds, duration),
    Row("memory that the server took for it", lambda figures: figures.memory, megabytes, least=1e6),
    Row("written to disk", lambda figures: figures.written, megabytes, compared=False),
    Row("longest event-loop stall", lambda figures: figures.stall, duration),
    Row("/health, the unluckiest visitor waits", lambda figures: figures.health_max, duration),
]


def table(before: Figures, after: Figures, rows: Sequence[Row] = ROWS) -> str:
    """Return the whole table, without what could not be measured."""
    lines = [_line("", "before", "after", "better"), "-" * (LABEL + 3 * COLUMN)]
    for row in rows:
        was, now = row.value(before), row.value(after)
        if not (isnan(was) or isnan(now)):
            ratio = times(row.ratio(before, after)) if row.compared else ""
            lines.append(_line(row.label, row.show(was), row.show(now), ratio))
    lines.append(_line("errors", str(len(before.errors)), str(len(after.errors)), ""))
    return "\n".join([bold(lines[0]), *lines[1:]])


def _line(label: str, before: str, after: str, ratio: str) -> str:
    return f"{label:<{LABEL}}{before:>{COLUMN}}{after:>{COLUMN}}{good(f'{ratio:>{COLUMN}}')}".rstrip()


def bold(text: str) -> str:
    """Make the text bold, where that can be seen."""
    return _ansi("1", text)


def good(text: str) -> str:
    """Make the text green, where that can be seen."""
    return _ansi("32", text)


def _ansi(code: str, text: str) -> str:
    seen = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return f"\x1b[{code}m{text}\x1b[0m" if seen and text.strip() else text
