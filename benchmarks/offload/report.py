"""The results as Markdown: one table against the goals, one with everybody's times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.common import page
from benchmarks.common.comparison import OURS, Comparison
from benchmarks.common.tables import table
from benchmarks.offload.measure import TimedComparison, micro

VARIANT = "event loop"

_INTRODUCTION = """\
# Offloading, measured

Written by `python -m benchmarks.offload`. All sides of a comparison took turns in one process; figures are medians
over the rounds. CPU is the time of all threads of this process. *Ratio* is how many times better {ours} is.
"""


def markdown(comparisons: Sequence[Comparison], header: Iterable[str], seconds: float) -> str:
    """The whole page."""
    opening = [_INTRODUCTION.format(ours=OURS), *header, f"- the run took {seconds:.0f} s"]
    everybody = ["## Everybody's times, per call, item or request", "", _table_of_times(comparisons)]
    return page.markdown("offload", opening, comparisons, VARIANT, everybody)


def _table_of_times(comparisons: Iterable[Comparison]) -> str:
    rows = [
        [c.what, c.variant, who, micro(timing.wall), micro(timing.cpu)]
        for c in comparisons
        if isinstance(c, TimedComparison)
        for who, timing in c.timings.items()
    ]
    return table(["what", VARIANT, "who", "wall", "CPU"], rows)
