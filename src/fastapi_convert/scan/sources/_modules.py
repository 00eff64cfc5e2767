"""The dotted names by which Python may know a file, as no configuration tells where it is started from.

A name depends on the folder that stands in `sys.path`, the source root. Projects show theirs by habit, not by a rule:
what holds packages, what is called `src`, where the script lies that starts the application.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import Final

from ._model import Source

_INIT: Final = "__init__.py"
_STARTING: Final = frozenset(
    ("__main__.py", "app.py", "asgi.py", "main.py", "manage.py", "run.py", "server.py", "wsgi.py")
)
_MOST_NAMES: Final = 8


class ModuleNames:
    """Names the files of one scan.

    Args:
        root: The scanned root.
        files: All files that were found: what lies in a folder tells what the folder is.
    """

    def __init__(self, root: Path, files: Iterable[Source]) -> None:
        self._root = root
        self._contents: dict[PurePath, set[str]] = {}
        for source in files:
            self._contents.setdefault(source.absolute.parent, set()).add(source.absolute.name)
        # `scan app` where `app` is a package: its name begins above the root.
        above = list(_packages_around(root))
        self._top = above[-1].parent if above else root
        self._around = [package.parent for package in reversed(above)]
        self._packages = {folder for folder, names in self._contents.items() if _INIT in names}.union(above)
        self._holding_packages = {folder.parent for folder in self._packages}
        starting = {folder for folder, names in self._contents.items() if not _STARTING.isdisjoint(names)}
        self._started_from = starting | {folder.parent for folder in starting}

    def of(self, file: Path) -> tuple[str, ...]:
        """Every plausible dotted name of the file, the best first; at least one, and at most eight.

        1. From the nearest folder that is no package itself, but holds packages or is called `src`; then from the
           folders around it, up to the root, or up to where the packages around the root end.
        2. With the root's own name in front: it may be a package without `__init__.py`.
        3. From folders inside that hold the script which starts the application, or its package, and from those around
           the root, the outermost first: an `__init__.py` in the root of a repository makes no package of it. They are
           guesses: one that would hide a module of Python's own is left out.
        """
        above = [folder for folder in file.parents if folder.is_relative_to(self._top)]
        strong = [folder for folder in above if self._is_source_root(folder)]
        weak = [folder for folder in reversed(above) if folder not in strong and folder in self._started_from]
        names = [_dotted(file, folder) for folder in strong]
        if self._top == self._root and self._root.name.isidentifier():
            names.append(_dotted(file, self._root.parent))
        names += [name for folder in (*weak, *self._around) if not _hides_stdlib(name := _dotted(file, folder))]
        return tuple(dict.fromkeys(filter(None, names)))[:_MOST_NAMES] or (file.stem,)

    def _is_source_root(self, folder: PurePath) -> bool:
        if folder == self._top:
            return True
        return folder not in self._packages and (folder in self._holding_packages or folder.name == "src")


def _packages_around(root: Path) -> Iterator[Path]:
    folder = root
    while (folder / _INIT).is_file() and folder.parent != folder:
        yield folder
        folder = folder.parent


def _dotted(file: Path, source_root: PurePath) -> str:
    return ".".join(_parts(file.relative_to(source_root)))


def _parts(relative: PurePath) -> Iterator[str]:
    yield from relative.parts[:-1]
    if relative.name != _INIT:
        yield relative.stem


def _hides_stdlib(name: str) -> bool:
    return name.partition(".")[0] in sys.stdlib_module_names
