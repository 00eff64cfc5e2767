"""A text that is changed in place: what is not changed keeps its line and its column."""

from __future__ import annotations


class Edits:
    """Changes of a text; a later one goes over an earlier one.

    Args:
        text: The text, which stays as it is.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._characters = list(text)
        self._changed = False

    def put(self, start: int, new: str) -> None:
        """Write `new` over as many characters."""
        self._characters[start : start + len(new)] = new
        self._changed = True

    def replace(self, at: int, new: str) -> None:
        """Have `new`, of any length, in the place of one character."""
        self._characters[at] = new
        self._changed = True

    def blank(self, start: int, end: int) -> None:
        """Leave only the ends of lines."""
        for at, line in self._lines(start, end):
            self.put(at, " " * line)

    def blank_joined(self, start: int, end: int) -> None:
        """The same, where no bracket is open: backslashes keep the lines together."""
        for at, line in self._lines(start, end):
            last = at + line
            self.put(at, " " * line)
            if last < end and line:
                self.put(last - 1, "\\")
            elif last < end:
                self.replace(last, "\\\n")

    def _lines(self, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts of lines in a range begin, and how long they are."""
        found = []
        for line in self.text[start:end].split("\n"):
            found.append((start, len(line)))
            start += len(line) + 1
        return found

    def result(self) -> str | None:
        """The changed text, or `None` if nothing was changed."""
        return "".join(self._characters) if self._changed else None
