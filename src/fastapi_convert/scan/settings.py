"""How a scan is set: on the command line, in `pyproject.toml`, or in Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastapi_convert.mapping import Level

__all__ = ("PathRule", "Settings")


@dataclass(frozen=True, slots=True)
class PathRule:
    """Other rules for some of the paths.

    Args:
        pattern: A glob of paths relative to the root, `scripts/**`; `**` matches any number of folders.
        ignore: Codes, or their beginnings (`FC1`), that are not reported there.
        level: The level asked for there instead of the general one.
    """

    pattern: str
    ignore: tuple[str, ...] = ()
    level: Level | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What to look for, where, and what to leave out.

    Args:
        level: `error`, `warn` (also what only some implementations do) or `all` (also noise, such as path metadata).
        select: Codes or their beginnings that are reported; empty for all.
        ignore: Codes or their beginnings that are not.
        exclude: Globs of paths, relative to the root, that are not read; beside `.venv`, `node_modules` and the like.
            A path that is named is read all the same.
        per_path: Other rules for some of the paths; the last one that matches and says something wins.
        baseline: A file of known findings that are not reported again.
        cache: Keep the facts of each file under the user's cache folder.
        cache_dir: Another folder for them.
        processes: How many processes parse; `None` for one a core.
        max_file_size: Bytes; larger files are warned about and left out.
        base: The scanned root as seen from the folder of pyproject.toml, `services/shop`: globs may begin at either.
    """

    level: Level = "warn"
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    per_path: tuple[PathRule, ...] = ()
    baseline: Path | None = None
    cache: bool = True
    cache_dir: Path | None = None
    processes: int | None = None
    max_file_size: int = 10_000_000
    base: str = ""
