"""Comments that speak to us, and the code that each of them stands at."""

from __future__ import annotations

import io
import tokenize
from contextlib import suppress
from typing import Final, NamedTuple

__all__ = ("MARKER", "Comment", "comments_in")

MARKER: Final = "fastapi-convert:"

_LAYOUT = frozenset({tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING})


class Comment(NamedTuple):
    """A comment with the marker in it. A plain tuple, so that it can lie in a cache.

    Attributes:
        line: Where it stands.
        text: The comment, from its `#`.
        near: The line of code that it means: its own, or the next one if it stands alone.
        first: Where the statement on that line begins; a decorated function begins with its first decorator.
        last: Where the statement ends; a function with its header.
        top: Whether it stands alone above all code but the docstring.
    """

    line: int
    text: str
    near: int
    first: int
    last: int
    top: bool


def comments_in(text: str) -> tuple[Comment, ...]:
    """The comments with the marker, in their order.

    Args:
        text: A source that this Python's parser reads: its tokenizer is no newer. Of a file that it had to be softened
            for, that is the softened source. What cannot be read ends the search, but loses nothing before it.
    """
    if MARKER not in text:
        return ()
    reader = _Reader()
    with suppress(tokenize.TokenError, SyntaxError):
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            reader.see(token)
    reader.end_statement(reader.last)
    return tuple(reader.found)


class _Reader:
    """Takes the tokens of a file one by one; comments wait in `pending` for the end of their statement."""

    def __init__(self) -> None:
        self.found: list[Comment] = []
        self.last = 0
        self._pending: list[Comment] = []
        self._first = 0
        self._at_start, self._is_decorator, self._is_text, self._has_code = True, False, True, False

    def see(self, token: tokenize.TokenInfo) -> None:
        """Take the next token."""
        if token.type == tokenize.COMMENT:
            self._comment(token)
        elif token.type == tokenize.NEWLINE:
            self._at_start = True
            if not self._is_decorator:  # a function is one statement with its decorators
                self.end_statement(self.last)
        elif token.type not in _LAYOUT:
            self._code(token)

    def _comment(self, token: tokenize.TokenInfo) -> None:
        if MARKER not in token.string:
            return
        line = token.start[0]
        alone = line != self.last
        self._pending.append(
            Comment(line, token.string, 0 if alone else line, 0, 0, alone and not self._first and not self._has_code)
        )

    def _code(self, token: tokenize.TokenInfo) -> None:
        line = token.start[0]
        self._first = self._first or line
        if self._at_start:
            self._at_start, self._is_decorator = False, token.string == "@"
        self._is_text &= token.type == tokenize.STRING
        self.last = token.end[0]
        # Those in front are at the end of the list; the others have their line already.
        for index in range(len(self._pending) - 1, -1, -1):
            if self._pending[index].near:
                break
            self._pending[index] = self._pending[index]._replace(near=line)

    def end_statement(self, last: int) -> None:
        """Give the comments of a statement its lines."""
        self.found += [
            each._replace(near=each.near or each.line, first=self._first or each.line, last=max(last, each.line))
            for each in self._pending
        ]
        self._pending.clear()
        if self._first:
            self._has_code |= not self._is_text
        self._first, self._is_text = 0, True
