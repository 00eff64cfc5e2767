"""CSV records are those of `csv.reader`, for every dialect and any garbage, wherever the bytes are cut."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from hypothesis import (
    assume,
    example,
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import UploadTooLarge
from fastapi_convert.uploads.records import _csv_records
from fastapi_convert.uploads.records._csv_records import SMALL, CsvRecords
from fastapi_convert.uploads.records._lines import LineBuffer
from tests.uploads.row_support import cut, halves, sizes

Record = tuple[int, list[Any], str]
MB = 1_000_000
PIECE = 64 << 10

#: All that a dialect can say; not all of it together makes one.
formats = st.fixed_dictionaries(
    {
        "delimiter": st.sampled_from(",;\ta"),
        "quotechar": st.sampled_from(['"', "'", None]),
        "escapechar": st.sampled_from([None, "\\", '"']),
        "doublequote": st.booleans(),
        "skipinitialspace": st.booleans(),
        "strict": st.booleans(),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC, csv.QUOTE_NONE]),
    }
)
garbage = st.text(alphabet="a1,;\"'\\ \t\r\n\0é漢😀\x0b\x85\u2028", max_size=60)


@pytest.fixture
def field_limit() -> Iterator[int]:
    """A limit of 30 characters, for the process."""
    before = csv.field_size_limit(30)
    yield 30
    csv.field_size_limit(before)


def by_the_csv_module(text: str, **format_: Any) -> list[Record]:
    """What `csv.reader` makes of a whole file; it goes on after an error, and so may its caller."""
    reader = csv.reader(io.StringIO(text, newline=""), **format_)
    records: list[Record] = []
    while True:
        line = reader.line_num + 1
        try:
            records.append((line, next(reader), ""))
        except StopIteration:
            return records
        except (csv.Error, ValueError) as error:
            records.append((line, [], "error" if isinstance(error, csv.Error) else "no number"))


def kinds(records: Iterable[Record]) -> list[Record]:
    """Records with the kind of what is wrong, instead of the words."""
    return [
        (line, cells, problem and ("no number" if "not a number" in problem else "error"))
        for line, cells, problem in records
    ]


def pushed(pieces: Iterable[bytes], encoding: str = "utf-8", **format_: Any) -> list[Record]:
    records = CsvRecords(LineBuffer(encoding, MB), "excel", **format_)
    return [record for piece in (*pieces, None) for record in records.read(piece)]


@given(garbage, formats, st.sampled_from(["utf-8", "utf-16", "utf-32"]), sizes)
@settings(deadline=None, max_examples=1000)
@example('a,"b\r\n"\r\n', {"strict": True}, "utf-8", [1])
@example("a\\\r\nb", {"escapechar": "\\"}, "utf-8", [1])
@example('a,"b', {"strict": True}, "utf-8", [1])
def test_garbage_is_what_the_csv_module_makes_of_it(
    text: str, format_: dict[str, Any], encoding: str, into: list[int]
) -> None:
    """Cells, lines and errors, whatever the dialect, the text, its encoding and the pieces."""
    try:
        csv.reader((), **format_)
    except (TypeError, ValueError):
        assume(False)
    data = text.encode(encoding)
    assert kinds(pushed(cut(data, into), encoding, **format_)) == by_the_csv_module(text, **format_)


@given(st.text(alphabet='a,"\n', max_size=100), sizes, st.booleans())
@settings(deadline=None)
def test_unfinished_records_are_read_again_rarely_with_the_same_result(
    text: str, into: list[int], strict: bool
) -> None:
    """Also when every record counts as a large one."""
    data = text.encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_csv_records, "SMALL", 2)
        records = pushed(cut(data, into), strict=strict)
    assert kinds(records) == by_the_csv_module(text, strict=strict)


def test_a_record_is_given_with_the_line_that_completes_it() -> None:
    """Nobody waits for what comes after it, with a quoted line end neither."""
    records = CsvRecords(LineBuffer("utf-8", MB), "excel")
    given = [list(records.read(piece)) for piece in (b"a,b\n1", b",2\n", b'"long\n', b'",3\r\n')]
    assert given == [[(1, ["a", "b"], "")], [(2, ["1", "2"], "")], [], [(3, ["long\n", "3"], "")]]


def test_lines_are_counted_as_an_editor_shows_them() -> None:
    """The first line of each record: after records of several lines, blank lines and errors too, however it is cut."""
    text = 'a,b\r\n\n"two\r\nlines",2\r3,4\n"x"y\n5,"\n\n"\n6,7'
    expected = [(1, 2), (2, 0), (3, 2), (5, 2), (6, 0), (7, 2), (10, 2)]
    for pieces in halves(text.encode()):
        records = pushed(pieces, strict=True)
        assert [(line, len(cells)) for line, cells, _ in records] == expected


def test_a_nul_is_a_character_like_others() -> None:
    """As in the csv module since Python 3.11."""
    assert pushed([b"a\0b,\0\n\0\n"]) == [(1, ["a\0b", "\0"], ""), (2, ["\0"], "")]


@pytest.mark.parametrize("encoding,named", [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-7", "utf-7")])
def test_bytes_that_are_not_valid_spoil_their_own_record_only(encoding: str, named: str) -> None:
    """Also in a quoted cell of several lines: the quotes still count. UTF-7 can spell half a surrogate pair."""
    bad = b"+2AA-" if encoding == "utf-7" else b"\xff"
    for pieces in halves(b'a\n"b\n' + bad + b'\n",2\nc\n'):
        found = [(line, len(cells), problem) for line, cells, problem in pushed(pieces, encoding)]
        assert found == [(1, 1, ""), (2, 2, f"not valid {named}"), (5, 1, "")]


def test_a_cell_longer_than_the_csv_module_takes_spoils_its_own_record_only(field_limit: int) -> None:
    """And the message names the limit, which is left as it is."""
    assert pushed([b"a" * 30 + b"\n" + b"b" * 31 + b",c\nd\n"]) == [
        (1, ["a" * 30], ""),
        (2, [], "a cell is longer than csv.field_size_limit(), 30 characters"),
        (3, ["d"], ""),
    ]
    assert csv.field_size_limit() == 30


def test_what_is_wrong_is_told_without_the_cell() -> None:
    """`csv.QUOTE_NONNUMERIC` quotes the cell in its error, which may be a secret."""
    (record,) = pushed([b'"a",secret\n'], quoting=csv.QUOTE_NONNUMERIC)
    assert record == (1, [], "a cell without quotes is not a number")


@pytest.mark.parametrize(
    "start,line",
    [
        *((start, line) for start in (b'"', b'a,b\n"', b'a,"x\n') for line in (b"x", b"x,\n", b",,,,,,,\n", b"\n")),
        *((start, line) for start in (b"", b"a,b\n") for line in (b"x", b'"x",', b"\0")),
    ],
)
def test_a_record_without_an_end_is_refused_before_it_fills_the_memory(start: bytes, line: bytes) -> None:
    """The quote that is never closed, the line that is never ended: a piece more than `max_line` is held, no more."""
    records = CsvRecords(LineBuffer("utf-8", 100_000), "excel")
    piece = line * (PIECE // len(line))

    def feed() -> None:
        assert list(records.read(start))[1:] == []
        for _ in range(1000):
            assert list(records.read(piece)) == []
            assert len(records._pending) + len(records._lines._rest) <= 100_000

    with pytest.raises(UploadTooLarge, match="Is a quote never closed"):
        feed()


def test_records_up_to_the_limit_pass_wherever_they_are_cut() -> None:
    """And one byte more is too much, however the record lies in the pieces; those before it are given."""
    for pieces in halves(b'1,2\n"a\nbcde",f\n3,4\n'):
        records = CsvRecords(LineBuffer("utf-8", 10), "excel")
        given: list[Record] = []
        with pytest.raises(UploadTooLarge, match=r"record at line 2 is longer than max_line, 10 bytes"):
            given.extend(record for piece in (*pieces, None) for record in records.read(piece))
        assert given == [(1, ["1", "2"], "")]
    for pieces in halves(b'"a\nbcd",e\n123456789\n1234567890'):
        records = CsvRecords(LineBuffer("utf-8", 10), "excel")
        assert len([record for piece in (*pieces, None) for record in records.read(piece)]) == 3


def test_a_large_record_that_comes_line_by_line_is_not_read_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work grows with its size, not with the square of it."""
    read = 0

    def text(lines: list[bytes]) -> Iterator[str]:
        nonlocal read
        read += len(lines)
        return map(bytes.decode, lines)

    monkeypatch.setattr(_csv_records, "_text", text)
    records = CsvRecords(LineBuffer("utf-8", MB), "excel")
    line, count = b"x" * 96 + b'","\n', 5000
    for piece in [b'"', *[line] * count]:
        assert list(records.read(piece)) == []
    assert read < 8 * count + (SMALL / len(line)) ** 2
    given = [*records.read(b'"\n2\n'), *records.read(None)]
    assert [(line, len(cells), problem) for line, cells, problem in given] == [(1, count + 1, ""), (count + 2, 1, "")]


def test_a_large_record_that_ended_is_not_taken_for_one_without_an_end() -> None:
    """What is kept unread, to save work, is read before it is refused."""
    records = CsvRecords(LineBuffer("utf-8", 100_000), "excel")
    assert list(records.read(b'"' + b"x\n" * 49_000)) == []
    given = list(records.read(b'"\n'))
    for _ in range(60):
        given += records.read(b"1,2,3\n" * 10)
    given += records.read(b"y" * 99_000)
    assert [len(cells) for _, cells, _ in given] == [1] + [3] * 600


@pytest.mark.parametrize(
    "arguments",
    [
        {"dialect": "excell"},
        {"dialect": "excel", "delimiter": ""},
        {"dialect": "excel", "delimiter": ",,"},
        {"dialect": "excel", "quotechar": 5},
        {"dialect": "excel", "delimeter": ";"},
        {"dialect": "excel", "quoting": 77},
    ],
    ids=str,
)
def test_what_is_no_dialect_is_refused_at_once(arguments: dict[str, Any]) -> None:
    """ValueError, with the arguments and what the csv module says of them."""
    with pytest.raises(ValueError, match=r"The csv module does not take dialect=.*: .+\.$"):
        CsvRecords(LineBuffer("utf-8", MB), **arguments)


class Semicolons(csv.excel):
    delimiter = ";"


@pytest.mark.parametrize("dialect", [Semicolons, Semicolons(), "excel-tab", "unix"])
def test_a_dialect_may_be_a_name_a_class_or_an_instance(dialect: Any) -> None:
    """As for `csv.reader`."""
    text = 'a;b,c\td\n"1\n";2\n'
    records = CsvRecords(LineBuffer("utf-8", MB), dialect)
    given = [cells for piece in (text.encode(), None) for _, cells, _ in records.read(piece)]
    assert given == list(csv.reader(io.StringIO(text, newline=""), dialect))
