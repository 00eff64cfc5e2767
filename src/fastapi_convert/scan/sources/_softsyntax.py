"""Statements that only newer Pythons read: type parameters, `type X = int`, and `except A, B:`."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence
from itertools import islice

from ._softedits import Edits
from ._softtokens import WORD, Token


class Statements:
    """Takes the tokens of a file line by line, without those in f-strings, and rewrites the statements among them."""

    def __init__(self, edits: Edits) -> None:
        self._edits = edits

    def see(self, line: Sequence[Token]) -> None:
        """Take the next logical line."""
        for index, (token, depth) in enumerate(self._with_depth(line)):
            if token.kind != WORD or depth:
                continue
            word = self._text(token)
            if word in {"def", "class"}:
                self._parameters(line, index + 2)
            elif word == "type":
                self._alias(line, index)
            elif word == "except" and not index:
                self._handler(line)

    def _text(self, token: Token) -> str:
        return self._edits.text[token.start : token.end]

    def _parameters(self, line: Sequence[Token], first: int) -> None:
        if first >= len(line) or self._text(line[first]) != "[":
            return
        for token, depth in self._with_depth(islice(line, first, None)):
            if not depth:
                self._edits.blank_joined(line[first].start, token.end)
                return

    def _with_depth(self, line: Iterable[Token]) -> Iterable[tuple[Token, int]]:
        """Each token, and how many brackets are open behind it."""
        depth = 0
        for token in line:
            mark = self._text(token)
            depth += (mark in {"(", "[", "{"}) - (mark in {")", "]", "}"})
            yield token, depth

    def _alias(self, line: Sequence[Token], index: int) -> None:
        """`type X = int` to `None;X = int`: blanks would be an indentation."""
        if index and self._text(line[index - 1]) not in {";", ":"}:
            return
        name, mark = (*map(self._text, line[index + 1 : index + 3]), "", "")[:2]
        blank = self._edits.text[line[index].end : line[index].end + 1]
        if mark in {"=", "["} and blank.isspace() and name.isidentifier() and not keyword.iskeyword(name):
            self._edits.put(line[index].start, "None;")
            self._parameters(line, index + 2)

    def _handler(self, line: Sequence[Token]) -> None:
        """`except A, B: ...` to `except(A, B):...`: the blanks make room for the brackets."""
        is_list, first = False, 2 if self._text(line[1]) == "*" else 1
        for token, depth in self._with_depth(islice(line, first, None)):
            word = self._text(token)
            if not depth and word == ":":
                if is_list:
                    self._bracket(line[first].start, token.start)
                return
            if not depth and word == "as":
                return
            is_list |= not depth and word == ","

    def _bracket(self, first: int, colon: int) -> None:
        text = self._edits.text
        if text[first - 1] in " \t":
            self._edits.put(first - 1, "(")
        else:
            self._edits.replace(first, "(" + text[first])
        self._edits.replace(colon, "):")
        if text[colon + 1 : colon + 2] in {" ", "\t"}:
            self._edits.replace(colon + 1, "")
