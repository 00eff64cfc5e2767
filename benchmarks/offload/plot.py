"""The results as a picture: a bar for every ratio, a mark for every goal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from benchmarks.offload.measure import OURS, Comparison
from benchmarks.offload.report import goal_in_words, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = {"asyncio": "#2a6f97", "uvloop": "#8ab6d6"}
GOAL_COLOUR = "#d1495b"
INK = "#333333"
BAR = 0.36


def draw(comparisons: Sequence[Comparison], path: Path) -> None:
    """Save the picture to `path`."""
    subjects = list(dict.fromkeys(c.what for c in comparisons))
    # Without pyplot there is no display to look for: a bare figure is drawn by Agg.
    figure = Figure(figsize=(10, 0.8 * len(subjects) + 1.6), layout="constrained")
    axes = figure.subplots()
    for comparison in comparisons:
        _bar(axes, subjects.index(comparison.what), comparison)
    _label(axes, comparisons, subjects)
    figure.savefig(path, dpi=120)


def _bar(axes: Axes, row: int, comparison: Comparison) -> None:
    place = row + (list(COLOURS).index(comparison.loop) - 0.5) * BAR
    axes.barh(place, comparison.ratio, height=BAR * 0.92, color=COLOURS[comparison.loop], zorder=2)
    text = f" {number(comparison.ratio)}x"
    beyond = max(comparison.ratio, comparison.goal_ratio if not comparison.reached else 0)
    axes.text(beyond * 1.03, place, text, va="center", fontsize=9, color=INK)
    ends = (place - BAR / 2, place + BAR / 2)
    axes.plot([comparison.goal_ratio] * 2, ends, color=GOAL_COLOUR, linewidth=2.5, zorder=3)


def _label(axes: Axes, comparisons: Sequence[Comparison], subjects: Sequence[str]) -> None:
    first = {c.what: c for c in reversed(comparisons)}
    names = [f"{what}\nagainst {first[what].against}, goal {goal_in_words(first[what])}" for what in subjects]
    axes.set_yticks(range(len(subjects)), names, fontsize=9, color=INK)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(min(1.0, *(c.ratio * 0.8 for c in comparisons)), max(c.ratio for c in comparisons) * 2.2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.grid(axis="x", color="#dddddd", zorder=0)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{OURS}: how many times better than its peers (log scale)", fontsize=12, color=INK, loc="left")
    _legend(axes, {c.loop for c in comparisons})


def _legend(axes: Axes, loops: set[str]) -> None:
    for loop, colour in COLOURS.items():
        if loop in loops:
            axes.barh(0, 0, color=colour, label=loop)
    axes.plot([], [], color=GOAL_COLOUR, linewidth=2.5, label="goal")
    axes.legend(loc="upper center", bbox_to_anchor=(0.3, -0.05), ncols=3, frameon=False, fontsize=9, labelcolor=INK)
