"""JSON lines: each line what pydantic makes of it, and no line that could harm the others."""

from __future__ import annotations

import json
import math
import traceback
from typing import Any

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

from fastapi_convert.errors import InvalidRecord, UploadTooLarge
from fastapi_convert.uploads.records import RowError
from fastapi_convert.uploads.records._json_rows import JsonlParser
from tests.uploads.row_support import cut, halves, read, read_all, sizes

PIECE = 64 << 10


class Event(BaseModel):
    id: int
    tags: list[int] = []


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
garbage = st.binary(max_size=20) | st.text(alphabet='{}[]":,1aé\\u\r\x0b ', max_size=20).map(str.encode)


def line_by_line(data: bytes) -> tuple[list[Any], list[int]]:
    """Rows and the numbers of bad lines, as one reads a whole file."""
    rows, bad = [], []
    for number, line in enumerate(data.split(b"\n"), 1):
        if line.strip(b" \t\r"):
            try:
                rows.append(TypeAdapter(Any).validate_json(line))
            except ValidationError:
                bad.append(number)
    return rows, bad


@given(st.lists(documents, max_size=8), st.sampled_from(["\n", "\r\n", "\n\n"]), st.booleans(), sizes)
@settings(deadline=None)
def test_documents_are_what_was_written(rows: list[Any], end: str, ascii_only: bool, into: list[int]) -> None:
    """However they are cut; the last line needs no end."""
    data = end.join(json.dumps(row, ensure_ascii=ascii_only) for row in rows).encode(errors="surrogatepass")
    assert read_all(JsonlParser[Any](), cut(data, into)) == rows


@given(st.lists(garbage, max_size=6), sizes)
@settings(deadline=None, max_examples=300)
def test_garbage_is_what_pydantic_makes_of_each_line(lines: list[bytes], into: list[int]) -> None:
    """A bad line spoils itself only."""
    data = b"\n".join(lines)
    parser: JsonlParser[Any] = JsonlParser(on_error="collect")
    rows = read(parser, cut(data, into))
    expected, bad = line_by_line(data)
    assert repr(rows) == repr(expected)  # NaN is not equal to itself
    assert [error.line for error in parser.errors] == bad
    assert parser.failure is None


def test_documents_become_the_model() -> None:
    """Cut at every place, with a byte order mark, blank lines and both ends of lines."""
    data = '\ufeff{"id": 1}\r\n\n \t\r\n{"id": "2", "tags": [3]}\n{"id": 4}'.encode()
    for pieces in halves(data):
        assert read_all(JsonlParser(Event), pieces) == [Event(id=1), Event(id=2, tags=[3]), Event(id=4)]


def test_a_document_comes_when_its_line_is_complete() -> None:
    """Nobody waits for what comes after it."""
    parser = JsonlParser(Event)
    assert [parser.feed(b'{"id": 1}'), parser.feed(b"\n{"), parser.feed(b'"id": 2}\n')] == [
        [],
        [Event(id=1)],
        [Event(id=2)],
    ]


@pytest.mark.parametrize(
    "line,message",
    [
        (b'{"id": "x"}', "id: Input should be a valid integer, unable to parse string as an integer"),
        (b'{"id": 1, "tags": [1, "secret"]}', "tags.1: Input should be a valid integer, unable to parse string as"),
        (b"{}", "id: Field required"),
        (b'{"id": 1,}', "Invalid JSON: trailing comma at column 10"),
        (b'{"id": 1} {"id": 2}', "Invalid JSON: trailing characters at column 11"),
        (b'{"id": 1\xff}', "Invalid JSON: "),
        (b'{"tags": ["\xff"]}', "Invalid JSON: invalid unicode code point at column"),
        (b'{"tags": ["\\ud800"]}', "Invalid JSON: "),
        (b"[" * 100_000, "Invalid JSON: recursion limit exceeded"),
        (b'{"id":' * 10_000 + b"1" + b"}" * 10_000, "Invalid JSON: recursion limit exceeded"),
        (b'{"id": ' + b"9" * 5000 + b"}", "Invalid JSON: number out of range"),
        (b'{"id": NaN}', "id: Input should be a finite number"),
        (b"\x0c", "Invalid JSON: expected value at column 1"),
        (b"\0", "Invalid JSON: expected value at column 1"),
        (b'"a\rb"', "Invalid JSON: control character"),
        (b'{"id": 1, "tags": [' + b'"x",' * 2000 + b"1]}", "2000 values are not valid"),
    ],
    ids=str,
)
def test_a_bad_line_is_told_by_its_number_and_place(line: bytes, message: str) -> None:
    """To the client; the lines around it are as they were, and no value is in what is told."""
    data = b'{"id": 1}\n\n' + line + b'\n{"id": 2}\n'
    parser = JsonlParser(Event, on_error="collect")
    assert read(parser, cut(data, [1000])) == [Event(id=1), Event(id=2)]
    assert [(error.line, error.message[: len(message)]) for error in parser.errors] == [(3, message)]
    parser = JsonlParser(Event)
    assert read(parser, cut(data, [1000])) == [Event(id=1)]
    assert isinstance(parser.failure, InvalidRecord)
    assert parser.failure.detail.startswith(f"Line 3: {message}")
    assert "secret" not in "".join(traceback.format_exception(parser.failure))


def test_numbers_that_json_does_not_have_are_what_pydantic_takes_them_for() -> None:
    """Without a model they pass."""
    nan, infinity, huge = read_all(JsonlParser[Any](), [b"NaN\n-Infinity\n" + b"9" * 4000])
    assert math.isnan(nan)
    assert (infinity, huge) == (-math.inf, 10**4000 - 1)


def test_lines_longer_than_allowed_fail_wherever_they_are_cut() -> None:
    """In every mode; those before them are given."""
    for pieces in halves(b'123456\n"12345"\n1'):
        assert read_all(JsonlParser[Any](max_line=7), pieces) == [123456, "12345", 1]
        parser: JsonlParser[Any] = JsonlParser(max_line=6, on_error="skip")
        assert read(parser, pieces) == [123456]
        assert isinstance(parser.failure, UploadTooLarge)
        assert "line 2" in str(parser.failure)


def test_fifty_megabytes_without_a_newline_are_refused_after_one() -> None:
    """What is held is bounded all the while."""
    parser = JsonlParser(Event, on_error="collect")
    piece = b"[" * PIECE
    fed = 0
    while not parser.failure and fed < 50_000_000:
        assert parser.feed(piece) == []
        fed += len(piece)
        assert len(parser._lines._rest) <= 1_000_000 + PIECE
    assert isinstance(parser.failure, UploadTooLarge)
    assert fed <= 1_000_000 + PIECE


def test_a_file_of_another_kind_is_given_up_in_time() -> None:
    """More bad lines than may be collected, and what to ask oneself."""
    parser = JsonlParser(Event, on_error="collect", max_errors=2)
    assert read(parser, [b"name,age\nAda,36\nBob,7\n"]) == []
    assert parser.errors == [
        RowError(1, "Invalid JSON: expected ident at column 2"),
        RowError(2, "Invalid JSON: expected value at column 1"),
    ]
    assert str(parser.failure).startswith("More than 2 bad records; is it the right file?")
