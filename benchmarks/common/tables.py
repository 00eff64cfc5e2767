"""Comparisons as tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.common.comparison import OURS, Comparison


def table_of_goals(comparisons: Iterable[Comparison], variant: str) -> str:
    """What was measured against whom, and whether the goal was reached. `variant` is the head of that column."""
    rows = [
        [
            c.what,
            c.variant,
            c.against or "-",
            _figure(c, c.against),
            _figure(c, OURS),
            ratio_in_words(c),
            goal_in_words(c),
            {True: "yes", False: "**no**", None: "-"}[c.reached],
        ]
        for c in comparisons
    ]
    return table(["what", variant, "against", "peer", OURS, "ratio", "goal", "reached"], rows)


def _figure(comparison: Comparison, who: str | None) -> str:
    if who is None:
        return "-"
    more = "> " if who in comparison.unfinished else ""
    return f"{more}{number(comparison.figures[who])} {comparison.unit}"


def ratio_in_words(comparison: Comparison) -> str:
    ratio, goal = comparison.ratio, comparison.goal
    if ratio is None:
        return "-"
    more = "> " if comparison.against in comparison.unfinished else ""
    return f"{ratio:.0%}" if goal is not None and goal.share is not None else f"{more}{number(ratio)}x"


def goal_in_words(comparison: Comparison) -> str:
    goal = comparison.goal
    if goal is None:
        return "-"
    if goal.share is not None:
        return f">= {goal.share:.0%}"
    if goal.at_least is not None:
        return f">= {goal.at_least:,g} {comparison.unit}"
    return f">= {goal.times:g}x" if goal.times is not None else f"<= {goal.at_most:g} {comparison.unit}"


def number(value: float) -> str:
    """Three figures that count, without an exponent."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
