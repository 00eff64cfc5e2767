"""Rewrite syntax that is newer than the running Python, so that its own parser reads the file all the same.

Only a file that did not parse comes here. What is written instead means the same to a reader of calls and types, and
everything else stays where it was: the lines and columns of the new tree are those of the file.
"""

from __future__ import annotations

from typing import Final

from ._softedits import Edits
from ._softstrings import Strings
from ._softsyntax import Statements
from ._softtokens import COMMENT, LINE, Token, Unclear, tokens

# Code that people write is far below; this bounds the time that a hostile file takes.
_MOST_CHARACTERS: Final = 2_000_000


def soften(text: str) -> str | None:
    r"""The source with newer syntax replaced by what Python 3.11 parses; `None` if there is nothing of the kind.

    Type parameters become blanks, `type X = int` an assignment, `except A, B:` gets its brackets, and t-strings become
    f-strings. An f-string that only newer Pythons read becomes a subscript of the same length that has the expressions
    at their own places. Lines keep their length, but that of an `except` may grow at its end.

    Args:
        text: A source that did not parse, with `\n` as the only end of a line.
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    edits = Edits(text)
    try:
        _rewrite(edits)
    except Unclear:
        return None
    return edits.result()


def _rewrite(edits: Edits) -> None:
    strings, statements = Strings(edits), Statements(edits)
    line: list[Token] = []
    for token in tokens(edits.text):
        if not strings.inside and token.kind != COMMENT:
            line.append(token)
        strings.see(token)
        if token.kind == LINE:
            statements.see(line)
            line.clear()
