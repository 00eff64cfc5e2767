"""`[tool.fastapi-convert.scan]`: where it is found, what it may say, and what is said of mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fastapi_convert.scan._config import Config, find_config
from fastapi_convert.scan.errors import ScanError
from fastapi_convert.scan.settings import PathRule, Settings


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: the root of a repository."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str, folder: Path | None = None) -> None:
    (folder or Path()).joinpath("pyproject.toml").write_text(text, encoding="utf-8")


def config(scan: str, start: Path | None = None) -> Config:
    write(f"[tool.fastapi-convert.scan]\n{scan}\n")
    return find_config(start or Path())


def test_every_key_is_read(project: Path) -> None:
    """Paths in it are relative to its folder."""
    found = config(
        """
        paths = ["app", "jobs"]
        level = "error"
        select = ["FC1"]
        ignore = ["FC112", "fc104"]
        exclude = ["tests/**"]
        baseline = "ci/blocking.json"

        [tool.fastapi-convert.scan.per-path]
        "scripts/**" = { ignore = ["FC101"], level = "all" }
        "old/*.py" = { level = "error" }
        """
    )
    assert found == Config(
        (Path("app"), Path("jobs")),
        Settings(
            level="error",
            select=("FC1",),
            ignore=("FC112", "FC104"),
            exclude=("tests/**",),
            baseline=Path("ci/blocking.json"),
            per_path=(PathRule("scripts/**", ("FC101",), "all"), PathRule("old/*.py", level="error")),
        ),
        project / "pyproject.toml",
    )


def test_an_empty_table_is_the_defaults(project: Path) -> None:
    """And its folder is what is scanned, from wherever."""
    assert config("").settings == Settings()
    (project / "app" / "deep").mkdir(parents=True)
    assert find_config(project / "app" / "deep").paths == (Path(),)


def test_no_file_at_all_is_the_current_folder() -> None:
    """And the defaults."""
    assert find_config(Path()) == Config((Path(),))


def test_the_nearest_file_with_our_table_counts(project: Path) -> None:
    """A member of a workspace has a pyproject.toml that says nothing of us."""
    member = project / "packages" / "shop"
    member.mkdir(parents=True)
    write("[project]\nname = 'shop'\n", member)
    assert config('level = "error"', member).settings.level == "error"
    write("[tool.fastapi-convert.scan]\nlevel = 'all'\n", member)
    assert find_config(member).settings.level == "all"
    assert find_config(Path()).settings.level == "error"


def test_the_search_ends_with_the_repository(project: Path) -> None:
    """What lies above it is somebody else's."""
    write("[tool.fastapi-convert.scan]\nlevel = 'error'\n")
    inner = project / "vendored" / "app"
    inner.mkdir(parents=True)
    assert find_config(inner).settings.level == "error"
    (project / "vendored" / ".git").mkdir()
    assert find_config(inner).settings.level == "warn"


def test_paths_are_whole_where_they_are_not_below_the_current_folder(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From inside of the project, too."""
    write("[tool.fastapi-convert.scan]\npaths = ['app', 'tools']\n")
    (project / "app").mkdir()
    monkeypatch.chdir(project / "app")
    assert find_config(Path()).paths == (Path(), project / "tools")


@pytest.mark.parametrize(
    "entry,folders,expected",
    [
        ("app.main:app", ["app"], "app"),
        ("app.api.main:app", ["app/api"], "app"),
        ("shop.main:app", ["src/shop"], "src/shop"),
        ("main:app", [], "."),
        ("missing.main:app", [], "."),
        (":app", [], "."),
        ("", [], "."),
    ],
)
def test_without_our_table_the_folder_of_the_entry_point_is_scanned(
    project: Path, entry: str, folders: list[str], expected: str
) -> None:
    """As FastAPI's own command line knows it: the package at the top, with all that lies beside the app."""
    for folder in folders:
        (project / folder).mkdir(parents=True)
    write(f"[tool.fastapi]\nentrypoint = {entry!r}\n")
    assert find_config(Path()).paths == (Path(expected),)
    assert config("level = 'all'\n[tool.fastapi]\nentrypoint = " + repr(entry)).paths == (Path(expected),)
    assert config("paths = ['x']\n[tool.fastapi]\nentrypoint = " + repr(entry)).paths == (Path("x"),)


@pytest.mark.parametrize(
    "text", ["tool = 1", "[tool]\nfastapi = 1", "[tool.fastapi]\nentrypoint = 3", "[[tool.fastapi]]"]
)
def test_what_others_write_wrongly_is_not_ours_to_tell(text: str) -> None:
    """Only our own table is checked."""
    write(text)
    assert find_config(Path()) == Config((Path(),))


@pytest.mark.parametrize(
    "text,message",
    [
        (
            "levle = 'error'",
            "[tool.fastapi-convert.scan] has a key 'levle', which means nothing: the keys are paths, level,",
        ),
        ("level = 3", '`level` of [tool.fastapi-convert.scan] is 3, but must be like "error"'),
        ("level = 'loud'", "`level` in pyproject.toml is 'loud': the levels are error, warn, all."),
        ("select = 'FC101'", "`select` of [tool.fastapi-convert.scan] is 'FC101', but must be like [\"FC112\"]"),
        ("ignore = [1]", "`ignore` of [tool.fastapi-convert.scan] is 1, but must be like"),
        ("ignore = ['FC999']", "`ignore` in pyproject.toml names 'FC999', which is no code. The codes are FC101,"),
        # A repository does not choose where we write.
        ("cache-dir = '/tmp'", "[tool.fastapi-convert.scan] has a key 'cache-dir', which means nothing"),
        ("cache_dir = '/tmp'", "[tool.fastapi-convert.scan] has a key 'cache_dir', which means nothing"),
        ("exclude = true", "`exclude` of [tool.fastapi-convert.scan] is True"),
        ("baseline = []", "`baseline` of [tool.fastapi-convert.scan] is []"),
        ("paths = 'app'", "`paths` of [tool.fastapi-convert.scan] is 'app'"),
        ("paths = [{}]", "`paths` of [tool.fastapi-convert.scan] is {}"),
        ("per-path = []", "`per-path` of [tool.fastapi-convert.scan] is []"),
        ("per-path = { a = 1 }", "`per-path.a` is 1, but must be a table with the keys ignore, level"),
        (
            "per-path = { a = { select = [] } }",
            "`per-path.a` has a key 'select', which means nothing: the keys are ignore, level",
        ),
        ("per-path = { a = { level = 1 } }", "`per-path.a.level` of [tool.fastapi-convert.scan] is 1"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_cure(text: str, message: str) -> None:
    """In one sentence that begins with the file or the key."""
    with pytest.raises(ScanError, match=re.escape(message)) as caught:
        config(text)
    assert "pyproject.toml" in str(caught.value)


def test_a_table_that_is_none_is_told() -> None:
    """With the keys."""
    write("[tool.fastapi-convert]\nscan = 1\n")
    with pytest.raises(ScanError, match=r"pyproject.toml: \[tool.fastapi-convert.scan\] is 1, but must be a table"):
        find_config(Path())


@pytest.mark.parametrize("content", [b"[tool", b"\xff", b"a = " + b"[" * 100_000])
def test_a_file_that_is_no_toml_is_told(project: Path, content: bytes) -> None:
    """Not passed over: it may have been ours."""
    (project / "pyproject.toml").write_bytes(content)
    with pytest.raises(ScanError, match=r"pyproject.toml is no TOML: .+ Correct it"):
        find_config(Path())
