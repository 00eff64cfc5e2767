"""The folder that a project is kept in: how far imports are followed, and where paths begin for services."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

__all__ = ("checkout_of", "repository_of")

_VERSION_CONTROL: Final = (".git", ".hg")
_BUILD: Final = ("pyproject.toml", "setup.py", "setup.cfg")


def repository_of(folder: Path) -> Path | None:
    """The nearest folder around `folder`, or itself, that version control knows.

    The nearest, because a submodule is a project of its own. Never the home folder or one around it: people keep their
    settings in a repository there, and all of their projects would be one.
    """
    return next((each for each in _below_home(folder) if _has(each, _VERSION_CONTROL)), None)


def checkout_of(folder: Path) -> Path:
    """The repository around `folder`. Without one, as in an image, the outermost folder with a build file.

    The outermost, because a repository of several projects has a `pyproject.toml` in each. If there is no such folder
    below the home folder, it is `folder` itself.
    """
    built = [each for each in _below_home(folder) if _has(each, _BUILD)]
    return repository_of(folder) or (built[-1] if built else folder)


def _below_home(folder: Path) -> list[Path]:
    home = _home()
    around = (folder, *folder.parents)
    return [each for each in around if each.parent != each and not home.is_relative_to(os.path.realpath(each))]


def _home() -> Path:
    home = os.path.expanduser("~")  # noqa: PTH111 -- `Path.home` raises if this user has none
    return Path(os.path.realpath(home)) if os.path.isabs(home) else Path("/")  # noqa: PTH117


def _has(folder: Path, marks: tuple[str, ...]) -> bool:
    return any(os.path.exists(folder / mark) for mark in marks)  # noqa: PTH110 -- `Path.exists` raises if it may not look
