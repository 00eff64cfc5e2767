"""What the user named: the root that all paths are relative to, and the places to look at."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from fastapi_convert.scan.errors import ScanError


def given_paths(paths: Sequence[Path]) -> list[Path]:
    """The paths made absolute, each once and sorted. Links among them stay as they were written.

    Raises:
        ScanError: There is none, or one that does not exist or cannot be looked at.
    """
    if not paths:
        raise ScanError("There is no path to scan. Name the folder of the application, or `.` for this one.")
    found = {Path(os.path.abspath(path)): path for path in paths}  # noqa: PTH100 -- resolve() would follow links
    for absolute, written in found.items():
        _check(absolute, written)
    return sorted(found)


def _check(absolute: Path, written: Path) -> None:
    try:
        absolute.stat()
    except FileNotFoundError as error:
        raise ScanError(f"{str(written)!r} does not exist. Name a folder or a Python file that does.") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in the name
        why = getattr(error, "strerror", None) or str(error)
        raise ScanError(
            f"{str(written)!r} cannot be read ({why}). Name a folder or a Python file that this user may read."
        ) from error


def common_root(given: Sequence[Path]) -> Path:
    """The folder itself, the folder of a file, or the deepest folder that all of them lie in.

    Raises:
        ScanError: They lie on different drives.
    """
    folders = [path if path.is_dir() else path.parent for path in given]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError as error:
        raise ScanError("The paths have no folder in common. Scan each drive by itself.") from error
