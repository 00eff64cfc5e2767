"""The pages that are made from the mapping: as they are committed, and what stands on them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from fastapi_convert.mapping import CATEGORIES, TABLE
from fastapi_convert.mapping._pages import pages

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
_PAGES = pages()
_ANCHOR = re.compile(r"\{#([\w-]+)\}$", re.MULTILINE)
_LINK = re.compile(r"\]\(([\w./-]+)(?:#([\w-]+))?\)")


@pytest.mark.parametrize("name", _PAGES)
def test_the_committed_pages_are_those_that_the_mapping_makes(name: str) -> None:
    """If not: `python -m fastapi_convert.mapping docs/reference`."""
    assert (_REFERENCE / name).read_text(encoding="utf-8") == _PAGES[name]


def test_the_command_writes_the_pages(tmp_path: Path) -> None:
    """The same ones, into the folder that it is given."""
    subprocess.run([sys.executable, "-m", "fastapi_convert.mapping", str(tmp_path)], check=True)
    assert {page.name: page.read_text(encoding="utf-8") for page in tmp_path.iterdir()} == _PAGES


def test_the_command_says_what_it_needs() -> None:
    """Without a folder it writes nowhere."""
    ran = subprocess.run([sys.executable, "-m", "fastapi_convert.mapping"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1
    assert "Name the folder" in ran.stderr


@pytest.mark.parametrize("name", _PAGES)
def test_every_link_leads_somewhere(name: str) -> None:
    """To a page of the reference, and to a heading of it."""
    links = _LINK.findall(_PAGES[name])
    assert links
    for target, anchor in links:
        assert (_REFERENCE / target).exists()
        assert not anchor or anchor in _ANCHOR.findall(_PAGES[target])


@pytest.mark.parametrize("name", _PAGES)
def test_no_two_headings_have_one_anchor(name: str) -> None:
    """A library has a section under each code that it has rows of."""
    anchors = _ANCHOR.findall(_PAGES[name])
    assert len(anchors) == len(set(anchors))


def test_the_page_of_codes_has_all_that_a_category_says() -> None:
    """What happens, why it matters and what to do."""
    for each in CATEGORIES:
        for said in (f"## {each.code}: {each.name}", f"An `async def` {each.title}.", each.why, each.cure):
            assert said in _PAGES["codes.md"]


def test_the_page_of_the_mapping_has_every_row() -> None:
    """As a name of its own, or as a method beside the class it belongs to."""
    sections = {part.partition(":")[0]: part for part in _PAGES["mapping.md"].split("\n## ")}
    for row in TABLE.rows:
        owner, _, name = row.name.rpartition(".")
        lines = sections[row.category.code].splitlines()
        alone = f"| `{name if owner == 'builtins' else row.name}` |"
        assert any(line.startswith(alone) for line in lines) or _beside(owner, name, lines), row.name


def _beside(owner: str, name: str, lines: list[str]) -> bool:
    shown = {"__iter__": "iterating", "__call__": "calling it", "__enter__": "entering", "__exit__": "leaving"}
    return any((f"`{owner}`" in line or owner == "builtins") and shown.get(name, f"`{name}`") in line for line in lines)


def test_methods_of_one_class_share_a_line() -> None:
    """The page is for reading: thousands of names, hundreds of lines."""
    assert (
        "| `requests`, `requests.Session`: `get`, `options`, `head`, `post`, `put`, `patch`, `delete`, `request` "
        "| `httpx.AsyncClient.*` | error |"
    ) in _PAGES["mapping.md"]
    assert sum(line.startswith("| `") for line in _PAGES["mapping.md"].splitlines()) < len(TABLE.rows) / 2


def test_an_argument_that_makes_it_harmless_is_told() -> None:
    """Beside what the row itself notes."""
    assert (
        "| `sched.scheduler.run` | `asyncio.AbstractEventLoop.call_later` | error | Harmless with `blocking=False`. |"
        in (_PAGES["mapping.md"])
    )
