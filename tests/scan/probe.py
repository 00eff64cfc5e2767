"""Probes: small applications whose comments say which calls block which async function, and nothing else does.

A page of `tests/scan/probes` has a probe under each heading of the second level: a sentence, then the files of the
application as blocks of Python. A block is `app.py`, unless the line before it names another file, `` `shop/db.py`: ``.
The comment at the end of a line is what a scan must say about it:

    return requests.get(url)  # blocks: view
    return self.load(key)  # blocks(warn): view, Repo.refresh; blocks(all): other

A line without such a comment must not be reported for any function. A probe with `blocks(all)` is scanned at level
`all`, the others at `warn`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi_convert.scan import Settings, scan
from fastapi_convert.scan.findings import LEVELS, Level, Report

if TYPE_CHECKING:
    import pytest

__all__ = ("PAGES", "Place", "Probe", "check", "compare", "expectations", "found", "probe_from", "probes", "read_page")

PAGES: Final = Path(__file__).parent / "probes"

_HEADING: Final = re.compile(r"^## +(.+)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"(?:^`([^`\n]+)`:\n+)?^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r"# (blocks(?:\((?:warn|all)\))?: .+)$")
_EXPECTED: Final = re.compile(r"blocks(?:\((warn|all)\))?: ([\w.<>]+(?:, [\w.<>]+)*)")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line that blocks an async function.

    Args:
        path: The file of the blocking call.
        line: Its line, 1-based.
        function: The qualified name of the async function.
    """

    path: str
    line: int
    function: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} blocks {self.function}"


@dataclass(frozen=True, slots=True)
class Probe:
    """A small application.

    Args:
        name: The heading on its page.
        says: The behaviour, in a sentence.
        files: The sources, comments included, by path.
    """

    name: str
    says: str
    files: Mapping[str, str]

    def write(self, folder: Path) -> Path:
        """Write the files under `folder`, and return it."""
        for path, source in self.files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(source, encoding="utf-8")
        return folder


def probe_from(source: str | Mapping[str, str], name: str = "inline") -> Probe:
    """A probe of one source, which becomes `app.py`, or of several by path."""
    return Probe(name, "", {"app.py": source} if isinstance(source, str) else dict(source))


def read_page(page: str) -> list[Probe]:
    """The probes of a page, in its order."""
    text = (PAGES / page).read_text(encoding="utf-8")
    _, *parts = _HEADING.split(text)
    return [_probe(name.strip(), body) for name, body in zip(parts[::2], parts[1::2], strict=True)]


def _probe(name: str, body: str) -> Probe:
    blocks = [(match[1] or "app.py", match[2]) for match in _BLOCK.finditer(body)]
    files = dict(blocks)
    if not blocks or len(files) != len(blocks) or len(blocks) != body.count("```python"):
        raise ValueError(f"{name!r} has no block, two of one name, or one that does not end: look at the page.")
    return Probe(name, _BLOCK.sub("", body).strip(), files)


def probes(page: str) -> pytest.MarkDecorator:
    """Run a test with each `probe` of a page."""
    import pytest

    return pytest.mark.parametrize("probe", [pytest.param(probe, id=_slug(probe.name)) for probe in read_page(page)])


def _slug(name: str) -> str:
    return re.sub(r"\W+", "-", name).strip("-").lower()


def expectations(probe: Probe) -> dict[Place, Level]:
    """What the comments of a probe say."""
    expected: dict[Place, Level] = {}
    for path, source in probe.files.items():
        for number, line in enumerate(source.split("\n"), start=1):
            if comment := _COMMENT.search(line):
                for level, names in _EXPECTED.findall(comment[1]):
                    expected |= {Place(path, number, name): level or "error" for name in names.split(", ")}
    return expected


def found(report: Report) -> dict[Place, Level]:
    """What a report says, at the strongest level of each place."""
    places: dict[Place, Level] = {}
    for finding in report.findings:
        place = Place(finding.blocking.path, finding.blocking.line, finding.async_function.name)
        places[place] = min(finding.level, places.get(place, "all"), key=LEVELS.index)
    return places


def compare(probe: Probe, report: Report) -> list[str]:
    """What is missing in a report, unexpected, told twice or at another level: a line each."""
    expected, seen = expectations(probe), found(report)
    one_each = Counter((finding.async_function, finding.blocking) for finding in report.findings)
    return [
        *(f"missing:    {place}{_source(probe, place)}" for place in sorted(expected.keys() - seen.keys())),
        *(f"unexpected: {place}{_source(probe, place)}" for place in sorted(seen.keys() - expected.keys())),
        *(
            f"level:      {place} is {seen[place]}, not {expected[place]}{_source(probe, place)}"
            for place in sorted(expected.keys() & seen.keys())
            if expected[place] != seen[place]
        ),
        *(f"twice:      {blocking.call} in {top.name}" for (top, blocking), times in one_each.items() if times > 1),
        *(f"warning:    {warned.path}:{warned.line} {warned.message}" for warned in report.warnings),
    ]


def _source(probe: Probe, place: Place) -> str:
    lines = probe.files.get(place.path, "").split("\n")
    return f"\n                {lines[place.line - 1].strip()}" if place.line <= len(lines) else ""


def check(probe: Probe, folder: Path) -> Report:
    """Scan a probe in `folder`, and fail unless the report is what its comments say."""
    level: Level = "all" if "all" in expectations(probe).values() else "warn"
    report = scan([probe.write(folder)], Settings(level=level, cache=False, processes=1))
    if wrong := compare(probe, report):
        import pytest

        pytest.fail("\n".join([f"{probe.name}: {probe.says}", *wrong]), pytrace=False)
    return report
