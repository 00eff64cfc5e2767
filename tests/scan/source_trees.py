"""Trees of Python files for the tests of the scan's sources."""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi_convert.scan.settings import Settings
from fastapi_convert.scan.sources import Sources

__all__ = ("NO_CACHE", "grow", "many", "summary")

NO_CACHE = Settings(cache=False)


def grow(root: Path, *paths: str, **texts: str) -> Path:
    """Make files below `root`: empty ones, and `name.py` with a text."""
    return _write(root, {**dict.fromkeys(paths, ""), **{f"{name}.py": text for name, text in texts.items()}})


def many(root: Path, count: int = 60) -> Path:
    """A tree that is worth processes."""
    return _write(root, {f"pkg{number % 5}/module_{number:03}.py": _body(number) for number in range(count)})


def _body(number: int) -> str:
    return f"import time\n\nasync def work_{number}(seconds):\n    time.sleep({number} + seconds)\n"


def _write(root: Path, files: Mapping[str, str]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def summary(sources: Sources) -> list[object]:
    """All that must be the same in every run."""
    files = [(file.path, file.names, _unpacked(file.facts)) for file in sources.files]
    return [*files, *sources.warnings]


def _unpacked(value: Any) -> Any:
    """`marshal` writes equal values in several ways, so what is compared is what it reads."""
    if isinstance(value, bytes):
        try:
            return _unpacked(marshal.loads(value))
        except (EOFError, ValueError, TypeError):
            return value
    return [_unpacked(each) for each in value] if isinstance(value, tuple | list) else value
