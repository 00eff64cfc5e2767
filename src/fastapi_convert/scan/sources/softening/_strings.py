"""f-strings and t-strings, as subscripts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ._edits import Edits, Formatted, Shown
from ._tokens import CLOSE, COMMENT, FIELD, FIELD_END, GAP, OPEN, STRING, TAIL, Token, Unclear

__all__ = ("Strings",)

# Of strings next to each other: the brackets that they become are nested in the tree, and Python's parser has an end.
_MOST_FIELDS: Final = 2_000

_YIELD: Final = re.compile(GAP.pattern + r"yield\b")


@dataclass(slots=True)
class _Field:
    """A replacement field: its brace, and where the expression ends that `=`, `!r` and `:>9` are no part of."""

    brace: int
    nested: bool
    end: int = -1
    conversion: int = -1
    equals: int = -1  # the last `=` in it


@dataclass(slots=True)
class _Part:
    """One of the strings that stand next to each other."""

    start: int
    end: int
    fields: list[_Field] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """Strings that stand next to each other, and are one value."""

    parts: list[_Part] = field(default_factory=list)
    fields: int = 0
    template: bool = False


class Strings:
    """Takes the tokens of a file one by one, and rewrites the strings among them.

    `f"a {x["k"]:>{n}}"` becomes `""[   x["k"]][n  ]`: a string, and a subscript for each field. Python reads that as
    the same expressions at the same places, whatever brackets they are in. What stands next to it is part of it.

    Args:
        edits: Where the changes go.
    """

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        # Of each level of code: the strings that stood next to each other just now.
        self._runs: list[_Run | None] = [None]
        self._open: list[_Run] = []
        self._fields: list[_Field] = []

    def see(self, token: Token) -> None:
        """Take the next token."""
        kind = token.kind
        if kind in {STRING, OPEN}:
            self._string(token)
        elif kind == CLOSE:
            self._open.pop().parts[-1].end = token.end
        elif kind == FIELD:
            self._field(token.start)
        elif kind != COMMENT:
            self._end_run()
            if self._fields:
                self._of_field(token)

    def _string(self, token: Token) -> None:
        run = self._runs[-1]
        if run is None or not self._is_gap(run.parts[-1].end, token.start):
            self._end_run()
            run = self._runs[-1] = _Run()
        run.parts.append(_Part(token.start, token.end))
        if token.kind == OPEN:
            self._open.append(run)
            run.template |= "t" in self._edits.text[token.start : token.end].lower()

    def _is_gap(self, start: int, end: int) -> bool:
        match = GAP.match(self._edits.text, start)
        return match is not None and match.end() == end

    def _field(self, brace: int) -> None:
        run = self._open[-1]
        run.fields += 1
        if run.fields > _MOST_FIELDS:
            raise Unclear(f"an f-string with more than {_MOST_FIELDS} fields")
        part = run.parts[-1]
        # The one that is still open has this one in its format.
        found = _Field(brace, nested=bool(self._fields) and self._fields[-1].brace > part.start)
        part.fields.append(found)
        self._fields.append(found)
        self._runs.append(None)

    def _of_field(self, token: Token) -> None:
        now, mark = self._fields[-1], self._edits.text[token.start]
        if token.kind in {TAIL, FIELD_END}:
            self._end_expression(now, token, mark)
        elif mark == "=":
            now.equals = token.start
        if token.kind == FIELD_END:
            self._fields.pop()
            self._runs.pop()

    def _end_expression(self, now: _Field, token: Token, mark: str) -> None:
        if mark == "!":
            now.conversion = ord(self._edits.text[token.end : token.end + 1] or " ")
        if now.end >= 0:
            return
        now.end = token.start
        if now.equals >= 0 and self._is_gap(now.equals + 1, token.start):
            now.end = now.equals
            if mark == "}":  # `{x=}` shows a `repr`
                now.conversion = ord("r")

    def _end_run(self) -> None:
        run, self._runs[-1] = self._runs[-1], None
        if run is not None and (run.template or run.fields):
            self._rewrite(run)

    def _rewrite(self, run: _Run) -> None:
        fields = [each for part in run.parts for each in part.fields]
        mark = Formatted(tuple(Shown(each.conversion, each.nested) for each in fields), run.template)
        # A string is long enough for this, or it is `""` and the next one goes on with it.
        head, closing = ('""[', "]") if fields else ("(", ")")
        for start, end, found in _regions(run):
            if found is not None and found is not fields[0]:
                head = "]["
            if end < run.parts[-1].end:
                self._edits.blank(start, end, head[: end - start])
            else:
                self._edits.blank(start, end, head, closing, mark if fields else None)
            head = head[end - start :]
        for each in fields:
            if _YIELD.match(self._edits.text, each.brace + 1):
                self._edits.replace(each.brace + 1, each.brace + 1, "(")
                self._edits.replace(each.end, each.end, ")")


def _regions(run: _Run) -> Iterator[tuple[int, int, _Field | None]]:
    """What is no expression: up to a field and its brace, or up to the end of a string."""
    for part in run.parts:
        at = part.start
        for each in part.fields:
            yield at, each.brace + 1, each
            at = each.end
        yield at, part.end, None
