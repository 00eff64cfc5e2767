"""What was seen of one contender in one round, and in the median round."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import tell
from benchmarks.common.tables import number

#: The figures of a sample: the head of their column, and the unit.
COLUMNS = {
    "rate": ("throughput", "MB/s"),
    "memory": ("peak memory", "MB"),
    "gap": ("longest loop gap", "ms"),
    "written": ("written", "x"),
    "half": ("other request, p50", "ms"),
    "most": ("p99", "ms"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Figures of the server, and of a client that asks it for something else meanwhile; those that were taken."""

    #: MB/s of files, from the first byte sent to the answer.
    rate: float | None = None
    #: MB at the peak beyond what was in use before the first upload.
    memory: float | None = None
    #: The longest gap of the event loop in ms.
    gap: float | None = None
    #: Bytes written for each byte of the files.
    written: float | None = None
    #: Answers to something else in ms: half of them took less, and 99 of 100.
    half: float | None = None
    most: float | None = None
    #: One of those answers never came: the figures are how long it was waited for.
    gave_up: bool = False

    def with_latencies(self, milliseconds: Sequence[float], *, gave_up: bool = False) -> Sample:
        ordered = sorted(milliseconds)
        most = ordered[math.ceil(len(ordered) * 0.99) - 1]
        return replace(self, half=statistics.median(ordered), most=most, gave_up=gave_up)

    def cells(self) -> list[str]:
        """In the order of `COLUMNS`."""
        return [self._cell(name, unit) for name, (_, unit) in COLUMNS.items()]

    def _cell(self, name: str, unit: str) -> str:
        figure = getattr(self, name)
        if figure is None:
            return "-"
        return f"{'> ' if self.gave_up else ''}{number(figure)} {unit}"


def median(samples: Sequence[Sample]) -> Sample:
    """Each figure's; who gave up once is shown to have done so."""
    medians = {name: statistics.median(found) for name in COLUMNS if None not in (found := _all(samples, name))}
    return Sample(**medians, gave_up=any(sample.gave_up for sample in samples))


def _all(samples: Sequence[Sample], name: str) -> list[float]:
    return [getattr(sample, name) for sample in samples]


@dataclass(slots=True)
class Scenario:
    """Work that several did, and the lines of the table that come of it."""

    what: str
    size: str
    samples: Mapping[str, Sample]
    comparisons: list[Comparison] = field(default_factory=list)

    @classmethod
    def of(cls, what: str, size: str, samples: Mapping[str, Sequence[Sample]]) -> Scenario:
        """The median of everybody's samples, which is told as soon as it is there."""
        medians = {name: median(found) for name, found in samples.items()}
        for name, found in medians.items():
            tell(size, what, name, ", ".join(cell for cell in found.cells() if cell != "-"))
        return cls(what, size, medians)

    def compare(
        self, what: str, figure: str, unit: str, *, against: str | None, goal: Goal | None = None, ours: str = OURS
    ) -> None:
        """Add a line about one figure of the samples. More is better of the throughput only."""
        names = {OURS: ours} if against is None else {OURS: ours, against: against}
        self.comparisons.append(
            Comparison(
                what,
                self.size,
                against,
                unit,
                {shown: getattr(self.samples[name], figure) for shown, name in names.items()},
                goal,
                more_is_better=figure == "rate",
                unfinished=frozenset(shown for shown, name in names.items() if self.samples[name].gave_up),
            )
        )
