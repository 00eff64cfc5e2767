"""Physical lines: the same whatever the encoding, wherever the bytes are cut, and never more than `max_line` held."""

from __future__ import annotations

import io

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import InvalidRecord, UploadTooLarge
from fastapi_convert.uploads.records._lines import LineBuffer
from tests.uploads.row_support import cut, halves, sizes

MB = 1_000_000
PIECE = 64 << 10
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-7", "shift_jis", "gb18030", "iso2022_jp"]


def blocks(lines: LineBuffer, data: bytes, into: list[int]) -> bytes:
    return b"".join([*map(lines.feed, cut(data, into)), lines.finish()])


def held(lines: LineBuffer) -> int:
    return len(lines._rest) + lines._undecoded()


@given(st.text(alphabet="aé漢\r\n"), st.sampled_from(ENCODINGS), sizes)
@settings(deadline=None)
def test_the_text_is_the_same_however_it_is_encoded_and_cut(text: str, encoding: str, into: list[int]) -> None:
    """Each block but the last ends where a line does."""
    data = text.encode(encoding, errors="ignore")
    lines = LineBuffer(encoding, MB)
    fed = [block for piece in cut(data, into) if (block := lines.feed(piece))]
    assert all(block.endswith((b"\r", b"\n")) for block in fed)
    assert b"".join([*fed, lines.finish()]).decode() == data.decode(encoding)
    lines.check(1)


@given(st.text(alphabet='a"\r\n\x0b\x0c\x1c\x85\u2028', max_size=20))
@settings(deadline=None)
def test_lines_end_where_the_io_module_ends_them(text: str) -> None:
    r"""Neither at a form feed nor at what else Unicode takes for the end of a line; `\r\n` is never torn apart."""
    expected = list(io.StringIO(text, newline=""))
    for pieces in halves(text.encode()):
        lines = LineBuffer("utf-8", MB)
        blocks = [lines.feed(piece) for piece in pieces] + [lines.finish()]
        assert [line.decode() for block in blocks for line in block.splitlines(keepends=True)] == expected


def test_a_line_is_given_as_soon_as_its_end_is_certain() -> None:
    """A newline is; a carriage return needs to see what follows."""
    lines = LineBuffer("utf-8", MB)
    assert [lines.feed(data) for data in (b"a\n", b"b\r", b"\n", b"c\r", b"d", b"\r", b"\r")] == [
        *(b"a\n", b"", b"b\r\n", b"", b"c\r", b"", b"d\r"),
    ]
    assert lines.finish() == b"\r"


def test_with_newlines_only_a_carriage_return_ends_nothing() -> None:
    """As JSON lines are."""
    lines = LineBuffer("utf-8", MB, only_newline=True)
    assert [lines.feed(b"a\rb\r"), lines.feed(b"c\r\nd\r"), lines.finish()] == [b"", b"a\rb\rc\r\n", b"d\r"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_is_dropped_wherever_it_is_cut(encoding: str) -> None:
    """Once: a second one is text."""
    data = "\ufeffa\n\ufeffb".encode(encoding)
    for first, second in halves(data):
        lines = LineBuffer(encoding, MB)
        assert lines.feed(first) + lines.feed(second) + lines.finish() == "\ufeffa\n\ufeffb".encode()


def test_plain_utf8_keeps_the_mark_as_python_does() -> None:
    """Who asks for utf-8 and not utf-8-sig gets what `open()` gives."""
    assert blocks(LineBuffer("utf-8", MB), b"\xef\xbb\xbfa", [1]).decode() == "\ufeffa"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16-le", "utf-7"])
@pytest.mark.parametrize("size", [1, 1000, PIECE])
def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(encoding: str, size: int) -> None:
    """Whatever the encoding, one piece more than `max_line` is held, and no more."""
    lines = LineBuffer(encoding, 10_000)
    piece = ("a" * size).encode(encoding)
    fed = 0
    while not lines.is_stuck():
        assert lines.feed(piece) == b""
        fed += size
        assert held(lines) <= 10_000 + size
    assert fed == max(10_000 // size + 1, 1) * size
    with pytest.raises(UploadTooLarge, match=r"record at line 7 is longer than max_line, 10000 bytes.*raise max_line"):
        lines.check(7)


def test_what_the_decoder_holds_back_counts() -> None:
    """UTF-7 has sequences that may go on for ever, of which the decoder gives nothing before they end."""
    lines = LineBuffer("utf-7", 10_000)
    lines.feed(b"+")
    while not lines.is_stuck():
        lines.feed(b"AGEA" * 250)
    assert held(lines) <= 12_000


def test_what_the_caller_keeps_counts() -> None:
    """The beginning of a record and the line that it goes on with are one record."""
    lines = LineBuffer("utf-8", 10)
    lines.feed(b"12345")
    assert not lines.is_stuck(pending=5)
    assert lines.is_stuck(pending=6)


@pytest.mark.parametrize("size", [1, 3, 100])
@pytest.mark.parametrize(
    "encoding,data",
    [
        ("ascii", b"one\ntwo\nth\xffree\nfour\n"),
        ("cp1252", b"one\ntwo\nth\x81ree\nfour\n"),
        ("utf-16-le", "one\ntwo\nth".encode("utf-16-le") + b"\x00\xdc\x00\x00" + "\nfour\n".encode("utf-16-le")),
        ("euc_jp", b"one\ntwo\nth\xa4\x00ree\n"),
        ("iso2022_jp", b"one\ntwo\n\x1b$B\xff\xff\x1b(B\n"),
        ("utf-16", "one\ntwo\nth".encode("utf-16")[:-1]),
    ],
    ids=["ascii", "cp1252", "utf-16-le", "euc_jp", "iso2022_jp", "ends-in-a-character"],
)
def test_what_comes_before_a_byte_that_cannot_be_decoded_is_given(encoding: str, data: bytes, size: int) -> None:
    """However the bytes are cut; and the error names the line."""
    lines = LineBuffer(encoding, MB)
    given = b""
    for piece in cut(data, [size]):
        given += lines.feed(piece)
        if lines.is_stuck():
            break
    given += b"" if lines.is_stuck() else lines.finish()
    assert given == b"one\ntwo\n"
    with pytest.raises(InvalidRecord, match="with the encoding that it has") as caught:
        lines.check(3)
    assert caught.value.detail == f"Line 3: not valid {lines.encoding}"


def test_a_carriage_return_before_such_a_byte_ends_its_line() -> None:
    """Nothing can follow that would make it half of a line's end."""
    assert LineBuffer("ascii", MB).feed(b"one\r\xff") == b"one\r"
    lines = LineBuffer("utf-16-le", MB)
    assert lines.feed(b"1\0\r\0\xff") == b""
    assert lines.finish() == b"1\r"


def test_half_a_surrogate_pair_stays_no_text() -> None:
    """UTF-7 can spell one. It becomes bytes that are not valid, not a question mark."""
    with pytest.raises(UnicodeDecodeError):
        LineBuffer("utf-7", MB).feed(b"+2AA-\n").decode()


@pytest.mark.parametrize("encoding", ["utf-9", "zip", "hex", "rot13", "base64"])
def test_what_is_no_encoding_of_text_is_refused_at_once(encoding: str) -> None:
    """A decompressor among them would be a bomb."""
    with pytest.raises(LookupError, match=encoding[:3]):
        LineBuffer(encoding, MB)


@pytest.mark.parametrize("max_line", [0, -1])
def test_a_limit_below_one_byte_is_refused(max_line: int) -> None:
    """ValueError, with what it should be."""
    with pytest.raises(ValueError, match="max_line is a number of bytes, 1 or more"):
        LineBuffer("utf-8", max_line)
