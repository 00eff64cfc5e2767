"""What parsers of records share, and the one of plain lines."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)
from pydantic import TypeAdapter, ValidationError

from fastapi_convert.errors import InvalidRecord, UploadTooLarge
from fastapi_convert.uploads.records import RowError
from fastapi_convert.uploads.records._lines import LineBuffer
from fastapi_convert.uploads.records._row_parsers import LineParser, RowParser, describe, printable
from tests.uploads.row_support import cut, halves, read, read_all, sizes

PIECE = 64 << 10


class Numbers(RowParser[int]):
    """One row for each byte: digits are good, `!` is a bug in a validator, the rest is bad."""

    def __init__(self, on_error: str = "raise", max_errors: int = 1000) -> None:
        super().__init__(LineBuffer("utf-8", 100), on_error=on_error, max_errors=max_errors)  # type: ignore[arg-type]  # wrong ones too

    def _rows(self, data: bytes | None) -> Iterator[int]:
        for line, letter in enumerate((data or b"").decode(), 1):
            if letter == "!":
                raise ZeroDivisionError
            if letter.isdigit():
                yield int(letter)
            else:
                self._refuse(line, f"{letter} is no digit")


def failure_of(data: bytes) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(list[int]).validate_json(data)
    return caught.value


def test_rows_before_a_bad_one_are_given_with_the_failure() -> None:
    """With "raise", the first bad record ends it; the error tells the client the line and the log the cure."""
    parser = Numbers("raise")
    assert parser.feed(b"12x3") == [1, 2]
    assert isinstance(parser.failure, InvalidRecord)
    assert parser.failure.detail == "Line 3: x is no digit"
    assert str(parser.failure).startswith('Line 3: x is no digit. Read with on_error="collect" or "skip"')
    assert (parser.errors, parser.skipped) == ([], 0)


def test_collect_goes_on_and_keeps_the_errors() -> None:
    """Each with its line."""
    parser = Numbers("collect")
    assert parser.feed(b"1x2y") == [1, 2]
    assert parser.errors == [RowError(2, "x is no digit"), RowError(4, "y is no digit")]
    assert parser.skipped == 2
    assert parser.failure is None


def test_collect_keeps_no_more_errors_than_it_may() -> None:
    """The next one is the failure: a picture sent for a table must not fill the memory with errors."""
    parser = Numbers("collect", max_errors=3)
    assert parser.feed(b"1xxx2") == [1, 2]
    assert not parser.failure
    assert parser.feed(b"3x4") == [3]
    assert isinstance(parser.failure, InvalidRecord)
    assert parser.failure.detail == "More than 3 bad records; is it the right file?"
    assert "Raise max_errors" in str(parser.failure)
    assert len(parser.errors) == 3


def test_skip_goes_on_and_counts() -> None:
    """Without a limit, and without a trace."""
    parser = Numbers("skip", max_errors=3)
    assert parser.feed(b"1xxxxxxx2") == [1, 2]
    assert (parser.errors, parser.skipped, parser.failure) == ([], 7, None)


@pytest.mark.parametrize("on_error", ["ignore", "", "RAISE"])
def test_another_on_error_is_refused_at_once(on_error: str) -> None:
    """With those that there are."""
    with pytest.raises(ValueError, match=r'on_error is "raise", "collect" or "skip", not'):
        Numbers(on_error)


def test_a_bug_in_a_validator_is_no_bad_record() -> None:
    """It comes as it is, in every mode, after the rows before it."""
    parser = Numbers("skip")
    assert parser.feed(b"12!3") == [1, 2]
    assert isinstance(parser.failure, ZeroDivisionError)


def test_a_description_has_neither_input_nor_address() -> None:
    """Where, and what pydantic says; several errors in one line."""
    assert describe(failure_of(b'[1, "secret", null]')) == (
        "1: Input should be a valid integer, unable to parse string as an integer; 2: Input should be a valid integer"
    )


def test_the_place_in_a_document_is_told_without_a_line() -> None:
    """Each document has a line 1 of its own, and the reader thinks of the file's."""
    assert describe(failure_of(b"[1, x]")) == "Invalid JSON: expected value at column 5"


def test_a_record_with_very_many_errors_is_only_counted() -> None:
    """To describe them all took more memory than the whole line."""
    assert describe(failure_of(json.dumps([None] * 21).encode())) == "21 values are not valid"
    assert len(describe(failure_of(json.dumps([None] * 20).encode()))) == 500


@pytest.mark.parametrize(
    "text,shown",
    [
        ("é 漢 😀", "é 漢 😀"),
        ("a\r\n\x1b[31m\u2028\u202e", r"a\r\n\x1b[31m\u2028\u202e"),
        ("\ud800", r"\ud800"),
        ("x" * 30, "x" * 30),
        ("x" * 31, "x" * 29 + "…"),
        ("\n" * 31, r"\n" * 14 + "\\…"),
        ("x" * 29 + "\n", "x" * 29 + "…"),
        ("x" * 30 + "\n", "x" * 29 + "…"),
    ],
)
def test_what_a_client_names_cannot_break_logs_and_answers(text: str, shown: str) -> None:
    """Control characters, bidi marks and lone surrogates are escaped; the length is bounded."""
    assert printable(text, 30) == shown


@given(st.text(alphabet="aé\r\n\x0b\x85\u2028"), st.sampled_from(["utf-8", "utf-16", "utf-8-sig"]), sizes)
@settings(deadline=None)
def test_lines_are_those_of_the_io_module(text: str, encoding: str, into: list[int]) -> None:
    """Without their ends, cut anywhere."""
    expected = [line.rstrip("\r\n") for line in io.StringIO(text, newline="")]
    assert read_all(LineParser(encoding=encoding), cut(text.encode(encoding), into)) == expected


def test_a_line_comes_when_it_is_complete() -> None:
    """Nobody waits for what comes after it."""
    parser = LineParser()
    assert [parser.feed(b"on"), parser.feed(b"e\ntw"), parser.feed(b"o\n"), parser.finish()] == [
        [],
        ["one"],
        ["two"],
        [],
    ]


def test_a_line_that_cannot_be_decoded_fails_with_its_number() -> None:
    """In UTF-8 too: a line has no model that could refuse it."""
    for pieces in halves(b"one\r\n\r\nth\xffree\nfour"):
        parser = LineParser()
        assert read(parser, pieces) == ["one", ""]
        assert isinstance(parser.failure, InvalidRecord)
        assert parser.failure.detail == "Line 3: not valid utf-8"


def test_lines_longer_than_allowed_fail_wherever_they_are_cut() -> None:
    """The end of the line counts too."""
    for pieces in halves(b"1234\r\n12345\n\n"):
        assert read_all(LineParser(max_line=6), pieces) == ["1234", "12345", ""]
    for data in (b"1234\r\n123456\n\n", b"1234\r\n12345\r\n\n", b"1234\r\n1234567"):
        for pieces in halves(data):
            parser = LineParser(max_line=6)
            assert read(parser, pieces) == ["1234"]
            assert isinstance(parser.failure, UploadTooLarge)
            assert "line 2" in str(parser.failure)


def test_fifty_megabytes_without_a_newline_are_refused_after_one() -> None:
    """In pieces as they come from an upload; what is held is bounded all the while."""
    parser = LineParser()
    piece = b"x" * PIECE
    fed = 0
    while not parser.failure and fed < 50_000_000:
        assert parser.feed(piece) == []
        fed += len(piece)
        assert len(parser._lines._rest) <= 1_000_000 + PIECE
    assert isinstance(parser.failure, UploadTooLarge)
    assert fed <= 1_000_000 + PIECE
