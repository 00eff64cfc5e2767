"""The results as Markdown: one table against the goals, one with all that was seen of everybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.common import page
from benchmarks.common.comparison import OURS, Comparison
from benchmarks.common.tables import table
from benchmarks.uploads.sample import COLUMNS, Scenario

VARIANT = "size"

_INTRODUCTION = """\
# Uploads, measured

Written by `python -m benchmarks.uploads`. Every contender has a server of its own, uvicorn with uvloop and httptools in
one process, and the client is another process that sends over the loopback interface. All of them took turns; figures
are medians over the rounds. What is simulated ran once, without a server. *Ratio* is how many times better {ours} is,
or how much of the peer's throughput it has.
"""


def markdown(
    scenarios: Iterable[Scenario], comparisons: Sequence[Comparison], header: Iterable[str], seconds: float
) -> str:
    """The whole page."""
    opening = [_INTRODUCTION.format(ours=OURS), *header, f"- the run took {seconds:.0f} s"]
    everybody = ["## Everybody's figures", "", _table_of_samples(scenarios)]
    return page.markdown("uploads", opening, comparisons, VARIANT, everybody)


def _table_of_samples(scenarios: Iterable[Scenario]) -> str:
    rows = [
        [scenario.what, scenario.size, who, *sample.cells()]
        for scenario in scenarios
        for who, sample in scenario.samples.items()
    ]
    return table(["what", VARIANT, "who", *(head for head, _ in COLUMNS.values())], rows)
