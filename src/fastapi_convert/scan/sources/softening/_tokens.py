"""What a source is made of, as far as softening has to know."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = (
    "CLOSE",
    "COMMENT",
    "FIELD",
    "FIELD_END",
    "GAP",
    "LINE",
    "MARK",
    "OPEN",
    "STRING",
    "TAIL",
    "WORD",
    "Token",
    "Unclear",
)

WORD: Final = "word"  # one that a statement begins with
MARK: Final = "mark"
COMMENT: Final = "comment"
LINE: Final = "line"  # the end of a logical one
STRING: Final = "string"
OPEN: Final = "open"  # the prefix and the quotes of an f-string or t-string
FIELD: Final = "field"  # its brace
TAIL: Final = "tail"  # what ends the expression before the field ends: `!` or `:`
FIELD_END: Final = "field end"
CLOSE: Final = "close"

#: What may stand between two tokens.
GAP: Final = re.compile(r"(?:\s|\\\n|#[^\n]*+)*+")


class Unclear(SyntaxError):
    """No Python would read this either."""


class Token(NamedTuple):
    """A piece of the text, by the indexes of its first character and of the one after it."""

    kind: str
    start: int
    end: int
