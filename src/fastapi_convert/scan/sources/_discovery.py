"""Find the Python files below the paths that a user names, without opening any."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from fastapi_convert.scan.findings import Warned

from ._globs import path_matcher
from ._model import Discovered, Source
from ._roots import common_root, given_paths

_SUFFIX: Final = ".py"
# Hidden folders (`.git`, `.venv`, `.tox`, `.eggs` ...) need no names.
_CLUTTER: Final = frozenset(("__pycache__", "__pypackages__", "node_modules", "site-packages"))
# Where tools put what they make of a project, and what they put there. Others call their own folders so too.
_OUTPUT: Final = frozenset(("build", "dist"))
_PROJECT: Final = ("pyproject.toml", "setup.py", "setup.cfg")
_MADE_BY_TOOLS: Final = re.compile(r"lib|lib\.\w+-.+|bdist\..+|.+\.whl")
# Only environments have these, whatever they are called.
_ENVIRONMENT: Final = frozenset(("conda-meta", "pyvenv.cfg"))


def discover(paths: Sequence[Path], exclude: Sequence[str], base: str = "") -> Discovered:
    """The Python files below `paths`, sorted; nothing is opened.

    A folder is its own root, a file's root is its folder, and several paths have the deepest folder that holds them
    all. A path that is named is never skipped, not even by a glob; what lies below it is, if it is hidden, an
    environment, made by a tool, or excluded. Links to files are followed. Links to folders are not: inside the root
    they are read at their own place, and outside they are none of the project's, so that a link to `/` costs nothing.

    Args:
        paths: Files and folders.
        exclude: Globs relative to the root, see `path_matcher`.
        base: Where the root lies for whoever wrote the globs, `services/shop`: they may begin there too.

    Raises:
        ScanError: A path does not exist, or there is none.
    """
    given = given_paths(paths)
    walk = _Walk(common_root(given), exclude, base)
    for path in given:
        if path.is_dir():
            walk.folder(path)
        else:
            walk.named_file(path)
    if not walk.files:
        walk.warn(".", "has no Python file. Name the folder of the application.")
    # One path may lie below another one.
    files = {source.absolute: source for source in walk.files}.values()
    return Discovered(walk.root, tuple(sorted(files)), tuple(sorted(set(walk.warnings))))


class _Walk:
    def __init__(self, root: Path, exclude: Sequence[str], base: str) -> None:
        self.root = root
        self.files: list[Source] = []
        self.warnings: list[Warned] = []
        self._real_root = os.path.realpath(root)
        self._exclude = exclude
        self._prefixes = ("", f"{base}/") if base else ("",)
        self._excluded: Callable[[str], bool] = path_matcher(())
        self._seen: set[tuple[int, int]] = set()

    def warn(self, path: str, message: str) -> None:
        self.warnings.append(Warned(_printable(path), 0, message))

    def named_file(self, path: Path) -> None:
        display = self._display(path)
        if stat.S_ISREG(path.stat().st_mode):
            self.files.append(Source(_printable(display), path))
        else:
            self.warn(display, "left out: it is neither a file nor a folder.")

    def folder(self, top: Path) -> None:
        display = self._display(top)
        self._excluded = self._excluded_below(display)
        waiting = [(str(top), display)]
        while waiting:
            folder, display = waiting.pop()
            waiting += self._look_into(folder, display, named=folder == str(top))

    def _excluded_below(self, top: str) -> Callable[[str], bool]:
        """What the globs exclude in a folder that is named: one that excludes the whole folder was not meant."""
        matchers = []
        for prefix in self._prefixes:
            folder = (prefix + top).rstrip("/")
            meant = [glob for glob in self._exclude if not folder or not path_matcher((glob,))(folder)]
            matchers.append((prefix, path_matcher(meant)))
        return lambda path: any(matches(prefix + path) for prefix, matches in matchers)

    def _look_into(self, folder: str, display: str, *, named: bool) -> list[tuple[str, str]]:
        """Note the files of one folder, and give the folders in it that are to be looked at."""
        try:
            if not self._is_new(folder):
                return []
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            self.warn(display or ".", f"left out: the folder cannot be read ({error.strerror}).")
            return []
        names = frozenset(entry.name for entry in entries)
        if not named and _is_clutter(folder, names):
            return []
        prefix = f"{display}/" if display else ""
        return [found for entry in entries if (found := self._look_at(entry, prefix + entry.name))]

    def _is_new(self, folder: str) -> bool:
        # A bind mount can show one folder twice, and a case-insensitive disk takes two names for one.
        status = os.stat(folder)  # noqa: PTH116 -- no object for each folder
        identity = (status.st_dev, status.st_ino)
        new = identity not in self._seen or not status.st_ino
        self._seen.add(identity)
        return new

    def _look_at(self, entry: os.DirEntry[str], display: str) -> tuple[str, str] | None:
        wanted = entry.name.endswith(_SUFFIX)
        try:
            folder = entry.is_dir()
            if not folder and not wanted:
                return None
            if self._excluded(display) or entry.name in _CLUTTER or (folder and entry.name.startswith(".")):
                return None
            if folder:
                return self._folder_below(entry, display)
            self._file(entry, display)
        except OSError as error:
            if wanted:
                self.warn(display, f"left out: it cannot be read ({error.strerror}).")
        return None

    def _folder_below(self, entry: os.DirEntry[str], display: str) -> tuple[str, str] | None:
        if not entry.is_symlink():
            return entry.path, display
        if not Path(os.path.realpath(entry.path)).is_relative_to(self._real_root):
            self.warn(display, "left out: it links to a folder outside of the root. Name that folder too to scan it.")
        return None

    def _file(self, entry: os.DirEntry[str], display: str) -> None:
        if entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110 -- no object for each file
            self.warn(display, "left out: the link points to nothing.")
        elif entry.is_file():
            self.files.append(Source(_printable(display), Path(entry.path)))
        else:
            self.warn(display, "left out: it is not a regular file.")

    def _display(self, path: Path) -> str:
        display = path.relative_to(self.root).as_posix()
        return "" if display == "." else display


def _is_clutter(folder: str, names: frozenset[str]) -> bool:
    if not names.isdisjoint(_ENVIRONMENT):
        return True
    above, name = os.path.split(folder)
    if "__init__.py" in names:
        return False
    if name not in _OUTPUT:
        return name == "venv"
    beside = any(os.path.exists(os.path.join(above, file)) for file in _PROJECT)  # noqa: PTH110, PTH118
    return beside or any(map(_MADE_BY_TOOLS.fullmatch, names))


def _printable(path: str) -> str:
    """Names that are no UTF-8 come with characters that can be neither printed nor written to JSON."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
