"""`--explain FC102`: why a kind of call blocks, what to do, and which calls the mapping knows of it."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi_convert.mapping import CATEGORIES, TABLE, Blocking, Category

from ._codes import known
from .errors import ScanError
from .reports._lines import Line, Segment, line, wrapped

__all__ = ("category_of", "explain", "how_to_suppress")


def category_of(code: str) -> Category:
    """The category that bears this code.

    Raises:
        ScanError: None does.
    """
    wanted = code.strip().upper()
    for category in CATEGORIES:
        if category.code == wanted:
            return category
    raise ScanError(f"There is no code {code!r}. The codes are {known()}.")


def how_to_suppress(code: str) -> tuple[str, ...]:
    """How to be told no more of a code, in three sentences of Markdown."""
    return (
        f"`# fastapi-convert: ignore[{code}] reason` on the line of the call, of a call to it, or of the `async def`.",
        f'`ignore = ["{code}"]` under `[tool.fastapi-convert.scan]` in pyproject.toml, for all files.',
        "`--baseline FILE --update-baseline` to keep a list of what is known, and be told only what is new.",
    )


def explain(code: str, width: int = 80) -> Iterator[Line]:
    """All about a code.

    Args:
        code: A code such as `FC102`.
        width: Characters in a line.

    Raises:
        ScanError: There is no such code. The message names those that there are.
    """
    category = category_of(code)
    rows = sorted((row for row in TABLE.rows if row.category.code == category.code), key=lambda row: row.name)
    yield line((category.code, "code"), (f"  {category.name}: {category.title}", "title"))
    yield from _part("Why it matters", (category.why,), width)
    yield from _part("What to do", (category.cure,), width)
    yield from _part("To leave one as it is", how_to_suppress(category.code), width)
    yield ()
    yield line((f"What is known to do so ({len(rows)})", "title"))
    yield from (_row(row, max(len(row.name) for row in rows)) for row in rows)


def _part(title: str, paragraphs: tuple[str, ...], width: int) -> Iterator[Line]:
    yield ()
    yield line((title, "title"))
    for paragraph in paragraphs:
        yield from wrapped(paragraph, width, "  ")


def _row(row: Blocking, widest: int) -> Line:
    level = "" if row.level == "error" else f"  ({row.level})"
    note = (Segment(f"  {row.note}", "faint"),) if row.note else ()
    return (Segment(f"  {row.name:<{widest}}  "), Segment(row.replacement, "cure"), Segment(level, "faint"), *note)
