"""What is kept of one evaluation of a function: its result, and the blocking calls that it reaches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from fastapi_convert.mapping import Blocking
from fastapi_convert.scan.findings import Step

from .values import Value

__all__ = ("Hit", "Hits", "Place", "Steps", "Summary", "add_hit")


class Place(NamedTuple):
    """Where a blocking call stands, and what it is."""

    path: str
    line: int
    column: int
    call: str


# The calls on the way, the outermost first; a linked list, so that a caller adds its step without copying the rest.
Steps: TypeAlias = "tuple[Step, Steps | None]"


class Hit(NamedTuple):
    """A blocking call that is reached.

    Attributes:
        row: What the mapping says about it.
        steps: The way to it.
        length: How many calls that is.
        some: (1, 5) if only one of five implementations reaches it.
        once: It happens the first time only: what it gives is kept for the whole process.
    """

    row: Blocking
    steps: Steps
    length: int
    some: tuple[int, int] | None
    once: bool

    @property
    def rank(self) -> tuple[bool, bool, int]:
        """The smaller, the better it tells the reader what blocks."""
        return self.some is not None, self.once, self.length


Hits: TypeAlias = dict[Place, Hit]


@dataclass(slots=True, eq=False)
class Summary:
    """One evaluation of a function with certain arguments.

    Attributes:
        index: Its depth in the stack of evaluations while it runs.
        returns: What it returns.
        yields: What it yields, if it is a generator.
        hits: What it blocks on.
        fields: Attributes that it leaves on its first argument.
        done: It has ended; until then it is a part of itself.
        provisional: It has ended, but uses one that has not; `index` is the depth of the outermost of those.
    """

    index: int
    returns: Value = ()
    yields: Value = ()
    hits: Hits = field(default_factory=dict)
    fields: dict[str, Value] = field(default_factory=dict)
    done: bool = False
    provisional: bool = False


def add_hit(hits: Hits, place: Place, hit: Hit) -> None:
    """Keep the better of two ways to the same blocking call."""
    known = hits.get(place)
    if known is None or hit.rank < known.rank:
        hits[place] = hit
