"""What `fastapi-convert mapping` prints: rows of the mapping, as a table, JSON or Markdown."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from fastapi_convert.mapping import TABLE, Blocking

from ._codes import as_codes, covers
from .errors import ScanError

__all__ = ("COLUMNS", "FORMATS", "as_json", "as_markdown", "cells", "printed", "rows")

COLUMNS: Final = ("blocks", "code", "level", "instead", "how", "note")
FORMATS: Final = ("table", "json", "markdown")


def printed(form: str, search: str = "", codes: Sequence[str] = ()) -> str | list[tuple[str, ...]]:
    """The rows as a document, or as cells if `form` is "table". The arguments are those of the command.

    Raises:
        ScanError: There is no such format, code or row.
    """
    if form not in FORMATS:
        raise ScanError(f"There is no format {form!r}: the formats are {', '.join(FORMATS)}.")
    found = rows(search, codes)
    if form == "table":
        return [cells(row) for row in found]
    return as_json(found) if form == "json" else as_markdown(found)


def rows(search: str = "", codes: Sequence[str] = ()) -> list[Blocking]:
    """The rows of these codes that say `search` somewhere, in the table's order.

    Raises:
        ScanError: There is no such code, or no such row.
    """
    wanted, text = as_codes(codes, "--code"), search.casefold()
    found = [
        row
        for row in TABLE.rows
        if (not wanted or covers(wanted, row.category.code)) and text in " ".join(_said(row)).casefold()
    ]
    if not found:
        raise ScanError(f"The mapping has no row with {search!r}: search for a library, such as requests.")
    return found


def _said(row: Blocking) -> tuple[str, ...]:
    return (*cells(row), row.category.name)


def cells(row: Blocking) -> tuple[str, ...]:
    """A row, by `COLUMNS`."""
    return row.name, row.category.code, row.level, row.replacement, row.how, row.note


def as_json(found: Sequence[Blocking]) -> str:
    """The rows as a JSON array, ASCII only."""
    return json.dumps([_data(row) for row in found], indent=2) + "\n"


def _data(row: Blocking) -> dict[str, Any]:
    return {
        "name": row.name,
        "code": row.category.code,
        "category": row.category.name,
        "level": row.level,
        "replacement": row.replacement,
        "how": row.how,
        "note": row.note,
        "unless": [asdict(each) for each in row.unless],
    }


def as_markdown(found: Sequence[Blocking]) -> str:
    """The rows as a table of Markdown."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|---" * len(COLUMNS) + "|"]
    for row in found:
        name, code, level, replacement, how, note = cells(row)
        shown = (f"`{name}`", code, level, f"`{replacement}`", how, note.replace("|", "\\|"))
        lines.append("| " + " | ".join(shown) + " |")
    return "\n".join(lines) + "\n"
