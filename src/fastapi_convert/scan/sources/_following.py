"""Which files outside of the scanned paths the imports mean: the rest of the checkout that the application lies in."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ._model import Source

_CHECKOUT: Final = (".git", ".hg", "pyproject.toml", "setup.py", "setup.cfg")
_INIT: Final = "__init__.py"
_SRC: Final = "src"
# What scan knows better than it could read.
_NOT_FOLLOWED: Final = sys.stdlib_module_names | {"fastapi_convert"}


def checkout_of(root: Path) -> Path:
    """The folder that its version control or its build knows: the outermost of those around `root`, or `root`.

    The outermost, because a repository of several projects has a `pyproject.toml` in each.
    """
    around = [folder for folder in (root, *root.parents) if any((folder / mark).exists() for mark in _CHECKOUT)]
    return around[-1] if around else root


class Following:
    """Finds the files that imports mean, from the root outwards, and no further than the checkout.

    Args:
        root: The scanned root.
        checkout: The outermost folder that an import may begin at.
        known: The files that are there already.
    """

    def __init__(self, root: Path, checkout: Path, known: Iterable[Source]) -> None:
        self._root = root
        around = [folder for folder in (root, *root.parents) if folder.is_relative_to(checkout)]
        self._places = [place for folder in around for place in (folder, folder / _SRC) if place.is_dir()]
        self._listed = {place: frozenset(os.listdir(place)) for place in self._places}
        self._known = {source.absolute for source in known}
        self._looked_up: set[tuple[Path, str]] = set()

    def beyond(self, imports: Mapping[Path, Iterable[str]]) -> list[Source]:
        """The files not known so far that are imported by these, and the packages around them.

        Args:
            imports: By the importing file: dotted names, with a dot in front for each level that it goes up.
        """
        new = {path for importer, names in imports.items() for name in names for path in self._files(importer, name)}
        new -= self._known
        self._known |= new
        return sorted(Source(os.path.relpath(path, self._root).replace(os.sep, "/"), path) for path in new)

    def _files(self, importer: Path, name: str) -> Iterator[Path]:
        dotted = name.lstrip(".")
        level = len(name) - len(dotted)
        asked = (importer.parent if level else self._root, name)
        if asked in self._looked_up:
            return
        self._looked_up.add(asked)
        for place in self._starts(importer, level, dotted):
            if found := _file(place, dotted.split(".")):
                yield found
                yield from _packages(place, found)
                return

    def _starts(self, importer: Path, level: int, dotted: str) -> list[Path]:
        if level:
            return [importer.parents[level - 1]] if level <= len(importer.parents) else []
        top = dotted.partition(".")[0]
        if top in _NOT_FOLLOWED:
            return []
        return [place for place in self._places if {top, f"{top}.py"} & self._listed[place]]


def _file(place: Path, parts: list[str]) -> Path | None:
    path = place.joinpath(*parts)
    for candidate in (path / _INIT, path.with_suffix(".py")):
        if candidate.is_file():
            return candidate
    return None


def _packages(place: Path, found: Path) -> Iterator[Path]:
    """`a/__init__.py` and `a/b/__init__.py` of `a.b.c`: Python runs them first."""
    for folder in found.parents:
        if folder == place:
            return
        if (folder / _INIT).is_file():
            yield folder / _INIT
