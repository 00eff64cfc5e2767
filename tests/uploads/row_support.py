"""What the tests of records share: a file in pieces of any size, and all that a parser makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import cycle
from typing import TypeVar

from hypothesis import strategies as st

from fastapi_convert.uploads.records._row_parsers import RowParser

__all__ = ("cut", "halves", "read", "read_all", "sizes")

T = TypeVar("T")

#: The sizes of the pieces that a file comes in, over and over.
sizes = st.lists(st.integers(1, 7) | st.integers(1, 200), min_size=1, max_size=8)


def cut(data: bytes, into: Sequence[int]) -> Iterator[bytes]:
    start, endless = 0, cycle(into)
    while start < len(data):
        size = next(endless)
        yield data[start : start + size]
        start += size


def halves(data: bytes) -> Iterator[list[bytes]]:
    """The data in two, cut at every place that there is."""
    for place in range(len(data) + 1):
        yield [data[:place], data[place:]]


def read(parser: RowParser[T], pieces: Iterable[bytes]) -> list[T]:
    """The rows, up to the end or the parser's failure."""
    rows: list[T] = []
    for piece in pieces:
        rows += parser.feed(piece)
        if parser.failure:
            return rows
    return rows + parser.finish()


def read_all(parser: RowParser[T], pieces: Iterable[bytes]) -> list[T]:
    """The rows of a file in which nothing is wrong."""
    rows = read(parser, pieces)
    assert parser.failure is None
    assert (parser.errors, parser.skipped) == ([], 0)
    return rows
