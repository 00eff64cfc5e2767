"""The user's cache folder, and whether it can be trusted: what lies in it is believed."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from pathlib import Path
from typing import Final

from fastapi_convert.scan.settings import Settings

_APP: Final = "fastapi-convert"


def cache_folder(settings: Settings, root: Path) -> Path | None:
    """The folder for facts, made if it is missing; `None` if the user wants no cache, or none can be trusted.

    A folder inside of the scanned tree is never used: a repository must not bring its own facts along.
    """
    if not settings.cache:
        return None
    path = settings.cache_dir or _default()
    with contextlib.suppress(OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links
        if path is not None and not path.resolve().is_relative_to(root.resolve()):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            return path if is_private(path.stat()) else None
    return None


def is_private(status: os.stat_result) -> bool:
    """Whether it is this user's, and only this user may write to it. Always, where files have no such owners."""
    user = getattr(os, "geteuid", lambda: None)()
    return user is None or (status.st_uid == user and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _default() -> Path | None:
    base = _base_by_environment() or _base_by_home()
    return base / _APP / "scan" if base is not None else None


def _base_by_environment() -> Path | None:
    base = Path(os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME", ""))
    return base if base.is_absolute() else None  # the specification says so, and it could be the project's


def _base_by_home() -> Path | None:
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home / "Library" / "Caches" if sys.platform == "darwin" else home / ".cache"
