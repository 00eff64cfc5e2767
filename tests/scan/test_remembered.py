"""The second scan of the same files: what is remembered, and what makes it think again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fastapi_convert import scan as room
from fastapi_convert.scan import Report, Settings, _analysis, _remembered, scan

APP = "import time\n\n\ndef work():\n    time.sleep(1)\n\n\nasync def view():\n    work()\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An application with one finding."""
    folder = tmp_path / "app"
    folder.mkdir()
    (folder / "main.py").write_text(APP)
    (folder / "other.py").write_text("async def quiet():\n    pass\n")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """With a cache of its own."""
    return Settings(cache_dir=tmp_path / "cache")


@pytest.fixture
def thoughts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many files each evaluation looked at."""
    counted: list[int] = []
    think = _analysis.analyse

    def counting(files: list) -> list:  # type: ignore[type-arg]  # handed on as it is
        counted.append(len(files))
        return think(files)

    monkeypatch.setattr(room, "analyse", counting)
    return counted


def without_figures(report: Report) -> Report:
    return replace(report, stats=replace(report.stats, seconds=0.0, cached=0))


def test_the_second_scan_does_not_think_and_says_the_same(tree: Path, settings: Settings, thoughts: list[int]) -> None:
    """All of the report, chains and figures too."""
    first, second = scan([tree], settings), scan([tree], settings)
    assert thoughts == [2]
    assert without_figures(first) == without_figures(second)
    assert [finding.async_function.name for finding in second.findings] == ["view"]


def test_what_is_reported_is_chosen_afterwards(tree: Path, settings: Settings, thoughts: list[int]) -> None:
    """Other levels, codes and comments need no new evaluation, and are not remembered."""
    assert len(scan([tree], settings).findings) == 1
    assert scan([tree], replace(settings, ignore=("FC101",))).findings == ()
    assert len(scan([tree], replace(settings, level="all")).findings) == 1
    assert thoughts == [2]


@pytest.mark.parametrize("file", ["main.py", "other.py", "new.py"])
def test_any_change_of_code_is_thought_about(tree: Path, settings: Settings, thoughts: list[int], file: str) -> None:
    """Also in a file without a finding: somebody may call it."""
    scan([tree], settings)
    (tree / file).write_text(APP + "\n\nasync def another():\n    work()\n")
    assert "another" in [finding.async_function.name for finding in scan([tree], settings).findings]
    assert len(thoughts) == 2


def test_a_file_that_goes_takes_its_findings_along(tree: Path, settings: Settings) -> None:
    """Nothing is remembered of it."""
    assert len(scan([tree], settings).findings) == 1
    (tree / "main.py").unlink()
    assert scan([tree], settings).findings == ()


def test_a_file_that_moves_is_found_where_it_is(tree: Path, settings: Settings) -> None:
    """The contents are the same, the path is not."""
    scan([tree], settings)
    (tree / "main.py").rename(tree / "moved.py")
    assert [finding.blocking.path for finding in scan([tree], settings).findings] == ["moved.py"]


def test_another_scan_thinks_anew(
    tree: Path, settings: Settings, thoughts: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new row, a new stub, a new version: any file of ours that differs."""
    scan([tree], settings)
    ours = tmp_path / "ours"
    ours.mkdir()
    (ours / "row.py").write_text("")
    monkeypatch.setattr(_remembered, "_PACKAGE", ours)
    scan([tree], settings)
    (ours / "row.py").write_text("ROWS = ()")
    scan([tree], settings)
    assert len(thoughts) == 3


def test_without_a_cache_nothing_is_kept(tree: Path, settings: Settings, thoughts: list[int]) -> None:
    """Neither read nor written."""
    off = replace(settings, cache=False)
    assert scan([tree], off).findings == scan([tree], off).findings
    assert thoughts == [2, 2]
    assert not (settings.cache_dir or tree).exists()


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_memory_is_no_memory(
    tree: Path, settings: Settings, thoughts: list[int], damage: bytes | None
) -> None:
    """Torn, foreign, or one byte flipped."""
    scan([tree], settings)
    assert settings.cache_dir is not None
    (memory,) = settings.cache_dir.glob("*.findings")
    whole = memory.read_bytes()
    memory.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]) if damage is None else damage)
    assert len(scan([tree], settings).findings) == 1
    assert len(thoughts) == 2
