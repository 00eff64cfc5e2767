"""Statements that only newer Pythons read: type parameters, `type X = int`, `except A, B:` and `lazy import x`."""

from __future__ import annotations

import keyword
import re
from typing import Final

from ._edits import Edits, Parameters
from ._tokens import GAP, LINE, MARK, WORD, Token

__all__ = ("Statements",)

_BLANK: Final = r"(?:[ \t\f]|\\\n)"
_HEADER: Final = re.compile(rf"\w+{_BLANK}++\w++{_BLANK}*+\[")
_ALIAS: Final = re.compile(rf"type[ \t]{_BLANK}*+(?P<name>\w++){_BLANK}*+(?P<mark>[=\[])")
_LAZY: Final = re.compile(rf"lazy[ \t]{_BLANK}*+(?:import|from)\b")
_EXCEPT: Final = re.compile(rf"except{_BLANK}*+(?:\*{_BLANK}*+)?+")
_PARAMETER: Final = re.compile(rf"(?:{GAP.pattern})\*{{0,2}}(?:{GAP.pattern})(\w++)")


class Statements:
    """Takes the tokens of a file one by one, and rewrites the statements among them.

    Args:
        edits: Where the changes go.
    """

    def __init__(self, edits: Edits) -> None:
        self._edits = edits
        self._depth = 0
        #: Where a statement may begin, until something does.
        self._beginning = 0
        #: Where the brackets of type parameters open, and what has them, unless that is a function.
        self._opening = -1
        self._owner = -1
        self._names: list[str] = []
        #: Where the types of a handler begin, and whether there is a comma between them.
        self._handled = -1
        self._is_list = False

    def see(self, token: Token) -> None:
        """Take the next token."""
        begins, self._beginning = self._begins(token), -1
        if token.kind == WORD:
            self._word(token.start, self._edits.text[token.start : token.end], begins=begins)
        elif token.kind == MARK:
            self._mark(token.start, self._edits.text[token.start])
        elif token.kind == LINE:
            self._beginning, self._opening, self._handled = token.end, -1, -1

    def _begins(self, token: Token) -> bool:
        return self._beginning >= 0 and not self._edits.text[self._beginning : token.start].strip(" \t\f\\\n")

    def _word(self, start: int, word: str, *, begins: bool) -> None:
        text = self._edits.text
        if word in {"def", "class"}:
            if header := _HEADER.match(text, start):
                self._expect(header.end() - 1, start if word == "class" else -1)
        elif not begins:
            return
        elif word == "except":
            if handler := _EXCEPT.match(text, start):
                self._handled, self._is_list = handler.end(), False
        elif word == "lazy":
            if _LAZY.match(text, start):
                self._drop_word(start)
        elif (alias := _ALIAS.match(text, start)) and not keyword.iskeyword(alias["name"]):
            self._alias(start, alias)

    def _drop_word(self, start: int) -> None:
        """Blanks would be an indentation."""
        self._edits.replace(start, start + 5, "None;")

    def _alias(self, start: int, alias: re.Match[str]) -> None:
        self._drop_word(start)
        if alias["mark"] == "[":
            self._expect(alias.end() - 1, alias.start("name"))
        else:
            self._edits.mark(alias.start("name"), Parameters(()))

    def _expect(self, opening: int, owner: int) -> None:
        self._opening, self._owner = opening, owner
        self._names.clear()

    def _mark(self, at: int, mark: str) -> None:
        if mark in "([{":
            self._depth += 1
        elif mark in ")]}":
            self._depth -= 1
        if self._opening >= 0:
            self._parameters(at, mark)
        elif not self._depth:
            self._outside(at, mark)

    def _parameters(self, at: int, mark: str) -> None:
        if mark == "]" and not self._depth:
            self._edits.blank_joined(self._opening, at + 1)
            if self._owner >= 0:
                self._edits.mark(self._owner, Parameters(tuple(self._names)))
            self._opening = -1
        elif mark in "[," and self._depth == 1 and (found := _PARAMETER.match(self._edits.text, at + 1)):
            self._names.append(found[1])

    def _outside(self, at: int, mark: str) -> None:
        if mark in ":;":
            self._beginning = at + 1
        if self._handled >= 0 and mark == ",":
            self._is_list = True
        elif self._handled >= 0 and mark == ":":
            if self._is_list:
                self._bracket(self._handled, at)
            self._handled = -1

    def _bracket(self, first: int, colon: int) -> None:
        """`except A, B: ...` to `except(A, B):...`: the blanks make room for the brackets."""
        text = self._edits.text
        self._edits.replace(first - (text[first - 1] in " \t"), first, "(")
        self._edits.replace(colon, colon + 1 + (text[colon + 1 : colon + 2] in {" ", "\t"}), "):")
