"""Names and paths on a terminal: whoever names a file must not write on the screen of who scans it."""

from __future__ import annotations

from typing import Final

__all__ = ("visible",)

#: Characters of a name that are shown; a path is shown whole, so that it can be clicked.
_MOST: Final = 300


def visible(text: str, most: int | None = _MOST) -> str:
    """`text` with control characters, ANSI codes, line ends and reversed writing as escapes.

    Args:
        text: A name, a path, a message: anything that came out of somebody's source.
        most: Characters after which it is cut; `None` to keep all.
    """
    cut = text if most is None or len(text) <= most else text[: most - 3] + "..."
    if cut.isprintable():
        return cut
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode("ascii") for each in cut)
