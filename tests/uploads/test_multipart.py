"""`MultipartParser`: the same events in every cut, errors instead of half a form, and a limit on everything."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import sys
import time
from collections.abc import Callable, Iterable
from types import FrameType, ModuleType
from typing import Any

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import ConvertError, InvalidUpload, UnsupportedUpload, UploadAborted, UploadTooLarge
from fastapi_convert.uploads._multipart import Event, Field, FileBegin, FormLimits, Mark, MultipartParser
from tests.uploads.arriving import BOUNDARY, MULTIPART, form, part, pieces
from tests.uploads.row_support import cut, halves, sizes

Part = tuple[str, str | None, bytes]  # the field's name, the file's if it is one, and the content


def parse(body: Iterable[bytes], limits: FormLimits | None = None, content_type: str = MULTIPART) -> list[Event]:
    """The events of a whole body, in whatever pieces it comes."""
    parser = MultipartParser(content_type, limits or FormLimits())
    events = [event for piece in body for event in parser.feed(piece)]
    parser.finish()
    return events


def joined(events: Iterable[Event]) -> list[Event]:
    """The events with the bytes of each file in one."""
    found: list[Event] = []
    for event in events:
        last = found[-1] if found else None
        if isinstance(event, bytes) and isinstance(last, bytes):
            found[-1] = last + event
        else:
            found.append(event)
    return found


def assembled(events: Iterable[Event]) -> list[Part]:
    """The parts that the events tell of. Each event is where it may be, and the form's end is the last."""
    remaining = iter(joined(events))
    found: list[Part] = []
    while (event := next(remaining)) is not Mark.FORM_END:
        if isinstance(event, Field):
            found.append((event.name, None, event.value.encode()))
            continue
        assert isinstance(event, FileBegin)
        content = next(remaining)
        if isinstance(content, bytes):
            assert next(remaining) is Mark.FILE_END
        else:
            assert content is Mark.FILE_END
            content = b""
        found.append((event.name, event.filename, content))
    assert list(remaining) == []
    return found


def written(parts: Iterable[Part], boundary: str = BOUNDARY) -> bytes:
    """The body that a client makes of the parts."""
    lines = []
    for name, filename, content in parts:
        file = "" if filename is None else f'; filename="{filename}"'
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content)
    return b"\r\n".join([*lines, f"--{boundary}--\r\n".encode()])


def content_type(boundary: str) -> str:
    return f'multipart/form-data; boundary="{boundary}"'


# Bytes that look like a boundary, and are none

BOUNDARIES = ["b", "-", "--b", "bb--bb", BOUNDARY]
names = st.text("abc.", min_size=1, max_size=3)


@functools.cache
def parts_of(boundary: str) -> st.SearchStrategy[list[Part]]:
    """Parts that make a parser hesitate: ends of lines, hyphens and every beginning of the delimiter, in any order."""
    delimiter = f"\r\n--{boundary}".encode()
    marks = [b"\r", b"\n", b"-", b"\r\n", b"x", b"\0", delimiter[2:]] + [
        delimiter[:size] for size in range(3, len(delimiter))
    ]
    content = st.lists(st.sampled_from(marks)).map(b"".join).filter(lambda content: delimiter not in content)
    return st.lists(st.tuples(names, st.none() | names, content), max_size=4)


@st.composite
def forms(draw: st.DrawFn) -> tuple[str, list[Part]]:
    boundary = draw(st.sampled_from(BOUNDARIES))
    return boundary, draw(parts_of(boundary))


HESITATING: list[Part] = [
    ("a", "a.bin", b"\r\n--b\r-\r\n--\r\n-\r\r\n--\r\n--\n"),
    ("b", None, b"\r\n\r\n--"),
    ("c", "", b""),
    ("d", "d.bin", b"--bb\r\n-"),
]


@given(forms(), sizes)
@settings(deadline=None, max_examples=150)
def test_a_form_is_what_its_client_has_put_in(form_: tuple[str, list[Part]], into: list[int]) -> None:
    """Part by part and byte by byte, however it is cut."""
    boundary, parts = form_
    body = written(parts, boundary)
    assert assembled(parse([body], content_type=content_type(boundary))) == parts
    assert assembled(parse(cut(body, into), content_type=content_type(boundary))) == parts


@pytest.mark.parametrize("boundary", ["bb", BOUNDARY])
def test_a_form_is_the_same_wherever_it_is_cut(boundary: str) -> None:
    """At every byte, and into pieces of one to seven."""
    body = written(HESITATING, boundary)
    cuts = [*halves(body), *(pieces(body, size) for size in range(1, 8))]
    for chunks in cuts:
        assert assembled(parse(chunks, content_type=content_type(boundary))) == HESITATING


@given(forms(), st.sampled_from([b"x", b"-x", b"\rx", b"\r\r\n", b"--b"]), sizes, st.booleans())
@settings(deadline=None, max_examples=150)
def test_a_line_that_only_begins_as_a_delimiter_is_read_alike_in_all_pieces(
    form_: tuple[str, list[Part]], rest: bytes, into: list[int], twice: bool
) -> None:
    """RFC 2046 leaves it to the parser what that is, so it must at least be the same every time."""
    boundary, parts = form_
    line = f"\r\n--{boundary}".encode() + rest
    body = written([("a", "a", b"x" + line * (1 + twice) + b"y"), *parts], boundary)
    whole = outcome([body], content_type(boundary))
    assert outcome(cut(body, into), content_type(boundary)) == whole


def outcome(body: Iterable[bytes], kind: str = MULTIPART) -> list[Event] | type[ConvertError]:
    try:
        return joined(parse(body, content_type=kind))
    except ConvertError as error:
        return type(error)


# Another parser's opinion


@pytest.fixture(scope="module")
def defnull() -> ModuleType:
    """`multipart`, by its file: python-multipart may have a package of the same name, which wins an import."""
    distribution = importlib.metadata.distribution("multipart")
    path = str(distribution.locate_file("multipart.py"))
    spec = importlib.util.spec_from_file_location("defnull_multipart", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.__version__ == distribution.version
    return module


def by_defnull(module: ModuleType, body: Iterable[bytes], boundary: str) -> list[Part] | None:
    """The parts as the other parser finds them, and `None` where it finds a fault."""
    found: list[Part] = []
    content: list[bytes] = []
    try:
        with module.PushMultipartParser(boundary) as parser:
            for event in (event for piece in body for event in parser.parse(piece)):
                if isinstance(event, module.MultipartSegment):
                    content = []
                    found.append((event.name, event.filename, b""))
                elif event is None:
                    found[-1] = (*found[-1][:2], b"".join(content))
                else:
                    content.append(event)
    except module.MultipartError:
        return None
    return found


@given(forms(), sizes)
@settings(deadline=None, max_examples=150)
def test_another_parser_finds_the_same_parts(
    defnull: ModuleType, form_: tuple[str, list[Part]], into: list[int]
) -> None:
    """Two programs that know nothing of each other."""
    boundary, parts = form_
    body = list(cut(written(parts, boundary), into))
    assert by_defnull(defnull, body, boundary) == parts == assembled(parse(body, content_type=content_type(boundary)))


@st.composite
def mutants(draw: st.DrawFn, noise: st.SearchStrategy[bytes]) -> tuple[str, bytes]:
    """A body in which some stretches were replaced, left out or doubled."""
    boundary, parts = draw(forms())
    body = written(parts, boundary)
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(body)))
        end, copied = draw(st.integers(start, start + 20)), draw(st.integers(0, len(body)))
        body = body[:start] + draw(noise | st.just(body[copied : copied + 60])) + body[end:]
    return boundary, body


ascii_noise = st.sampled_from([b"", b"\r", b"\n", b"\r\n", b"-", b"--", b":", b'"', b";", b"\0", b"\x7f", b" "])


@given(mutants(ascii_noise), sizes)
@settings(deadline=None, max_examples=200)
def test_nobody_reads_a_whole_form_where_another_parser_reads_another(
    defnull: ModuleType, mutant: tuple[str, bytes], into: list[int]
) -> None:
    """Where both take a body that was tampered with, they see the same number of parts with the same contents."""
    boundary, body = mutant
    ours = outcome(cut(body, into), content_type(boundary))
    theirs = by_defnull(defnull, cut(body, into), boundary)
    if isinstance(ours, list) and theirs is not None:
        assert [found[2] for found in assembled(ours)] == [found[2] for found in theirs]


# Bodies that break off, and bodies that are none


def test_a_form_that_breaks_off_anywhere_has_no_end() -> None:
    """After every single byte: an error, and nobody was told that the form was over."""
    body = written(HESITATING)
    for end in range(len(body) - len("\r\n")):
        for chunks in ([body[:end]], pieces(body[:end], 1)):
            parser = MultipartParser(MULTIPART, FormLimits())
            events = [event for piece in chunks for event in parser.feed(piece)]
            assert Mark.FORM_END not in events
            with pytest.raises(UploadAborted, match="before its closing boundary"):
                parser.finish()


def test_the_last_end_of_line_is_not_needed() -> None:
    """Some clients leave it out; the hyphens are the end."""
    body = written(HESITATING)
    assert assembled(parse([body[:-2]])) == assembled(parse([body[:-1]])) == HESITATING


@given(mutants(ascii_noise | st.binary(max_size=4)), sizes)
@settings(deadline=None, max_examples=200)
def test_a_mutant_is_a_form_or_an_error_of_ours(mutant: tuple[str, bytes], into: list[int]) -> None:
    """The same one in every cut, and nothing that would be answered with a 500."""
    boundary, body = mutant
    assert outcome(cut(body, into), content_type(boundary)) == outcome([body], content_type(boundary))


@given(st.lists(st.binary(max_size=40), max_size=8), st.booleans())
@settings(deadline=None, max_examples=150)
def test_any_bytes_at_all_are_an_error_of_ours(body: list[bytes], opened: bool) -> None:
    """Before the first boundary and behind it."""
    found = outcome([f"--{BOUNDARY}\r\n".encode(), *body] if opened else body)
    assert isinstance(found, type)
    assert issubclass(found, InvalidUpload | UploadAborted | UploadTooLarge | UnsupportedUpload)


@given(st.text(st.characters(max_codepoint=255), max_size=60), st.booleans(), st.binary(max_size=20))
@settings(deadline=None, max_examples=150)
def test_any_content_type_at_all_is_taken_or_an_error_of_ours(kind: str, named: bool, body: bytes) -> None:
    """Headers hold what a client likes."""
    found = outcome([body], f"multipart/form-data; boundary={kind}" if named else kind)
    assert isinstance(found, list | type)


# Headers of parts


def one(disposition: bytes, headers: bytes = b"") -> Event:
    """The first event of a form whose only part has these headers."""
    head = b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: " + disposition + b"\r\n" + headers
    first: Event = parse([head + b"\r\nvalue\r\n" + form()])[0]
    return first


@pytest.mark.parametrize(
    "written_as, expected",
    [
        (b'"a.txt"', "a.txt"),
        (b"a.txt", "a.txt"),
        (b'""', ""),
        (b'"a;b.txt"', "a;b.txt"),
        (b'"a; name=c.txt"', "a; name=c.txt"),
        (b'"a\\"b.txt"', 'a"b.txt'),
        (b'"a\\"; x=\\"b.txt"', 'a"; x="b.txt'),
        (b'"a\\\\b.txt"', "a\\b.txt"),
        (b'"a\\b.txt"', "a\\b.txt"),
        (b'"C:\\folder\\b.txt"', "b.txt"),
        (b'"../../etc/passwd"', "../../etc/passwd"),
        (b'"a%22b.txt"', "a%22b.txt"),
        ('"naïve 漢.txt"'.encode(), "naïve 漢.txt"),
        ('"naïve.txt"'.encode("latin-1"), "naïve.txt"),
        (b"\"a.txt\"; filename*=UTF-8''evil.sh", "a.txt"),
        (b'"a.txt"; filename*0=evil; filename*1=.sh', "a.txt"),
    ],
    ids=str,
)
def test_a_file_has_the_name_that_its_client_gave_it(written_as: bytes, expected: str) -> None:
    """As it stands between the quotes, in the encodings that are in use; RFC 7578 forbids the form with an asterisk."""
    event = one(b'form-data; name="file"; filename=' + written_as)
    assert isinstance(event, FileBegin)
    assert (event.name, event.filename) == ("file", expected)


@pytest.mark.parametrize(
    "written_as, expected",
    [
        (b'"field"', "field"),
        (b"field", "field"),
        (b'""', ""),
        (b'"a\\"b"', 'a"b'),
        (b'"a;b"', "a;b"),
        ("é".encode(), "é"),
        ("é".encode("latin-1"), "é"),
        (b"\"field\"; filename*=UTF-8''a.txt", "field"),
    ],
    ids=str,
)
def test_a_part_without_a_file_name_is_a_field(written_as: bytes, expected: str) -> None:
    """Its name is read like those of files, and may be empty."""
    assert one(b"form-data; name=" + written_as) == Field(expected, "value")


@pytest.mark.parametrize(
    "headers, message",
    [
        ("", "0 Content-Disposition"),
        ("Content-Type: text/plain\r\n", "0 Content-Disposition"),
        ('Content-Disposition: form-data; name="a"\r\n' * 2, "2 Content-Disposition"),
        ('Content-Disposition: form-data; name="a"\r\ncontent-disposition: form-data; name="b"\r\n', "2 Content"),
        ("Content-Disposition: form-data\r\n", "no name"),
        ("Content-Disposition:\r\n", "no name"),
        ('Content-Disposition: form-data; filename="a"\r\n', "no name"),
        ("Content-Disposition: form-data; name*=UTF-8''a\r\n", "no name"),
        (": x\r\n", "malformed"),
        ("No colon\r\n", "malformed"),
        ("A name: x\r\n", "malformed"),
        ('Content-Disposition: form-data;\r\n name="a"\r\n', "malformed"),
    ],
    ids=str,
)
def test_a_part_without_one_clear_name_is_refused(headers: str, message: str) -> None:
    """Two readers would take it for two different fields."""
    body = f"--{BOUNDARY}\r\n{headers}\r\nvalue\r\n".encode() + form()
    with pytest.raises(InvalidUpload, match=message):
        parse([body])


def test_the_headers_of_a_file_are_kept() -> None:
    """With names of small letters, and without the spaces around their values."""
    first, *_ = parse([form(part(b"x", headers="Content-Type:  text/plain \r\nX-Empty:\r\n"))])
    assert isinstance(first, FileBegin)
    assert first.headers["content-type"] == "text/plain"
    assert first.headers["X-Empty"] == ""
    assert len(first.headers) == 3


@pytest.mark.parametrize("filename", [None, "a.bin"])
@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "BASE64", "x-unknown", "7bit, base64"])
def test_an_encoded_part_is_refused(filename: str | None, encoding: str) -> None:
    """RFC 7578 has ended that, and the encoded bytes would be taken for the file."""
    body = form(part(b"x", "a", filename, f"Content-Transfer-Encoding: {encoding}\r\n"))
    with pytest.raises(UnsupportedUpload, match="Content-Transfer-Encoding"):
        parse([body])


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", "Binary", ""])
def test_a_part_that_says_it_is_plain_is_plain(encoding: str) -> None:
    """Some clients say so in every part."""
    body = form(part(b"x", "a", "b", f"Content-Transfer-Encoding: {encoding}\r\n"))
    assert assembled(parse([body])) == [("a", "b", b"x")]


@pytest.mark.parametrize("raw, text", [("é漢".encode(), "é漢"), ("é".encode("latin-1"), "é"), (b"\xff\xfe", "ÿþ")])
def test_a_field_is_text(raw: bytes, text: str) -> None:
    """UTF-8, cut anywhere, and Latin-1 where it is not: as Starlette reads it."""
    for chunks in halves(form(part(raw, "a", None))):
        assert parse(chunks)[0] == Field("a", text)


# Boundaries


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=abc",
        "multipart/form-data;boundary=abc",
        "Multipart/Form-Data; Boundary=abc",
        'multipart/form-data; boundary="abc"',
        "multipart/form-data; boundary=abc  ",
        "multipart/form-data ; boundary = abc ; charset=utf-8",
        'multipart/form-data; charset="a;b"; boundary=abc',
    ],
)
def test_a_boundary_may_be_written_in_many_ways(kind: str) -> None:
    """All of them are in use."""
    assert assembled(parse([written(HESITATING, "abc")], content_type=kind)) == HESITATING


@pytest.mark.parametrize("size", [70, 256, 257])
def test_a_boundary_is_no_longer_than_it_may_be(size: int) -> None:
    """RFC 2046 has 70; what is far longer is refused, not cut."""
    boundary = "x" * size
    if size <= 256:
        assert assembled(parse([written(HESITATING, boundary)], content_type=content_type(boundary))) == HESITATING
    else:
        with pytest.raises(InvalidUpload, match="boundary"):
            MultipartParser(content_type(boundary), FormLimits())


@pytest.mark.parametrize("kind", ["", "; boundary", "; boundary=", '; boundary=""', "; charset=utf-8"])
def test_a_form_without_a_boundary_is_refused(kind: str) -> None:
    """Most often it was set by hand, without it."""
    with pytest.raises(InvalidUpload, match="no boundary"):
        MultipartParser(f"multipart/form-data{kind}", FormLimits())


@pytest.mark.parametrize(
    "kind", ["", "multipart/mixed; boundary=abc", "multipart/form-data-x; boundary=a", "text/plain"]
)
def test_other_types_are_refused(kind: str) -> None:
    """Whatever they have in common with a form."""
    with pytest.raises(UnsupportedUpload, match="takes multipart/form-data"):
        MultipartParser(kind, FormLimits())


def test_of_two_boundaries_the_last_counts() -> None:
    """As for Starlette, so that whatever else reads the request with it sees the same parts."""
    kind = "multipart/form-data; boundary=abc; boundary=xyz"
    assert assembled(parse([written(HESITATING, "xyz")], content_type=kind)) == HESITATING
    with pytest.raises(InvalidUpload):
        parse([written(HESITATING, "abc")], content_type=kind)


def test_padding_after_a_boundary_is_no_content() -> None:
    """Software on the way may add it: it belongs to the delimiter."""
    body = written(HESITATING)
    padded = body.replace(f"\r\n--{BOUNDARY}\r\n".encode(), f"\r\n--{BOUNDARY} \t\r\n".encode())
    assert len(padded) == len(body) + 2 * (len(HESITATING) - 1)
    for chunks in halves(padded):
        assert assembled(parse(chunks)) == HESITATING


def test_a_form_may_be_empty() -> None:
    """Nothing was filled in."""
    for chunks in halves(form()):
        assert parse(chunks) == [Mark.FORM_END]


@pytest.mark.parametrize("before", [b"\r\n", b"\n", b"\r\n" * 1000])
def test_empty_lines_may_stand_before_the_form(before: bytes) -> None:
    """Old clients send one."""
    assert assembled(parse([before + written(HESITATING)])) == HESITATING


@pytest.mark.parametrize("before", [b"a preamble\r\n", b"\r\na preamble\r\n", b"--other\r\n", b" ", b"-"])
def test_other_text_before_the_form_is_refused(before: bytes) -> None:
    """Nobody sends it, and it would have to be searched through; not even where it begins with an empty line."""
    body = before + written(HESITATING)
    for chunks in ([body], pieces(body, 1), pieces(body, 3)):
        with pytest.raises(InvalidUpload, match="malformed"):
            parse(chunks)


@pytest.mark.parametrize("after", [b"an epilogue", written(HESITATING), b"\r\n" * 1000, f"\r\n--{BOUNDARY}--".encode()])
def test_what_follows_the_form_is_nothing(after: bytes) -> None:
    """Not another part, not another end."""
    for chunks in ([written(HESITATING) + after], pieces(written(HESITATING) + after, 7)):
        assert assembled(parse(chunks)) == HESITATING


# Limits: what is allowed passes, and one more does not


def is_refused(body: bytes, **limits: int) -> bool:
    """Whether the limits refuse the body, which is the same in all pieces."""
    found = {refused(chunks, FormLimits(**limits)) for chunks in ([body], pieces(body, 1), pieces(body, 7))}
    assert len(found) == 1
    return found.pop()


def refused(chunks: Iterable[bytes], limits: FormLimits) -> bool:
    try:
        parse(chunks, limits)
    except UploadTooLarge:
        return True
    return False


@pytest.mark.parametrize("count, too_many", [(5, False), (6, True)])
def test_files_are_counted(count: int, too_many: bool) -> None:
    """Fields are not among them."""
    fields = [part(b"x", "field", None)] * 9
    assert is_refused(form(*[part(b"x")] * count, *fields), max_files=5) is too_many


@pytest.mark.parametrize("count, too_many", [(5, False), (6, True)])
def test_fields_are_counted(count: int, too_many: bool) -> None:
    """Files are not among them."""
    files = [part(b"x")] * 9
    assert is_refused(form(*files, *[part(b"", "f", None)] * count), max_fields=5) is too_many


@pytest.mark.parametrize("limit, too_many", [(1000, False), (999, True)])
@pytest.mark.parametrize("count", [1, 10, 100])
def test_the_bytes_of_all_fields_are_counted_together(count: int, limit: int, too_many: bool) -> None:
    """Names and values: a hundred small ones are as much as one large one."""
    fields = [part(b"x" * (1000 // count - 5), "field", None)] * count
    assert is_refused(form(*fields, part(b"y" * 5000)), max_fields_size=limit) is too_many


def test_a_long_field_is_refused_before_it_has_ended() -> None:
    """Memory holds no more of it than allowed and one piece."""
    parser = MultipartParser(MULTIPART, FormLimits(max_fields_size=1000))
    parser.feed(form(part(b"x" * 900, "field", None))[:-60])
    with pytest.raises(UploadTooLarge, match="more than 1000 bytes"):
        parser.feed(b"x" * 200)


def test_a_file_may_be_larger_than_all_fields() -> None:
    """Its bytes are passed on, not kept."""
    assert not is_refused(form(part(b"x" * 5000)), max_fields_size=10)


@pytest.mark.parametrize("count, too_many", [(3, False), (4, True)])
def test_the_headers_of_a_part_are_counted(count: int, too_many: bool) -> None:
    """For each part anew."""
    headers = "".join(f"X-{n}: y\r\n" for n in range(count - 1))
    assert is_refused(form(*[part(b"x", headers=headers)] * 5), max_headers=3) is too_many


@pytest.mark.parametrize("excess", [0, 1])
@pytest.mark.parametrize("filename", ["a", None])
def test_the_bytes_of_the_headers_of_a_part_are_counted(excess: int, filename: str | None) -> None:
    """Names and values of all of them, for each part anew."""
    disposition = 'Content-Dispositionform-data; name="n"' + ('; filename="a"' if filename else "")
    headers = "X: " + "y" * (100 - len(disposition) - 1 + excess) + "\r\n"
    body = form(*[part(b"x", "n", filename, headers)] * 5)
    assert is_refused(body, max_headers_size=100) is bool(excess)


@pytest.mark.parametrize("what", ["X", "X: "], ids=["name", "value"])
def test_a_header_without_an_end_is_refused(what: str) -> None:
    """As soon as it is too long, not when its end has come."""
    parser = MultipartParser(MULTIPART, FormLimits(max_headers_size=100))
    parser.feed(f"--{BOUNDARY}\r\n{what}".encode())
    with pytest.raises(UploadTooLarge, match="100 bytes"):
        for _ in range(3):
            parser.feed(b"x" * 50)


@pytest.mark.parametrize("count, too_many", [(16, False), (17, True)])
def test_the_headers_of_a_part_have_the_limit_that_is_documented(count: int, too_many: bool) -> None:
    """Sixteen: the parser below has a smaller one of its own, which must not come first."""
    headers = "".join(f"X-{n}: y\r\n" for n in range(count - 1))
    assert is_refused(form(part(b"x", headers=headers))) is too_many
    if not too_many:
        assert assembled(parse([form(part(b"x", headers=headers))])) == [("file", "a.bin", b"x")]


@pytest.mark.parametrize("size, too_many", [(16_000, False), (17_000, True)])
def test_the_bytes_of_headers_have_the_limit_that_is_documented(size: int, too_many: bool) -> None:
    """Sixteen KiB, also in one header."""
    body = form(part(b"x", headers=f"X: {'y' * size}\r\n"))
    assert is_refused(body) is too_many
    if not too_many:
        assert assembled(parse([body])) == [("file", "a.bin", b"x")]


# Work that grows with the size, and no faster


def lines_run(call: Callable[[], object]) -> int:
    """How many lines of Python the call runs: the same on every machine."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


DENSE = {
    "carriage returns": b"\r",
    "ends of lines": b"\r\n",
    "hyphens": b"-",
    "beginnings of the delimiter": f"\r\n--{BOUNDARY[:-1]}".encode(),
    "lines that begin as the delimiter": f"\r\n--{BOUNDARY}x".encode(),
    "nearly the end": f"\r\n--{BOUNDARY}-x".encode(),
}


@pytest.mark.parametrize("kind", DENSE)
@pytest.mark.parametrize("filename", ["a.bin", None])
def test_dense_content_costs_no_more_than_its_size(kind: str, filename: str | None) -> None:
    """Twice the bytes, twice the lines of Python: no byte is looked at again and again."""

    def cost(size: int) -> int:
        content = DENSE[kind] * (size // len(DENSE[kind]))
        chunks = pieces(form(part(content, filename=filename)), 1000)
        return lines_run(lambda: parse(chunks))

    assert cost(40_000) < 3 * cost(20_000)


@pytest.mark.parametrize("text", [";", '"', "a=1;", '";', '";\\"', " ", "x", "\\"])
@pytest.mark.parametrize("opened", ["", 'a="'])
def test_a_long_content_type_costs_no_more_than_its_size(text: str, opened: str) -> None:
    """100 KB of it, sixteen times the smaller one: where the square of that were needed, it would be 256 times."""

    def cost(size: int) -> float:
        kind = f"multipart/form-data; boundary=b; {opened}{text * (size // len(text))}"
        return min(seconds(lambda: MultipartParser(kind, FormLimits())) for _ in range(4))

    assert cost(100_000) < 80 * cost(6_250)


def seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began
