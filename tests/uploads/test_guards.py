"""`guard_zip` and `open_gzip` against real bombs, lies and damage, and with honest files."""

from __future__ import annotations

import csv
import gzip
import importlib
import io
import os
import random
import stat
import struct
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import (
    example,
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import (
    ConvertError,
    HTTPConvertError,
    InvalidUpload,
    UnsafeUpload,
    UnsupportedUpload,
    UploadAborted,
    UploadTooLarge,
)
from fastapi_convert.uploads.guards import guard_zip, open_gzip

MIB = 1 << 20
CENTRAL = struct.Struct("<4s4B4HL2L5H2L")
END = struct.Struct("<4s4H2LH")


@dataclass
class Entry:
    """An entry whose headers may say anything."""

    name: str = "a.txt"
    content: bytes = b"hello"
    packed: bytes | None = None
    method: int = zipfile.ZIP_DEFLATED
    size: int | None = None
    packed_size: int | None = None
    crc: int | None = None
    flags: int = 0
    mode: int = 0
    local_name: str | None = None
    offset: int | None = None

    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflate(self.content) if self.method == zipfile.ZIP_DEFLATED else self.content

    def local(self) -> bytes:
        name = (self.name if self.local_name is None else self.local_name).encode()
        flags = self.flags | 0x800
        header = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, flags, self.method, 0, 33, 0, 0, 0, len(name), 0)
        return header + name + self.body()

    def central(self, offset: int) -> bytes:
        name, body = self.name.encode(), self.body()
        size = len(self.content) if self.size is None else self.size
        packed_size = len(body) if self.packed_size is None else self.packed_size
        crc = zlib.crc32(self.content) if self.crc is None else self.crc
        offset = offset if self.offset is None else self.offset
        numbers = (20, 3, 20, 0, self.flags | 0x800, self.method, 0, 33, crc, packed_size, size)
        return CENTRAL.pack(b"PK\x01\x02", *numbers, len(name), 0, 0, 0, 0, self.mode << 16, offset) + name


def deflate(content: bytes, level: int = 9) -> bytes:
    engine = zlib.compressobj(level, zlib.DEFLATED, -15)
    return engine.compress(content) + engine.flush()


def zeros(mib: int) -> bytes:
    """Deflated zeros, without deflating more than one MiB: blocks behind a full flush do not refer to each other."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = engine.compress(bytes(MIB)) + engine.flush(zlib.Z_FULL_FLUSH)
    return block * mib + b"\x03\x00"


def close_archive(body: bytes, listing: bytes, count: int, *, comment: bytes = b"") -> io.BytesIO:
    end = END.pack(b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, len(listing), len(body), len(comment))
    return io.BytesIO(body + listing + end + comment)


def archive(*entries: Entry, comment: bytes = b"") -> io.BytesIO:
    body = listing = b""
    for entry in entries:
        listing += entry.central(len(body))
        body += entry.local()
    return close_archive(body, listing, len(entries), comment=comment)


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return file


def contents(opened: zipfile.ZipFile) -> dict[str, bytes]:
    return {info.filename: opened.read(info) for info in opened.infolist()}


class Counting(io.BytesIO):
    """A file that counts what is read from it."""

    came = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.came += len(data)
        return data


@dataclass
class Memory:
    peak: int = 0


@contextmanager
def measured() -> Iterator[Memory]:
    """How much memory a block took at its worst, beyond what was there before."""
    memory = Memory()
    tracemalloc.start()
    try:
        yield memory
        memory.peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def refuse(file: BinaryIO, kind: type[HTTPConvertError], match: str, **limits: Any) -> None:
    """Expect a refusal of exactly this class, in little memory, and nothing of it in what the client is told."""
    with measured() as memory, pytest.raises(kind, match=match) as caught:
        guard_zip(file, **limits)
    assert type(caught.value) is kind
    assert caught.value.detail == kind.default_detail
    assert memory.peak < 50_000_000


# Honest archives

DOCX = {
    "[Content_Types].xml": b"<Types/>" * 100,
    "_rels/.rels": b"<Relationships/>",
    "word/document.xml": b"<w:p><w:r><w:t>Hello</w:t></w:r></w:p>\n" * 20_000,
    "word/media/image1.png": random.Random(1).randbytes(200_000),
    "docProps/": b"",
}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_honest_archive_reads_the_same(method: int, tmp_path: Path) -> None:
    """Through the result, through zipfile again, and on a disk."""
    file = zipped(DOCX, method)
    opened = guard_zip(file)
    assert file.tell() == 0
    assert type(opened) is zipfile.ZipFile
    assert contents(opened) == DOCX
    assert zipfile.Path(opened, "_rels/.rels").read_bytes() == b"<Relationships/>"
    assert contents(zipfile.ZipFile(file)) == DOCX
    opened.extractall(tmp_path)
    assert (tmp_path / "word/media/image1.png").read_bytes() == DOCX["word/media/image1.png"]
    opened.close()
    assert not file.closed


def test_what_other_programs_write_passes() -> None:
    """Streamed with data descriptors, zip64, a comment, a program in front, a temporary file, nothing at all."""

    class Forward(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: Any) -> int:
            raise io.UnsupportedOperation

    streamed = Forward()
    with zipfile.ZipFile(streamed, "w", zipfile.ZIP_DEFLATED) as made:
        with made.open("a.txt", "w", force_zip64=True) as entry:
            entry.write(b"hello")
        made.comment = b"PK\x05 a comment " * 1000
    for data in (streamed.getvalue(), b"#!/bin/sh\n" * 50 + streamed.getvalue()):
        with tempfile.SpooledTemporaryFile(10) as file:
            file.write(data)
            assert contents(guard_zip(cast("BinaryIO", file))) == {"a.txt": b"hello"}
    assert guard_zip(zipped({})).namelist() == []


def test_a_library_gets_the_guarded_file_itself() -> None:
    """A workbook, as openpyxl writes and reads it."""
    openpyxl = importlib.import_module("openpyxl")
    book = openpyxl.Workbook()
    for number in range(1000):
        book.active.append([number, f"row {number}"])
    file = io.BytesIO()
    book.save(file)
    guard_zip(file, max_total="1MB").close()
    read = openpyxl.load_workbook(file, read_only=True)
    assert [row[0] for row in read.active.values] == list(range(1000))
    read.close()


@pytest.mark.parametrize(
    "name",
    [
        "a",
        "a/b/c.txt",
        "./a",
        "a/./b",
        "..a",
        "a..",
        "a../b",
        "..a/b..c",
        ".hidden",
        "ünï/文件.txt",
        "a b",
        "ab:c",
        "~/a",
    ],
)
def test_harmless_names_pass(name: str) -> None:
    """Dots are not all evil."""
    assert guard_zip(archive(Entry(name))).read(name) == b"hello"


# Treacherous archives

BAD_NAMES = [
    "../a",
    "..",
    "a/../../b",
    "a/..",
    "../../../../etc/cron.d/x",
    ".. /a",
    "../",
    "a/... /b",
    "...",
    "/etc/passwd",
    "/",
    "//server/share/a",
    "C:\\a",
    "c:a",
    "C:/Windows/a",
    "..\\a",
    "a\\..\\..\\b",
    "\\\\server\\share",
    "a\\b",
    "a.txt\0.exe",
    "\0",
    "",
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_lead_elsewhere_are_refused(name: str) -> None:
    """Whatever the reader would make of them."""
    refuse(archive(Entry("good.txt"), Entry(name)), UnsafeUpload, r"^The entry '.*' (has|leads) .*Refuse the archive")


def test_a_name_cannot_forge_a_line_of_the_log() -> None:
    """It is quoted, and cut."""
    with pytest.raises(UnsafeUpload) as caught:
        guard_zip(archive(Entry("../\nINFO all is well \x1b[2J" + "x" * 60_000)))
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400
    with pytest.raises(InvalidUpload) as differing:
        guard_zip(archive(Entry("a\n" * 10_000, local_name="b\n" * 10_000)))
    assert str(differing.value).isprintable()
    assert len(str(differing.value)) < 700


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK])
def test_links_and_special_files_are_refused(kind: int) -> None:
    """A link leads elsewhere just as a name does."""
    refuse(archive(Entry(content=b"/etc/passwd", mode=kind | 0o777)), UnsafeUpload, "a link or a special file")


@pytest.mark.parametrize("mode", [0, 0o644, stat.S_IFREG | 0o4755, stat.S_IFDIR | 0o755])
def test_plain_files_and_folders_pass_whatever_their_permissions(mode: int) -> None:
    """zipfile does not apply them."""
    assert guard_zip(archive(Entry(mode=mode))).read("a.txt") == b"hello"


@pytest.mark.parametrize("flags", [0x1, 0x40 | 0x1, 0x2000])
def test_encrypted_entries_are_refused_with_a_cure(flags: int) -> None:
    """Nothing can be said about them."""
    refuse(archive(Entry(flags=flags)), UnsafeUpload, r"is encrypted .* without a password")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_zipfile_expands_without_a_bound_are_refused(method: int) -> None:
    """One read of 64 KiB of bzip2 may take more than a GB."""
    refuse(zipped({"a": bytes(1000)}, method), UnsupportedUpload, rf"method {method}, which .* made with Deflate")


def test_overlapping_entries_are_refused() -> None:
    """As in Fifield's bombs: a thousand entries, one body."""
    kernel = Entry("kernel", packed=zeros(1), content=bytes(MIB))
    others = [
        Entry(f"e{n}", packed=kernel.body(), content=bytes(MIB), local_name="kernel", offset=0) for n in range(99)
    ]
    file = close_archive(kernel.local(), b"".join(e.central(0) for e in [kernel, *others]), 100)
    refuse(file, UnsafeUpload, "overlap in the archive", max_ratio=1e9)


def test_one_entry_may_not_quote_the_next() -> None:
    """The finer kind of overlap: a stored block that holds the following local header."""
    inner = Entry("inner").local()
    outer = Entry("outer", method=zipfile.ZIP_STORED, content=b"quote" + inner)
    begin = len(outer.local()) - len(inner)
    file = close_archive(outer.local(), outer.central(0) + Entry("inner").central(begin), 2)
    refuse(file, UnsafeUpload, "The entries 'outer' and 'inner' overlap")
    assert guard_zip(archive(outer, Entry("inner"))).namelist() == ["outer", "inner"]
    by_a_byte = Entry("first", b"hello", method=zipfile.ZIP_STORED, packed_size=6, size=6)
    refuse(archive(by_a_byte, Entry("second")), UnsafeUpload, "The entries 'first' and 'second' overlap")


# Bombs


@pytest.mark.parametrize(
    "limits, match",
    [
        ({}, "The archive expands to 4294967296 bytes or more, and max_total=1000000000. Raise max_total"),
        ({"max_total": "1TB"}, r"expands from \d+ to 4294967296 bytes, 10\d\d times its size, and max_ratio=200"),
        ({"max_total": "100 MB"}, "max_total=100000000"),
    ],
)
def test_a_bomb_is_refused_by_what_it_declares(limits: dict[str, Any], match: str) -> None:
    """4 MB that are 4 GiB."""
    bomb = Entry("zeros", packed=zeros(4095), size=0xFFFF_FFFF)
    refuse(archive(bomb, Entry("one", b"1")), UploadTooLarge, match, **limits)


@pytest.mark.parametrize(
    "lie",
    [
        Entry("lie", packed=zeros(1024), size=10, crc=zlib.crc32(bytes(10))),
        Entry("lie", packed=deflate(b"hello") + bytes(MIB)),
    ],
    ids=["more-than-declared", "more-than-its-data"],
)
def test_an_entry_gives_no_more_than_it_declares(lie: Entry) -> None:
    """A GiB under a header of 10 bytes, whose checksum fits what zipfile would show of it; given up at once."""
    file = Counting(archive(Entry(), lie).getvalue())
    refuse(file, InvalidUpload, "The entry 'lie' (is damaged|does not hold the 10 bytes, or not the checksum)")
    assert file.came < 200_000


@pytest.mark.parametrize("size", [*range(65_536, 67_600, 129), 131_000, 131_072, 131_073])
def test_an_entry_may_end_anywhere(size: int) -> None:
    """Also where all of it has gone in, and some has not come out."""
    assert guard_zip(zipped({"a": bytes(size)})).read("a") == bytes(size)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(size=4),
        Entry(size=6),
        Entry(size=0, crc=0),
        Entry(crc=1),
        Entry(method=zipfile.ZIP_STORED, size=6),
        Entry(method=zipfile.ZIP_STORED, size=4),
        Entry(method=zipfile.ZIP_STORED, packed_size=4),
        Entry(packed=b"\xff" * 20),
        Entry(packed=deflate(b"hello")[:-1]),
        Entry(packed=deflate(b"hello") + b"more"),
        Entry(packed=b""),
        Entry(packed=b"", content=b""),
        Entry(packed_size=0xFFFF_FFFE),
        Entry(offset=1),
        Entry(offset=0xFFFF_FFFE),
        Entry(local_name="b.txt"),
        Entry(flags=0x20),
    ],
)
def test_what_headers_say_must_be_true(entry: Entry) -> None:
    """Sizes, checksum, the end of the data, the place, and the name."""
    refuse(archive(entry), InvalidUpload, "Let the client")


@pytest.mark.parametrize(
    "count, match", [(150_000, "The archive has 150000 entries"), (1_000_000, "list of entries has 47000000 bytes")]
)
def test_a_million_entries_are_not_even_listed(count: int, match: str) -> None:
    """Refused by the list of entries, before zipfile makes objects of it."""
    empty = Entry("a", b"", method=zipfile.ZIP_STORED)
    file = close_archive(empty.local(), empty.central(0) * count, count)
    refuse(file, UploadTooLarge, match + r".*max_entries=10000.*Raise max_entries")


def test_a_zip64_record_cannot_make_the_list_any_larger() -> None:
    """It overrules the record that was looked at by eye."""
    empty = Entry("a", b"", method=zipfile.ZIP_STORED)
    body, listing = empty.local(), empty.central(0) * 300_000
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(listing), len(body))
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(body) + len(listing), 1)
    file = close_archive(body + listing + record + locator, b"", 0)
    refuse(file, UploadTooLarge, "list of entries has 14100000 bytes")


@pytest.mark.parametrize("claimed", [0xFFFF_FFF0, 1 << 20, 60])
def test_a_list_that_does_not_fit_the_file_is_refused(claimed: int) -> None:
    """Whether zipfile or we find out."""
    file = archive(Entry())
    data = bytearray(file.getvalue())
    struct.pack_into("<L", data, len(data) - 10, claimed)
    with pytest.raises((InvalidUpload, UploadTooLarge)):
        guard_zip(io.BytesIO(data))


# Nested archives


def nest(levels: int, width: int, seed: bytes) -> bytes:
    """An archive of `width` archives of ... of one file, as 42.zip is made."""
    data = zipped({"seed": seed}).getvalue()
    for level in range(levels):
        data = zipped({f"{level}-{number}.zip": data for number in range(width)}).getvalue()
    return data


def test_nested_archives_are_counted_with_the_outer_one() -> None:
    """Bytes, entries and ratio; by the whole of it, though each archive alone is small."""
    seed = random.Random(2).randbytes(10_000)
    data = nest(2, 4, seed)
    guard_zip(io.BytesIO(data), max_entries=4 + 16 + 16)
    refuse(io.BytesIO(data), UploadTooLarge, "36 entries or more", max_entries=35)
    expanded = sum(16 * [10_000]) + 16 * len(nest(0, 4, seed)) + 4 * len(nest(1, 4, seed))
    guard_zip(io.BytesIO(data), max_total=expanded)
    refuse(io.BytesIO(data), UploadTooLarge, f"{expanded} bytes or more", max_total=expanded - 1)


def test_a_bomb_of_archives_is_refused() -> None:
    """Like 42.zip: harmless at every level that one looks at, petabytes at the bottom."""
    bomb = nest(5, 16, bytes(4 * MIB))
    assert len(bomb) < 42_000
    refuse(io.BytesIO(bomb), UploadTooLarge, "max_ratio=200", max_depth=9)
    refuse(io.BytesIO(bomb), UnsafeUpload, "nested deeper than max_depth=3", max_ratio=1e9)
    refuse(io.BytesIO(bomb), UploadTooLarge, "max_total=50000000", max_ratio=1e9, max_depth=9, max_total="50MB")
    refuse(io.BytesIO(bomb), UploadTooLarge, "max_entries=500", max_ratio=1e9, max_depth=9, max_entries=500)


@pytest.mark.parametrize("depth", [0, 1, 2, 3])
def test_depth_is_counted_from_the_archives_inside(depth: int) -> None:
    """Exactly so many levels pass."""
    data = nest(depth, 1, b"seed")
    guard_zip(io.BytesIO(data), max_depth=depth)
    if depth:
        refuse(io.BytesIO(data), UnsafeUpload, "Raise max_depth", max_depth=depth - 1)


def test_what_is_wrong_inside_is_found_and_named() -> None:
    """Also under another name, and in data of which the first bytes come out one by one."""
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    evil, drips = archive(Entry("../evil")).getvalue(), b""
    for end in range(5):
        drips += engine.compress(evil[end : end + 1]) + engine.flush(zlib.Z_SYNC_FLUSH) + b"\0\0\0\xff\xff" * 20_000
    drips += engine.compress(evil[5:]) + engine.flush()
    file = archive(Entry("photo.jpg", evil, packed=drips))
    refuse(file, UnsafeUpload, "The entry 'photo.jpg/../evil' leads out")
    refuse(
        archive(Entry("in.zip", b"PK\x03\x04 no archive")), InvalidUpload, "'in.zip' in the upload is no zip archive"
    )


def test_a_large_nested_archive_goes_to_disk_not_to_memory() -> None:
    """And away again, which the leak check sees to."""
    inner = zipped({"noise": random.Random(3).randbytes(20_000_000)}, zipfile.ZIP_STORED).getvalue()
    file = zipped({"inner.zip": inner}, zipfile.ZIP_STORED)
    with measured() as memory:
        guard_zip(file)
    assert memory.peak < 5_000_000


# Limits to the byte


@pytest.mark.parametrize("limit, passes", [(9_999, False), (10_000, True), (10_001, True)])
def test_the_total_is_exact(limit: int, passes: bool) -> None:
    """The limit itself is allowed."""
    file = zipped({"a": bytes(4_000), "b": bytes(6_000)})
    if passes:
        guard_zip(file, max_total=limit)
    else:
        refuse(file, UploadTooLarge, "expands to 10000 bytes or more, and max_total=9999", max_total=limit)


@pytest.mark.parametrize("limit, passes", [(0, False), (6, False), (7, True), (8, True)])
def test_the_number_of_entries_is_exact(limit: int, passes: bool) -> None:
    """The limit itself is allowed; a comment is not taken for entries."""
    file = archive(*(Entry(str(number)) for number in range(7)), comment=b"PK\x01\x02" * 16_000)
    if passes:
        guard_zip(file, max_entries=limit)
    else:
        refuse(file, UploadTooLarge, f"7 entries or more, and max_entries={limit}", max_entries=limit)


@pytest.mark.parametrize("size, passes", [(MIB, True), (MIB + 1, False)])
def test_small_files_may_have_any_ratio(size: int, passes: bool) -> None:
    """A megabyte of equal lines harms nobody."""
    if passes:
        guard_zip(zipped({"a": bytes(size)}))
    else:
        refuse(zipped({"a": bytes(size)}), UploadTooLarge, f"to {size} bytes, .* Raise max_ratio")


def test_the_ratio_of_an_entry_is_exact() -> None:
    """An entry that is stored has the ratio 1."""
    file = io.BytesIO(bytes(10_000) + zipped({"a": bytes(2 * MIB)}, zipfile.ZIP_STORED).getvalue())
    guard_zip(file, max_ratio=1)
    refuse(file, UploadTooLarge, "The entry 'a' expands from 2097152 to 2097152 bytes, 1 times", max_ratio=0.999)


def test_many_small_entries_have_a_ratio_together() -> None:
    """Each is below the floor, the archive is not."""
    file = zipped({str(number): bytes(MIB // 2) for number in range(20)})
    refuse(file, UploadTooLarge, "^The archive expands from .* to 10485760 bytes")


@pytest.mark.parametrize(
    "limits", [{"max_total": "many"}, {"max_total": -1}, {"max_ratio": 0}, {"max_entries": -1}, {"max_depth": -1}]
)
def test_nonsense_limits_are_errors_of_the_program(limits: dict[str, Any]) -> None:
    """And not of the client."""
    with pytest.raises(ValueError, match=r"max_"):
        guard_zip(zipped({}), **limits)


# Files that are no archives, or not to be had


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04", b"PK\x05\x06", gzip.compress(b"x"), bytes(100_000)])
def test_what_is_no_archive_is_malformed(data: bytes) -> None:
    """400, with the cure."""
    refuse(io.BytesIO(data), InvalidUpload, r"^The upload is no zip archive, or .* as a plain \.zip file\.$")


def test_a_file_that_cannot_seek_is_told_the_way_out() -> None:
    """Not zipfile's misleading "not a zip file"; a closed one says so itself."""
    reader, writer = os.pipe()
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe, pytest.raises(io.UnsupportedOperation, match=r"guard_zip\(\) .*seekable\(\)"):
        guard_zip(pipe)
    file = zipped({})
    file.close()
    with pytest.raises(ValueError, match="closed"):
        guard_zip(file)


class Aborting(io.BytesIO):
    """A file whose client goes away at some place."""

    def __init__(self, data: bytes, at: int) -> None:
        super().__init__(data)
        self.at = at

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self.at:
            raise UploadAborted("gone")
        return super().read(min(self.at - self.tell(), size if size and size >= 0 else 1 << 30))


@pytest.mark.parametrize("guard", [guard_zip, lambda file: open_gzip(file).read()])
def test_errors_of_the_file_itself_pass_unchanged(guard: Callable[[BinaryIO], object]) -> None:
    """A client that went away is no malformed archive."""
    with pytest.raises(UploadAborted, match="gone"):
        guard(Aborting(gzip.compress(b"hello"), 0))
    with pytest.raises(UploadAborted, match="gone"):
        open_gzip(Aborting(gzip.compress(b"hello"), 20)).read()


# Any bytes at all

HONEST = archive(
    Entry("a.txt"),
    Entry("b/", b"", method=zipfile.ZIP_STORED),
    Entry("b/c.bin", b"abc" * 1000),
    Entry("in.zip", archive(Entry("d")).getvalue(), method=zipfile.ZIP_STORED),
    comment=b"comment",
).getvalue()
GZIPPED = gzip.compress(b"hello " * 500, mtime=0) + gzip.compress(random.Random(4).randbytes(50), mtime=0)


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """`data` with some bytes changed, doubled or cut out."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(0, 5))):
        begin = draw(st.integers(0, len(changed)))
        end = begin + draw(st.integers(0, 8))
        changed[begin:end] = draw(st.binary(max_size=8) | st.just(bytes(changed[begin : end + 30])))
    return bytes(changed[: draw(st.integers(0, len(changed)) | st.just(len(changed)))])


@settings(max_examples=600, deadline=None)
@given(st.binary(max_size=300) | mutated(HONEST))
@example(HONEST)
def test_what_passes_can_be_read_by_anybody_and_nothing_else_passes(data: bytes) -> None:
    """Any bytes: the library's own error, or an archive that zipfile reads within the limits."""
    try:
        guard_zip(io.BytesIO(data), max_total=5_000, max_entries=10, max_depth=1)
    except ConvertError:
        return
    read = [zipfile.ZipFile(io.BytesIO(data)).read(info) for info in zipfile.ZipFile(io.BytesIO(data)).infolist()]
    assert sum(map(len, read)) <= 5_000
    assert len(read) <= 10


@settings(max_examples=600, deadline=None)
@given(st.binary(max_size=100) | mutated(GZIPPED), st.integers(1, 2_000))
@example(GZIPPED, 100)
def test_gzip_reads_as_the_standard_library_does_or_refuses(data: bytes, chunk: int) -> None:
    """Any bytes: the library's own error within the limit, or what gzip makes of them."""
    reader, came = open_gzip(io.BytesIO(data), max_size=3_050), b""
    try:
        while piece := reader.read(chunk):
            came += piece
    except ConvertError:
        assert len(came) <= 3_050
    else:
        assert came == gzip.decompress(data)
        assert len(came) <= 3_050


# gzip

TEXT = b"".join(b"%d,line %d\r\n" % (number, number) for number in range(50_000))


def test_gzip_reads_in_every_way_that_a_binary_file_does() -> None:
    """read, read1, readinto, readline, iteration, csv."""
    data = gzip.compress(TEXT)
    assert open_gzip(io.BytesIO(data)).read() == TEXT
    assert list(open_gzip(io.BytesIO(data))) == TEXT.splitlines(keepends=True)
    reader = open_gzip(io.BytesIO(data))
    assert isinstance(reader, io.BufferedReader)
    assert reader.readable()
    assert not reader.seekable()
    buffer = bytearray(300_000)
    assert reader.read(0) == b""
    assert reader.raw.readinto(bytearray()) == 0
    assert reader.readline() == b"0,line 0\r\n"
    assert reader.readinto(buffer) == 300_000
    assert reader.read1(5) == TEXT[300_010:300_015]
    assert bytes(buffer) + TEXT[300_010:300_015] + reader.read() == TEXT[10:]
    rows = list(csv.reader(io.TextIOWrapper(open_gzip(io.BytesIO(data)), newline="")))
    assert rows == [[str(number), f"line {number}"] for number in range(50_000)]


def test_gzip_takes_what_has_only_read() -> None:
    """A pipe, or less than that; and it leaves the file open."""
    data = gzip.compress(b"hello")

    class OnlyRead:
        def __init__(self) -> None:
            self.pieces = [data[n : n + 1] for n in range(len(data))]

        def read(self, size: int) -> bytes:
            return self.pieces.pop(0) if self.pieces else b""

    assert open_gzip(cast("BinaryIO", OnlyRead())).read() == b"hello"
    reader, writer = os.pipe()
    os.write(writer, data)
    os.close(writer)
    with os.fdopen(reader, "rb", buffering=0) as pipe:
        with open_gzip(cast("BinaryIO", pipe)) as unzipped:
            assert unzipped.read() == b"hello"
        assert not pipe.closed


def test_gzip_members_are_one_file() -> None:
    """Empty ones too, thousands of them, and the zeros of a tape behind them."""
    data = gzip.compress(b"") + gzip.compress(b"a") + gzip.compress(b"") * 5_000 + gzip.compress(TEXT) + bytes(100_000)
    reader = open_gzip(io.BytesIO(data))
    assert reader.read() == b"a" + TEXT
    assert reader.read() == b""


@pytest.mark.parametrize("garbage", [b"x", b"\0\0x", b"\x1f", b"\x1f\x8b", b"hello, world", gzip.compress(b"x")[:-1]])
def test_gzip_refuses_what_follows_the_last_member(garbage: bytes) -> None:
    """Half a member included."""
    with pytest.raises(InvalidUpload, match=r"follows it|is cut off"):
        open_gzip(io.BytesIO(gzip.compress(b"hello") + garbage)).read()


def test_gzip_gives_what_came_before_the_cut() -> None:
    """The error stands where the damage is."""
    noise = random.Random(5).randbytes(1_000)
    reader = open_gzip(io.BytesIO(gzip.compress(noise)[:-4]))
    assert reader.read(1_000) == noise
    with pytest.raises(InvalidUpload, match="is cut off"):
        reader.read(1)


def test_gzip_that_is_cut_off_never_ends_well() -> None:
    """At no place."""
    data = gzip.compress(TEXT[:3_000], mtime=0)
    for end in range(len(data)):
        reader = open_gzip(io.BytesIO(data[:end]))
        for _ in range(2):
            with pytest.raises(InvalidUpload, match="is cut off"):
                while reader.read(100):
                    pass


@pytest.mark.parametrize(
    "data, match",
    [
        (b"hello, world", "This is no gzip data"),
        (zipped({"a": b"x"}).getvalue(), "This is no gzip data"),
        (zlib.compress(b"x"), "This is no gzip data"),
        (gzip.compress(b"hello", mtime=0)[:-8] + bytes(8), "The gzip data is damaged"),
        (gzip.compress(b"hello", mtime=0)[:10] + b"\xff" * 30, "The gzip data is damaged"),
    ],
)
def test_gzip_refuses_damage(data: bytes, match: str) -> None:
    """400, and again for who reads on."""
    reader = open_gzip(io.BytesIO(data))
    for _ in range(3):
        with pytest.raises(InvalidUpload, match=match):
            reader.read()


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("size", [0, 1, 1_000, 65_536, 200_000])
def test_the_limit_of_gzip_is_exact(size: int, members: int) -> None:
    """The limit itself is allowed; one byte more is not, and what came before is no more than the limit."""
    data = gzip.compress(TEXT[:size]) * members
    for limit in (size * members, size * members + 1):
        assert len(open_gzip(io.BytesIO(data), max_size=limit).read()) == size * members
    if size:
        reader, came = open_gzip(io.BytesIO(data), max_size=size * members - 1), 0
        for _ in range(2):
            with pytest.raises(UploadTooLarge, match=f"more than max_size={size * members - 1} bytes. Raise max_size"):
                while piece := reader.read(777):
                    came += len(piece)
        assert size * members - 1 - 777 <= came <= size * members - 1


def test_a_gzip_bomb_stops_at_the_limit_in_flat_memory() -> None:
    """A GiB of zeros in a MiB."""
    bomb = io.BytesIO(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + zeros(1024) + bytes(8))
    came = 0
    with measured() as memory, pytest.raises(UploadTooLarge, match="max_size=1000000000"):
        reader = open_gzip(bomb)
        while piece := reader.read(1 << 16):
            came += len(piece)
    assert 1_000_000_000 - (1 << 16) <= came <= 1_000_000_000
    assert memory.peak < 2_000_000


def test_one_read_takes_no_more_than_the_limit() -> None:
    """`read()` of everything, as pandas and json do it."""
    bomb = io.BytesIO(b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + zeros(1024) + bytes(8))
    with measured() as memory, pytest.raises(UploadTooLarge):
        open_gzip(bomb, max_size="10MB").read()
    assert memory.peak < 25_000_000


def test_a_nonsense_size_is_an_error_of_the_program() -> None:
    """At once."""
    with pytest.raises(ValueError, match="max_size"):
        open_gzip(io.BytesIO(), max_size="much")
