"""How many of the calls that really block are found, and how many that only look like it are reported."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import tell
from benchmarks.scan.applications import Application, applications, checkouts
from benchmarks.scan.matching import count, matched, told_of_another
from benchmarks.scan.recorded import Contender, Outcome, Record, begin, judged, write
from benchmarks.scan.tools import Target

Kind: TypeAlias = Literal["direct", "indirect", "lookalikes"]

KINDS: Final[Sequence[Kind]] = ("direct", "indirect", "lookalikes")
#: What a score tells.
COLUMNS: Final = (
    "direct",
    "indirect",
    "look-alikes reported",
    "line told, of another function",
    "findings in all",
    "not finished",
)
#: Seconds for one application; whoever needs more has not answered in a useful time.
PATIENCE: Final = 600


def measure(contender: Contender) -> Record:
    """Have it look at every application that is here; what is recorded already stays, but for ours."""
    record = begin(contender)
    trees = checkouts()
    for app in applications():
        if app.name not in trees or not contender.able(app.name):
            continue
        known = record.applications.get(app.name)
        if contender.name == OURS or known is None or known.judged != judged(app):
            outcome = _outcome(contender, app, Target(app.name, trees[app.name], app.roots, app.imported_from))
            record.applications[app.name] = outcome
            tell(app.name, "reported of what was judged", contender.name, str(len(outcome.entries)))
            write(record)
    return record


def _outcome(contender: Contender, app: Application, target: Target) -> Outcome:
    reports = contender.run(target, PATIENCE)
    said = reports or []
    total = None if reports is None else len(said)
    return Outcome(judged(app), total, matched(app, said), told_of_another(app, said))


@dataclass(frozen=True, slots=True)
class Score:
    """What one of them reached on the applications that it was run on."""

    outcomes: Sequence[tuple[Application, Outcome]]

    def count(self, kind: Kind) -> tuple[int, int]:
        """How many entries of a kind were reported, and how many there are."""
        pairs = [(getattr(app, kind), outcome.entries) for app, outcome in self.outcomes]
        return sum(count(entries, keys) for entries, keys in pairs), sum(len(entries) for entries, _ in pairs)

    def share(self, kind: Kind) -> float:
        """The same in percent; 0 where there are none."""
        reported, of = self.count(kind)
        return 100 * reported / of if of else 0.0

    def cells(self) -> list[str]:
        """As `COLUMNS` says."""
        outcomes = [outcome for _, outcome in self.outcomes]
        counts = ["{}/{}".format(*self.count(kind)) for kind in KINDS]
        another = str(sum(len(outcome.of_another) for outcome in outcomes))
        reports = str(sum(outcome.reports or 0 for outcome in outcomes))
        return [*counts, another, reports, str(sum(outcome.reports is None for outcome in outcomes))]


def score(record: Record, names: Collection[str] | None = None) -> Score:
    """What one of them reached on these applications, or on all; outcomes of older judgements do not count."""
    found = record.applications
    known = [app for app in applications() if app.name in found and (names is None or app.name in names)]
    return Score([(app, found[app.name]) for app in known if found[app.name].judged == judged(app)])


def compare(records: Mapping[str, Record]) -> list[Comparison]:
    """Lines for each of the others, on the applications that both were run on."""
    found = []
    for peer, record in records.items():
        names = {app.name for app, _ in score(record).outcomes} & {app.name for app, _ in score(records[OURS]).outcomes}
        if peer != OURS and names:
            found += _lines(peer, score(record, names), score(records[OURS], names))
    return found


def _lines(peer: str, theirs: Score, ours: Score) -> list[Comparison]:
    variant = f"{len(ours.outcomes)} applications"
    lines = [
        _line("direct calls found", variant, peer, theirs.share("direct"), ours.share("direct"), 95),
        _line("indirect calls found", variant, peer, theirs.share("indirect"), ours.share("indirect"), 92),
        # Those left alone, not those reported: there is no ratio to none at all.
        _line(
            "look-alikes left alone",
            variant,
            peer,
            100 - theirs.share("lookalikes"),
            100 - ours.share("lookalikes"),
            96,
        ),
    ]
    return [line for line in lines if line.peer]


def _line(what: str, variant: str, peer: str, theirs: float, ours: float, goal: float) -> Comparison:
    return Comparison(what, variant, peer, "%", {peer: theirs, OURS: ours}, Goal(at_least=goal), more_is_better=True)
