"""Texts that jobs bring along, made fit for a line of a log and for the store."""

from __future__ import annotations

MOST_CHARACTERS = 500


def one_line(text: str) -> str:
    """`text` with line ends, control characters and reversed writing as escapes, cut to 500 characters."""
    return "".join(each if each.isprintable() else _escape(each) for each in text[:MOST_CHARACTERS])[:MOST_CHARACTERS]


def storable(text: str) -> str:
    """`text` as UTF-8 can write it: names of files may hold what it cannot."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
