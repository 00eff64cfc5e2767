r"""A tokenizer of the newest Python, for an older one: its own does not see that `f"{x["k"]}"` is one string.

It is as coarse as its readers allow (numbers are words, operators are single characters), linear, and bounded in depth.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

WORD: Final = "word"
MARK: Final = "mark"
COMMENT: Final = "comment"
LINE: Final = "line"  # the end of a logical one
STRING: Final = "string"
OPEN: Final = "open"  # the prefix and the quotes of an f-string or t-string
FIELD: Final = "field"  # its brace
TAIL: Final = "tail"  # what ends the expression before the field ends: `!` or `:`
FIELD_END: Final = "field end"
CLOSE: Final = "close"

_PREFIXES: Final = frozenset(("r", "b", "u", "f", "t", "rb", "br", "fr", "rf", "tr", "rt"))
_DEEPEST: Final = 300  # levels of text and code in each other; Python's own limit is 150 strings
_CODE: Final = re.compile(r"(?:[ \t\f]|\\\n)*+(?:(?P<word>\w++)|(?P<comment>#[^\n]*+)|(?P<mark>.|\n)|\Z)")
_QUOTES: Final = ("'''", '"""', "'", '"')
# What in a string is more than text. A line may end in it only if there are three quotes.
_PLAIN: Final = {quote: re.compile(rf"\\|{quote}" + ("" if quote[1:] else r"|\n")) for quote in _QUOTES}
_FORMATTED: Final = {quote: re.compile(rf"[{{}}]|{_PLAIN[quote].pattern}") for quote in _QUOTES}


class Unclear(Exception):
    """No Python would read this either."""


class Token(NamedTuple):
    """A piece of the text, by the indexes of its first character and of the one after it."""

    kind: str
    start: int
    end: int


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
            level = self._levels[-1]
            token = self._code(level) if isinstance(level, _Code) else self._formatted(level)
            if token is not None:
                yield token
        if len(self._levels) > 1:
            raise Unclear

    def _token(self, kind: str, start: int, end: int) -> Token:
        self._at = end
        return Token(kind, start, end)

    def _push(self, level: _Code | _Text) -> None:
        if len(self._levels) >= _DEEPEST:
            raise Unclear
        self._levels.append(level)

    def _code(self, level: _Code) -> Token | None:
        match = _CODE.match(self._text, self._at)
        assert match is not None  # the last alternatives take whatever comes
        kind = match.lastgroup
        if kind is None:
            self._at = match.end()
            return None
        start, end = match.span(kind)
        if kind == MARK:
            return self._mark(level, start)
        if kind == WORD and end - start < 3 and self._text[end : end + 1] in ("'", '"'):
            prefix = self._text[start:end].lower()
            if prefix in _PREFIXES:
                return self._string(start, end, prefix)
        return self._token(kind, start, end)

    def _mark(self, level: _Code, at: int) -> Token | None:
        mark = self._text[at]
        if mark in "'\"":
            return self._string(at, at, "")
        if mark == "\n":
            self._at = at + 1
            return None if level.field or level.brackets else Token(LINE, at, at + 1)
        if level.field and not level.brackets and mark in "}!:":
            return self._end_of_expression(mark, at)
        if mark in "([{":
            level.brackets += 1
        elif mark in ")]}":
            level.brackets -= 1
            if level.brackets < 0:
                raise Unclear
        return self._token(MARK, at, at + 1)

    def _end_of_expression(self, mark: str, at: int) -> Token:
        if mark == "}":
            self._levels.pop()
            return self._token(FIELD_END, at, at + 1)
        if mark == ":":
            text = self._levels[-2]
            assert isinstance(text, _Text)
            self._push(_Text(text.quote, text.raw, spec=True))
        elif self._text.startswith("=", at + 1):
            return self._token(MARK, at, at + 2)
        return self._token(TAIL, at, at + 1)

    def _string(self, start: int, at: int, prefix: str) -> Token:
        quote = next(quote for quote in _QUOTES if self._text.startswith(quote, at))
        opened = at + len(quote)
        if "f" in prefix or "t" in prefix:
            self._push(_Text(quote, "r" in prefix))
            return self._token(OPEN, start, opened)
        while True:
            stop, opened = self._stop(_PLAIN[quote], opened)
            if stop == quote:
                return self._token(STRING, start, opened)
            if stop == "\n":
                raise Unclear
            opened += 1  # what the backslash is for

    def _stop(self, pattern: re.Pattern[str], at: int) -> tuple[str, int]:
        match = pattern.search(self._text, at)
        if match is None:
            raise Unclear
        return match.group(), match.end()

    def _formatted(self, level: _Text) -> Token | None:
        stop, end = self._stop(_FORMATTED[level.quote], self._at)
        if stop == "\\":
            self._at = self._escaped(end, raw=level.raw)
        elif stop == "\n":
            # A format may go over the end of a line, though a text may not.
            self._at = end
        elif stop not in "{}":
            return self._end_of_text(level, end)
        elif not level.spec and self._text.startswith(stop, end):
            self._at = end + 1
        else:
            return self._brace(level, stop, end)
        if stop == "\n" and not level.spec:
            raise Unclear
        return None

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
            raise Unclear
        self._levels.pop()
        return self._token(CLOSE, end - len(level.quote), end)

    def _brace(self, level: _Text, brace: str, end: int) -> Token:
        if brace == "{":
            self._push(_Code(field=True))
            return self._token(FIELD, end - 1, end)
        if not level.spec:
            raise Unclear
        del self._levels[-2:]  # the format, and the field that it belongs to
        return self._token(FIELD_END, end - 1, end)
