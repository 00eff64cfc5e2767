"""The results as Markdown: one table against the goals, one with everybody's times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.offload.measure import OURS, Comparison, micro

_INTRODUCTION = """\
# Offloading, measured

Written by `python -m benchmarks.offload`. All sides of a comparison took turns in one process; figures are medians
over the rounds. CPU is the time of all threads of this process. *Ratio* is how many times better {ours} is.
"""


def markdown(comparisons: Sequence[Comparison], header: Iterable[str], seconds: float) -> str:
    """The whole page."""
    parts = [
        _INTRODUCTION.format(ours=OURS),
        "\n".join([*header, f"- the run took {seconds:.0f} s"]),
        "",
        table_of_goals(comparisons),
        "",
        "![Ratios and goals](offload.png)",
        "",
        "## Everybody's times, per call, item or request",
        "",
        _table_of_times(comparisons),
    ]
    return "\n".join(parts) + "\n"


def table_of_goals(comparisons: Iterable[Comparison]) -> str:
    """What was measured against whom, and whether the goal was reached."""
    rows = [
        [
            c.what,
            c.loop,
            c.against,
            f"{number(c.peer)} {c.unit}",
            f"{number(c.ours)} {c.unit}",
            f"{number(c.ratio)}x",
            goal_in_words(c),
            "yes" if c.reached else "**no**",
        ]
        for c in comparisons
    ]
    return _table(["what", "event loop", "against", "peer", OURS, "ratio", "goal", "reached"], rows)


def _table_of_times(comparisons: Iterable[Comparison]) -> str:
    rows = [
        [c.what, c.loop, who, micro(timing.wall), micro(timing.cpu)]
        for c in comparisons
        for who, timing in c.timings.items()
    ]
    return _table(["what", "event loop", "who", "wall", "CPU"], rows)


def goal_in_words(comparison: Comparison) -> str:
    goal = comparison.goal
    return f">= {goal.times:g}x" if goal.times is not None else f"<= {goal.at_most:g} {comparison.unit}"


def number(value: float) -> str:
    """Three figures that count, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
