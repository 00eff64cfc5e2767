"""The same sources give the same report: in any order, by any number of processes, cold or warm, for any hash seed."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

import pytest
from hypothesis import (
    HealthCheck,
    given,
    settings,
    strategies as st,
)

from fastapi_convert.scan import Report, Settings, scan
from fastapi_convert.scan.reports import json_report

# Everything in here has two ways or more: implementations, dispatch, cycles, ways of different length to one call.
BASE = """\
import time
from abc import ABC, abstractmethod

import requests


class Store(ABC):
    @abstractmethod
    def load(self, key): ...

    def refresh(self):
        return self.load(1)


def make(kind: str) -> Store:
    from pkg.stores import STORES
    return STORES[kind]()


def ping(n):
    if n:
        return pong(n - 1)
    time.sleep(1)


def pong(n):
    requests.get("http://pong")
    return ping(n)
"""
STORES = """\
import sqlite3
import time

from pkg.base import *
from pkg.base import Store, ping


class Quick(Store):
    def load(self, key):
        return key


class Slow(Store):
    def load(self, key):
        time.sleep(key)


class Disk(Slow):
    def load(self, key):
        super().load(key)
        return sqlite3.connect("x").execute("select 1")


class Net(Store):
    def load(self, key):
        ping(key)
        return requests.get("http://x")


STORES = {"quick": Quick, "slow": Slow, "disk": Disk, "net": Net}
"""
VIEWS = """\
import asyncio
from fastapi import APIRouter, Depends

from pkg.base import Store, make, ping, pong
from pkg.stores import STORES
from pkg import views_{other} as other

router = APIRouter(prefix="/v{n}")


async def store(kind: str):
    return make(kind)


@router.get("/{{key}}")
async def read(key: int, store: Store = Depends(store)):
    for each in {{store, *map(lambda s: s(), STORES.values())}}:
        each.refresh()
    ping(3)
    await other.work(pong, ping)


async def some(kind):
    make(kind).load(1)


async def work(*steps):
    for step in steps:
        step({n})
    await asyncio.to_thread(ping, 2)
    router.state = make("net")
    router.state.load(1)
"""
COUNT = 12


def grow(folder: Path) -> list[Path]:
    """A project whose files all need each other, and its files."""
    (folder / "pkg").mkdir(parents=True)
    sources = {"__init__": "", "base": BASE, "stores": STORES}
    sources |= {f"views_{n}": VIEWS.format(n=n, other=(n * 5 + 1) % COUNT) for n in range(COUNT)}
    for name, source in sources.items():
        (folder / "pkg" / f"{name}.py").write_text(source)
    return sorted((folder / "pkg").iterdir())


def told(report: Report) -> dict[str, Any]:
    """All that a report says, but for how long it took and what the cache knew."""
    read: dict[str, Any] = json.loads(json_report(report))
    del read["stats"]["seconds"], read["stats"]["cached"]
    return read


def scanned(paths: Iterable[Path], **more: Any) -> dict[str, Any]:
    return told(scan([*paths], Settings(**{"cache": False, "processes": 1, "level": "all", **more})))


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The files of a project."""
    return grow(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def expected(project: list[Path]) -> dict[str, Any]:
    """What must be said of it."""
    read = scanned(project)
    assert len({finding["async_function"]["path"] for finding in read["findings"]}) == COUNT
    assert {finding["level"] for finding in read["findings"]} == {"error", "warn"}
    return read


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_the_order_of_the_paths_does_not_matter(project: list[Path], expected: dict[str, Any], seed: int) -> None:
    """Nor that some are named twice."""
    order = [*project, *project[:3]]
    random.Random(seed).shuffle(order)
    assert scanned(order) == expected


def test_the_order_of_a_folder_does_not_matter(
    project: list[Path], expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Disks list files as they like."""
    real = os.scandir

    class Backwards:
        def __init__(self, path: str) -> None:
            with real(path) as listing:
                self._entries = sorted(listing, key=lambda entry: entry.name, reverse=True)

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None: ...

        def __iter__(self) -> Any:
            return iter(self._entries)

    monkeypatch.setattr(os, "scandir", Backwards)
    assert scanned([project[0].parent])["findings"] == expected["findings"]


@pytest.mark.parametrize("processes", [1, 2, 5])
def test_the_number_of_processes_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, expected: dict[str, Any], processes: int
) -> None:
    """Nor whether there are any: few files are parsed right here."""
    from fastapi_convert.scan.sources import _loading

    files = grow(tmp_path)
    monkeypatch.setattr(_loading, "_FEW_FILES", 0)
    monkeypatch.setattr(_loading, "_CHUNK_FILES", 2)
    assert scanned(files, processes=processes) == expected


def test_the_cache_does_not_matter(tmp_path: Path, expected: dict[str, Any]) -> None:
    """Cold, warm, after a change of one file and back, after one was added and removed again."""
    files = grow(tmp_path / "project")
    kept: dict[str, Any] = {"cache": True, "cache_dir": tmp_path / "cache"}
    assert scanned(files, **kept) == expected
    assert scan(files, Settings(**kept)).stats.cached == len(files)
    assert scanned(files, **kept) == expected

    base = files[1]
    base.touch()
    assert scanned(files, **kept) == expected
    base.write_text(BASE.replace("    time.sleep(1)\n", "    return 1\n"))
    changed = scanned(files, **kept)
    assert changed != expected
    assert changed == scanned(files)
    base.write_text("\n\n" + BASE)
    assert scanned(files, **kept) == scanned(files)
    base.write_text(BASE)
    assert scanned(files, **kept) == expected

    added = base.with_name("views_99.py")
    added.write_text(VIEWS.format(n=99, other=1))
    assert scanned([base.parent], **kept) == scanned([base.parent])
    added.unlink()
    assert scanned([base.parent], **kept)["findings"] == expected["findings"]


def test_one_scan_leaves_nothing_for_the_next_one(
    tmp_path: Path, project: list[Path], expected: dict[str, Any]
) -> None:
    """Not even when the one between is of other sources with the same names."""
    other = grow(tmp_path)
    for file in other[3:]:
        file.write_text("import time\n\n\nasync def read():\n    time.sleep(1)\n")
    between = scanned(other)
    assert len(between["findings"]) == COUNT
    assert scanned(project) == expected
    assert scanned(other) == between


def test_where_a_project_lies_does_not_matter(tmp_path: Path, expected: dict[str, Any]) -> None:
    """Its findings name the same paths from the root on."""
    assert scanned(grow(tmp_path / "a" / "very-deep" / "folder")) == expected


@pytest.mark.parametrize("seed", ["0", "1", "4242"])
def test_the_hash_seed_does_not_matter(project: list[Path], expected: dict[str, Any], seed: str) -> None:
    """Sets are nowhere gone through in their own order; byte for byte."""
    command = ["-P", "-m", "fastapi_convert.scan", *map(str, project), "--no-cache", "--level", "all"]
    done = subprocess.run(
        [sys.executable, *command, "--format", "json", "--processes", "1"],
        env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=False, timeout=50,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (1, "")
    read = json.loads(done.stdout)
    del read["stats"]["seconds"], read["stats"]["cached"]
    assert json.dumps(read) == json.dumps(expected)


def test_what_is_scanned_beside_a_function_does_not_change_what_it_blocks_on(tmp_path: Path) -> None:
    """A file that is used by nobody adds its own findings and no others."""
    files = grow(tmp_path)
    alone = scanned(files)["findings"]
    files[0].with_name("aaa.py").write_text("import time\n\n\nasync def unrelated():\n    time.sleep(1)\n")
    more = scanned([files[0].parent])["findings"]
    assert [each for each in more if each["async_function"]["path"] != "aaa.py"] == alone
    assert len(more) == len(alone) + 1
