"""What was seen of one contender in one round, and in the median round."""

from __future__ import annotations

import math
import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import tell
from benchmarks.common.tables import number

#: The figures of a sample: the head of their column, and the unit.
COLUMNS = {
    "submitted": ("submitted", "jobs/s"),
    "drained": ("drained", "jobs/s"),
    "half": ("p50", "ms"),
    "most": ("p99", "ms"),
    "idle": ("idle CPU", "%"),
    "ran": ("ran", "%"),
    "back": ("all back after", "s"),
    "missing": ("missing", "jobs"),
    "twice": ("ran twice", "jobs"),
    "reads": ("reads", "a change"),
    "writes": ("writes", "a second"),
    "told": ("progress told", "a second"),
    "gap": ("longest loop gap", "ms"),
}
MORE_IS_BETTER = frozenset({"submitted", "drained", "ran"})
#: What would be more if somebody had waited for longer.
UNFINISHED = frozenset({"back"})


@dataclass(frozen=True, slots=True)
class Sample:
    """Those figures that were taken, by the names of `COLUMNS`."""

    figures: Mapping[str, float]
    #: Some job did not come within the time that it was waited for.
    gave_up: bool = False

    def cells(self) -> list[str]:
        """In the order of `COLUMNS`."""
        return [self._cell(name, unit) for name, (_, unit) in COLUMNS.items()]

    def _cell(self, name: str, unit: str) -> str:
        if name not in self.figures:
            return "-"
        more = "> " if self.gave_up and name in UNFINISHED else ""
        return f"{more}{number(self.figures[name])} {unit}".rstrip()


def of_latencies(milliseconds: Sequence[float]) -> dict[str, float]:
    """The middle one, and the best of the slowest hundredth."""
    ordered = sorted(milliseconds)
    return {"half": statistics.median(ordered), "most": ordered[math.ceil(len(ordered) * 0.99) - 1]}


def median(samples: Sequence[Sample]) -> Sample:
    """Each figure's; who gave up once is shown to have done so."""
    names = samples[0].figures
    medians = {name: statistics.median(sample.figures[name] for sample in samples) for name in names}
    return Sample(medians, any(sample.gave_up for sample in samples))


@dataclass(slots=True)
class Scenario:
    """Work that several did, and the lines of the table that come of it."""

    what: str
    variant: str
    samples: Mapping[str, Sample]
    comparisons: list[Comparison] = field(default_factory=list)

    @classmethod
    def of(cls, what: str, variant: str, samples: Mapping[str, Sequence[Sample]]) -> Scenario:
        """The median of everybody's samples, which is told as soon as it is there."""
        medians = {name: median(found) for name, found in samples.items()}
        for name, found in medians.items():
            tell(variant, what, name, ", ".join(cell for cell in found.cells() if cell != "-"))
        return cls(what, variant, medians)

    def compare(
        self,
        figure: str,
        *,
        ours: str = OURS,
        against: Collection[str] | None = None,
        goal: Goal | None = None,
        what: str = "",
    ) -> None:
        """Add a line about one figure for each of these, or of all others, that took part; or one without a peer."""
        others = [name for name in self.samples if not name.startswith(OURS)]
        peers: list[str | None] = [name for name in others if against is None or name in against]
        for peer in peers or [None]:
            names = {OURS: ours} if peer is None else {OURS: ours, peer: peer}
            gave_up = {shown for shown, name in names.items() if self.samples[name].gave_up}
            self.comparisons.append(
                Comparison(
                    what or self.what,
                    self.variant,
                    peer,
                    COLUMNS[figure][1],
                    {shown: self.samples[name].figures[figure] for shown, name in names.items()},
                    goal,
                    more_is_better=figure in MORE_IS_BETTER,
                    unfinished=frozenset(gave_up if figure in UNFINISHED else ()),
                )
            )
