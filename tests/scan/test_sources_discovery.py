"""Which files a scan looks at, and what it leaves out without ever opening it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.scan.errors import ScanError
from fastapi_convert.scan.sources._discovery import discover
from fastapi_convert.scan.sources._globs import path_matcher
from tests.scan.source_trees import grow


def paths(*given: Path, exclude: tuple[str, ...] = ()) -> list[str]:
    return [source.path for source in discover(given, exclude).files]


def test_a_folder_is_its_own_root(tmp_path: Path) -> None:
    """Paths are relative to it, sorted, and only Python files."""
    grow(tmp_path, "b.py", "a/z.py", "a/b/c.py", "a/stub.pyi", "a/note.ipynb", "README.md")
    found = discover([tmp_path], ())
    assert found.root == tmp_path
    assert [source.path for source in found.files] == ["a/b/c.py", "a/z.py", "b.py"]
    assert [source.absolute for source in found.files] == [tmp_path / source.path for source in found.files]
    assert found.warnings == ()


def test_the_root_of_a_file_is_its_folder(tmp_path: Path) -> None:
    """Whatever its name ends with: it was named."""
    grow(tmp_path, "app/main.py", "app/script")
    assert paths(tmp_path / "app/main.py") == ["main.py"]
    assert paths(tmp_path / "app/script") == ["script"]


def test_several_paths_have_their_common_folder_as_root(tmp_path: Path) -> None:
    """And each file counts once, though two of the paths hold it."""
    grow(tmp_path, "app/a.py", "lib/deep/b.py", "other/c.py")
    found = discover([tmp_path / "lib", tmp_path / "app", tmp_path / "app/a.py", tmp_path / "lib/deep"], ())
    assert found.root == tmp_path
    assert [source.path for source in found.files] == ["app/a.py", "lib/deep/b.py"]


def test_relative_paths_are_those_of_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`scan .` has a root with a name."""
    grow(tmp_path, "a.py")
    monkeypatch.chdir(tmp_path)
    assert discover([Path()], ()).root == tmp_path
    assert paths(Path("../" + tmp_path.name)) == ["a.py"]


@pytest.mark.parametrize(
    "clutter",
    [
        ".git/hooks/a.py",
        ".venv/lib/a.py",
        ".hidden/a.py",
        "pkg/.tox/a.py",
        "node_modules/gyp/a.py",
        "lib/site-packages/requests/api.py",
        "__pycache__/a.py",
        "__pypackages__/a.py",
        "build/lib/a.py",
        "build/lib.linux-x86_64-3.11/a.py",
        "pkg/build/bdist.linux-x86_64/a.py",
        "venv/a.py",
    ],
)
def test_clutter_is_left_out(tmp_path: Path, clutter: str) -> None:
    """Without a word."""
    grow(tmp_path, clutter, "kept.py")
    found = discover([tmp_path], ())
    assert [source.path for source in found.files] == ["kept.py"]
    assert found.warnings == ()


@pytest.mark.parametrize("mark", ["pyvenv.cfg", "conda-meta/history"])
def test_an_environment_is_known_by_what_lies_in_it(tmp_path: Path, mark: str) -> None:
    """Whatever its name is."""
    grow(tmp_path, f"my_env/{mark}", "my_env/lib/python3/os.py", "kept.py")
    assert paths(tmp_path) == ["kept.py"]


@pytest.mark.parametrize("mark", ["pyproject.toml", "setup.py", "setup.cfg"])
@pytest.mark.parametrize("output", ["build", "dist"])
def test_what_lies_beside_the_files_of_a_project_is_its_output(tmp_path: Path, mark: str, output: str) -> None:
    """Of whatever tool, but not deeper in the project."""
    grow(tmp_path, f"one/{mark}", f"one/{output}/out.py", f"one/app/{output}/kept.py", f"two/{output}/kept.py")
    assert [path for path in paths(tmp_path) if "setup" not in path] == [
        f"one/app/{output}/kept.py",
        f"two/{output}/kept.py",
    ]


def test_wheels_lie_in_output(tmp_path: Path) -> None:
    """A folder with one was not written by hand."""
    grow(tmp_path, "dist/app-1.0-py3-none-any.whl", "dist/a.py", "kept.py")
    assert paths(tmp_path) == ["kept.py"]


@pytest.mark.parametrize("folder", ["build", "dist"])
def test_a_folder_may_be_called_like_output(tmp_path: Path, folder: str) -> None:
    """Features are called `build`, too, and namespace packages need no `__init__.py`."""
    grow(tmp_path, f"features/{folder}/api.py", f"features/{folder}/lib.py", f"{folder}/sub/b.py")
    assert paths(tmp_path) == [f"{folder}/sub/b.py", f"features/{folder}/api.py", f"features/{folder}/lib.py"]


def test_a_package_may_be_called_like_clutter(tmp_path: Path) -> None:
    """And hidden files are files."""
    grow(tmp_path, "build/__init__.py", "build/service.py", "env/a.py", ".hidden.py")
    assert paths(tmp_path) == [".hidden.py", "build/__init__.py", "build/service.py", "env/a.py"]


def test_what_is_named_is_never_left_out(tmp_path: Path) -> None:
    """Hidden, an environment, excluded: who names it wants it."""
    grow(tmp_path, ".venv/pyvenv.cfg", ".venv/a.py", "build/b.py", "build/.deep/c.py")
    assert paths(tmp_path / ".venv") == ["a.py"]
    assert paths(tmp_path / "build") == ["b.py"]
    assert paths(tmp_path / "build/b.py", exclude=("b.py",)) == ["b.py"]


@pytest.mark.parametrize(
    "pattern, left",
    [
        ("tests/**", ["app/migrations/two.py", "app/tests/t.py", "migrations/one.py"]),
        ("tests", ["app/migrations/two.py", "migrations/one.py"]),
        ("tests/", ["app/migrations/two.py", "migrations/one.py"]),
        ("/tests", ["app/migrations/two.py", "app/tests/t.py", "migrations/one.py"]),
        ("./app/tests", ["app/migrations/two.py", "migrations/one.py", "tests/t.py"]),
        ("app\\tests", ["app/migrations/two.py", "migrations/one.py", "tests/t.py"]),
        ("**/migrations/*.py", ["app/tests/t.py", "tests/t.py"]),
        ("app/**/t?o.py", ["app/tests/t.py", "migrations/one.py", "tests/t.py"]),
        ("t*.py", ["migrations/one.py"]),
        ("[mt]*", ["app/x.py"]),
        ("[!t]*.py", ["app/migrations/two.py", "app/tests/t.py", "tests/t.py"]),
        ("*", []),
        ("**", []),
        ("", ["app/migrations/two.py", "app/tests/t.py", "migrations/one.py", "tests/t.py"]),
    ],
)
def test_globs_exclude(tmp_path: Path, pattern: str, left: list[str]) -> None:
    """As people know them from ruff and git."""
    grow(tmp_path, "app/migrations/two.py", "app/tests/t.py", "migrations/one.py", "tests/t.py", *left)
    assert paths(tmp_path, exclude=(pattern,)) == left


@pytest.mark.parametrize(
    "pattern, left",
    [
        ("services/shop/old/**", ["main.py", "new/old/c.py"]),
        ("services/*/old", ["main.py", "new/old/c.py"]),
        ("**/old/**", ["main.py"]),
        ("old/**", ["main.py", "new/old/c.py"]),
        ("old", ["main.py"]),
        ("services/shop/main.py", ["new/old/c.py", "old/b.py"]),
        ("main.py", ["new/old/c.py", "old/b.py"]),
        ("shop/old", ["main.py", "new/old/c.py", "old/b.py"]),
        ("*", []),
    ],
)
def test_globs_begin_at_the_root_or_where_they_were_written(tmp_path: Path, pattern: str, left: list[str]) -> None:
    """In the pyproject.toml of the folder above, whichever of its folders is scanned."""
    shop = grow(tmp_path / "services" / "shop", "main.py", "old/b.py", "new/old/c.py")
    assert [source.path for source in discover([shop], (pattern,), "services/shop").files] == left


@pytest.mark.parametrize("pattern", ["tests/**", "tests", "tests/unit", "**/tests/**", "t*"])
@pytest.mark.parametrize("beside", [False, True])
def test_a_folder_that_is_named_is_read_though_a_glob_excludes_it(tmp_path: Path, pattern: str, beside: bool) -> None:
    """`scan tests/unit` says what is meant; globs that exclude something in it still do."""
    unit = grow(tmp_path / "tests" / "unit", "a.py", "data/b.py")
    grow(tmp_path, "app/c.py", "app/tests/unit/d.py")
    if beside:  # the root is the folder above
        found = discover([unit, tmp_path / "app"], (pattern, "data"))
        read, base = [path for source in found.files if (path := source.path).startswith("tests")], "tests/unit/"
    else:
        read, base = [source.path for source in discover([unit], (pattern, "data"), "tests/unit").files], ""
    assert read == [f"{base}a.py"]


def test_an_excluded_folder_is_not_even_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may be huge, or on a slow disk."""
    grow(tmp_path, "data/a.py", "app/b.py")
    listed: list[str] = []
    real = os.scandir

    def scandir(path: str) -> Iterator[os.DirEntry[str]]:
        listed.append(path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    paths(tmp_path, exclude=("data/**",))
    assert listed == [str(tmp_path), str(tmp_path / "app")]


@given(st.lists(st.text(max_size=20), max_size=4), st.text(max_size=20))
def test_no_glob_is_an_error(patterns: list[str], path: str) -> None:
    """Brackets that do not close, classes upside down: whatever a user types."""
    assert path_matcher(patterns)(path) in {True, False}


@given(st.text("ab/.", min_size=1, max_size=10).filter(lambda text: text.strip("/.")))
def test_a_plain_path_matches_itself_and_what_lies_in_it(path: str) -> None:
    """And nothing that merely begins like it."""
    path = "x/" + path.strip("/.")
    matches = path_matcher([path])
    assert matches(path)
    assert matches(path + "/below.py")
    assert not matches(path + "c")


def test_a_path_that_does_not_exist_is_an_error_that_names_it(tmp_path: Path) -> None:
    """As is no path at all."""
    with pytest.raises(ScanError, match=r"nowhere.*does not exist.*Name a folder"):
        discover([tmp_path / "nowhere"], ())
    with pytest.raises(ScanError, match=r"NUL|null byte"):
        discover([Path("a\0b")], ())
    with pytest.raises(ScanError, match="no path"):
        discover([], ())


def test_a_folder_without_python_is_a_warning(tmp_path: Path) -> None:
    """Not an error: an empty project is clean."""
    found = discover([tmp_path], ())
    assert found.files == ()
    (warning,) = found.warnings
    assert (warning.path, warning.line) == (".", 0)
    assert "no Python file" in warning.message


def test_loops_of_links_end(tmp_path: Path) -> None:
    """To itself, to its parent, through each other."""
    grow(tmp_path, "app/a.py")
    (tmp_path / "app/up").symlink_to("..")
    (tmp_path / "app/self").symlink_to("self")
    (tmp_path / "app/loop.py").symlink_to("loop.py")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    found = discover([tmp_path], ())
    assert [source.path for source in found.files] == ["app/a.py"]
    assert [warning.path for warning in found.warnings] == ["app/loop.py"]


def test_links_to_folders_are_not_followed_but_those_that_lead_out_are_told(tmp_path: Path) -> None:
    """A link to `/` must cost nothing."""
    grow(tmp_path, "shared/s.py", "root/app/a.py")
    root = tmp_path / "root"
    (root / "everything").symlink_to("/")
    (root / "shared").symlink_to(tmp_path / "shared")
    (root / "again").symlink_to("app")
    found = discover([root], ())
    assert [source.path for source in found.files] == ["app/a.py"]
    assert [warning.path for warning in found.warnings] == ["everything", "shared"]
    assert "Name that folder too" in found.warnings[0].message
    assert paths(root / "shared") == ["s.py"]


def test_links_to_files_are_followed(tmp_path: Path) -> None:
    """A dangling one is a warning."""
    grow(tmp_path, "a.py")
    (tmp_path / "b.py").symlink_to("a.py")
    (tmp_path / "c.py").symlink_to("nowhere.py")
    found = discover([tmp_path], ())
    assert [source.path for source in found.files] == ["a.py", "b.py"]
    assert [(warning.path, "points to nothing" in warning.message) for warning in found.warnings] == [("c.py", True)]


def test_what_is_no_file_is_told_and_never_opened(tmp_path: Path) -> None:
    """FIFOs, sockets and folders that are called like a module."""
    grow(tmp_path, "package.py/inside.py")
    os.mkfifo(tmp_path / "fifo.py")
    os.mkfifo(tmp_path / "other")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.path.relpath(tmp_path / "socket.py"))
        found = discover([tmp_path], ())
    assert [source.path for source in found.files] == ["package.py/inside.py"]
    assert [warning.path for warning in found.warnings] == ["fifo.py", "socket.py"]
    assert [warning.path for warning in discover([tmp_path / "other"], ()).warnings] == [".", "other"]


def test_an_unreadable_folder_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is read."""
    grow(tmp_path, "locked/a.py", "open/b.py")
    real = os.scandir

    def scandir(path: Any) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = discover([tmp_path], ())
    assert [source.path for source in found.files] == ["open/b.py"]
    assert [(each.path, each.message) for each in found.warnings] == [
        ("locked", "left out: the folder cannot be read (Permission denied).")
    ]


def test_deep_trees_need_no_recursion(tmp_path: Path) -> None:
    """Folders in folders, as deep as a path may be long."""
    deep = "d/" * 900 + "a.py"
    grow(tmp_path, deep)
    assert paths(tmp_path) == [deep]


def test_names_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    """The file is found, and its path is fit for JSON."""
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("")
    (tmp_path / "caf\u00e9.py").write_text("")
    found = discover([tmp_path], ())
    assert [source.path for source in found.files] == ["caf\\xe9.py", "caf\u00e9.py"]
    assert all(source.absolute.exists() for source in found.files)
