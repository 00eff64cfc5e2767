"""Typed records out of an upload while it arrives: what `file.csv()`, `file.jsonl()` and `file.lines()` give."""

from __future__ import annotations

from ._rows import RowError, Rows

__all__ = ("RowError", "Rows")
