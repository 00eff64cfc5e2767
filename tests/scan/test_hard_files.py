"""Files that are odd, broken, new or deep: at worst one warning for the file, and every other file is scanned."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_convert.scan import Settings, scan
from fastapi_convert.scan.findings import Report

BLOCKING = "import time\n\n\nasync def view():\n    time.sleep(1)\n"


def _scan(folder: Path) -> Report:
    return scan([folder], Settings(cache=False, processes=1))


def _names(report: Report) -> list[str]:
    return sorted({f.async_function.name for f in report.findings})


@pytest.mark.parametrize(
    "data, line",
    [
        pytest.param(BLOCKING.replace("\n", "\r\n").encode(), 5, id="CRLF"),
        pytest.param(BLOCKING.replace("\n", "\r").encode(), 5, id="CR"),
        pytest.param(BLOCKING.encode("utf-8-sig"), 5, id="BOM"),
        pytest.param(BLOCKING.replace("    ", "\t").encode(), 5, id="tabs"),
        pytest.param(("# coding: latin-1\n# \xe9\n" + BLOCKING).encode("latin-1"), 7, id="latin-1"),
        pytest.param(BLOCKING.rstrip("\n").encode(), 5, id="no last newline"),
        pytest.param(BLOCKING.replace("\n\n\n", "\n\f\n\n").encode(), 5, id="form feed"),
    ],
)
def test_odd_files_are_read_like_python_reads_them(data: bytes, line: int, tmp_path: Path) -> None:
    """Line ends, byte order marks, tabs and encodings; the line is right all the same."""
    (tmp_path / "app.py").write_bytes(data)
    report = _scan(tmp_path)
    assert [(f.async_function.name, f.blocking.line) for f in report.findings] == [("view", line)]
    assert report.warnings == ()


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("async def view(:\n", id="wrong syntax"),
        pytest.param("x = 1\x00\n", id="NUL byte"),
        pytest.param("# coding: no-such-thing\nx = 1\n", id="unknown encoding"),
        pytest.param("x = " + "(" * 10_000 + "1" + ")" * 10_000 + "\n", id="ten thousand brackets"),
        pytest.param("x = " + "-" * 100_000 + "1\n", id="a hundred thousand signs"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_warning_and_hides_no_other(source: str, tmp_path: Path) -> None:
    """The neighbours are scanned, and the reader is told which file was not."""
    (tmp_path / "broken.py").write_text(source)
    (tmp_path / "app.py").write_text(BLOCKING)
    report = _scan(tmp_path)
    assert _names(report) == ["view"]
    assert [warned.path for warned in report.warnings] == ["broken.py"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f():\n    return t'{1}'\n", id="template string"),
        pytest.param("try:\n    x = 1\nexcept ValueError, KeyError:\n    pass\n", id="except without brackets"),
        pytest.param("type A = int\n\n\ndef f[T](x: T) -> T:\n    return x\n", id="type parameters"),
        pytest.param("def f(x):\n    return f'{x['a']}'\n", id="quotes in f-strings"),
    ],
)
def test_newer_syntax_hides_no_other_file(source: str, tmp_path: Path) -> None:
    """However old the Python, it is read, and so is the neighbour."""
    (tmp_path / "newer.py").write_text(source)
    (tmp_path / "app.py").write_text(BLOCKING)
    report = _scan(tmp_path)
    assert _names(report) == ["view"]
    assert report.warnings == ()


def _chain(length: int) -> str:
    last = f"def f{length}():\n    time.sleep(1)\n"
    calls = "".join(f"def f{n}():\n    f{n + 1}()\n\n\n" for n in range(length))
    return f"import time\n\n\n{calls}{last}\n\nasync def view():\n    f0()\n"


def test_a_chain_of_fifty_calls_is_followed(tmp_path: Path) -> None:
    """All the way down, and told call by call."""
    (tmp_path / "app.py").write_text(_chain(50))
    (finding,) = _scan(tmp_path).findings
    assert (finding.async_function.name, finding.blocking.call) == ("view", "time.sleep")
    assert [step.name for step in finding.chain] == [*(f"f{n}" for n in range(51)), "time.sleep"]


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(_chain(10_000), id="chain of ten thousand functions"),
        pytest.param("x = " + " + ".join(["1"] * 10_000) + "\n", id="sum of ten thousand"),
        pytest.param("x = y" + ".z" * 10_000 + "\n", id="ten thousand dots"),
        pytest.param("class A:\n    def f(self):\n        return self\n\n\nA()" + ".f()" * 10_000 + "\n", id="calls"),
        pytest.param("\n".join(" " * n + "if x:" for n in range(90)) + "\n" + " " * 90 + "y\n", id="nested branches"),
        pytest.param("".join(f"class C{n + 1}(C{n}):\n    pass\n" for n in range(2_000)), id="bases"),
        pytest.param(
            "class A(B):\n    pass\n\n\nclass B(A):\n    pass\n\n\nasync def f(a: A):\n    a.x()\n", id="circle"
        ),
        pytest.param("x = [lambda: x]\n\n\nasync def f():\n    x[0]()[0]()[0]()\n", id="a list of itself"),
        pytest.param("def f(g):\n    return f(lambda: g)\n\n\nasync def v():\n    f(f)\n", id="closures without end"),
        pytest.param("def f(*a):\n    return f(1, *a)\n\n\nasync def v():\n    f()\n", id="arguments without end"),
    ],
)
def test_depth_ends_no_scan(source: str, tmp_path: Path) -> None:
    """At worst a file is left out with a warning; the neighbour is always scanned."""
    (tmp_path / "deep.py").write_text(source)
    (tmp_path / "app.py").write_text(BLOCKING.replace("view", "neighbour"))
    report = _scan(tmp_path)
    assert "neighbour" in _names(report)
    assert {warned.path for warned in report.warnings} <= {"deep.py"}
