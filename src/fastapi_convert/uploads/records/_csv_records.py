"""What `csv.reader` makes of a file, by the very same rules, while the bytes of the file are still coming."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import chain, repeat
from typing import Any, NoReturn

from ._lines import LineBuffer

Dialect = str | csv.Dialect | type[csv.Dialect]

#: An unfinished record is read from its beginning whenever it has new lines; above this size, in bytes, only when it
#: has grown by a quarter, so that a client that sends it line by line does not make work that grows with its square.
SMALL = 4 << 10


class _OutOfLines(Exception):
    """The record goes on in lines that have not come yet."""


class CsvRecords:
    r"""`csv.reader` for bytes that are pushed: cells as it gives them, for every dialect, wherever the bytes are cut.

    It is `csv.reader` itself, over lines that may run out. It keeps nothing from one record to the next, so a record
    that has no end yet is read again from its beginning, by a new reader, when more lines came.

    Args:
        lines: Where bytes become lines; its `max_line` is the limit for records too.
        dialect: As `csv.reader` takes it.
        **fmtparams: The same.

    Examples:
        >>> records = CsvRecords(LineBuffer("utf-8", 1000), "excel")
        >>> list(records.read(b'1,"two\nlin')), list(records.read(b'es"\n3,4\n'))
        ([], [(1, ['1', 'two\nlines'], ''), (3, ['3', '4'], '')])
    """

    def __init__(self, lines: LineBuffer, dialect: Dialect, **fmtparams: Any) -> None:
        try:
            self._dialect = csv.reader((), dialect, **fmtparams).dialect
        except (csv.Error, TypeError, ValueError) as error:
            raise ValueError(f"The csv module does not take dialect={dialect!r}, {fmtparams}: {error}.") from error
        self._lines = lines
        self._line = 1
        self._pending = bytearray()
        self._worth_reading = 0

    def read(self, data: bytes | None) -> Iterator[tuple[int, list[Any], str]]:
        """The records that `data`, or with `None` the end of the file, completes: line, cells, what is wrong."""
        self._pending += self._lines.finish() if data is None else self._lines.feed(data)
        size = len(self._pending)
        if data is None or size >= self._worth_reading or self._lines.is_stuck(size):
            yield from self._read(bytes(self._pending), ended=data is None)
            size = len(self._pending)
            self._worth_reading = size + (size // 4 if size > SMALL else 1)
            self._lines.check(self._line, size)

    def _read(self, block: bytes, *, ended: bool) -> Iterator[tuple[int, list[Any], str]]:
        lines = block.splitlines(keepends=True)
        reader = csv.reader(_text(lines) if ended else chain(_text(lines), map(_run_out, (None,))), self._dialect)
        is_fine = _is_utf8(block) and len(block) <= self._lines.max_line
        start, problem = 0, ""
        while True:
            try:
                cells, problem = next(reader), ""
            except (_OutOfLines, StopIteration):
                break
            except (csv.Error, ValueError) as error:
                cells, problem = [], _explain(error)
            if not is_fine:
                problem = self._inspect(b"".join(lines[start : reader.line_num])) or problem
            yield self._line, cells, problem
            self._line += reader.line_num - start
            start = reader.line_num
        self._pending[:] = b"".join(lines[start:])

    def _inspect(self, record: bytes) -> str:
        """What is wrong with the bytes of a record."""
        if len(record) > self._lines.max_line:
            raise self._lines.too_long(self._line)
        return "" if _is_utf8(record) else f"not valid {self._lines.encoding}"


def _text(lines: list[bytes]) -> Iterator[str]:
    # In a line that is no UTF-8 the quotes still count: the records after it must begin where they do.
    return map(bytes.decode, lines, repeat("utf-8"), repeat("replace"))


def _run_out(_: None) -> NoReturn:
    raise _OutOfLines


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _explain(error: Exception) -> str:
    """What `csv.reader` means, without the cells that it quotes."""
    if not isinstance(error, csv.Error):
        return "a cell without quotes is not a number"  # with csv.QUOTE_NONNUMERIC
    if "field limit" in str(error):
        return f"a cell is longer than csv.field_size_limit(), {csv.field_size_limit()} characters"
    return str(error)
