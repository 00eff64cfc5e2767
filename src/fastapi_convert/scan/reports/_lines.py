"""Lines of text whose parts have a style by name. The command line gives the names colours; here they are text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from ._escaping import visible

__all__ = ("Line", "Segment", "Style", "counted", "line", "plain", "wrapped")

Style = Literal["", "path", "code", "error", "warn", "faint", "route", "name", "call", "cure", "title", "good"]


class Segment(NamedTuple):
    """A piece of a line.

    Attributes:
        text: What it says; nothing in it moves the cursor.
        style: What it is.
    """

    text: str
    style: Style = ""


Line: TypeAlias = tuple[Segment, ...]


def line(*parts: tuple[str, Style]) -> Line:
    """A line of these parts, in escapes where they are not printable."""
    return tuple(Segment(visible(text, None), style) for text, style in parts if text)


def plain(lines: Iterable[Line]) -> Iterator[str]:
    """The lines without their styles."""
    for segments in lines:
        yield "".join(segment.text for segment in segments)


def wrapped(text: str, width: int, indent: str = "", hanging: str = "", style: Style = "") -> Iterator[Line]:
    """A paragraph in lines of `width` characters, names unbroken.

    Args:
        text: The paragraph.
        width: Characters in a line; at least 40 are taken.
        indent: In front of each line.
        hanging: In front of each but the first, after `indent`.
        style: Of all of it.
    """
    shown = visible(text, 2000)
    wrapper = textwrap.TextWrapper(max(40, width), indent, indent + hanging)
    wrapper.break_long_words = wrapper.break_on_hyphens = False
    yield from ((Segment(row, style),) for row in wrapper.wrap(shown))


def counted(number: int, thing: str) -> str:
    """One file, 2,000 files."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
