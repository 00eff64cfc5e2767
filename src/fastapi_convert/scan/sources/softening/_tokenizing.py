r"""A tokenizer of the newest Python, for an older one: its own does not see that `f"{x["k"]}"` is one string.

It gives only what its readers ask for, goes over the rest, and leaves it to the parser to find what is wrong. Its time
is linear, and its depth is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ._tokens import CLOSE, FIELD, FIELD_END, LINE, MARK, OPEN, STRING, TAIL, Token, Unclear

__all__ = ("tokens",)

_DEEPEST: Final = 500  # levels of text and code in each other; Python's own limit is 150 strings
_CODE: Final = re.compile(
    r"""(?:\b(?P<prefix>(?i:[ft]r?|r[ftb]?|br?|u)))?+(?P<quote>'''|\"""|'|")
    |(?P<comment>\#[^\n]*+)
    |\\\n
    |(?P<mark>[\n()\[\]{}:;,!=])
    |\b(?P<word>class|def|except|lazy|type)\b""",
    re.VERBOSE,
)
_QUOTES: Final = ("'''", '"""', "'", '"')
# What in a string is more than text. A line may end in it only if there are three quotes.
_PLAIN: Final = {quote: re.compile(rf"\\|{quote}" + ("" if quote[1:] else r"|\n")) for quote in _QUOTES}
_FORMATTED: Final = {quote: re.compile(rf"[{{}}]|{_PLAIN[quote].pattern}") for quote in _QUOTES}


@dataclass(slots=True)
class _Code:
    """The file itself, or the expression of a field."""

    field: bool = False
    brackets: int = 0


@dataclass(slots=True)
class _Text:
    """The text of an f-string, or of a format in it."""

    quote: str
    raw: bool
    spec: bool = False


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a source, with an end of the line at its end.

    Raises:
        Unclear: Strings or fields do not end, or they are nested too deeply.
    """
    yield from _Tokenizer(text).all()
    yield Token(LINE, len(text), len(text))


class _Tokenizer:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._levels: list[_Code | _Text] = [_Code()]

    def all(self) -> Iterator[Token]:
        while self._at < len(self._text):
            if len(self._levels) > _DEEPEST:
                raise Unclear("too many f-strings in each other")
            level = self._levels[-1]
            token = self._code(level) if isinstance(level, _Code) else self._formatted(level)
            if token is not None:
                yield token
        if len(self._levels) > 1:
            raise Unclear("an f-string does not end")

    def _token(self, kind: str, start: int, end: int) -> Token:
        self._at = end
        return Token(kind, start, end)

    def _code(self, level: _Code) -> Token | None:
        match = _CODE.search(self._text, self._at)
        if match is None:
            self._at = len(self._text)
            return None
        kind, (start, end) = match.lastgroup, match.span()
        if kind == MARK:
            return self._mark(level, start)
        if kind == "quote":
            return self._string(match["quote"], (match["prefix"] or "").lower(), start, end)
        self._at = end
        return None if kind is None else Token(kind, start, end)

    def _mark(self, level: _Code, at: int) -> Token | None:
        mark = self._text[at]
        if mark == "\n":
            self._at = at + 1
            return None if level.field or level.brackets else Token(LINE, at, at + 1)
        if level.field and not level.brackets and mark in "}!:":
            return self._end_of_expression(mark, at)
        if mark in "([{":
            level.brackets += 1
        elif mark in ")]}":
            level.brackets -= 1
        return self._token(MARK, at, at + 1)

    def _end_of_expression(self, mark: str, at: int) -> Token:
        if mark == "}":
            self._levels.pop()
            return self._token(FIELD_END, at, at + 1)
        if mark == ":":
            text = self._levels[-2]
            assert isinstance(text, _Text)
            self._levels.append(_Text(text.quote, text.raw, spec=True))
        elif self._text.startswith("=", at + 1):
            return self._token(MARK, at, at + 2)
        return self._token(TAIL, at, at + 1)

    def _string(self, quote: str, prefix: str, start: int, end: int) -> Token:
        if "f" in prefix or "t" in prefix:
            self._levels.append(_Text(quote, "r" in prefix))
            return self._token(OPEN, start, end)
        while True:
            stop, end = self._stop(_PLAIN[quote], end)
            if stop == quote:
                return self._token(STRING, start, end)
            if stop == "\n":
                raise Unclear("a string does not end in its line")
            end += 1  # what the backslash is for

    def _stop(self, pattern: re.Pattern[str], at: int) -> tuple[str, int]:
        match = pattern.search(self._text, at)
        if match is None:
            raise Unclear("a string does not end")
        return match.group(), match.end()

    def _formatted(self, level: _Text) -> Token | None:
        stop, end = self._stop(_FORMATTED[level.quote], self._at)
        if stop == "\\":
            self._at = self._escaped(end, raw=level.raw)
            return None
        if stop == "\n":
            if not level.spec:  # a format may go over the end of a line, though a text may not
                raise Unclear("an f-string does not end in its line")
            self._at = end
            return None
        if stop == level.quote:
            return self._end_of_text(level, end)
        if not level.spec and self._text.startswith(stop, end):
            self._at = end + 1
            return None
        return self._brace(level, stop, end)

    def _escaped(self, at: int, *, raw: bool) -> int:
        """Where it goes on behind a backslash, which does not escape braces."""
        if self._text.startswith(("{", "}"), at):
            return at
        if raw or not self._text.startswith("N{", at):
            return at + 1
        end = self._text.find("}", at)
        return end + 1 if end >= 0 else len(self._text)

    def _end_of_text(self, level: _Text, end: int) -> Token:
        if level.spec:
            raise Unclear("a field of an f-string does not end")
        self._levels.pop()
        return self._token(CLOSE, end - len(level.quote), end)

    def _brace(self, level: _Text, brace: str, end: int) -> Token:
        if brace == "{":
            self._levels.append(_Code(field=True))
            return self._token(FIELD, end - 1, end)
        if not level.spec:
            raise Unclear("a brace in an f-string was never opened")
        del self._levels[-2:]  # the format, and the field that it belongs to
        return self._token(FIELD_END, end - 1, end)
