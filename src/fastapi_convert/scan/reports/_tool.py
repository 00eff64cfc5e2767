"""Who made a report."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

__all__ = ("TOOL", "tool_version")

TOOL: Final = "fastapi-convert"


def tool_version() -> str:
    """The version of this package; "0" if it runs from sources that were never installed."""
    try:
        return version(TOOL)
    except PackageNotFoundError:
        return "0"
