"""Figures of ours beside those of others, and what was to be reached."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

OURS = "fastapi-convert"


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached: so many times better than the peer, a share of what it does, or a figure of our own."""

    times: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    share: float | None = None

    def as_ratio(self, peer: float) -> float:
        """The ratio to the peer at which the goal is just reached."""
        if self.at_most is not None:
            return peer / self.at_most
        if self.at_least is not None:
            return self.at_least / peer
        ratio = self.times if self.share is None else self.share
        assert ratio is not None
        return ratio


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the table.

    Args:
        what: The work that all of them did.
        variant: On what: an event loop, a size.
        against: The peer; `None` where nobody else can do it.
        unit: Of the figures.
        figures: Those of everybody, by name.
        goal: Where there is one; some figures are shown for their own sake.
        more_is_better: Than less.
        unfinished: Who gave up: the figure is what it had reached by then.
    """

    what: str
    variant: str
    against: str | None
    unit: str
    figures: Mapping[str, float]
    goal: Goal | None = None
    more_is_better: bool = False
    unfinished: frozenset[str] = frozenset()

    @property
    def peer(self) -> float | None:
        return None if self.against is None else self.figures[self.against]

    @property
    def ours(self) -> float:
        return self.figures[OURS]

    @property
    def ratio(self) -> float | None:
        """How many times better we are than the peer."""
        if self.peer is None:
            return None
        return self.ours / self.peer if self.more_is_better else self.peer / self.ours

    @property
    def goal_ratio(self) -> float | None:
        return None if self.goal is None or self.peer is None else self.goal.as_ratio(self.peer)

    @property
    def reached(self) -> bool | None:
        if self.goal is None:
            return None
        if self.goal.at_most is not None:
            return self.ours <= self.goal.at_most
        if self.goal.at_least is not None:
            return self.ours >= self.goal.at_least
        assert self.ratio is not None
        assert self.goal_ratio is not None
        return self.ratio >= self.goal_ratio
