"""Changes of a text, and where in the changed one their marks are."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

__all__ = ("Edits", "Formatted", "Mark", "Parameters", "Place", "Shown")


class Shown(NamedTuple):
    """How a value is shown in an f-string.

    Attributes:
        conversion: As in `ast.FormattedValue`.
        nested: Whether it is part of the format of another one.
    """

    conversion: int
    nested: bool


class Formatted(NamedTuple):
    """At the end of a subscript that was an f-string, or a t-string.

    Attributes:
        fields: One for each of the subscripts in each other.
        template: Whether it was a t-string.
    """

    fields: tuple[Shown, ...]
    template: bool


class Parameters(NamedTuple):
    """At the beginning of a class with type parameters, or of the name of a type alias.

    Attributes:
        names: Those of the type parameters.
    """

    names: tuple[str, ...]


Mark: TypeAlias = Formatted | Parameters
# Line and column as `ast` counts them: from 1, and in bytes from 0.
Place: TypeAlias = tuple[int, int]


class _Edit(NamedTuple):
    start: int
    end: int
    new: str
    mark: Mark | None


class Edits:
    """Changes of a text. Of two that overlap, the one that begins first stands.

    Args:
        text: The text, which stays as it is.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._edits: list[_Edit] = []

    def replace(self, start: int, end: int, new: str, mark: Mark | None = None) -> None:
        """Have `new` instead of what is there, and the mark behind it."""
        self._edits.append(_Edit(start, end, new, mark))

    def mark(self, at: int, mark: Mark) -> None:
        """Have the mark there."""
        self.replace(at, at, "", mark)

    def blank(self, start: int, end: int, head: str = "", tail: str = "", mark: Mark | None = None) -> None:
        """Leave only the ends of lines, but for what is put at the beginning and at the end."""
        last = end - len(tail)
        first = min(start + len(head), last)
        kept = "\n" * self.text.count("\n", start, first)
        blanks = "\n".join(" " * len(line) for line in self.text[first:last].split("\n"))
        self.replace(start, end, head + kept + blanks + tail, mark)

    def blank_joined(self, start: int, end: int) -> None:
        """The same, where no bracket is open: backslashes keep the lines together."""
        *lines, last = self.text[start:end].split("\n")
        joined = "".join(" " * (len(line) - 1) + "\\\n" for line in lines)
        self.replace(start, end, joined + " " * len(last))

    def apply(self) -> tuple[str, dict[Place, Mark]]:
        """The changed text, and the marks in it."""
        pieces: list[str] = []
        marks: dict[Place, Mark] = {}
        at, place = 0, (1, 0)
        # What is put between two characters comes before what is put over the second.
        for start, end, new, mark in sorted(self._edits, key=lambda edit: edit[:2]):
            if start < at:  # in something that was left out as a whole
                continue
            for piece in (self.text[at:start], new):
                pieces.append(piece)
                place = _behind(piece, place)
            at = end
            if mark is not None:
                marks[place] = mark
        pieces.append(self.text[at:])
        return "".join(pieces), marks


def _behind(piece: str, place: Place) -> Place:
    line, column = place
    end = piece.rfind("\n")
    added = len(piece[end + 1 :].encode("utf-8", "surrogatepass"))
    return (line, column + added) if end < 0 else (line + piece.count("\n"), added)
