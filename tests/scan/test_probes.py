"""The probes themselves: a page that is read wrongly, or a comparison that forgives, would prove nothing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from fastapi_convert.scan.findings import AsyncFunction, BlockingCall, Finding, Level, Report, Step, Warned
from tests.scan.probe import PAGES, Place, Probe, compare, expectations, probe_from, read_page

APP = """\
import time


async def view():
    time.sleep(1)  # blocks: view
    time.sleep(2)
"""
ALL_PAGES = sorted(path.relative_to(PAGES).as_posix() for path in PAGES.rglob("*.md"))
each_page = pytest.mark.parametrize("page", ALL_PAGES)


def _finding(line: int = 5, name: str = "view", level: Level = "error", column: int = 5) -> Finding:
    call = BlockingCall("app.py", line, column, "time.sleep")
    top = AsyncFunction("app.py", 4, name)
    return Finding("FC101", level, "", "asyncio.sleep", top, (Step("app.py", line, "time.sleep"),), call)


def test_a_report_that_says_what_the_comments_say_is_right() -> None:
    """No missing line, none too many."""
    assert compare(probe_from(APP), Report((_finding(),))) == []


@pytest.mark.parametrize(
    "report, beginnings",
    [
        pytest.param(Report(), ["missing"], id="nothing"),
        pytest.param(Report((_finding(), _finding(6))), ["unexpected"], id="one more line"),
        pytest.param(Report((_finding(name="other"),)), ["missing", "unexpected"], id="another function"),
        pytest.param(Report((_finding(level="warn"),)), ["level"], id="another level"),
        pytest.param(Report((_finding(), _finding())), ["twice"], id="the same twice"),
        pytest.param(Report((_finding(),), (Warned("app.py", 0, "odd"),)), ["warning"], id="a file that is not read"),
    ],
)
def test_a_report_that_says_anything_else_is_wrong(report: Report, beginnings: list[str]) -> None:
    """Each way to differ is told, with the line of the source."""
    assert [line.partition(":")[0] for line in compare(probe_from(APP), report)] == beginnings


def test_the_strongest_finding_of_a_line_counts() -> None:
    """`open(path).read()` is two calls of one line, and two rows of the table."""
    assert compare(probe_from(APP), Report((_finding(column=9, level="all"), _finding()))) == []


def test_comments_name_functions_and_levels() -> None:
    """Several functions, several levels, other files."""
    probe = probe_from({"a/b.py": "f()  # blocks: A.b, c.<locals>.d; blocks(warn): e; blocks(all): g\nh()  # no\n"})
    assert expectations(probe) == {
        Place("a/b.py", 1, "A.b"): "error",
        Place("a/b.py", 1, "c.<locals>.d"): "error",
        Place("a/b.py", 1, "e"): "warn",
        Place("a/b.py", 1, "g"): "all",
    }


def _async_functions(tree: ast.AST, prefix: str = "") -> set[str]:
    names = set()
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.ClassDef):
            names |= _async_functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            names |= {prefix + child.name} if isinstance(child, ast.AsyncFunctionDef) else set()
            names |= _async_functions(child, f"{prefix}{child.name}.<locals>.")
        else:
            names |= _async_functions(child, prefix)
    return names


def _functions_of(probe: Probe) -> set[str]:
    return set[str]().union(*(_async_functions(ast.parse(source)) for source in probe.files.values()))


@each_page
def test_a_page_is_python_whose_comments_name_async_functions(page: str) -> None:
    """A comment with a typing error would make a probe that no scan can pass, or that every scan passes."""
    for probe in read_page(page):
        assert {place.function for place in expectations(probe)} <= _functions_of(probe), probe.name
        comments = [line for source in probe.files.values() for line in source.split("\n") if "# blocks" in line]
        assert len({(place.path, place.line) for place in expectations(probe)}) == len(comments), probe.name


@each_page
def test_each_probe_of_a_page_has_a_name_of_its_own_and_says_what_it_shows(page: str) -> None:
    """The name is the id of a test, the sentence stands above what failed."""
    read = read_page(page)
    assert read
    assert len({probe.name for probe in read}) == len(read)
    assert [probe.name for probe in read if not re.fullmatch(r"[A-Z`].*\.", probe.says, re.DOTALL)] == []


@each_page
def test_every_page_is_run_by_a_test(page: str) -> None:
    """A page that nobody reads is worth nothing."""
    modules = Path(__file__).parent.glob("test_*.py")
    assert any(f'"{page}"' in module.read_text(encoding="utf-8") for module in modules)
