"""The results as a picture: a bar for every ratio, a mark for every goal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from matplotlib.figure import Figure

from benchmarks.common.comparison import OURS, Comparison
from benchmarks.common.tables import goal_in_words, ratio_in_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: The bars that stand beside each other, one for each variant.
Group: TypeAlias = list[Comparison]

GOAL_COLOUR = "#d1495b"
OTHER_COLOUR = "#9aa5b1"
INK = "#333333"
BAR = 0.36


def draw(comparisons: Sequence[Comparison], path: Path, colours: Mapping[str, str]) -> None:
    """Save the picture to `path`, in these colours for the variants. What has no peer has no bar."""
    groups: dict[tuple[str, str | None], Group] = {}
    for comparison in comparisons:
        if comparison.ratio is not None:
            groups.setdefault((comparison.what, comparison.against), []).append(comparison)
    # Without pyplot there is no display to look for: a bare figure is drawn by Agg.
    figure = Figure(figsize=(10, 0.8 * len(groups) + 1.6), layout="constrained")
    axes = figure.subplots()
    for row, group in enumerate(groups.values()):
        for at, comparison in enumerate(group):
            _bar(axes, row + (at - (len(group) - 1) / 2) * BAR, comparison, colours)
    _label(axes, list(groups.values()))
    _legend(figure, axes, {c.variant if c.variant in colours else "other" for c in comparisons}, colours)
    figure.savefig(path, dpi=120)


def _bar(axes: Axes, place: float, comparison: Comparison, colours: Mapping[str, str]) -> None:
    ratio, goal = comparison.ratio or 0.0, comparison.goal_ratio
    axes.barh(place, ratio, height=BAR * 0.92, color=colours.get(comparison.variant, OTHER_COLOUR), zorder=2)
    beyond = max(ratio, goal or 0.0) if comparison.reached is False else ratio
    axes.text(beyond * 1.03, place, f" {ratio_in_words(comparison)}", va="center", fontsize=9, color=INK)
    if goal is not None:
        axes.plot([goal] * 2, (place - BAR / 2, place + BAR / 2), color=GOAL_COLOUR, linewidth=2.5, zorder=3)


def _label(axes: Axes, groups: Sequence[Group]) -> None:
    axes.set_yticks(range(len(groups)), [_name(group[0]) for group in groups], fontsize=9, color=INK)
    axes.set_ylim(len(groups) - 0.4, -0.6)
    ratios = [comparison.ratio or 1.0 for group in groups for comparison in group]
    axes.set_xscale("log")
    axes.set_xlim(min(1.0, *(ratio * 0.8 for ratio in ratios)), max(ratios) * 2.2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}x")
    axes.grid(axis="x", color="#dddddd", zorder=0)
    axes.tick_params(which="both", length=0, colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_title(f"{OURS}: how many times better than its peers (log scale)", fontsize=12, color=INK, loc="left")


def _name(comparison: Comparison) -> str:
    goal = "no goal" if comparison.goal is None else f"goal {goal_in_words(comparison)}"
    return f"{comparison.what}\nagainst {comparison.against}, {goal}"


def _legend(figure: Figure, axes: Axes, names: Collection[str], colours: Mapping[str, str]) -> None:
    for name, colour in {**colours, "other": OTHER_COLOUR}.items():
        if name in names:
            axes.barh(0, 0, color=colour, label=name)
    axes.plot([], [], color=GOAL_COLOUR, linewidth=2.5, label="goal")
    figure.legend(loc="outside lower center", ncols=4, frameon=False, fontsize=9, labelcolor=INK)
