"""Which files that nobody named are read too: what the named ones import from the same checkout.

A blocking call often lies in the code beside the application. Nothing outside of the checkout is read, nothing in
environments and hidden folders of it, and nothing that is excluded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from posixpath import normpath
from typing import Final

from fastapi_convert.scan.settings import Settings

from ._discovery import _CLUTTER, _is_clutter, _printable
from ._globs import path_matcher
from ._imports import Imports
from ._model import Discovered, Source


class Following:
    """Finds the files that imports mean, from the named folders outwards, and no further than the checkout.

    Links to folders are read at their own place, as when files are found: a loop of them has an end.

    Args:
        found: What was asked for.
        given: The paths that were named.
        checkout: The folder that no file is read outside of.
        settings: `exclude` and `base` count here.

    Attributes:
        is_needed: Whether there can be anything to find.
    """

    def __init__(self, found: Discovered, given: Sequence[Path], checkout: Path, settings: Settings) -> None:
        self._root = found.root
        self._asked_for = frozenset(source.absolute for source in found.files)
        self._known = set(self._asked_for)
        self._imports = Imports({path if path.is_dir() else path.parent for path in given}, checkout)
        self.is_needed = checkout not in given  # what lies in it was found already then, or left out on purpose
        self._places: Final = [(place, Path(os.path.realpath(place))) for place in (found.root, checkout)]
        self._own_folders: dict[Path, Path | None] = {}
        self._excluded = path_matcher(settings.exclude)
        self._prefixes = ("", f"{settings.base}/") if settings.base else ("",)

    def beyond(self, imports: Mapping[Path, Iterable[str]]) -> list[Source]:
        """The files not known so far that are imported by these, and the packages around them.

        Args:
            imports: By the importing file: dotted names, with a dot in front for each level that it goes up.
        """
        new: dict[Path, Source] = {}
        for importer, names in imports.items():
            folder, anywhere = importer.parent, importer not in self._asked_for
            for name in names:
                for path in self._imports.files(folder, name, anywhere=anywhere):
                    if path not in self._known and (source := self._followed(path)):
                        new[source.absolute] = source
        self._known |= new.keys()
        return sorted(new.values())

    def _followed(self, path: Path) -> Source | None:
        folder = self._own_folder(path.parent)
        if folder is None or (own := folder / path.name) in self._known:
            return None
        if not Path(os.path.realpath(own)).is_relative_to(self._places[-1][1]):
            return None
        display = os.path.relpath(own, self._root).replace(os.sep, "/")
        if any(self._excluded(normpath(prefix + display)) for prefix in self._prefixes):
            return None
        return Source(_printable(display), own)

    def _own_folder(self, folder: Path) -> Path | None:
        """Where the folder really lies; `None` if nothing in it is followed."""
        if folder not in self._own_folders:
            self._own_folders[folder] = self._find_own_folder(folder)
        return self._own_folders[folder]

    def _find_own_folder(self, folder: Path) -> Path | None:
        real = Path(os.path.realpath(folder))
        for place, real_place in self._places:
            if real.is_relative_to(real_place):
                own = place / real.relative_to(real_place)
                return None if self._is_clutter(own) else own
        return None

    def _is_clutter(self, folder: Path) -> bool:
        """Whether it lies in an environment, or in what tools have made or hidden, and the root does not."""
        top = self._places[-1][0]
        while folder != top:
            hidden = folder.name.startswith(".") and not self._root.is_relative_to(folder)
            if hidden or folder.name in _CLUTTER or _is_clutter(str(folder), self._imports.listing(folder)):
                return True
            folder = folder.parent
        return False
