"""What parsers of records share: fed with bytes, they give rows, and keep what is wrong with the others.

They wait for nothing and know of no event loop. `Rows` calls them on worker threads, one call at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from typing import Any, Generic, Literal, TypeVar, get_args

from pydantic import TypeAdapter, ValidationError

from fastapi_convert.errors import InvalidRecord

from ._lines import LineBuffer
from ._rows import RowError

T = TypeVar("T")

OnError = Literal["raise", "collect", "skip"]

#: The longest description of one bad record, in characters.
MAX_MESSAGE = 500
#: A record with more errors than these is only counted: to describe half a million of them takes much memory.
MAX_DESCRIBED = 20


class RowParser(ABC, Generic[T]):
    """Rows of type `T` out of bytes.

    `feed()` and `finish()` raise nothing, so that the rows before a bad one are not lost with it: the error that ends
    the parsing is kept in `failure`, and nothing may be fed after it.

    Args:
        lines: Where bytes become lines.
        model: What pydantic makes of a record; `None` takes it as it is.
        on_error: `"raise"`: the first bad record is the failure. `"collect"`: bad records go to `errors`.
            `"skip"`: they are only counted, in `skipped`.
        max_errors: How many `errors` may be collected; one more is the failure.
    """

    def __init__(
        self,
        lines: LineBuffer,
        model: type[T] | None = None,
        *,
        on_error: OnError = "raise",
        max_errors: int = 1000,
    ) -> None:
        if on_error not in get_args(OnError):
            raise ValueError(f'on_error is "raise", "collect" or "skip", not {on_error!r}.')
        self.errors: list[RowError] = []
        self.skipped = 0
        self.failure: Exception | None = None
        self._lines = lines
        self._model = model
        self._on_error = on_error
        self._max_errors = max_errors

    def feed(self, data: bytes) -> list[T]:
        """The rows that `data` completes."""
        return self._gather(self._rows(data))

    def finish(self) -> list[T]:
        """The rows that only the end of the file completes."""
        return self._gather(self._rows(None))

    @cached_property
    def _validator(self) -> Any:
        # Not made in __init__, which runs on the event loop: for a large dataclass it takes milliseconds.
        adapter: TypeAdapter[Any] = TypeAdapter(Any if self._model is None else self._model)
        return adapter.validator

    @abstractmethod
    def _rows(self, data: bytes | None) -> Iterator[T]:
        """The rows that `data` completes, or the end of the file, which is `None`. May raise what ends the parsing."""

    def _gather(self, rows: Iterator[T]) -> list[T]:
        done: list[T] = []
        try:
            done.extend(rows)  # and what came before an error stays
        except Exception as error:
            self.failure = error
        return done

    def _refuse(self, line: int, message: str) -> None:
        """Deal with a bad record as `on_error` says."""
        if self._on_error == "raise":
            raise InvalidRecord(
                f'Line {line}: {message}. Read with on_error="collect" or "skip" to go on past such records.',
                detail=f"Line {line}: {message}",
            ) from None  # what pydantic raised shows the input
        if self._on_error == "collect":
            if len(self.errors) >= self._max_errors:
                raise _too_many(self._max_errors) from None
            self.errors.append(RowError(line, message))
        self.skipped += 1


class LineParser(RowParser[str]):
    r"""Lines as they are, without their ends.

    Examples:
        >>> parser = LineParser()
        >>> parser.feed(b"one\r\ntwo\nthr"), parser.finish()
        (['one', 'two'], ['thr'])
    """

    def __init__(self, *, encoding: str = "utf-8-sig", max_line: int = 1_000_000) -> None:
        super().__init__(LineBuffer(encoding, max_line))
        self._line = 1

    def _rows(self, data: bytes | None) -> Iterator[str]:
        lines = self._lines
        block = lines.finish() if data is None else lines.feed(data)
        for line in block.splitlines(keepends=True):
            if len(line) > lines.max_line:
                raise lines.too_long(self._line)
            try:
                text = line.decode()
            except UnicodeDecodeError:
                raise lines.undecodable(self._line) from None
            yield text.rstrip("\r\n")
            self._line += 1
        lines.check(self._line)


def describe(error: ValidationError) -> str:
    """What is wrong, as a client may read it: where, and pydantic's message. Neither input nor context."""
    if error.error_count() > MAX_DESCRIBED:
        return f"{error.error_count()} values are not valid"
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return printable("; ".join(_describe_one(each["loc"], each["msg"]) for each in found), MAX_MESSAGE)


def _describe_one(place: tuple[Any, ...], message: str) -> str:
    # Each document of JSON lines is on line 1 of its own; the line of the file is told before it.
    message = message.replace(" at line 1 column ", " at column ")
    return f"{'.'.join(map(str, place))}: {message}" if place else message


def printable(text: str, limit: int) -> str:
    r"""`text` with what would break a log or a response escaped, and not longer than `limit` characters.

    Examples:
        >>> printable("a\nb\ud800", 20), printable("long" * 10, 8)
        ('a\\nb\\ud800', 'longlon…')
    """
    if not text.isprintable():
        text = "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text[: limit + 1])
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _too_many(limit: int) -> InvalidRecord:
    detail = f"More than {limit} bad records; is it the right file?"
    return InvalidRecord(f"{detail} Raise max_errors if it is.", detail=detail)
