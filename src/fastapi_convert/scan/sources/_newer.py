"""Tell which Python would understand a line that this one does not."""

from __future__ import annotations

import ast
import re
from typing import Final, NamedTuple


class _Syntax(NamedTuple):
    version: str
    line: re.Pattern[str]
    message: re.Pattern[str]
    sample: str  # what an interpreter that knows the syntax can parse


_ANY: Final = re.compile("")
_ENOUGH: Final = 400  # characters of a line: hostile ones have millions

# In the order of the versions: the first that fits is told.
_SYNTAXES: Final = (
    _Syntax("3.12", re.compile(r"\s*type\s+\w+\s*(\[.*\]\s*)?="), _ANY, "type X = int"),
    _Syntax("3.12", re.compile(r"\s*((async\s+)?def|class)\s+\w+\s*\["), _ANY, "def f[T](): pass"),
    _Syntax("3.12", re.compile(r".*\b[rR]?[fF][rR]?['\"]"), re.compile("f-string"), "f'{'x'}'"),
    _Syntax("3.14", re.compile(r".*(?<!\w)([tT][rR]?|[rR][tT])['\"]"), _ANY, "t''"),
    _Syntax("3.14", re.compile(r"\s*except\*?\s+[\w.]+\s*,[\w.,\s]+:"), _ANY, "try: pass\nexcept A, B: pass"),
)


def newer_python(line: str, message: str) -> str:
    """The version, `3.12`, that would be needed to parse this line, or "" if that is not why it failed.

    Args:
        line: The line of the syntax error.
        message: What Python said about it.
    """
    beginning = line[:_ENOUGH]
    for syntax in _SYNTAXES:
        if syntax.line.match(beginning) and syntax.message.search(message) and not _parses(syntax.sample):
            return syntax.version
    return ""


def _parses(sample: str) -> bool:
    try:
        ast.parse(sample)
    except SyntaxError:
        return False
    return True
