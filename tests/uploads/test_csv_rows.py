"""Typed rows of CSV: those of `csv.DictReader`, validated, with errors that a client may read."""

from __future__ import annotations

import csv
import io
import traceback
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import (
    assume,
    given,
    settings,
    strategies as st,
)
from pydantic import BaseModel, ConfigDict, Field, field_validator
from typing_extensions import TypedDict

from fastapi_convert.errors import InvalidRecord, UploadTooLarge
from fastapi_convert.uploads.records import RowError
from fastapi_convert.uploads.records._csv_rows import CsvParser
from fastapi_convert.uploads.records._row_parsers import OnError
from tests.uploads.row_support import cut, halves, read, read_all, sizes

MODES: list[OnError] = ["raise", "collect", "skip"]
each_mode = pytest.mark.parametrize("on_error", MODES)

dialects = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\t|"),
        "quotechar": st.sampled_from("\"'"),
        "escapechar": st.sampled_from([None, "\\"]),
        "doublequote": st.booleans(),
        "skipinitialspace": st.booleans(),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONE]),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
    }
)
cells = st.text(alphabet="ab é漢😀,;|\t\"'\\\r\n\0\x0b\u2028", max_size=8)
names = st.lists(
    st.text(alphabet="xyz é", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=4, unique=True
)


class Person(BaseModel):
    """What may stand in a row, and how it may be wrong."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(alias="Full name")
    age: int = 0
    born: date | None = None
    balance: Decimal = Decimal(0)

    @field_validator("name")
    @classmethod
    def _is_polite(cls, name: str) -> str:
        if name == "secret":
            raise ValueError("such a name is not allowed")
        return name


@dataclass
class Point:
    x: int
    y: float = 0.5


class Pair(TypedDict):
    a: int
    b: str


def by_dict_reader(text: str, **format_: Any) -> tuple[list[dict[str, str]], int]:
    """The rows, without what cells they lack, and how many have too many cells."""
    found = list(csv.DictReader(io.StringIO(text, newline=""), restkey="too many", restval="too few", **format_))
    rows = [row for row in found if "too many" not in row]
    return [{name: cell for name, cell in row.items() if cell != "too few"} for row in rows], len(found) - len(rows)


@given(names, st.lists(st.lists(cells, min_size=1, max_size=4), max_size=8), dialects, sizes, st.data())
@settings(deadline=None, max_examples=300)
def test_a_table_is_what_the_csv_module_makes_of_it(
    header: list[str], table: list[list[str]], dialect: dict[str, Any], into: list[int], data: st.DataObject
) -> None:
    """However it was written, encoded and cut."""
    text = io.StringIO(newline="")
    try:
        csv.writer(text, **dialect).writerows([header, *(row[: len(header)] for row in table)])
    except csv.Error:
        assume(False)  # this dialect has no way to write these cells
    reader = csv.reader(io.StringIO(text.getvalue(), newline=""), **dialect)
    assume(next(reader) == header)
    expected, too_long = by_dict_reader(text.getvalue(), **dialect)
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    parser: CsvParser[Any] = CsvParser(encoding=encoding, on_error="skip", **dialect)
    assert read(parser, cut(text.getvalue().encode(encoding), into)) == expected
    assert (parser.failure, parser.skipped) == (None, too_long)


def test_a_file_is_the_same_wherever_it_is_cut() -> None:
    """In a character, between CR and LF, in a quoted cell, in the byte order mark."""
    data = '\ufeffn,"m é"\r\n1,"a ""😀""\r\nb"\r\n\r\n2,\u2028é\r3,\n'.encode()
    expected = [{"n": "1", "m é": 'a "😀"\r\nb'}, {"n": "2", "m é": "\u2028é"}, {"n": "3", "m é": ""}]
    for pieces in halves(data):
        assert read_all(CsvParser[Any](), pieces) == expected
    assert read_all(CsvParser[Any](), cut(data, [1])) == expected


def test_rows_become_the_model() -> None:
    """By the names of the columns, which are the model's aliases, with defaults for columns that are not there."""
    data = b"Full name,age,born,balance\nAda,36,1815-12-10,1.10\nBob,7\n"
    assert read_all(CsvParser(Person), [data]) == [
        Person.model_construct(name="Ada", age=36, born=date(1815, 12, 10), balance=Decimal("1.10")),
        Person.model_construct(name="Bob", age=7, born=None, balance=Decimal(0)),
    ]


def test_a_dataclass_and_a_typed_dict_are_models_too() -> None:
    """Whatever pydantic makes of a dict."""
    assert read_all(CsvParser(Point), [b"y,x\n2.5,1\n"]) == [Point(1, 2.5)]
    assert read_all(CsvParser(Pair), [b"a,b\n1,x\n"]) == [{"a": 1, "b": "x"}]
    assert read_all(CsvParser(dict[str, int]), [b"a,b\n1,2\n"]) == [{"a": 1, "b": 2}]


def test_cells_that_stand_for_none() -> None:
    """Quoted or not; without `none_values` an empty cell is an empty string."""
    data = b'Full name,born\nAda,\n"Bob",NULL\nCyd,""\n'
    rows = read_all(CsvParser(Person, none_values={"", "NULL"}), [data])
    assert [(row.name, row.born) for row in rows] == [("Ada", None), ("Bob", None), ("Cyd", None)]
    assert read_all(CsvParser[Any](none_values=["NULL"]), [b"a,b\nNULL,\n"]) == [{"a": None, "b": ""}]


@pytest.mark.parametrize(
    "row,message",
    [
        (b"Ada,old", "age: Input should be a valid integer, unable to parse string as an integer"),
        (b"secret", "Full name: Value error, such a name is not allowed"),
        (b"Ada,1,2020-02-31", "born: Input should be a valid date or datetime, day value is outside expected range"),
        (
            b'"","",x',
            "age: Input should be a valid integer, unable to parse string as an integer; born: Input should be",
        ),
        (b"Ada,1,2020-02-01,1,2", "5 cells under 4 columns"),
        (b"A\xffda,1", "not valid utf-8"),
        (b'"Ada"x,1', "',' expected after '\"'"),
    ],
)
def test_a_bad_row_is_told_by_its_line_and_column(row: bytes, message: str) -> None:
    """To the client, in three ways; the rows around it are as they were, and no value is in what is told."""
    data = b'Full name,age,born,balance\nBob,"1"\n\n"C\n",2\n' + row + b"\nDan,4\n"
    for pieces in halves(data):
        parser = CsvParser(Person, on_error="collect", strict=True)
        assert [person.age for person in read(parser, pieces)] == [1, 2, 4]
        assert [(error.line, error.message[: len(message)]) for error in parser.errors] == [(6, message)]
        parser = CsvParser(Person, on_error="skip", strict=True)
        assert [person.age for person in read(parser, pieces)] == [1, 2, 4]
        assert (parser.skipped, parser.errors, parser.failure) == (1, [], None)
        parser = CsvParser(Person, on_error="raise", strict=True)
        assert [person.age for person in read(parser, pieces)] == [1, 2]
        assert isinstance(parser.failure, InvalidRecord)
        assert parser.failure.detail.startswith(f"Line 6: {message}")
        assert "secret" not in "".join(traceback.format_exception(parser.failure))


def test_a_cell_that_a_row_lacks_is_a_field_that_it_lacks() -> None:
    """pydantic says so; what is told is the name that the column should have."""
    parser = CsvParser(Person, on_error="collect")
    assert read(parser, [b"age,Full name\n1\n"]) == []
    assert parser.errors == [RowError(2, "Full name: Field required")]


def test_a_name_that_the_client_chose_cannot_break_logs() -> None:
    """A column's name is in the message when the model forbids it: escaped, and not longer than fits."""
    parser = CsvParser(Person, on_error="collect")
    read(parser, ['Full name,"\x1b[2J\n\u202e"\nAda,1\n'.encode()])
    assert parser.errors == [RowError(3, r"\x1b[2J\n\u202e: Extra inputs are not permitted")]
    parser = CsvParser(Person, on_error="collect")
    read(parser, [b"Full name," + b"x" * 10_000 + b"\nAda,1\n"])
    assert len(parser.errors[0].message) == 500


@each_mode
@pytest.mark.parametrize(
    "data,detail",
    [
        (b"a,b,a\n1,2,3\n", "Line 1, the header: two columns are named 'a'"),
        (b"\n\na,,b\n1,2,3\n", "Line 3, the header: column 2 has no name"),
        (b"a, \n1,2\n", "Line 1, the header: column 2 has no name"),
        (b"a,\xff\n1,2\n", "Line 1, the header: not valid utf-8"),
        (b'"a"b,c\n1,2\n', "Line 1, the header: ',' expected after '\"'"),
        (b'"\x1b","\x1b"\n1,2\n', r"Line 1, the header: two columns are named '\x1b'"),
    ],
)
def test_a_bad_header_ends_it_in_every_mode(on_error: OnError, data: bytes, detail: str) -> None:
    """No row could be right."""
    for pieces in halves(data):
        parser: CsvParser[Any] = CsvParser(on_error=on_error, strict=True)
        assert read(parser, pieces) == []
        assert isinstance(parser.failure, InvalidRecord)
        assert parser.failure.detail == detail
        assert "give the names in fieldnames" in str(parser.failure)


@pytest.mark.parametrize("data", [b"", b"\n\r\n\r", b"\xef\xbb\xbf", b"\xef\xbb\xbf\na,b\n", b"a,b", b"a,b\n\n\n"])
def test_a_file_without_rows_has_none(data: bytes) -> None:
    """Whether it has a header or not even that."""
    for pieces in halves(data):
        assert read_all(CsvParser(Person), pieces) == []


def test_blank_lines_are_no_rows() -> None:
    """Before the header and between rows; a line with a space is one."""
    assert read_all(CsvParser[Any](), [b"\n\r\na\n\n1\n\n\n \n"]) == [{"a": "1"}, {"a": " "}]


def test_a_file_without_a_header_takes_the_given_names() -> None:
    """And its first line is a row."""
    parser = CsvParser(Point, fieldnames=("x", "y"), delimiter=" ")
    assert read_all(parser, [b"\n1 2\n3 4"]) == [Point(1, 2), Point(3, 4)]
    parser = CsvParser(Point, fieldnames=["x"], on_error="collect")
    assert read(parser, [b"x\n1\n1,2\n"]) == [Point(1)]
    assert [error.line for error in parser.errors] == [1, 3]


@pytest.mark.parametrize(
    "fieldnames,problem",
    [
        ("abc", "one string"),
        ([], "there is none"),
        (["a", "a"], "two columns"),
        (["a", ""], "column 2"),
        ([1], "column 1"),
    ],
)
def test_names_that_are_no_names_are_refused_at_once(fieldnames: Any, problem: str) -> None:
    """ValueError: it is the endpoint that is wrong, not the upload."""
    with pytest.raises(ValueError, match=f"fieldnames are the names of the columns, not .*{problem}"):
        CsvParser(fieldnames=fieldnames)


def test_one_string_is_no_collection_of_cells() -> None:
    """`none_values="NULL"` would make a None of each "N"."""
    with pytest.raises(TypeError, match=r"none_values is a collection of cells, such as \{'NULL'\}"):
        CsvParser(none_values="NULL")


def test_numbers_without_quotes_may_be_numbers() -> None:
    """`csv.QUOTE_NONNUMERIC`; a header must be quoted then, or it has numbers for names."""
    parser: CsvParser[Any] = CsvParser(quoting=csv.QUOTE_NONNUMERIC, on_error="collect")
    assert read(parser, [b'"a","b"\n1,"2"\nx,"y"\n']) == [{"a": 1.0, "b": "2"}]
    assert parser.errors == [RowError(3, "a cell without quotes is not a number")]
    parser = CsvParser(quoting=csv.QUOTE_NONNUMERIC)
    assert read(parser, [b"1,2\n3,4\n"]) == []
    assert "column 1 has no name" in str(parser.failure)


@each_mode
def test_what_cannot_be_decoded_ends_it_in_every_mode(on_error: OnError) -> None:
    """In encodings other than UTF-8, where what comes after it cannot be trusted; the rows before it are given."""
    for pieces in halves(b'a,b\n1,2\n"\n",\x81\n3,4\n'):
        parser: CsvParser[Any] = CsvParser(on_error=on_error, encoding="cp1252")
        assert read(parser, pieces) == [{"a": "1", "b": "2"}]
        assert isinstance(parser.failure, InvalidRecord)
        assert parser.failure.detail == "Line 3: not valid cp1252"


@each_mode
def test_a_record_that_is_too_long_ends_it_in_every_mode(on_error: OnError) -> None:
    """The rows before it are given."""
    for pieces in halves(b'a,b\n1,2\n"\n3,4\n5,6\n7,8\n'):
        parser: CsvParser[Any] = CsvParser(on_error=on_error, max_line=12)
        assert read(parser, pieces) == [{"a": "1", "b": "2"}]
        assert isinstance(parser.failure, UploadTooLarge)


def test_a_validator_with_a_bug_is_not_taken_for_a_bad_row() -> None:
    """Its error comes as it is, after the rows before it."""

    class Buggy(BaseModel):
        a: int

        @field_validator("a")
        @classmethod
        def _divide(cls, a: int) -> int:
            return 1 // a

    parser = CsvParser(Buggy, on_error="skip")
    assert read(parser, [b"a\n1\n0\n1\n"]) == [Buggy(a=1)]
    assert isinstance(parser.failure, ZeroDivisionError)


def test_what_is_no_model_fails_with_the_first_bytes() -> None:
    """Models are looked at on the worker; pydantic's own error tells what is wrong."""

    class NoModel:
        pass

    parser = CsvParser(NoModel)
    assert read(parser, [b"a\n1\n"]) == []
    assert "NoModel" in str(parser.failure)
