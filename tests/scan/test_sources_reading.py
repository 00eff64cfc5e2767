"""From bytes to facts: whatever the bytes are, there is an answer."""

from __future__ import annotations

import ast
import os
import sys
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import (
    example,
    given,
    strategies as st,
)

from fastapi_convert.scan import facts
from fastapi_convert.scan.sources import _files
from fastapi_convert.scan.sources._files import Unreadable, read_file
from fastapi_convert.scan.sources._newer import newer_python
from fastapi_convert.scan.sources._reading import decode, extract


def accepted(text: str | bytes) -> bool:
    return extract(text if isinstance(text, bytes) else text.encode()).facts is not None


@pytest.mark.parametrize(
    "data, text",
    [
        (b"x = '\xc3\xa9'", "x = 'é'"),
        (b"\xef\xbb\xbfx = 1", "x = 1"),
        (b"\xef\xbb\xbf# coding: utf-8\n", "# coding: utf-8\n"),
        (b"# -*- coding: latin-1 -*-\nx = '\xe9'", "# -*- coding: latin-1 -*-\nx = 'é'"),
        (b"#!/usr/bin/python\n# vim: fileencoding=cp1252 :\nx = '\x80'", None),
        (b"# coding: euc-jp\nx = '\xa4\xa2'", "# coding: euc-jp\nx = 'あ'"),
        (b"a = 1\r\nb = 2\rc = 3\n", "a = 1\nb = 2\nc = 3\n"),
        (b"\x0cimport os\x0c\n\tx\n", "\x0cimport os\x0c\n\tx\n"),
        (b"", ""),
    ],
)
def test_text_is_decoded_as_python_does(data: bytes, text: str | None) -> None:
    """BOM, coding lines, every end of a line."""
    assert decode(data) == (text or data.decode("cp1252"))


def test_the_lines_of_the_text_are_those_of_the_tree() -> None:
    """A form feed and Unicode's separators end no line, a lone CR does."""
    data = "a = '\u2028\x1c'\x0c\rb = 2\r\n\r\nc = 3".encode()
    lines = decode(data).split("\n")
    assert [lines[node.lineno - 1][0] for node in ast.parse(data).body] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "data, line, words",
    [
        ("x = 1".encode("utf-16"), 0, "UTF-16"),
        (b"x = 1\ny = '\0'\n", 2, "null bytes"),
        (b"a = 1\nx = '\xe9'\n", 2, "not utf-8"),
        (b"# coding: nonsense\n", 0, "unknown encoding"),
        (b"# coding: hex\n00", 0, "'hex' is none"),
        (b"# coding: utf-16\n", 0, "'utf-16' is none"),
        (b"# coding: punycode\n" + b"a" * 1000, 0, "'punycode' is none"),
        (b"\xef\xbb\xbf# coding: latin-1\n", 0, "encoding problem"),
        (b"# coding: ascii\nx = '\xe9'", 2, "not ascii"),
    ],
)
def test_what_is_no_text_is_left_out(data: bytes, line: int, words: str) -> None:
    """With the line, where there is one."""
    result = extract(data)
    assert result.facts is None
    assert result.line == line
    assert result.problem.startswith("left out; Python says: ")
    assert words in result.problem


def test_a_syntax_error_tells_its_line_and_what_python_says() -> None:
    """In Python's own words."""
    assert extract(b"x = 1\nif x\n    pass\n") == (None, 2, "left out; Python says: expected ':'")


def test_the_facts_are_those_of_the_room_that_makes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is given the tree and the text; what it refuses is nested too deeply."""
    seen: list[tuple[str, str]] = []

    def lower(tree: ast.Module, text: str) -> bytes:
        seen.append((ast.unparse(tree), text))
        return b"facts"

    monkeypatch.setattr(facts, "lower", lower)
    assert extract(b"x=1  # why\r\n") == (b"facts", 0, "")
    assert seen == [("x = 1", "x=1  # why\n")]


@pytest.mark.parametrize("error", [RecursionError, MemoryError, ValueError])
def test_what_cannot_be_lowered_is_nested_too_deeply(
    monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception]
) -> None:
    """For the tree was fine."""

    def lower(tree: ast.Module, text: str) -> bytes:
        raise error()

    monkeypatch.setattr(facts, "lower", lower)
    assert "nested too deeply" in extract(b"").problem


def test_an_error_that_nobody_foresaw_leaves_out_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is told, so that it can be mended."""

    def lower(tree: ast.Module, text: str) -> bytes:
        raise KeyError("what")

    monkeypatch.setattr(facts, "lower", lower)
    assert extract(b"") == (None, 0, "left out: it cannot be understood (KeyError: 'what').")


def test_warnings_about_the_scanned_code_are_neither_shown_nor_raised() -> None:
    """They are errors in this test run; and the filters are as before."""
    before = list(warnings.filters)
    assert accepted("x = '\\d'\nassert (x, 1)\nx is 1\n0x1for x in y\n")
    assert accepted("def f():\n    try:\n        pass\n    finally:\n        return 1\n")
    assert warnings.filters == before


DEEP = {
    "parentheses": "x = " + "(" * 10_000 + ")" * 10_000,
    "unary minus": "x = " + "-" * 10_000 + "1",
    "not": "x = " + "not " * 10_000 + "1",
    "attributes": "x" + ".a" * 10_000,
    "calls": "f" + "()" * 10_000,
    "subscripts": "x" + "[0]" * 10_000,
    "sum": "x = 1" + "+1" * 10_000,
    "powers": "x = 1" + "**1" * 10_000,
    "lambdas": "x = " + "lambda: " * 10_000 + "1",
    "conditions": "x = " + "1 if y else " * 10_000 + "1",
    "elifs": "if a: pass\n" + "elif a: pass\n" * 10_000,
    "ifs": "".join(" " * depth + "if x:\n" for depth in range(10_000)) + " " * 10_000 + "pass",
    "functions": "".join(" " * depth + "def f():\n" for depth in range(10_000)) + " " * 10_000 + "pass",
    "f-strings": "f'" + "{x:" * 10_000 + "}" * 10_000 + "'",
    "integer": "x = " + "9" * 1_000_000,
}


@pytest.mark.parametrize("shape", DEEP)
def test_ten_thousand_levels_are_a_warning(shape: str) -> None:
    """Python's parser gives up, each time in another way."""
    result = extract(DEEP[shape].encode())
    assert result.facts is None
    assert result.problem.startswith("left out")
    assert len(result.problem) < 400


@pytest.mark.parametrize("levels", [50, 100, 200, 400, 800, 900, 1000, 1500, 2000, 2900, 3000])
@pytest.mark.parametrize("shape", ["x" + "{}", "x = {}1", "x = 1{}"])
def test_the_edge_of_what_can_be_parsed_is_no_crash(levels: int, shape: str) -> None:
    """The parser, the tree and the facts have different limits."""
    piece = {"x{}": ".a", "x = {}1": "-", "x = 1{}": "+1"}[shape]
    result = extract(shape.format(piece * levels).encode())
    assert (result.facts is None) == bool(result.problem)


def test_wide_files_are_read() -> None:
    """A literal of a megabyte, ten thousand functions' worth of decorators."""
    assert accepted("x = [" + "1, " * 100_000 + "]\ny = '" + "a" * 1_000_000 + "'\n")
    assert accepted("x = " + "'a' " * 20_000)
    assert accepted("".join(f"def f{number}(): pass\n" for number in range(5_000)))


@given(st.binary(max_size=300))
@example(b"# coding: unicode_escape\n'\\ud800'")
@example(b"# coding: utf-7\n+2AA-")
@example(b"\xff\xfe")
def test_random_bytes_never_raise(data: bytes) -> None:
    """Facts or a reason, never both."""
    result = extract(data)
    assert (result.facts is None) == bool(result.problem)
    assert result.line >= 0


@given(
    st.sampled_from(
        sorted({"utf-8", "utf-7", "utf-32", "idna", "rot13", "uu", "undefined", "mbcs", "raw_unicode_escape", "a.b"})
    ),
    st.binary(max_size=60),
)
def test_no_coding_line_raises(encoding: str, data: bytes) -> None:
    """Codecs that are none, that are not of text, that refuse everything."""
    result = extract(b"# coding: " + encoding.encode() + b"\n" + data)
    assert (result.facts is None) == bool(result.problem)


@given(
    st.lists(
        st.sampled_from(
            [
                "def ",
                "class ",
                "(",
                ")",
                ":",
                "\n",
                "    ",
                "x",
                " = ",
                "async ",
                "await ",
                "f'{",
                "}'",
                "[",
                "]",
                "*",
                ",",
                "lambda ",
                "if ",
                "else ",
                "match ",
                "case ",
                "type ",
                "@",
                "1",
                "with ",
                " as ",
            ]
        ),
        max_size=40,
    )
)
def test_random_code_never_raises(pieces: list[str]) -> None:
    """Some of it is valid."""
    result = extract("".join(pieces).encode())
    assert (result.facts is None) == bool(result.problem)


NEWER = [
    ("type Ids = list[int]", "3.12"),
    ("    type Pair[T] = tuple[T, T]", "3.12"),
    ("def first[T](items: list[T]) -> T: ...", "3.12"),
    ("async def first[T](items): ...", "3.12"),
    ("class Box[T]: ...", "3.12"),
    ("x = t'hello {name}'", "3.14"),
    ("x = rt'hello {name}'", "3.14"),
    ("    except ValueError, TypeError:", "3.14"),
]


@pytest.mark.parametrize("line, version", NEWER)
def test_syntax_of_a_newer_python_is_told(line: str, version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the interpreter cannot parse it."""

    def parse(sample: str) -> ast.Module:
        raise SyntaxError

    monkeypatch.setattr(ast, "parse", parse)
    assert newer_python(line, "invalid syntax") == version


@pytest.mark.parametrize(
    "line",
    ["type(x) = 1", "print 'x'", "except (A, B):", "x = get'x'", "definitely [", "def f(:", "type x", "a" * 100_000],
)
def test_other_errors_are_no_question_of_the_version(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However new the interpreter is."""

    def parse(sample: str) -> ast.Module:
        raise SyntaxError

    monkeypatch.setattr(ast, "parse", parse)
    assert newer_python(line, "invalid syntax") == ""


@pytest.mark.parametrize(
    "code, version",
    [
        ("type Ids = list[int]\n", "3.12"),
        ("def first[T](items: list[T]) -> T: ...\n", "3.12"),
        ("x = {}\ny = f'{x['a']}'\n", "3.12"),
        ("name = 1\nx = t'hello {name}'\n", "3.14"),
        ("try:\n    pass\nexcept ValueError, TypeError:\n    pass\n", "3.14"),
    ],
)
def test_new_syntax_is_read_whatever_the_interpreter_can(code: str, version: str) -> None:
    """And if something else is wrong with the file, the warning of an older one says what it would need."""
    assert extract(code.encode()).facts is not None
    result = extract(f"{code}x = = 1\n".encode())
    can = sys.version_info >= tuple(map(int, version.split(".")))
    assert result.problem.endswith(f" (needs Python {version} or newer to parse)") != can


def test_a_file_is_read_up_to_the_limit(tmp_path: Path) -> None:
    """And not a byte beyond; one of fifty megabytes is not read at all."""
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * 100)
    assert read_file(path, 100) == b"x" * 100
    with pytest.raises(Unreadable, match=r"100 bytes.*max_file_size is 99"):
        read_file(path, 99)
    with path.open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(Unreadable, match="50000000 bytes"):
        read_file(path, 10_000_000)


def test_a_file_that_grows_is_read_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size was right when it was asked for."""
    path = tmp_path / "a.py"
    path.write_bytes(b"x" * 3_000_000)
    monkeypatch.setattr(_files, "_check", lambda _status, _limit: None)
    assert len(read_file(path, 3_000_000)) == 3_000_000
    with pytest.raises(Unreadable, match="max_file_size is 2999999"):
        read_file(path, 2_999_999)


def test_a_fifo_that_took_the_place_of_a_file_does_not_hang(tmp_path: Path) -> None:
    """Nor does what is no file at all."""
    os.mkfifo(tmp_path / "a.py")
    (tmp_path / "b.py").mkdir()
    for path in (tmp_path / "a.py", tmp_path / "b.py", Path("/dev/zero")):
        with pytest.raises(Unreadable, match=r"not a regular file|Is a directory"):
            read_file(path, 100)


def test_a_file_that_cannot_be_opened_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gone, or not for this user."""
    with pytest.raises(Unreadable, match="No such file"):
        read_file(tmp_path / "gone.py", 100)

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Unreadable, match=r"cannot be read \(Permission denied\)"):
        read_file(tmp_path / "a.py", 100)


def test_scans_on_several_threads_leave_the_filters_of_warnings_alone() -> None:
    """They belong to the whole process: one that is "restored" by the wrong thread would stay silent for ever."""
    before = list(warnings.filters)
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(extract, [b"x = '\\d'\n" + b"y = [1, 2, 3]\n" * 2000] * 40))
    assert all(result.facts is not None for result in results)
    assert warnings.filters == before
