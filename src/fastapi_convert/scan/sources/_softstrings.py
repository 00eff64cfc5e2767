"""f-strings that only newer Pythons read, and t-strings."""

from __future__ import annotations

from dataclasses import dataclass, field

from ._softedits import Edits
from ._softtokens import CLOSE, COMMENT, FIELD, FIELD_END, OPEN, STRING, TAIL, Token


@dataclass(slots=True)
class _Field:
    """A replacement field: its brace, and its expression without `=`, conversion and format."""

    brace: int
    start: int
    end: int = -1
    #: Where its last token stands, if that cannot stand before the comma that will follow: `=` or another one.
    trailing: int = -1
    #: An expression that can stand in no subscript.
    dropped: bool = False
    empty: bool = True


@dataclass(slots=True)
class _Part:
    """One of the strings that stand next to each other."""

    start: int
    end: int
    quote: str = ""
    fields: list[_Field] = field(default_factory=list)
    newer: bool = False


class Strings:
    """Takes the tokens of a file one by one, and rewrites the strings among them.

    `f"a {x["k"]:>{n}}"` becomes `""[ x["k"]  ,n  ]`: a string, whose making evaluates the expressions. What stands next
    to it becomes a part of the same subscript.
    """

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        # Of each level of code: the strings that stood next to each other just now.
        self._runs: list[list[_Part]] = [[]]
        self._open: list[_Part] = []
        self._fields: list[_Field] = []

    @property
    def inside(self) -> bool:
        """Whether an f-string is open."""
        return bool(self._open)

    def see(self, token: Token) -> None:
        """Take the next token."""
        kind = token.kind
        if kind in {STRING, OPEN}:
            self._string(token)
        elif kind == CLOSE:
            self._open.pop().end = token.end
        elif kind == FIELD:
            self._field(token)
        elif kind == COMMENT:
            if self._open:
                self._open[-1].newer = True
        else:
            self._end_run()
            self._other(token)

    def _string(self, token: Token) -> None:
        self._note(token)
        part = _Part(token.start, token.end)
        self._runs[-1].append(part)
        if token.kind == OPEN:
            self._open.append(part)
            prefix = self._edits.text[token.start : token.end]
            part.quote = prefix.lstrip("fFtTrR")
            template = prefix.lower().find("t")
            if template >= 0:
                self._edits.put(token.start + template, "f")

    def _field(self, token: Token) -> None:
        found = _Field(token.start, token.end)
        self._open[-1].fields.append(found)
        self._fields.append(found)
        self._runs.append([])

    def _other(self, token: Token) -> None:
        if token.kind == FIELD_END:
            self._runs.pop()
            self._end_expression(token.start)
            self._end_field(self._fields.pop(), token.end)
        elif token.kind == TAIL:
            self._end_expression(token.start)
        else:
            self._note(token)

    def _note(self, token: Token) -> None:
        if self._fields:
            now = self._fields[-1]
            word = self._edits.text[token.start : token.end]
            now.trailing = token.start if word in {"=", ","} else -1
            now.dropped |= now.empty and word == "yield"
            now.empty = False

    def _end_expression(self, at: int) -> None:
        now = self._fields[-1]
        if now.end < 0:
            now.end = at if now.trailing < 0 else now.trailing

    def _end_field(self, found: _Field, end: int) -> None:
        part = self._open[-1]
        if part.newer:
            return
        text = self._edits.text
        expression = text[found.start : found.end]
        part.newer = (
            "\\" in expression
            or part.quote in expression
            or ("\n" in text[found.start : end] and len(part.quote) == 1)
            # Those that are still open have this one in their format; of such levels, there was one.
            or sum(1 for each in self._fields if each.brace > part.start) > 1
        )

    def _end_run(self) -> None:
        run = self._runs[-1]
        if not run:
            return
        first = next((index for index, part in enumerate(run) if part.newer), None)
        if first is not None:
            self._rewrite(run[first:])
            if self._open:
                self._open[-1].newer = True
        run.clear()

    def _rewrite(self, parts: list[_Part]) -> None:
        for part in parts:
            self._blank_text(part)
        for index, found in enumerate(each for part in parts for each in part.fields):
            if index:
                self._edits.put(found.brace, ",")
            if found.dropped:
                self._edits.put(found.start, "0")
        # The shortest beginning is `f"{`.
        self._edits.put(parts[0].start, '""[')
        self._edits.put(parts[-1].end - 1, "]")

    def _blank_text(self, part: _Part) -> None:
        at = part.start
        for found in part.fields:
            if not found.dropped:
                self._edits.blank(at, found.start)
                at = found.end
        self._edits.blank(at, part.end)
