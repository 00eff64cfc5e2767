"""The cache of facts: what it remembers, whom it believes, and that it never is a reason to fail."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fastapi_convert.scan import facts
from fastapi_convert.scan.settings import Settings
from fastapi_convert.scan.sources import Sources, load_sources
from fastapi_convert.scan.sources._cache import Cache
from fastapi_convert.scan.sources._cache_folder import cache_folder
from tests.scan.source_trees import grow, summary

Scan = Callable[[], Sources]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return grow(tmp_path / "project", a="x = 1", b="y = 2", c="z = 3", broken="if")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def scan(root: Path, folder: Path) -> Scan:
    return lambda: load_sources([root], Settings(cache_dir=folder))


def cached(sources: Sources) -> list[str]:
    return [file.path for file in sources.files if file.cached]


def test_what_was_parsed_once_is_known(scan: Scan, folder: Path) -> None:
    """All of it, and the answers are the same; syntax errors are told again."""
    cold, warm = scan(), scan()
    assert (cached(cold), cached(warm)) == ([], ["a.py", "b.py", "c.py"])
    assert summary(cold) == summary(warm)
    assert [warning.path for warning in warm.warnings] == ["broken.py"]
    assert len(list(folder.iterdir())) == 1


def test_it_is_the_contents_that_count(scan: Scan, root: Path) -> None:
    """Not the name, nor the time: a file may be moved or touched, and one that changed within a tick is seen."""
    scan()
    status = (root / "a.py").stat()
    (root / "a.py").write_text("x = 9")
    os.utime(root / "a.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    os.utime(root / "b.py", (0, 0))
    (root / "c.py").rename(root / "d.py")
    assert cached(scan()) == ["b.py", "d.py"]


def test_what_was_not_used_is_forgotten(scan: Scan, root: Path, folder: Path) -> None:
    """So the cache is as large as the project."""
    (root / "a.py").write_text("".join(f"def function_{number}(): pass\n" for number in range(2000)))
    scan()
    (pack,) = folder.iterdir()
    large = pack.stat().st_size
    (root / "a.py").unlink()
    scan()
    assert pack.stat().st_size < large - 50_000
    assert cached(scan()) == ["b.py", "c.py"]


def test_other_paths_do_not_push_each_other_out(root: Path, folder: Path) -> None:
    """A scan of one file leaves the facts of the whole tree alone."""
    settings = Settings(cache_dir=folder)
    load_sources([root], settings)
    load_sources([root / "a.py"], settings)
    assert cached(load_sources([root], settings)) == ["a.py", "b.py", "c.py"]


def test_facts_of_another_version_are_not_used(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither of ours nor of Python's."""
    scan()
    with monkeypatch.context() as patch:
        patch.setattr(facts, "facts_version", lambda: "another")
        assert cached(scan()) == []
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "4.0")
        assert cached(scan()) == []
    assert cached(scan()) == ["a.py", "b.py", "c.py"]


def test_no_cache_means_no_files(root: Path, folder: Path) -> None:
    """Not even a folder."""
    load_sources([root], Settings(cache=False, cache_dir=folder))
    assert not folder.exists()


def test_the_folder_is_the_users_own(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the platform keeps such things; nobody else may look into it."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_folder(Settings(), root) == tmp_path / "xdg/fastapi-convert/scan"
    assert stat.S_IMODE((tmp_path / "xdg/fastapi-convert/scan").stat().st_mode) == 0o700
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert cache_folder(Settings(), root) == tmp_path / "home/.cache/fastapi-convert/scan"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_folder(Settings(), root) == tmp_path / "home/Library/Caches/fastapi-convert/scan"


def test_a_user_without_a_home_has_no_cache(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And that is no error."""

    def home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", home)
    assert cache_folder(Settings(), root) is None


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_to_is_not_believed(scan: Scan, folder: Path, mode: int) -> None:
    """Nor written to."""
    folder.mkdir()
    folder.chmod(mode)
    scan()
    assert cached(scan()) == []
    assert list(folder.iterdir()) == []


def test_a_folder_of_somebody_else_is_not_believed(scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `sudo` the home may still be another user's."""
    scan()
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert cached(scan()) == []


def test_a_folder_in_the_project_is_not_used(root: Path, tmp_path: Path) -> None:
    """A repository must not bring its own facts along, by a link neither."""
    (tmp_path / "link").symlink_to(root)
    for inside in (root, root / "deep/cache", tmp_path / "link/cache", root / "../project/cache"):
        assert cache_folder(Settings(cache_dir=inside), root) is None
    assert sorted(path.name for path in root.iterdir()) == ["a.py", "b.py", "broken.py", "c.py"]


def test_a_pack_that_was_damaged_is_ignored(tmp_path: Path) -> None:
    """Cut off or garbled at any byte: never wrong facts."""
    key = Cache(tmp_path, []).key(b"data")
    cache = Cache(tmp_path, [])
    cache.put(key, b"facts")
    cache.save()
    (pack,) = tmp_path.iterdir()
    whole = pack.read_bytes()
    assert Cache(tmp_path, []).get(key) == b"facts"
    for place in range(len(whole)):
        for damaged in (
            whole[:place],
            whole[:place] + bytes([whole[place] ^ 0x41]) + whole[place + 1 :],
            whole[:place] + whole[place + 1 :],
        ):
            pack.write_bytes(damaged)
            assert Cache(tmp_path, []).get(key) is None
    pack.write_bytes(whole + b"x")
    assert Cache(tmp_path, []).get(key) is None


def test_a_damaged_pack_is_replaced(scan: Scan, folder: Path) -> None:
    """With the next scan."""
    scan()
    (pack,) = folder.iterdir()
    pack.write_bytes(pack.read_bytes()[:-1])
    assert cached(scan()) == []
    assert cached(scan()) == ["a.py", "b.py", "c.py"]


def test_a_pack_that_is_no_file_is_ignored(scan: Scan, folder: Path) -> None:
    """A FIFO would wait for ever; a folder cannot be replaced."""
    scan()
    (pack,) = folder.iterdir()
    pack.unlink()
    pack.mkdir()
    assert cached(scan()) == []
    assert list(folder.iterdir()) == [pack]
    pack.rmdir()
    os.mkfifo(pack)
    assert cached(scan()) == []
    assert cached(scan()) == ["a.py", "b.py", "c.py"]


@pytest.mark.parametrize("step", ["mkstemp", "replace"])
def test_a_full_disk_is_no_error(scan: Scan, folder: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """And nothing is left lying about."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr({"mkstemp": tempfile, "replace": os}[step], step, full)
        assert len(scan().files) == 3
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_error(root: Path, tmp_path: Path) -> None:
    """Because a file is in its place."""
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file/below", tmp_path / "nul\0byte"):
        assert len(load_sources([root], Settings(cache_dir=place)).files) == 3


def test_two_scans_at_once_do_each_other_no_harm(scan: Scan, root: Path, folder: Path) -> None:
    """Whoever reads gets all of a pack or nothing, and every answer is right."""
    expected = summary(scan())

    def often(number: int) -> None:
        for turn in range(10):
            if number == 0:
                for pack in folder.glob("*.facts"):
                    pack.unlink(missing_ok=True)
            sources = scan()
            assert summary(sources) == expected
            assert len(cached(sources)) in {0, 3}, turn

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(often, range(4)))
    assert [path.suffix for path in folder.iterdir()] in ([".facts"], [])


def test_old_packs_are_removed(folder: Path) -> None:
    """The one that was used last stays: many projects do not fill the disk."""
    folder.mkdir()
    for number in range(140):
        cache = Cache(folder, [Path(f"/project/{number}")])
        cache.put(b"key", b"facts")
        cache.save()
        for age, path in enumerate(sorted(folder.iterdir(), key=lambda path: -path.stat().st_mtime)):
            os.utime(path, (1000 - age, 1000 - age))
        assert Cache(folder, [Path(f"/project/{number}")]).get(b"key") == b"facts"
        first = Cache(folder, [Path("/project/0")])
        assert first.get(b"key") == b"facts"
        first.save()  # it only says that it was used
    assert len(list(folder.iterdir())) == 128
