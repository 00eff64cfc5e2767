"""Trees of files to be fast on: two applications as they are, and one that is as large as four.

Where the applications are not at hand, trees of the same sizes are made of the probes: short files, of which more are
read in a second.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Final

from benchmarks.common.running import load
from benchmarks.scan.applications import checkouts
from benchmarks.scan.probes import probes

#: Where their only package is, by application.
_PACKAGES: Final = {"OpenHands": "openhands", "InvokeAI": "invokeai", "khoj": "src/khoj"}
#: What each tree is made of. A package that comes again has another name, so that its modules are others.
_TREES: Final = (("OpenHands",), ("InvokeAI",), ("InvokeAI", "InvokeAI", "InvokeAI", "OpenHands", "khoj"))
_SIZES: Final = (450, 900, 3300)


@dataclass(frozen=True, slots=True)
class Tree:
    """A folder of Python files: those of applications, or those of probes, which are small."""

    path: Path
    files: int
    small: bool = False

    @property
    def variant(self) -> str:
        return f"{self.files:,} {'small files' if self.small else 'files'}"


def made(folder: Path) -> Iterator[Tree]:
    """All trees, the smallest first."""
    trees = checkouts()
    if load(True, False) and trees.keys() >= _PACKAGES.keys():
        yield from (_of_applications(folder / f"tree{number}", trees, _TREES[number]) for number in range(3))
    else:
        sizes = (load(size, size // 50) for size in _SIZES)
        yield from (_of_probes(folder / f"tree{number}", size) for number, size in enumerate(sizes))


def _of_applications(folder: Path, trees: Mapping[str, Path], names: tuple[str, ...]) -> Tree:
    for number, name in enumerate(names):
        source = trees[name] / _PACKAGES[name]
        _copy(source, folder, source.name if name not in names[:number] else f"{source.name}_{number + 1}")
    return Tree(folder, _files(folder))


def _copy(source: Path, folder: Path, package: str) -> None:
    """Only the modules: no configuration of the project's own can slow anybody down."""
    rename = _renaming(source.name, package)
    for path in source.rglob("*.py"):
        target = folder / package / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(rename(path.read_text(encoding="utf-8")), encoding="utf-8")


def _renaming(old: str, new: str) -> Callable[[str], str]:
    pattern = re.compile(rf"\b{old}\b")
    return lambda text: pattern.sub(new, text)


def _of_probes(folder: Path, size: int) -> Tree:
    """Every probe is a package, and comes again and again until there are enough files."""
    for path, source in islice(_sources(), size):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(source, encoding="utf-8")
    return Tree(folder, size, small=True)


def _sources() -> Iterator[tuple[str, str]]:
    for number, probe in enumerate(cycle(probes().values())):
        for path, source in probe.files.items():
            yield f"p{number}/{path}", source


def _files(folder: Path) -> int:
    return sum(1 for _ in folder.rglob("*.py"))
