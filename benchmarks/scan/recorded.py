"""What everybody reported, as data: the tables are made of it, also where neither tools nor applications are at hand.

What is recorded of the others is not measured again, unless their version, their command, or what was judged has
changed. Remove a file to have all of it measured anew.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Protocol

from benchmarks.scan.applications import Application
from benchmarks.scan.matching import Reported
from benchmarks.scan.tools import Target

RECORDED: Final = Path(__file__).with_name("recorded")


class Contender(Protocol):
    """Who is measured: one of the others, or this library."""

    @property
    def name(self) -> str: ...
    @property
    def follows_calls(self) -> bool: ...
    def able(self, name: str, /) -> bool: ...
    def version(self) -> str: ...
    def shown(self) -> str: ...
    def run(self, target: Target, timeout: float, /) -> list[Reported] | None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one of them said of one application.

    Args:
        judged: The digest of the entries that it was compared with.
        reports: How many findings it had in all; `None` if it did not finish.
        entries: The keys of the entries that it reported.
        of_another: The keys of blocking entries whose line it reported, but for other functions only.
    """

    judged: str
    reports: int | None
    entries: list[str]
    of_another: list[str]


@dataclass(slots=True)
class Record:
    """What one of them said of everything."""

    tool: str
    version: str
    command: str
    applications: dict[str, Outcome] = field(default_factory=dict)
    #: By the name of the probe: its digest, the places found, the places to find, the wrong ones.
    probes: dict[str, tuple[str, int, int, int]] = field(default_factory=dict)


def judged(app: Application) -> str:
    """The digest of what was judged in an application."""
    return digest(app.commit, *(f"{entry.key} {entry.hops}" for entry in app.entries))


def digest(*parts: str) -> str:
    """Enough of a hash to see that something has changed."""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def records(names: Iterable[str]) -> dict[str, Record]:
    """All that is recorded of these, by name."""
    return {name: record for name in names if (record := _read(name))}


def begin(contender: Contender) -> Record:
    """The record of one of them to go on with: a fresh one, if it is another version or another command by now."""
    fresh = Record(contender.name, contender.version(), contender.shown())
    found = _read(contender.name)
    return found if found and (found.version, found.command) == (fresh.version, fresh.command) else fresh


def write(record: Record) -> None:
    """Keep it: in the repository, or beside the results where `BENCH_RESULTS` is set."""
    results = os.environ.get("BENCH_RESULTS")
    folder = Path(results, "recorded") if results else RECORDED
    folder.mkdir(parents=True, exist_ok=True)
    data = asdict(record)
    # A line for a probe: there are hundreds.
    probes = ",\n".join(
        f"  {json.dumps(name)}: {json.dumps(seen)}" for name, seen in sorted(data.pop("probes").items())
    )
    text = json.dumps(data, indent=1).removesuffix("\n}")
    (folder / _file(record.tool)).write_text(f'{text},\n "probes": {{\n{probes}\n }}\n}}\n', encoding="utf-8")


def _read(name: str) -> Record | None:
    path = RECORDED / _file(name)
    if not path.exists():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    outcomes = {app: Outcome(**outcome) for app, outcome in data.pop("applications").items()}
    probes = {probe: tuple(seen) for probe, seen in data.pop("probes").items()}
    return Record(**data, applications=outcomes, probes=probes)


def _file(name: str) -> str:
    return f"{name.replace(', ', '-').replace(' ', '-')}.json"
