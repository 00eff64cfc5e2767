"""Which files an import means, looked for as Python does, with nothing imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_INIT: Final = "__init__.py"
_SRC: Final = "src"
# What scan knows better than it could read.
_NOT_FOLLOWED: Final = sys.stdlib_module_names | {"fastapi_convert"}


class Imports:
    """Finds what imports mean from the named folders outwards, up to the checkout, and in `src` of each.

    Args:
        given: The folders that were named, and those of the files that were.
        checkout: The outermost folder that an import may begin at.
    """

    def __init__(self, given: Iterable[Path], checkout: Path) -> None:
        self._checkout = checkout
        around = [each for folder in sorted(given, reverse=True) for each in (folder, *folder.parents)]
        self._starts = [each for each in dict.fromkeys(around) if each.is_relative_to(checkout)]
        self._starts_of: dict[Path | None, list[Path]] = {None: _with_src(self._starts)}
        self._folders_above: dict[tuple[Path, int], Path | None] = {}
        self._looked_up: set[tuple[Path | None, str]] = set()
        self._listings: dict[Path, frozenset[str]] = {}

    def files(self, folder: Path, name: str, *, anywhere: bool = False) -> list[Path]:
        """The file that a name means, and the `__init__.py` of the packages around it; empty for the second time.

        Args:
            folder: Where the file with the import lies.
            name: Dotted, with a dot in front for each level that it goes up.
            anywhere: Begin at all folders, not only at those around the importer: whoever imports a library of the
                checkout has put its own folder before.
        """
        begin = None if anywhere and not name.startswith(".") else folder
        if (begin, name) in self._looked_up:
            return []
        self._looked_up.add((begin, name))
        dotted = name.lstrip(".")
        parts = tuple(filter(None, dotted.split(".")))
        if level := len(name) - len(dotted):
            start = self._above(folder, level)
            return [] if start is None else [*self._init(start), *self._below(start, parts)]
        if parts[0] in _NOT_FOLLOWED:
            return []
        return next((found for start in self._around(begin) if (found := self._below(start, parts))), [])

    def listing(self, folder: Path) -> frozenset[str]:
        """The names in a folder, as they are written, also where the disk does not tell `a` from `A`."""
        if folder not in self._listings:
            try:
                self._listings[folder] = frozenset(os.listdir(folder))  # noqa: PTH208 -- names, not paths
            except OSError:  # there is none, or Python could not look into it either
                self._listings[folder] = frozenset()
        return self._listings[folder]

    def _around(self, folder: Path | None) -> list[Path]:
        if folder is not None and folder not in self._starts_of:
            self._starts_of[folder] = _with_src(each for each in self._starts if folder.is_relative_to(each))
        return self._starts_of[folder]

    def _above(self, folder: Path, level: int) -> Path | None:
        if (folder, level) not in self._folders_above:
            above = (folder, *folder.parents)[level - 1 : level]
            inside = next((each for each in above if each.is_relative_to(self._checkout)), None)
            self._folders_above[folder, level] = inside
        return self._folders_above[folder, level]

    def _below(self, folder: Path, parts: tuple[str, ...]) -> list[Path]:
        packages: list[Path] = []
        for part in parts[:-1]:
            if part not in self.listing(folder):
                return []
            folder /= part
            packages += self._init(folder)
        names = self.listing(folder)
        for last in parts[-1:]:
            if last in names and (package := self._init(folder / last)):
                return [*packages, *package]
            if f"{last}.py" in names and not os.path.isdir(file := folder / f"{last}.py"):  # noqa: PTH112 -- never raises
                return [*packages, file]
        return []

    def _init(self, folder: Path) -> list[Path]:
        return [folder / _INIT] if _INIT in self.listing(folder) else []


def _with_src(folders: Iterable[Path]) -> list[Path]:
    return [each for folder in folders for each in (folder, folder / _SRC)]
