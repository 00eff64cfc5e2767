"""Shapes that an attack found: one ended no scan, others lost a line, a function or a module."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.scan.test_hostile_programs import NEIGHBOUR, scanned, told, write


@pytest.fixture
def ten_seconds() -> Iterator[None]:
    """An alarm, for what does not end."""

    def ring(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(10)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("def f(n):\n    return f((n, n))\n\n\nasync def v():\n    f(1)\n", id="tuples that double"),
    ],
)
def test_programs_that_end_a_scan(source: str, tmp_path: Path, ten_seconds: None) -> None:
    """They should not."""
    report = scanned(write(tmp_path, deep=source, app=NEIGHBOUR))
    assert told(report) == [("neighbour", "time.sleep")]


def test_an_endpoint_that_is_called_like_its_dependency_has_the_earlier_function(tmp_path: Path) -> None:
    """The default is evaluated before the name is bound anew."""
    source = (
        "import sqlite3\nfrom fastapi import Depends, FastAPI\n\napp = FastAPI()\n\n\ndef get_db():\n"
        "    return sqlite3.connect('x')\n\n\n@app.get('/')\n"
        "async def get_db(db=Depends(get_db)):\n    return db.execute('select 1')\n"
    )
    assert ("get_db", "sqlite3.Connection.execute") in told(scanned(write(tmp_path, app=source)))


_FLAG = """\
import time


class Flag:
    def __bool__(self):
        time.sleep(1)
        return True

    def __iter__(self):
        time.sleep(1)
        return iter([1, 2])


async def view(x: Flag):
    {}
"""


@pytest.mark.parametrize(
    "statement",
    [
        "if x: pass", "if not x: pass", "y = x or 1", "y = 1 if x else 2", "while x: break", "assert x", "return not x",
        "[a for a in [1] if x]", "a, b = x", "a, *b = x", "[*x]", "if Flag(): pass",
    ],
)  # fmt: skip
def test_the_line_of_a_call_without_brackets_is_known(statement: str, tmp_path: Path) -> None:
    """Lines begin with 1, as the contract says: what has no position of its own has that of its statement."""
    for finding in scanned(write(tmp_path, app=_FLAG.format(statement))).findings:
        assert finding.chain[0].line == 15


def test_a_package_goes_before_a_module_of_its_name(tmp_path: Path) -> None:
    """As Python has it: `tools/__init__.py` hides `tools.py`."""
    write(
        tmp_path,
        tools="import time\n\n\ndef work():\n    time.sleep(1)\n",
        app="from tools import work\n\n\nasync def view():\n    work()\n",
    )
    assert told(scanned(tmp_path)) == [("view", "time.sleep")]
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("def work():\n    pass\n")
    assert told(scanned(tmp_path)) == []
