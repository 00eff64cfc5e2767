"""The page and the picture that a benchmark leaves."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.common.comparison import Comparison
from benchmarks.common.tables import table_of_goals

RESULTS = Path(__file__).parents[1] / "results"


def beside_each_other(comparisons: Iterable[Comparison]) -> list[Comparison]:
    """In the order in which they were made, but the same thing on one variant and on the next beside each other."""
    found = list(comparisons)
    order = list(dict.fromkeys(c.what for c in found))
    return sorted(found, key=lambda c: order.index(c.what))


def markdown(
    name: str, opening: Sequence[str], comparisons: Iterable[Comparison], variant: str, everybody: Sequence[str]
) -> str:
    """The whole page: how and where it was measured, the goals, and then what was seen of everybody."""
    goals = table_of_goals(comparisons, variant)
    return "\n".join([*opening, "", goals, "", f"![Ratios and goals]({name}.png)", "", *everybody]) + "\n"


def write(name: str, page: str, comparisons: Sequence[Comparison], colours: Mapping[str, str]) -> None:
    """Put `name.md` and `name.png` into the folder for results, or into `BENCH_RESULTS` where that is set."""
    from benchmarks.common.plot import draw  # only now: it takes a second, and memory, that nobody measured needs

    folder = Path(os.environ.get("BENCH_RESULTS") or RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(page, encoding="utf-8")
    draw(comparisons, folder / f"{name}.png", colours)
