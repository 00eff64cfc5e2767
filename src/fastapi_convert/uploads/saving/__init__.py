"""Uploads on the disk: whole or not there, and the removal of what killed processes have left half-written."""

from __future__ import annotations

from ._saved import SavedFile, sweep

__all__ = ("SavedFile", "sweep")
