"""What the parts of this room hand to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from fastapi_convert.scan.findings import Warned

#: Told how many files are done, and of how many.
OnProgress = Callable[[int, int], None]


class Source(NamedTuple):
    """A Python file that was found, and not opened yet."""

    path: str  # relative to the root, with `/`, fit to be printed
    absolute: Path


@dataclass(frozen=True, slots=True)
class Discovered:
    """Every Python file below the given paths, in the order of their paths."""

    root: Path
    files: tuple[Source, ...]
    warnings: tuple[Warned, ...]


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """One file of the project, ready to be understood.

    Attributes:
        path: Relative to the scanned root, with `/` between folders.
        absolute: Where it lies.
        names: The dotted names by which Python may know it, the most likely first; never empty.
        facts: What `fastapi_convert.scan.facts.unpack` reads.
        cached: Whether the facts came out of the cache.
        asked_for: It lies below the paths that the user named; else one of those imports it.
    """

    path: str
    absolute: Path
    names: tuple[str, ...]
    facts: bytes
    cached: bool
    asked_for: bool = True


@dataclass(frozen=True, slots=True)
class Sources:
    """All files that could be read, and why the others could not.

    Attributes:
        root: The folder that all paths are relative to.
        files: In the order of their paths.
        warnings: At most one for a file or a folder that was left out, in the order of their paths.
    """

    root: Path
    files: tuple[LoadedFile, ...]
    warnings: tuple[Warned, ...]
