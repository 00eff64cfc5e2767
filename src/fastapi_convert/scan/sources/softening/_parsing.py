"""From a source that did not parse to its tree."""

from __future__ import annotations

import ast
from typing import Final

from ._edits import Edits
from ._restoring import restore
from ._statements import Statements
from ._strings import Strings
from ._tokenizing import tokens
from ._tokens import Unclear

__all__ = ("parse",)

# Code that people write is far below; this bounds the time that a hostile file takes.
_MOST_CHARACTERS: Final = 10_000_000


def parse(text: str) -> tuple[ast.Module, str]:
    r"""The tree of a source with syntax up to Python 3.15, and the source that the positions in it are of.

    The lines are the same, and so are the columns, but to the right of `except A, B:` and of an f-string that yields.
    The text of f-strings is not kept, only what is evaluated in them; a t-string is a tuple of that.

    Args:
        text: A source with `\n` as the only end of a line.

    Raises:
        SyntaxError: It is wrong for every Python, or too large.

    Examples:
        >>> tree, _ = parse("type Row = dict[str, int]\n\nasync def first[T](row: T): ...\n")
        >>> [type(node).__name__ for node in tree.body[1:]]
        ['TypeAlias', 'AsyncFunctionDef']
    """
    if len(text) > _MOST_CHARACTERS:
        raise Unclear(f"too large to be rewritten: {len(text)} characters")
    edits = Edits(text)
    strings, statements = Strings(edits), Statements(edits)
    for token in tokens(text):
        statements.see(token)
        strings.see(token)
    softer, marks = edits.apply()
    tree = ast.parse(softer)
    restore(tree, marks)
    return tree, softer
