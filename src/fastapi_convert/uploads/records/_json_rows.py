"""JSON lines: one document a line, validated by pydantic as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from pydantic import ValidationError

from ._lines import LineBuffer
from ._row_parsers import OnError, RowParser, describe

T = TypeVar("T")

#: What JSON takes for white space, and what ends a line: no more than these, or `\f` would pass for a blank line.
WHITE = b" \t\r\n"


class JsonlParser(RowParser[T]):
    r"""Documents of JSON lines as `model`. Lines end with `\n` or `\r\n`; blank ones are passed over.

    Args:
        model: What pydantic makes of each document; `None` takes any.
        on_error: What becomes of bad lines, see `RowParser`.
        max_line: The longest line, in bytes.
        max_errors: How many errors may be collected.

    Examples:
        >>> parser = JsonlParser(dict[str, int])
        >>> parser.feed(b'{"a": 1}\n{"b"'), parser.feed(b': "2"}\n')
        ([{'a': 1}], [{'b': 2}])
    """

    def __init__(
        self,
        model: type[T] | None = None,
        *,
        on_error: OnError = "raise",
        max_line: int = 1_000_000,
        max_errors: int = 1000,
    ) -> None:
        lines = LineBuffer("utf-8-sig", max_line, only_newline=True)
        super().__init__(lines, model, on_error=on_error, max_errors=max_errors)
        self._line = 1

    def _rows(self, data: bytes | None) -> Iterator[T]:
        lines = self._lines
        block = lines.finish() if data is None else lines.feed(data)
        for line in block.removesuffix(b"\n").split(b"\n") if block else ():
            if len(line) > lines.max_line:
                raise lines.too_long(self._line)
            if line.strip(WHITE):
                try:
                    row = self._validator.validate_json(line)
                except ValidationError as error:
                    self._refuse(self._line, describe(error))
                else:
                    yield row
            self._line += 1
        lines.check(self._line)
