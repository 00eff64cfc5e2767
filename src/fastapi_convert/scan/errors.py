"""Why a scan cannot run at all. What is wrong with single files is a warning in the report instead."""

from __future__ import annotations

__all__ = ("ScanError",)


class ScanError(Exception):
    """The scan cannot run: a path that does not exist, a setting that means nothing. The message tells the cure."""
