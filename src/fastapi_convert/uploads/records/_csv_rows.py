"""Typed rows of a CSV file: its records by the names of their columns, validated by pydantic."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any, TypeVar

from pydantic import ValidationError

from fastapi_convert.errors import InvalidRecord

from ._csv_records import CsvRecords, Dialect
from ._lines import LineBuffer
from ._row_parsers import OnError, RowParser, describe, printable

T = TypeVar("T")


class CsvParser(RowParser[T]):
    r"""Records of a CSV file as `model`, by the names of the columns.

    Args:
        model: What pydantic makes of each record, a dict of cells: a model, a dataclass, a TypedDict. `None` leaves
            the dict as it is. Cells that a record lacks are keys that it lacks; too many are an error.
        on_error: What becomes of bad records, see `RowParser`. A bad header is always the failure.
        encoding: Bytes that are not in it spoil their record in UTF-8; in others, all that comes after.
        dialect: As `csv.reader` takes it.
        fieldnames: The names of the columns, for a file without a header.
        none_values: Cells that stand for `None`, such as `{"", "NULL"}`.
        max_line: The longest line and the longest record, in bytes of UTF-8.
        max_errors: How many errors may be collected.
        **fmtparams: `delimiter`, `quotechar` and the others that `csv.reader` takes.

    Examples:
        >>> parser = CsvParser(None, delimiter=";")
        >>> parser.feed(b"name;age\nAda;36\nBob"), parser.finish()
        ([{'name': 'Ada', 'age': '36'}], [{'name': 'Bob'}])
    """

    def __init__(
        self,
        model: type[T] | None = None,
        *,
        on_error: OnError = "raise",
        encoding: str = "utf-8-sig",
        dialect: Dialect = "excel",
        fieldnames: Sequence[str] | None = None,
        none_values: Collection[str] = (),
        max_line: int = 1_000_000,
        max_errors: int = 1000,
        **fmtparams: Any,
    ) -> None:
        lines = LineBuffer(encoding, max_line)
        super().__init__(lines, model, on_error=on_error, max_errors=max_errors)
        self._records = CsvRecords(lines, dialect, **fmtparams)
        self._names = None if fieldnames is None else _given_names(fieldnames)
        if isinstance(none_values, str):
            raise TypeError(f"none_values is a collection of cells, such as {{{none_values!r}}}, not one string.")
        self._none_values = frozenset(none_values)

    def _rows(self, data: bytes | None) -> Iterator[T]:
        for line, cells, problem in self._records.read(data):
            if self._names is None:
                if cells or problem:
                    self._names = _names_in_header(line, cells, problem)
            elif problem or len(cells) > len(self._names):
                self._refuse(line, problem or f"{len(cells)} cells under {len(self._names)} columns")
            elif cells:
                try:
                    row = self._validator.validate_python(self._by_name(self._names, cells))
                except ValidationError as error:
                    self._refuse(line, describe(error))
                else:
                    yield row

    def _by_name(self, names: list[str], cells: list[Any]) -> dict[str, Any]:
        nones = self._none_values
        if nones:
            return {name: None if cell in nones else cell for name, cell in zip(names, cells, strict=False)}
        return dict(zip(names, cells, strict=False))


def _given_names(names: Sequence[str]) -> list[str]:
    problem = "that is one string" if isinstance(names, str) else _problem_of(list(names))
    if problem or not names:
        raise ValueError(f"fieldnames are the names of the columns, not {names!r}: {problem or 'there is none'}.")
    return list(names)


def _names_in_header(line: int, names: list[Any], problem: str) -> list[str]:
    if problem := problem or _problem_of(names):
        detail = f"Line {line}, the header: {problem}"
        raise InvalidRecord(f"{detail}. If the file has no header, give the names in fieldnames.", detail=detail)
    return names


def _problem_of(names: list[Any]) -> str:
    """What is wrong with the names of columns, if anything is."""
    seen = set()
    for number, name in enumerate(names, 1):
        if not isinstance(name, str) or not name.strip():
            return f"column {number} has no name"
        if name in seen:
            return f"two columns are named '{printable(name, 50)}'"
        seen.add(name)
    return ""
