"""Globs of paths: `tests/**`, `**/migrations/*.py`, or a bare name that counts in any folder."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

_PIECE = re.compile(r"\*\*/|\*\*$|\*+|\?|\[!?\]?[^\]/]+\]|.", re.DOTALL)


def path_matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """A function that tells whether one of the globs matches a path that is relative to the root, with `/`.

    A glob with a `/` in it begins at the root; one without matches the name of any folder or file. `*` and `?` stop at
    a `/`, `**` is any number of folders. What matches a folder matches all that lies in it.
    """
    expressions = [_expression(cleaned) for pattern in patterns if (cleaned := _cleaned(pattern))]
    if not expressions:
        return lambda _path: False
    matches = re.compile(rf"(?:{'|'.join(expressions)})(?:/.*)?", re.DOTALL).fullmatch
    return lambda path: matches(path) is not None


def _cleaned(pattern: str) -> str:
    cleaned = pattern.strip().replace("\\", "/").removeprefix("./").rstrip("/")
    # Everything in a folder is the folder as a whole: then it need not even be listed.
    folder = cleaned.removesuffix("/**")
    return f"/{folder.lstrip('/')}" if folder != cleaned and folder.strip("*/") else cleaned


def _expression(pattern: str) -> str:
    anchored = "" if "/" in pattern.strip("/") or pattern.startswith("/") else "(?:.*/)?"
    return anchored + "".join(_pieces(pattern.lstrip("/")))


def _pieces(pattern: str) -> Iterator[str]:
    for piece in _PIECE.findall(pattern):
        if piece == "**/":
            yield "(?:.*/)?"
        elif piece == "**":
            yield ".*"
        elif piece.startswith("*"):
            yield "[^/]*"
        elif piece == "?":
            yield "[^/]"
        elif len(piece) > 1:
            yield _class_of(piece[1:-1])
        else:
            yield re.escape(piece)


def _class_of(inner: str) -> str:
    negated, members = ("^/", inner[1:]) if inner.startswith("!") else ("", inner)
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", members)
    try:
        re.compile(f"[{negated}{members}]")
    except re.error:  # `[z-a]`: a name that really has these characters
        return re.escape(f"[{inner}]")
    return f"[{negated}{members}]"
