"""The results as Markdown: one table against the goals, one with all that was seen of everybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.common import page
from benchmarks.common.comparison import OURS, Comparison
from benchmarks.common.tables import table
from benchmarks.jobs.contenders import CONTENDERS
from benchmarks.jobs.sample import COLUMNS, Scenario

VARIANT = "variant"

_INTRODUCTION = """\
# Jobs, measured

Written by `python -m benchmarks.jobs`. Everybody runs the same function: it leaves a record of 32 bytes in a file, by
whose times all is measured. Who submits is one process; the worker is another, started by each one's own command, but
for what runs "in the app"; a Valkey server, where one is needed, is a third. All of them took turns; figures are
medians over the rounds, of which idle workers, kills and cancels had one. *Ratio* is how many times better {ours} is.
They do not promise the same: see what an accepted job outlives.
"""


def markdown(
    scenarios: Iterable[Scenario], comparisons: Sequence[Comparison], header: Iterable[str], seconds: float
) -> str:
    """The whole page."""
    opening = [_INTRODUCTION.format(ours=OURS), *header, f"- the run took {seconds:.0f} s"]
    outlives = ["## What an accepted job outlives", "", _table_of_durability()]
    everybody = ["## Everybody's figures", "", _table_of_samples(scenarios)]
    return page.markdown("jobs", opening, comparisons, VARIANT, [*outlives, "", *everybody])


def _table_of_durability() -> str:
    return table(["who", "stored in", "outlives"], [[who, c.store, c.outlives] for who, c in CONTENDERS.items()])


def _table_of_samples(scenarios: Iterable[Scenario]) -> str:
    rows = [
        [scenario.what, scenario.variant, who, *sample.cells()]
        for scenario in scenarios
        for who, sample in scenario.samples.items()
    ]
    return table(["what", VARIANT, "who", *(head for head, _ in COLUMNS.values())], rows)
