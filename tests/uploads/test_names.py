"""safe_name: a bare file name on every system, whatever a client sent."""

from __future__ import annotations

import ntpath
import os
import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.uploads.names import safe_name

RIGHT_TO_LEFT, ZERO_WIDTH_SPACE, JOINER, MARK = "\u202e", "\u200b", "\u200d", "\ufeff"
LIKE_SLASHES = "\uff0f\u2044\u2215\u29f8\uff3c\u2216\u29f5\u29f9\ufe68\u2100\u2105"
LIKE_DOTS = "\uff0e\u2024\u2025\u2026\ufe52\ufe19\u2488\U0001f100"
RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\xb9\xb2\xb3])[ ]*(\..*)?", re.IGNORECASE)

# What hostile clients build names of; hypothesis puts it together with any other character.
PIECES = [
    *(
        "..",
        ".",
        "/",
        "\\",
        ":",
        "%",
        "%2e",
        "%2F",
        "%5c",
        "%25",
        "%0D%0A",
        "%22",
        "%u002f",
        "2e",
        "2F",
        "u002e",
        "\uff05",
    ),
    *("\0", "\r\n", "\x1b[31m", "\x7f", "\x85", "\u2028", "\ud800", "\udc80", "\uffff", "\ue000", "\u0378"),
    *(RIGHT_TO_LEFT, ZERO_WIDTH_SPACE, JOINER, MARK, "\xad", "\u034f", "\u3164", "\U000e0041"),
    *("CON", "nul", "COM", "lpt", "1", "\xb2", "conin$", "-", "~", " ", "\xa0", "\u3000", *'*?"<>|'),
    *(*LIKE_SLASHES, *LIKE_DOTS, "\xb2F", "\uff12\uff25", "\u24d4"),
    *(
        "e",
        "\u0301",
        "\u0338",
        "\u212b",
        "\u037e",
        "\u1fef",
        "\u0958",
        "\u6f22",
        "\U0001f600",
        "\U0001fae8",
        ".txt",
        ".tar.gz",
    ),
]
anything = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=20).map("".join) | st.text()
long_names = st.tuples(anything, st.integers(1, 3000), anything).map(lambda parts: parts[0] * parts[1] + parts[2])


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\x", "x"),
        ("C:\\x", "x"),
        ("C:x", "C_x"),
        ("\\\\server\\share\\x", "x"),
        ("a/b\\c/d.txt", "d.txt"),
        ("folder/", "upload"),
        ("..", "upload"),
        (".", "upload"),
        ("../..", "upload"),
        ("", "upload"),
        (None, "upload"),
        (" . ~ - ", "upload"),
        (ZERO_WIDTH_SPACE, "upload"),
        ("x.php\0.jpg", "x.php_.jpg"),
        ("a\tb\x1b[31m\x7f\x9b", "a_b_[31m__"),
        ("a\r\nSet-Cookie: b", "a__Set-Cookie_ b"),
        ("a\u2028b\u2029c", "a_b_c"),
        ("a\ud800b\udcff", "a_b_"),
        ("\ue000\uf03a\uffff\ufdd0", "____"),
        (f"photo{RIGHT_TO_LEFT}gpj.exe", "photogpj.exe"),
        (f"a{ZERO_WIDTH_SPACE}{JOINER}\u2066\xad{MARK}\u034f\u115f\u1160\u3164\uffa0b", "ab"),
        (f".{ZERO_WIDTH_SPACE}./x{JOINER}", "x"),
        (".htaccess", "htaccess"),
        (".bashrc", "bashrc"),
        ("...x", "x"),
        (f"{MARK}.x", "x"),
        ("-rf", "rf"),
        ("~root", "root"),
        ("x. . .", "x"),
        ("x\xa0", "x"),
        ("x.txt:stream", "x.txt_stream"),
        ("x.php::$DATA", "x.php__$DATA"),
        ('*?"<>|x', "______x"),
    ],
    ids=ascii,
)
def test_a_hostile_name_becomes_a_bare_one(sent: str | None, kept: str) -> None:
    """Folders, drives, streams, control and invisible characters, hidden files, options."""
    assert safe_name(sent) == kept


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("a%22b%22.txt", "a_b_.txt"),
        ("a%0D%0Ab%0a.txt", "a__b_.txt"),
        ("%2e%2e%2fx", "_2e_2e_2fx"),
        ("%252e%252e%252fx", "_252e_252e_252fx"),
        ("%c0%af", "_c0_af"),
        ("%u002e%U002E", "_u002e_U002E"),
        (f"%{ZERO_WIDTH_SPACE}2e", "_2e"),
        ("%\uff12\uff25x", "_\uff12\uff25x"),
        ("\uff052Fx\ufe6a5C", "_2Fx_5C"),
        ("100%.txt", "100%.txt"),
        ("50%\u5f15\u304d.pdf", "50%\u5f15\u304d.pdf"),
        ("5% off.pdf", "5% off.pdf"),
    ],
    ids=ascii,
)
def test_nothing_can_be_decoded_out_of_a_name(sent: str, kept: str) -> None:
    """What browsers escape is `_`, any other escape loses its percent sign, and only escapes do."""
    assert safe_name(sent) == kept


@pytest.mark.parametrize("char", [*LIKE_SLASHES, *LIKE_DOTS], ids=unicodedata.name)
def test_what_looks_like_a_separator_or_a_dot_is_replaced(char: str) -> None:
    """Normalised or squeezed into eight bits somewhere later, it would be one."""
    assert safe_name(f"a{char}{char}b") == "a__b"
    assert safe_name(f"{char}b") == "_b"


@pytest.mark.parametrize("stem", ["CON", "prn", "Aux", "nul", "CONIN$", "conout$", "COM1", "com9", "LPT1", "lpt\xb9"])
@pytest.mark.parametrize("rest", ["", ".txt", ".tar.gz", " .txt", "  "])
def test_a_device_of_windows_becomes_a_file(stem: str, rest: str) -> None:
    """With any suffix, and with spaces that Windows drops."""
    assert safe_name(stem + rest) == f"_{stem}{rest.rstrip()}"


@pytest.mark.parametrize("name", ["CONSOLE.txt", "nullable.sql", "COM10", "lpt", "a.nul", "auxiliary", "COMA", "x CON"])
def test_what_only_begins_like_a_device_stays(name: str) -> None:
    """`_` in front of half the dictionary would help nobody."""
    assert safe_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "r\xe9sum\xe9 (final) v2.docx",
        "\u6f22\u5b57.csv",
        "\u6703\u8b70\uff1a\u8b70\u4e8b\u9332\uff1f.pdf",
        "\u0627\u0644\u0639\u0631\u0628\u064a\u0629.txt",
        "\u0939\u093f\u0928\u094d\u0926\u0940.txt",
        "\U0001f600 party\u2764\ufe0f.png",
        "\U0001fa77\U0001fae8.png",  # newer than Unicode 14, which Python 3.11 knows
        "it's 1 & 2 = #3; [4] {5} @home, 6+7!.tar.gz",
        "\xbd cup, 10 \xa5.txt",
        "a-b~c.d e",
        "Makefile",
    ],
    ids=ascii,
)
def test_an_ordinary_name_stays_as_it_is(name: str) -> None:
    """Any script, emoji, inner spaces and dots, the signs that do no harm."""
    assert safe_name(name) == name


def test_the_two_forms_of_an_accent_are_one_name() -> None:
    """macOS sends letters and accents apart; and what is invisible between them does not keep them so."""
    assert safe_name("1 <\u0338 2") == "1 \u226e 2"
    assert safe_name("re\u0301sume\u0301") == safe_name(f"re{JOINER}\u0301sum\xe9") == "r\xe9sum\xe9"


def test_spaces_of_every_width_are_plain_ones() -> None:
    """macOS writes screenshots with a narrow one."""
    assert safe_name("Screenshot 1.23.45\u202fPM\u3000a\xa0b.png") == "Screenshot 1.23.45 PM a b.png"


@pytest.mark.parametrize(
    "sent, kept",
    [
        ("a" * 5000 + ".csv", "a" * 196 + ".csv"),
        ("\xe9" * 5000 + ".csv", "\xe9" * 98 + ".csv"),
        ("\u6f22" * 5000 + ".csv", "\u6f22" * 65 + ".csv"),
        ("\U0001f600" * 5000, "\U0001f600" * 50),
        ("a" * 5000 + ".tar.gz", "a" * 193 + ".tar.gz"),
        ("a." + "b" * 5000, "a." + "b" * 198),
        ("a" * 100 + "." + "b" * 150, "a" * 100 + "." + "b" * 99),
        ("a" * 190 + " . " * 300 + ".csv", "a" * 190 + ".csv"),
        ("b/" * 100_000 + "c", "c"),
        (ZERO_WIDTH_SPACE * 1_000_000 + "x.csv", "x.csv"),
        ("CON" + " " * 300 + ".txt", "_CON.txt"),
    ],
    ids=[
        "ascii",
        "two bytes",
        "three bytes",
        "four bytes",
        "tar",
        "all suffix",
        "most suffix",
        "spaces",
        "folders",
        "invisible",
        "device",
    ],
)
def test_a_long_name_is_cut_in_front_of_its_suffix(sent: str, kept: str) -> None:
    """By bytes, between characters, and without spaces and dots at the cut."""
    assert safe_name(sent) == kept


def test_of_a_huge_name_only_the_ends_are_looked_at() -> None:
    """The client chose its length, and each character costs time."""
    assert safe_name(ZERO_WIDTH_SPACE * 10_000 + "middle" + ZERO_WIDTH_SPACE * 10_000 + "end.csv") == "end.csv"


@pytest.mark.parametrize("length", [16, 17, 100, 255])
def test_the_length_can_be_chosen(length: int) -> None:
    """To the byte, and with the suffix kept; a device is not made by the cut."""
    assert safe_name("a" * 300 + ".csv", max_length=length) == "a" * (length - 4) + ".csv"
    assert len(safe_name("\xe9" * 300, max_length=length).encode()) in (length, length - 1)
    assert safe_name("nul." + "a" * (length - 4), max_length=length) == "_nul." + "a" * (length - 5)
    assert not RESERVED.fullmatch(safe_name("nul" + "." * length + "x.abcdefg", max_length=length))


@pytest.mark.parametrize("length", [-1, 0, 15, 256, 10_000])
def test_a_length_that_file_systems_do_not_take_is_refused(length: int) -> None:
    """At once, not when the first long name comes."""
    with pytest.raises(ValueError, match=rf"max_length is 16 to 255 bytes.*{length}"):
        safe_name("x", max_length=length)


def test_the_default_can_be_chosen() -> None:
    """For names with nothing that can stay, and for no others."""
    assert safe_name("..", default="unnamed.bin") == "unnamed.bin"
    assert safe_name("x", default="unnamed.bin") == "x"


@pytest.mark.parametrize(
    "default, cure",
    [("", "'upload'"), ("..", "'upload'"), ("../x", "'x'"), (".x", "'x'"), ("nul", "'_nul'"), ("a" * 201, "'aaaa")],
)
def test_a_default_that_is_not_safe_is_refused(default: str, cure: str) -> None:
    """At once, and with a name that would do."""
    with pytest.raises(ValueError, match=f"default is itself a safe name.*: {cure}"):
        safe_name("fine.txt", default=default)


@settings(deadline=None, max_examples=500)
@given(anything | long_names, st.integers(16, 255))
def test_every_name_is_bare_and_safe(sent: str, length: int) -> None:
    """On Linux, macOS and Windows, now and after normalising and decoding once more."""
    name = safe_name(sent, max_length=length)
    assert 0 < len(name.encode()) <= length
    assert not name.startswith((".", "-", "~", " "))
    assert not name.endswith((".", " "))
    assert not set(name) & set('/\\:*?"<>|')
    assert not RESERVED.fullmatch(name)
    assert not {unicodedata.category(char) for char in name} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert unicodedata.is_normalized("NFC", name)
    assert os.path.basename(name) == ntpath.basename(name) == name  # noqa: PTH119 - a Path would hide a separator
    folded = unicodedata.normalize("NFKC", name)
    for read in (name, folded):
        decoded = unquote(read)
        assert decoded.count("/") + decoded.count("\\") == 0
        assert decoded.count(".") == name.count(".")


@settings(deadline=None)
@given(anything | long_names, st.integers(16, 255))
def test_a_safe_name_stays_as_it_is(sent: str, length: int) -> None:
    """So that it may pass through the function again, in another layer, or with a smaller bound before."""
    name = safe_name(sent, max_length=length)
    assert safe_name(name, max_length=length) == safe_name(name, max_length=255) == name


@settings(deadline=None)
@given(anything)
def test_equal_text_gives_one_name(sent: str) -> None:
    """In whichever of its canonical forms it was sent."""
    text = sent.encode(errors="replace").decode()
    assert safe_name(unicodedata.normalize("NFD", text)) == safe_name(unicodedata.normalize("NFC", text))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("uploads")


@settings(deadline=None)
@given(anything | long_names)
def test_every_name_is_a_file_in_the_folder(root: Path, sent: str) -> None:
    """It lies in the folder itself, can be made, is listed under its name, and can be removed."""
    name = safe_name(sent)
    real = os.path.realpath(os.path.join(root, name))  # noqa: PTH118 - the join of legacy code
    assert (os.path.dirname(real), os.path.basename(real)) == (os.path.realpath(root), name)  # noqa: PTH119, PTH120
    (root / name).touch(exist_ok=False)
    try:
        assert os.listdir(root) == [name]  # noqa: PTH208
    finally:
        (root / name).unlink()


@settings(deadline=None)
@given(st.integers(0, 2**128 - 1).map("{:x}".format))
def test_no_upload_can_pass_for_the_temporary_file_of_another(number: str) -> None:
    """Those begin with a dot."""
    assert not safe_name(f".{number}.fc-upload.part").startswith(".")
