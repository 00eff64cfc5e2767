"""_content_types: `types` against what an upload says it is, and against what its first bytes show."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import sqlite3
import subprocess
import sys
import tarfile
import wave
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import UnsupportedUpload
from fastapi_convert.uploads import _content_types, _signatures
from fastapi_convert.uploads._content_types import NEEDED, TypeCheck, sniff

ANY, ZIP, OLE2, EXCEL = (
    "application/octet-stream",
    "application/zip",
    "application/x-ole-storage",
    "application/vnd.ms-excel",
)
OOXML = "application/vnd.openxmlformats-officedocument."
DOCX, XLSX = f"{OOXML}wordprocessingml.document", f"{OOXML}spreadsheetml.sheet"
PPTX = f"{OOXML}presentationml.presentation"
ODF, EPUB, JAR = "application/vnd.oasis.opendocument.", "application/epub+zip", "application/java-archive"
ELF, MACH_O = "application/x-executable", "application/x-mach-binary"
PE = "application/vnd.microsoft.portable-executable"
CSV, JSON, PLAIN, HTML, SVG, XML = (
    "text/csv",
    "application/json",
    "text/plain",
    "text/html",
    "image/svg+xml",
    "application/xml",
)
XHTML, MARKDOWN, PHP, SHELL = "application/xhtml+xml", "text/markdown", "text/x-php", "text/x-shellscript"

PNG, JPEG, GIF, PDF = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"%PDF-1"
PAGE, DRAWING, DOCUMENT = b"<!DOCTYPE html><script>", b"<svg onload='x()'>", b"<?xml version='1.0'?><a/>"
SCRIPT, PHP_CODE = b"#!/bin/sh\nrm -rf /", b"<?php system($_GET[0]);"


def box(brand: bytes) -> bytes:
    return b"\0\0\0\x20ftyp" + brand


def entry(name: bytes) -> bytes:
    return b"PK\3\4" + bytes(26) + name


# Each is the shortest beginning that shows its format: without its last byte it does not.
SAMPLES: list[tuple[str, bytes]] = [
    (ELF, b"\x7fELF"),
    (PE, b"MZ\x90\0"),
    (PE, b"MZ" + b"x" * 61 + b"\0"),
    (MACH_O, b"\xfe\xed\xfa\xce"),
    (MACH_O, b"\xfe\xed\xfa\xcf"),
    (MACH_O, b"\xce\xfa\xed\xfe"),
    (MACH_O, b"\xcf\xfa\xed\xfe"),
    (MACH_O, b"\xca\xfe\xba\xbe\0\0\0\2"),
    (MACH_O, b"\xca\xfe\xba\xbf\0\0\0\1"),
    ("application/x-tar", b"name.txt".ljust(257, b"\0") + b"ustar\x0000"),
    ("application/x-tar", b"name.txt".ljust(257, b"\0") + b"ustar  \0"),
    ("image/png", PNG),
    ("image/jpeg", JPEG),
    ("image/gif", GIF),
    ("image/gif", b"GIF87a"),
    ("image/webp", b"RIFF\x24\0\0\0WEBPVP8 "),
    ("image/webp", b"RIFF\n\n\n\nWEBPVP8L"),
    ("image/webp", b"RIFF\x24\0\0\0WEBPVP8X"),
    ("image/bmp", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
    ("image/bmp", b"BM\x46\0\0\0\0\0\0\0\x8a\0\0\0\x7c\0\0\0"),
    ("image/tiff", b"II*\0"),
    ("image/tiff", b"MM\0*"),
    ("image/tiff", b"II+\0"),
    ("image/tiff", b"MM\0+"),
    ("image/vnd.microsoft.icon", b"\0\0\1\0\2\0"),
    ("image/avif", box(b"avif")),
    ("image/avif", box(b"avis")),
    ("image/avif", box(b"mif1\0\0\0\0mif1miafavif")),
    ("image/heic", box(b"heic")),
    ("image/heic", box(b"hevc")),
    ("image/heic", box(b"mif1")),
    ("image/heic", box(b"msf1")),
    ("audio/mp4", box(b"M4A ")),
    ("video/mp4", box(b"isom")),
    ("video/mp4", box(b"iso6")),
    ("video/mp4", box(b"mp42")),
    ("video/mp4", box(b"3gp")),
    ("video/quicktime", box(b"qt  ")),
    ("video/quicktime", b"\0\0\0\x08wide"),
    ("video/quicktime", b"\0\x20\1\2moov"),
    ("application/pdf", PDF),
    ("application/pdf", b"\xef\xbb\xbf\r\n%PDF-2"),
    (ZIP, b"PK\3\4"),
    (ZIP, b"PK\5\6"),
    (ZIP, b"PK\7\x08"),
    ("application/gzip", b"\x1f\x8b\x08"),
    ("application/x-bzip2", b"BZh91AY&SY"),
    ("application/x-bzip2", b"BZh1\x17rE8P\x90"),
    ("application/x-xz", b"\xfd7zXZ\0"),
    ("application/zstd", b"\x28\xb5\x2f\xfd"),
    ("application/x-7z-compressed", b"7z\xbc\xaf\x27\x1c"),
    ("application/vnd.rar", b"Rar!\x1a\7\0"),
    ("application/vnd.rar", b"Rar!\x1a\7\1"),
    ("application/vnd.apache.parquet", b"PAR1\x15"),
    ("application/vnd.apache.arrow.file", b"ARROW1\0\0"),
    ("application/vnd.sqlite3", b"SQLite format 3\0"),
    ("application/java-vm", b"\xca\xfe\xba\xbe\0\0\0\x34"),
    ("application/wasm", b"\0asm"),
    (OLE2, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("application/rtf", b"{\\rtf"),
    ("application/postscript", b"%!PS"),
    ("application/postscript", b"\4%!PS"),
    ("application/postscript", b"\xc5\xd0\xd3\xc6"),
    ("audio/mpeg", b"ID3\4\0\0\0\0\x02\x01"),
    ("audio/mpeg", b"\xff\xfb\x90"),
    ("application/ogg", b"OggS\0"),
    ("audio/flac", b"fLaC\0"),
    ("audio/wav", b"RIFF\x24\0\0\0WAVEfmt "),
    ("audio/wav", b"RF64\xff\xff\xff\xffWAVEds64"),
    ("video/x-msvideo", b"RIFF\x24\0\0\0AVI LIST\xc0\0\0\0hdrl"),
    ("video/webm", b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm"),
    ("video/x-matroska", b"\x1a\x45\xdf\xa3"),
    ("font/ttf", b"\0\1\0\0\0\x0c"),
    ("font/ttf", b"true\0\x0c"),
    ("font/ttf", b"ttcf\0"),
    ("font/otf", b"OTTO\0"),
    ("font/woff", b"wOFF\0\1\0\0"),
    ("font/woff2", b"wOF2OTTO"),
    (DOCX, entry(b"word/")),
    (XLSX, entry(b"xl/")),
    (PPTX, entry(b"ppt/")),
    (XLSX, entry(b"[Content_Types].xml") + entry(b"_rels/.rels") + entry(b"xl/")),
    (JAR, entry(b"META-INF/MANIFEST.MF")),
    (EPUB, entry(b"mimetypeapplication/epub+zip")),
    (f"{ODF}text", entry(f"mimetype{ODF}text".encode())),
    (f"{ODF}spreadsheet", entry(f"mimetype{ODF}spreadsheet".encode())),
    (f"{ODF}presentation", entry(f"mimetype{ODF}presentation".encode())),
    (f"{ODF}graphics", entry(f"mimetype{ODF}graphics".encode())),
    (SHELL, b"#!/"),
    (SHELL, b"#! /"),
    (PHP, b"<?php"),
    (PHP, b"\n<?="),
    (HTML, b"<!DOCTYPE  html"),
    (HTML, b" \r\n<hTmL"),
    (HTML, b"<script"),
    (HTML, b"<!-- a --><!-- b --> <head"),
    (HTML, b"<!--><script"),
    (HTML, b"<!-- x --!><iframe"),
    (HTML, b"<?xml version='1.0'?>\n<!DOCTYPE html"),
    (HTML, b"\xef\xbb\xbf<html"),
    (SVG, b"<svg"),
    (SVG, b"<?xml version='1.0'?><!-- Generator --><!DOCTYPE svg"),
    (SVG, b"<s:svg"),
    (XML, b"<?xml"),
    (XML, b" <!DOCTYPE"),
    (XML, b"<!--"),
]
TABLES = [*_signatures.BINARY, *_signatures.TEXT]

LOOK_ALIKES = [
    *(
        b"ID,name\r\n1,x",
        b"ID3,name",
        b"ID3 tags",
        b"BM,MZ,PK",
        b"BMW,Audi,Mercedes,Volvo",
        b"MZ Wallace, " + b"x" * 80,
    ),
    *(
        b"MZ\r\n1\r\n",
        b"PK,name",
        b"PK\r\n1",
        b"RIFF or WAVE",
        b"RIFF or WEBP",
        b"RIFF,is,AVI LISTs",
        b"GIF89",
        b"GIF,89a",
    ),
    *(
        b"II*,name",
        b"MM,dd",
        b"PAR1 golf",
        b"PAR1,PAR2",
        b"PAR1\r\n3",
        b"ARROW1,x",
        b"SQLite format 3 is old",
        b"Rar! It is",
    ),
    *(
        b"7zip,name",
        b"BZh91 is",
        b"OggS,name",
        b"fLaC is good",
        b"OTTO,name",
        b"true,false",
        b"ttcf",
        b"wOFF,name",
        b"wOF2",
    ),
    *(
        b"%PDF",
        b"% PDF-1",
        b"%!comment",
        b"{\\r",
        b"{\\rt: 1}",
        b"ustar" * 80,
        b"x" * 257 + b"ustar file",
        b"aaaaftypisom",
    ),
    *(
        b"#!important",
        b"#! not a path",
        b"#",
        b"<3 you",
        b"<price>,1",
        b"<abc@example.org>",
        b"<psvg>",
        b"<svgs>",
        b"<bold>",
    ),
    *(
        b"1 < 2",
        b"x <html>",
        b"'<html>'",
        b"<",
        b"< html>",
        b"<?",
        b"<?phantom",
        b"<!",
        b"\xff,\xfb",
        b"\xe9t\xe9;1",
        b"\xffoo",
    ),
]


def check(types: Sequence[str], declared: str | None, head: bytes, *, complete: bool = False) -> bool:
    """Whether an upload passes both checks."""
    types_check = TypeCheck(types)
    try:
        types_check.check_declared(declared)
        types_check.check_content(declared, head, complete)
    except UnsupportedUpload:
        return False
    return True


def passes(declared: str, head: bytes, *, complete: bool = False) -> bool:
    """Whether content passes for its type, where all types are allowed."""
    return check(["*/*"], declared, head, complete=complete)


def refusal(types: Sequence[str], declared: str | None, head: bytes | None = None) -> str:
    """What the log says of an upload that is refused: by its header, or where there is a head, by that."""
    types_check = TypeCheck(types)
    with pytest.raises(UnsupportedUpload) as caught:
        types_check.check_declared(declared) if head is None else types_check.check_content(declared, head, False)
    assert (caught.value.status_code, caught.value.detail) == (415, UnsupportedUpload.default_detail)
    return str(caught.value)


# What the first bytes show


@pytest.mark.parametrize("kind, sample", SAMPLES, ids=ascii)
def test_the_shortest_beginning_of_a_format_shows_it(kind: str, sample: bytes) -> None:
    """Alone and with more behind it; one byte less does not."""
    assert sniff(sample) == kind
    assert sniff(sample + b" " * NEEDED) == kind
    assert sniff(sample[:-1]) != kind


@pytest.mark.parametrize("row", range(len(TABLES)))
def test_every_row_of_the_tables_has_a_sample(row: int) -> None:
    """A new one gets its line above."""
    kind, pattern = TABLES[row]
    assert [sample for name, sample in SAMPLES if name == kind and re.match(pattern, sample, re.DOTALL | re.IGNORECASE)]


def test_every_kind_of_zip_has_a_sample() -> None:
    """The names that tell it stand in a table of their own."""
    assert {kind for kind, _ in _signatures.ENTRIES} <= {kind for kind, _ in SAMPLES}


@pytest.mark.parametrize("kind, sample", SAMPLES, ids=ascii)
def test_what_shows_a_type_passes_for_it(kind: str, sample: bytes) -> None:
    """Where the endpoint names the type, as one does."""
    shown_as = {OLE2: "application/msword", "application/ogg": "audio/ogg"}.get(kind, kind)
    assert check([shown_as], shown_as, sample)


@pytest.mark.parametrize("text", LOOK_ALIKES, ids=ascii)
def test_text_is_not_taken_for_what_its_first_letters_are(text: bytes) -> None:
    """Tables and sentences begin with all sorts of words."""
    assert sniff(text) is None
    assert passes(CSV, text)
    assert passes(PLAIN, text, complete=True)


def real_zip(*entries: tuple[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            stored = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, stored)
    return file.getvalue()


def real_tar(form: int) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        member = tarfile.TarInfo("%PDF-1.7 \u00e9")
        member.size = 3
        archive.addfile(member, io.BytesIO(b"abc"))
    return file.getvalue()


def real_sqlite() -> bytes:
    database = sqlite3.connect(":memory:")
    database.execute("create table t (x)")
    content = database.serialize()
    database.close()
    return content


def real_wave() -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(100))
    return file.getvalue()


OFFICE = ("[Content_Types].xml", "<Types/>"), ("_rels/.rels", "<Relationships/>")


@pytest.mark.parametrize(
    "kind, write",
    [
        (ZIP, lambda: real_zip(("readme.txt", "x" * 100))),
        (ZIP, real_zip),
        (DOCX, lambda: real_zip(*OFFICE, ("word/document.xml", "<w/>"))),
        (XLSX, lambda: real_zip(("docProps/app.xml", "<a/>"), ("xl/workbook.xml", "<w/>"))),
        (PPTX, lambda: real_zip(*OFFICE, ("ppt/presentation.xml", "<p/>"))),
        (f"{ODF}text", lambda: real_zip(("mimetype", f"{ODF}text"), ("content.xml", "<c/>"))),
        (EPUB, lambda: real_zip(("mimetype", EPUB), ("META-INF/container.xml", "<c/>"))),
        (JAR, lambda: real_zip(("META-INF/MANIFEST.MF", "Manifest-Version: 1.0"))),
        ("application/x-tar", lambda: real_tar(tarfile.USTAR_FORMAT)),
        ("application/x-tar", lambda: real_tar(tarfile.GNU_FORMAT)),
        ("application/x-tar", lambda: real_tar(tarfile.PAX_FORMAT)),
        ("application/gzip", lambda: gzip.compress(b"x")),
        ("application/x-bzip2", lambda: bz2.compress(b"x")),
        ("application/x-bzip2", lambda: bz2.compress(b"")),
        ("application/x-xz", lambda: lzma.compress(b"x")),
        ("application/vnd.sqlite3", real_sqlite),
        ("audio/wav", real_wave),
    ],
    ids=range(17),
)
def test_what_other_software_writes_is_recognised(kind: str, write: Callable[[], bytes]) -> None:
    """Files made by the standard library, whole as they are."""
    content = write()
    assert sniff(content[:NEEDED]) == kind
    assert check([kind], kind, content[:NEEDED], complete=True)


def test_a_template_of_an_office_is_a_zip_of_no_kind() -> None:
    """Its type begins with that of a document, and is another."""
    assert sniff(real_zip(("mimetype", f"{ODF}text-template"))) == ZIP


def test_a_document_may_have_elements_by_the_names_of_tags() -> None:
    """Behind an XML declaration only a page is a page."""
    assert sniff(b"<?xml version='1.0'?>\n<table><title>") == XML
    assert sniff(b"<?xml version='1.0'?>\n<html>") == HTML


def test_a_zip_cannot_say_that_it_is_an_image() -> None:
    """What stands in it is the client's word again."""
    assert sniff(real_zip(("mimetype", "image/png"))) == ZIP


@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-be"])
def test_text_is_read_in_the_encoding_of_its_byte_order_mark(codec: str) -> None:
    """A page is a page, and a table a table, in all of them."""
    mark = "" if codec in ("utf-8-sig", "utf-16", "utf-32") else "\ufeff"
    assert sniff((mark + "<!doctype html>\u20ac").encode(codec)) == HTML
    assert passes(CSV, (mark + "name;price\r\n\u20ac;1").encode(codec))
    assert not passes(CSV, (mark + "<!doctype html>\u20ac").encode(codec))
    assert not passes(CSV, (mark + "name\0;price").encode(codec))


HOSTILE = """
from fastapi_convert.uploads._content_types import NEEDED, TypeCheck, sniff
for piece in (b"<!---->", b"<!--", b"<?xml ?>", b"<?xml", b" ", b"<!-- -->\\n", b"\\0\\0\\0\\1ftypmif1", b"PK\\3\\4"):
    print(sniff(piece * NEEDED * 20))
"""


def test_a_hostile_beginning_does_not_hang_the_server() -> None:
    """Matching goes forward only, so that much more than is looked at ends too.

    In a process that can be killed: a pattern that tries every way to divide it holds the GIL, and no timeout of a
    thread would come through.
    """
    ended = subprocess.run([sys.executable, "-c", HOSTILE], capture_output=True, text=True, timeout=30, check=True)
    assert ended.stdout.split() == [XML, XML, XML, XML, "None", XML, "image/heic", ZIP]


# What passes for what


@pytest.mark.parametrize("declared, head", [(JSON, b'{"a": 1}'), (CSV, b"a;b"), ("text/css", b"a {}"), (XML, b"<a/>")])
def test_a_file_of_the_declared_type_passes(declared: str, head: bytes) -> None:
    """Text needs no signature, a Latin-1 letter is no crime, and an empty file is text."""
    assert passes(declared, head)
    assert passes(declared, head + b"\xe9\x1b\x7f")
    assert passes(declared, b"", complete=True)


@pytest.mark.parametrize(
    "declared", ["image/png", "application/pdf", ZIP, DOCX, "application/msword", SVG, "audio/ogg"]
)
@pytest.mark.parametrize("head", [b"", b"text", b"\0\1\2", PAGE, JPEG], ids=ascii)
def test_a_type_with_a_signature_must_show_it(declared: str, head: bytes) -> None:
    """An empty file shows nothing, and a page is no image."""
    assert not passes(declared, head, complete=True)
    assert not passes(declared, head)


@pytest.mark.parametrize(
    "declared", [CSV, JSON, PLAIN, HTML, XML, MARKDOWN, "text/x-python", "application/sql", "a/b+json"]
)
@pytest.mark.parametrize(
    "head", [b"a,b\0", PNG, PDF, b"{\\rtf1", b"%!PS", b"PK\3\4", b"MZ\x90\0", b"\xff\xfb\x90"], ids=ascii
)
def test_binary_content_is_no_text(declared: str, head: bytes) -> None:
    """With a NUL, or with a signature of the table."""
    assert not passes(declared, head)


MARKUP = {"page": PAGE, "drawing": DRAWING, "document": DOCUMENT, "php": PHP_CODE, "script": SCRIPT}


@pytest.mark.parametrize(
    "declared, taken",
    [
        (CSV, ""),
        ("text/tab-separated-values", ""),
        (JSON, ""),
        ("application/problem+json", ""),
        ("application/x-ndjson", ""),
        ("application/yaml", ""),
        (EXCEL, ""),
        (XML, "page drawing document"),
        ("application/atom+xml", "page drawing document"),
        (XHTML, "page drawing document"),
        (SVG, "drawing"),
        (PLAIN, "document php script"),
        ("text/javascript", "document php script"),
        ("application/toml", "document php script"),
        (HTML, "page drawing document php script"),
        (MARKDOWN, "page drawing document php script"),
        ("text/x-python", "page drawing document php script"),
        (SHELL, "page drawing document php script"),
        ("image/x-unknown", "document"),
        ("video/x-unknown", "document"),
        ("font/x-unknown", "document"),
        ("application/x-unknown", "page drawing document php script"),
        (ANY, "page drawing document php script"),
        ("image/png", ""),
        ("application/pdf", ""),
    ],
    ids=lambda value: value.replace(" ", "+") or "none",
)
def test_markup_and_scripts_pass_only_where_they_may_stand(declared: str, taken: str) -> None:
    """The table of the module's docstring: what a browser or a shell would run is not smuggled in as data."""
    assert [name for name, head in MARKUP.items() if passes(declared, head)] == taken.split()


@pytest.mark.parametrize("types", [["image/*"], ["image/png", "image/jpeg"], ["*/*"]], ids=str)
def test_an_image_of_another_type_than_declared_is_refused(types: list[str]) -> None:
    """Also where both types are allowed: the declared one is what will be kept. The message names both."""
    message = refusal(types, "image/png", JPEG)
    assert "declared as 'image/png'" in message
    assert "content is 'image/jpeg'" in message
    assert check(types, "image/jpeg", JPEG)


def test_a_gif_that_is_a_page_as_well_passes_as_a_gif() -> None:
    """Its signature is there. As a page or a table it is refused."""
    polyglot = GIF + b"/*<html><script>*/=1"
    assert passes("image/gif", polyglot)
    assert not passes(HTML, polyglot)
    assert not passes(CSV, polyglot)


@pytest.mark.parametrize(
    "declared, kinds",
    [
        (ZIP, [ZIP, *(kind for kind, _ in _signatures.ENTRIES)]),
        ("application/msword", [OLE2]),
        ("application/vnd.ms-powerpoint", [OLE2]),
        ("application/vnd.ms-outlook", [OLE2]),
        ("application/vnd.ms-word.document.macroEnabled.12", [DOCX]),
        ("application/vnd.ms-excel.sheet.macroEnabled.12", [XLSX]),
        ("application/vnd.ms-powerpoint.presentation.macroEnabled.12", [PPTX]),
        ("image/heif", ["image/heic"]),
        ("audio/mp4", ["audio/mp4", "video/mp4"]),
        ("video/mp4", ["audio/mp4", "video/mp4"]),
        ("video/3gpp", ["video/mp4"]),
        ("video/quicktime", ["video/mp4", "video/quicktime"]),
        ("audio/ogg", ["application/ogg"]),
        ("audio/opus", ["application/ogg"]),
        ("video/ogg", ["application/ogg"]),
        ("audio/webm", ["video/webm"]),
        ("video/webm", ["video/webm"]),
        ("video/x-matroska", ["video/webm", "video/x-matroska"]),
    ],
    ids=ascii,
)
def test_related_types_show_the_same_signatures(declared: str, kinds: list[str]) -> None:
    """And no others."""
    found = {kind for kind, sample in SAMPLES if passes(declared, sample, complete=True)}
    assert found == set(kinds)


@pytest.mark.parametrize("declared", ["image/png", "application/pdf", "application/msword", EXCEL, SVG, "audio/mp4"])
def test_what_is_no_zip_by_nature_may_not_be_one(declared: str) -> None:
    """However little of it is seen."""
    assert not passes(declared, b"PK\3\4", complete=False)


@pytest.mark.parametrize("name", sorted(_content_types._canonical))
def test_another_name_of_a_format_asks_for_the_same_content(name: str) -> None:
    """What passes for the one passes for the other, and nothing else does."""
    kind = _content_types._canonical[name]
    for head in (b"text", b"\0\0", PAGE, SCRIPT, *(sample for _, sample in SAMPLES)):
        assert check([name], name, head) == check([kind], kind, head)


@pytest.mark.parametrize("declared", [DOCX, XLSX, PPTX, JAR, EPUB, f"{ODF}text"])
def test_an_office_type_is_a_zip_of_its_own_kind(declared: str) -> None:
    """Where the entries are seen to be of no kind, it is none; where they are out of sight, any zip may be."""
    of_its_kind = dict(SAMPLES)[declared]
    assert passes(declared, of_its_kind, complete=True)
    assert passes(declared, entry(b"a.xml") + b"x" * NEEDED, complete=False)
    assert not passes(declared, entry(b"a.xml"), complete=True)
    assert not passes(declared, dict(SAMPLES)[PPTX if declared != PPTX else DOCX])
    assert not passes(declared, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def test_the_excel_type_is_a_workbook_or_a_table() -> None:
    """Browsers on Windows send it for CSV as soon as Excel is installed."""
    assert passes(EXCEL, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    assert passes(EXCEL, b"name;price\r\n")
    assert passes(EXCEL, b"", complete=True)
    assert not passes(EXCEL, b"name\0")
    assert not passes(EXCEL, dict(SAMPLES)[XLSX])


@pytest.mark.parametrize("declared", [ANY, None, "", "application/x-unknown", "image/x-unknown", "unknown"])
@pytest.mark.parametrize("head", [b"", b"\0\1", b"text", PNG, b"PK\3\4"], ids=ascii)
def test_of_an_unknown_type_only_the_header_counts(declared: str | None, head: bytes) -> None:
    """There is nothing to compare with."""
    assert check(["*/*"], declared, head)


@pytest.mark.parametrize("program", [b"\x7fELF", b"MZ\x90\0", b"\xcf\xfa\xed\xfe"], ids=ascii)
@pytest.mark.parametrize(
    "declared", [ANY, "application/x-unknown", "image/x-unknown", "image/png", PLAIN, ELF, PE, MACH_O]
)
def test_a_program_is_refused_where_nobody_asked_for_one(program: bytes, declared: str) -> None:
    """A wildcard does not ask, and neither does the type of some other file."""
    assert not check(["*/*"], declared, program)
    assert not check([f"{declared.partition('/')[0]}/*"], declared, program)


@pytest.mark.parametrize(
    "kind, program", [(ELF, b"\x7fELF"), (PE, b"MZ\x90\0"), (MACH_O, b"\xcf\xfa\xed\xfe")], ids=ascii
)
def test_a_program_passes_where_its_type_is_named(kind: str, program: bytes) -> None:
    """Under its own type, and under one that says nothing."""
    assert check([kind], kind, program)
    assert check([kind, "*/*"], ANY, program)
    assert check([kind, "*/*"], "application/x-unknown", program)
    assert not check([kind, "*/*"], "image/png", program)


@given(st.binary(max_size=300) | st.sampled_from([sample for _, sample in SAMPLES]))
def test_octet_stream_takes_any_content_where_it_is_named(head: bytes) -> None:
    """Programs and pages too: who writes it in full wants just bytes."""
    assert check([ANY], ANY, head)
    assert check(["text/csv", ANY], None, head)


# What the header says


@pytest.mark.parametrize(
    "types, declared",
    [
        (["text/csv"], "text/csv"),
        (["text/csv"], "Text/CSV; charset=utf-8; header=present"),
        (["text/csv"], "text/csv;"),
        (["TEXT/Csv"], " text/csv "),
        (["image/png", "image/*"], "image/x-unknown"),
        (["*/*"], "chemical/x-pdb"),
        (["*/*"], None),
        ([ANY], None),
        ([ANY], ""),
        ([ANY], " ; charset=utf-8"),
        (["application/*"], None),
        ([ZIP], "application/x-zip-compressed"),
        (["application/x-zip-compressed"], ZIP),
        (["image/jpg"], "image/pjpeg"),
        (["application/*"], "text/xml"),
        (["text/*"], "text/xml"),
        (["text/*"], "application/javascript"),
    ],
    ids=ascii,
)
def test_a_declared_type_passes_by_any_of_its_names(types: list[str], declared: str | None) -> None:
    """In any case, whatever its parameters are; none at all is `application/octet-stream`."""
    TypeCheck(types).check_declared(declared)


@pytest.mark.parametrize(
    "types, declared",
    [
        (["text/csv"], "text/plain"),
        (["text/csv"], EXCEL),
        (["text/csv"], None),
        (["text/csv"], "text/csvx"),
        (["text/csv"], "text/*"),
        (["text/csv"], "*/*"),
        (["image/*"], "imagex/png"),
        (["image/*"], "image"),
        (["image/*"], "image/"),
        (["image/*"], "text/html; x=image/png"),
        (["image/*", "text/*"], ANY),
        ([DOCX], "application/vnd.ms-word.document.macroEnabled.12"),
        (["audio/ogg"], "video/ogg"),
    ],
    ids=ascii,
)
def test_a_declared_type_that_no_pattern_names_is_refused(types: list[str], declared: str | None) -> None:
    """The message says what was declared, what may pass, and what to do."""
    message = refusal(types, declared)
    assert repr((declared or ANY).lower().partition(";")[0]) in message
    assert all(repr(pattern) in message for pattern in types)
    assert "add that to `types`" in message


@pytest.mark.parametrize("head", [None, b"a\nb\0"])
def test_a_client_writes_no_line_of_the_log(head: bytes | None) -> None:
    """Control and bidi characters are escaped, and a long type is cut."""
    message = refusal(
        ["image/png"] if head is None else ["*/*"], "text/x\r\n2026 ERROR\x1b[31m\u202e" + "x" * 5000, head
    )
    assert message.isprintable()
    assert "'text/x\\r\\n2026 error\\x1b[31m\\u202exx" in message
    assert len(message) < 400


@pytest.mark.parametrize(
    "declared, head, told",
    [
        ("image/png", JPEG, "its content is 'image/jpeg'"),
        ("image/png", b"", "its content is empty"),
        ("image/png", b"text", "its content is of no known format"),
        ("text/csv", b"a\0", "its content is binary, of no known format"),
        ("text/csv", PAGE, "its content is 'text/html'"),
    ],
    ids=ascii,
)
def test_a_refusal_tells_what_was_found(declared: str, head: bytes, told: str) -> None:
    """Beside what was declared, what may pass, and what to do."""
    message = refusal(["text/*", "image/png"], declared, head)
    assert told in message
    assert f"declared as {declared!r}" in message
    assert "'text/*', 'image/png'" in message
    assert "under its own type, and have that in `types`" in message


# The patterns


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "csv", ".csv", "*", "*/csv", "text/", "/csv", "text/c*", "text/csv/x"),
        *("text csv", "text/csv,text/plain", "t\u00e9xt/csv", "text/csv\n", " text/csv"),
    ],
    ids=ascii,
)
def test_a_pattern_that_is_no_media_type_is_refused(pattern: str) -> None:
    """When the endpoint is made, with the pattern and the way to write one."""
    with pytest.raises(ValueError, match='write one like "text/csv" or "image/\\*"') as caught:
        TypeCheck(["image/png", pattern])
    assert repr(pattern) in str(caught.value)


def test_a_pattern_with_parameters_is_refused() -> None:
    """They would never match: the message has the pattern without them."""
    with pytest.raises(ValueError, match="parameters are not compared: write 'text/csv'"):
        TypeCheck(["text/csv; charset=utf-8"])


@pytest.mark.parametrize("types", ["text/csv", b"text/csv"], ids=ascii)
def test_one_string_is_no_list_of_types(types: Any) -> None:
    """Its letters would be taken for patterns."""
    with pytest.raises(TypeError, match=r"types is a list of media types: write \[b?'text/csv'\]"):
        TypeCheck(types)


def test_no_types_at_all_are_refused() -> None:
    """Nothing could be uploaded, which nobody can mean."""
    with pytest.raises(ValueError, match=r'types is empty.*write \["\*/\*"\]'):
        TypeCheck([])


heads = st.binary(max_size=600) | st.tuples(
    st.sampled_from([sample for _, sample in SAMPLES]), st.binary(max_size=300)
).map(b"".join)
declarations = (
    st.none()
    | st.text(max_size=30)
    | st.sampled_from([kind for kind, _ in SAMPLES])
    | st.sampled_from([CSV, PLAIN, JSON])
)


@settings(deadline=None, max_examples=300)
@given(declarations, heads, st.booleans(), st.sampled_from([["*/*"], ["image/*", "text/csv"], [ANY], [DOCX, ELF]]))
def test_no_upload_raises_anything_but_a_refusal(
    declared: str | None, head: bytes, complete: bool, types: list[str]
) -> None:
    """Any header, any bytes; and the same ones are judged the same again."""
    first, second = (check(types, declared, head, complete=complete) for _ in range(2))
    assert first == second
    assert sniff(head) in {None, *(kind for kind, _ in SAMPLES)}


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_text_that_begins_with_a_letter_of_a_table_is_text(text: str) -> None:
    """A header of a table passes for CSV in UTF-8, whatever its words are."""
    assert passes(CSV, ("column " + text).encode())
