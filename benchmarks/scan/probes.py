"""Small programs of one mechanism each: the ways that a blocking call hides, and what only looks like one.

They are the pages that the tests of the scan read, `tests/scan/probes`, and so were written together with it. What
only this library's users write is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import load, tell
from benchmarks.scan.matching import Reported, same_name
from benchmarks.scan.recorded import Contender, Record, digest, write
from benchmarks.scan.tools import Target
from tests.scan.probe import PAGES, Place, Probe, expectations, read_page

GROUPS: Final = ("mechanisms", "traps", "nastiest")
_OF_OURS: Final = "traps/ours"
#: What they are called where applications have names.
NAME: Final = "probes"
#: Seconds for one small program.
PATIENCE: Final = 60


def probes() -> dict[str, Probe]:
    """All of them, by group, page and name; a few of them where only the program is tried."""
    pages = sorted(path.relative_to(PAGES) for group in GROUPS for path in (PAGES / group).glob("*.md"))
    return {
        f"{page.with_suffix('').as_posix()}/{probe.name}": probe
        for page in pages
        if page.with_suffix("").as_posix() != _OF_OURS
        for probe in read_page(page.as_posix())[: load(999, 1)]
        # Noise is shown to those only who ask for it.
        if "all" not in expectations(probe).values()
    }


def measure(contender: Contender, record: Record) -> None:
    """Have it look at every probe; what is recorded already stays, but for ours."""
    wanted = {
        name: probe
        for name, probe in probes().items()
        if contender.name == OURS or record.probes.get(name, ("",))[0] != fingerprint(probe)
    }
    if not wanted or not contender.able(NAME):
        return
    with TemporaryDirectory(prefix="bench-probes-") as folder:
        said = _together(contender, wanted, Path(folder))
    record.probes |= {name: (fingerprint(probe), *judge(probe, said[name])) for name, probe in wanted.items()}
    tell("probes", "looked at", contender.name, str(len(wanted)))
    write(record)


def fingerprint(probe: Probe) -> str:
    """What changes with its files."""
    return digest(*(f"{path}\n{source}" for path, source in probe.files.items()))


def judge(probe: Probe, reports: Sequence[Reported]) -> tuple[int, int, int]:
    """How many of the places were reported, how many there are, and how many reports are wrong.

    Where a line blocks one function only, the line is enough: some tools name the callback, and not who registers it.
    """
    expected = expectations(probe)
    functions = Counter((place.path, place.line) for place in expected)

    def tells(report: Reported, place: Place) -> bool:
        where = (place.path, place.line)
        named = not report.function or functions[where] == 1 or same_name(report.function, place.function)
        return named and (report.path, report.line) == where

    found = sum(any(tells(report, place) for report in reports) for place in expected)
    wrong = {report for report in reports if not any(tells(report, place) for place in expected)}
    return found, len(expected), len(wrong)


def _together(contender: Contender, wanted: Mapping[str, Probe], folder: Path) -> dict[str, Sequence[Reported]]:
    """What it says of each. Who follows calls must see each program alone: they all have an `app.py`."""
    trees = {name: probe.write(folder / f"p{number}") for number, (name, probe) in enumerate(wanted.items())}
    if contender.follows_calls:
        return {name: contender.run(Target(NAME, tree), PATIENCE) or [] for name, tree in trees.items()}
    said = contender.run(Target(NAME, folder), PATIENCE * len(trees)) or []
    return {name: list(_below(f"{tree.name}/", said)) for name, tree in trees.items()}


def _below(prefix: str, reports: Iterable[Reported]) -> Iterable[Reported]:
    for report in reports:
        if report.path.startswith(prefix):
            yield Reported(report.path.removeprefix(prefix), report.line)


def seen_by_all(records: Mapping[str, Record]) -> dict[str, list[str]]:
    """The names of the probes that everybody has looked at as they are now, by group."""
    current = {name: fingerprint(probe) for name, probe in probes().items()}
    tried = [record for record in records.values() if record.probes]
    names = [n for n, now in current.items() if all(record.probes.get(n, ("",))[0] == now for record in tried)]
    return {group: [name for name in names if name.startswith(f"{group}/")] for group in GROUPS}


def total(record: Record, names: Iterable[str]) -> tuple[int, int, int]:
    """Of these probes: the places found, the places to find, the probes with something wrong."""
    seen = [record.probes[name] for name in names]
    return sum(found for _, found, _, _ in seen), sum(of for _, _, of, _ in seen), sum(w > 0 for *_, w in seen)


def compare(records: Mapping[str, Record]) -> list[Comparison]:
    """Lines for each of the others that has looked at them."""
    groups = seen_by_all(records)
    ways = [*groups["mechanisms"], *groups["nastiest"]]
    peers = [name for name, record in records.items() if name != OURS and record.probes]
    return [line for peer in peers for line in _lines(records, peer, ways, groups["traps"])]


def _lines(records: Mapping[str, Record], peer: str, ways: Sequence[str], traps: Sequence[str]) -> Iterable[Comparison]:
    lines = {
        "probes: ways to block found": {who: _found(records[who], ways) for who in (peer, OURS)},
        "probes: traps left alone": {who: _left_alone(records[who], traps) for who in (peer, OURS)},
    }
    for what, figures in lines.items():
        if figures[peer]:
            yield Comparison(what, "probes", peer, "%", figures, Goal(at_least=100), more_is_better=True)


def _found(record: Record, names: Sequence[str]) -> float:
    found, of, _ = total(record, names)
    return 100 * found / of if of else 0.0


def _left_alone(record: Record, names: Sequence[str]) -> float:
    return 100 * (1 - total(record, names)[2] / len(names)) if names else 0.0
