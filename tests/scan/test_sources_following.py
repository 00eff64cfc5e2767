"""Files that nobody named, but that the named ones import: which of them are read, and which never are."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from fastapi_convert.scan.facts import ModuleFacts
from fastapi_convert.scan.settings import Settings
from fastapi_convert.scan.sources import _loading, load_sources
from tests.scan.source_trees import NO_CACHE, grow, many, summary


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository in which something can be imported in every way."""
    return grow(
        tmp_path / "repository",
        ".git/HEAD",
        *("lib/__init__.py", "lib/db.py", "lib/unused.py", "lib/deep/__init__.py", "lib/deep/core.py"),
        *("space/util.py", "space.py/README", "single.py", "src/inner/tool.py", "json.py", "fastapi_convert/scan.py"),
        *("app/__init__.py", "app/other.py"),
    )


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Counter[Path]:
    """The folders that are looked into."""
    counted: Counter[Path] = Counter()
    listdir = os.listdir

    def count(path: Path) -> list[str]:
        counted[path] += 1
        return listdir(path)

    monkeypatch.setattr(os, "listdir", count)
    return counted


def followed(*paths: Path, settings: Settings = NO_CACHE, beside: str = "..") -> set[str]:
    """What is read beyond the paths, as it is called in the folder `beside` the root."""
    sources = load_sources(paths, settings)
    assert sources.warnings == ()
    files = {file.path for file in sources.files if not file.asked_for}
    return {os.path.relpath(path, beside) for path in files}


@pytest.mark.parametrize(
    "text, files",
    [
        ("import lib.db", "lib/__init__.py lib/db.py"),
        ("import lib.db as db", "lib/__init__.py lib/db.py"),
        ("from lib import db", "lib/__init__.py lib/db.py"),
        ("from lib.db import query as run", "lib/__init__.py lib/db.py"),
        ("from lib import VERSION", "lib/__init__.py"),
        ("from lib.deep.core import *", "lib/__init__.py lib/deep/__init__.py lib/deep/core.py"),
        ("from lib.deep import *", "lib/__init__.py lib/deep/__init__.py"),
        ("import single, space.util", "single.py space/util.py"),
        ("from space import util", "space/util.py"),
        ("import space", ""),
        ("import inner.tool", "src/inner/tool.py"),
        ("from ..lib import db", "lib/__init__.py lib/db.py"),
        ("from .. import single", "single.py"),
        ("from ..space.util import x", "space/util.py"),
        ("def f():\n    async def g():\n        import single", "single.py"),
        (
            "class A:\n    if x:\n        try:\n            import single\n        finally:\n            pass",
            "single.py",
        ),
        ("import Single, LIB.db", ""),
        ("import json, os.path, fastapi_convert.scan, requests.adapters, lib.nothing, single.nothing", ""),
        ("from . import other, nothing\nimport app.other\nfrom app import *", ""),
    ],
)
def test_what_is_imported_is_read(checkout: Path, text: str, files: str) -> None:
    """With the packages around it, which Python runs first, and nothing else of the checkout."""
    grow(checkout, **{"app/main": text})
    assert followed(checkout / "app") == set(files.split())


def test_followed_files_are_followed(checkout: Path) -> None:
    """In circles too, and back into what was asked for, which stays that."""
    grow(checkout, **{"app/main": "import lib.db", "lib/db": "from . import deep", "single": "import app.main"})
    grow(checkout, **{"lib/deep/__init__": "from .core import x", "lib/deep/core": "import lib.db, single, space.util"})
    files = {"lib/__init__.py", "lib/db.py", "lib/deep/__init__.py", "lib/deep/core.py", "single.py", "space/util.py"}
    assert followed(checkout / "app") == files
    sources = load_sources([checkout / "app"], NO_CACHE)
    assert [file.path for file in sources.files if file.asked_for] == ["__init__.py", "main.py", "other.py"]
    assert len({file.absolute for file in sources.files}) == len(sources.files) == 9


def test_a_followed_file_is_known_by_the_name_that_imports_it(checkout: Path) -> None:
    """The checkout and `src` are what Python would be started with."""
    grow(checkout, **{"app/main": "import lib.db, inner.tool, space.util"})
    names = {file.path: file.names for file in load_sources([checkout / "app"], NO_CACHE).files}
    assert names["../lib/db.py"][0] == "lib.db"
    assert names["../space/util.py"][0] == "space.util"
    assert names["../src/inner/tool.py"][0] == "inner.tool"
    assert "app.main" in names["main.py"]


def test_of_one_file_that_is_named_the_neighbours_are_followed(checkout: Path) -> None:
    """Relative ones, those by their package, and those that lie where a script is started."""
    grow(checkout, "app/near.py", "app/close.py", "app/far.py", **{"app/main": "from . import other\nimport app.close"})
    grow(checkout, **{"app/close": "import near"})
    assert followed(checkout / "app/main.py", beside=".") == {"__init__.py", "close.py", "near.py", "other.py"}
    (checkout / ".git/HEAD").unlink()
    (checkout / ".git").rmdir()
    assert followed(checkout / "app/main.py", beside=".") >= {"other.py"}


def test_a_library_finds_what_lies_beside_its_importer(checkout: Path) -> None:
    """The application is started from its own folder."""
    grow(checkout, "app/local.py", **{"app/main": "import lib.db", "lib/db": "import local, local.nothing"})
    assert followed(checkout / "app/main.py", beside=".") == {"../lib/__init__.py", "../lib/db.py", "local.py"}


def test_going_up_meets_the_packages_around(checkout: Path) -> None:
    """Python has run them before."""
    grow(checkout, "big/__init__.py", "big/tool/x.py", **{"big/api/main": "from ..tool.x import y"})
    assert followed(checkout / "big/api", beside=".") == {"../__init__.py", "../tool/x.py"}


def test_of_several_paths_each_has_its_own_surroundings(checkout: Path) -> None:
    """Two services may each have a module of one name, and share a third."""
    grow(checkout, "common.py", **{f"services/{each}/main": "import helper, common" for each in "abc"})
    grow(checkout, **{f"services/{each}/helper": "import settings" for each in "abc"})
    grow(checkout, "services/a/settings.py")
    read = {"a/helper.py", "a/settings.py", "b/helper.py", "../common.py"}
    paths = [checkout / "services/a/main.py", checkout / "services/b/main.py"]
    assert followed(*paths, beside=".") == followed(*paths[::-1], beside=".") == read
    assert followed(checkout / "services/b", paths[0], beside=".") == read - {"b/helper.py"}


def test_the_nearest_of_two_is_meant(checkout: Path) -> None:
    """Around the root, and then further out."""
    grow(checkout, "services/single.py", "services/shop/src/lib.py", **{"services/shop/main": "import single, lib"})
    assert followed(checkout / "services/shop/main.py", beside=".") == {"../single.py", "src/lib.py"}


def test_nothing_beyond_the_checkout_is_read(checkout: Path, tmp_path: Path, looked: Counter[Path]) -> None:
    """Neither by its name, nor by going up, nor through links; those are all that is looked at."""
    grow(tmp_path, "outside.py", "repository.py", "__init__.py", "far/x.py")
    (checkout / "linked").symlink_to(tmp_path / "far")
    (checkout / "link.py").symlink_to(tmp_path / "outside.py")
    text = (
        "import outside, linked.x, link\nfrom ... import outside\nfrom ...far import x\nfrom " + "." * 99 + "a import b"
    )
    grow(checkout, **{"app/main": text})
    assert followed(checkout / "app") == set()
    assert all(folder.is_relative_to(checkout) for folder in looked)


@pytest.mark.parametrize(
    "folder",
    [".venv", ".env", "venv", "env", "node_modules", "site-packages", "x/__pycache__", "build", "dist/a"],
)
def test_environments_and_what_tools_make_are_never_followed_into(checkout: Path, folder: str) -> None:
    """Not even from inside, or through a link."""
    grow(checkout, "pyproject.toml", "env/pyvenv.cfg", ".env/conda-meta/history", ".venv/pyvenv.cfg")
    grow(checkout / folder, "library/__init__.py", "library/core.py")
    grow(checkout, **{f"{folder}/tool/main": "import library.core\nfrom ..library import core"})
    dotted = folder.replace("/", ".").replace("-", "_").lstrip(".")
    grow(checkout, **{"app/main": f"import library.core, {dotted}.library.core"})
    (checkout / "library").symlink_to(checkout / folder / "library")
    assert followed(checkout / "app") == set()
    assert followed(checkout / folder / "tool") == set()


def test_hidden_folders_are_followed_into_only_from_inside(checkout: Path) -> None:
    """`.github/scripts` has a library of its own."""
    text = "import helper\nfrom ..lib import x"
    grow(checkout, ".github/lib/x.py", ".github/helper.py", ".other/helper.py", **{".github/scripts/run": text})
    assert followed(checkout / ".github/scripts", beside=".") == {"../helper.py", "../lib/x.py"}
    (checkout / "helper.py").symlink_to(checkout / ".other/helper.py")
    (checkout / "hidden").symlink_to(checkout / ".other")
    grow(checkout, **{"app/main": "import hidden.helper"})
    assert followed(checkout / "app") == set()


def test_a_package_with_the_name_of_a_tool_is_followed(checkout: Path) -> None:
    """As it is found when it is named."""
    grow(checkout, "build/__init__.py", "build/steps.py", **{"app/main": "import build.steps"})
    assert followed(checkout / "app") == {"build/__init__.py", "build/steps.py"}


@pytest.mark.parametrize(
    "exclude, base",
    [("../lib/**", ""), ("lib", ""), ("**/lib/*.py", ""), ("lib/**", "app"), ("/lib", "app"), ("*.py", "")],
)
def test_what_is_excluded_is_not_followed(checkout: Path, exclude: str, base: str) -> None:
    """Whether the globs begin at the root or at the configuration's folder."""
    grow(checkout, **{"app/main": "import lib.db"})
    assert followed(checkout / "app", settings=Settings(cache=False, base=base)) == {"lib/__init__.py", "lib/db.py"}
    settings = Settings(cache=False, exclude=(exclude,), base=base)
    assert not [file for file in load_sources([checkout / "app"], settings).files if not file.asked_for]


def test_what_is_excluded_below_the_root_does_not_come_back(checkout: Path) -> None:
    """By being imported."""
    grow(checkout, "app/old/x.py", **{"app/main": "import app.old.x"})
    assert followed(checkout / "app", settings=Settings(cache=False, exclude=("old",))) == set()


def test_a_loop_of_links_has_an_end(checkout: Path) -> None:
    """Each file is read once, at its own place, however many ways lead there."""
    grow(checkout, **{"app/main": "import lib.loop.other.x", "lib/x": "from .loop import x\nfrom .other.loop import x"})
    for name in ("loop", "other"):
        (checkout / "lib" / name).symlink_to(checkout / "lib")
    (checkout / "self.py").symlink_to(checkout / "self.py")
    assert followed(checkout / "app") == {"lib/__init__.py", "lib/x.py"}


def test_a_root_behind_a_link_is_itself(checkout: Path) -> None:
    """What is imported of it by its own place is not read again."""
    grow(checkout, **{"releases/1/app/main": "import lib.db", "lib/db": "import releases.1.app.main, single"})
    grow(checkout, **{"lib/db": "from ..releases.one.app import main\nimport single"})
    (checkout / "releases/one").symlink_to(checkout / "releases/1")
    (checkout / "current").symlink_to(checkout / "releases/1")
    told: list[tuple[int, int]] = []
    files = load_sources([checkout / "current/app"], NO_CACHE, lambda *progress: told.append(progress)).files
    assert told[-1] == (4, 4)
    assert [file.path for file in files if file.asked_for] == ["main.py"]
    assert {file.path for file in files if not file.asked_for} == {
        "../../lib/__init__.py",
        "../../lib/db.py",
        "../../single.py",
    }


def test_what_cannot_be_read_is_one_warning(checkout: Path) -> None:
    """However many import it; nothing else is lost."""
    imports = "import broken, fifo, large, nul, loop, lib.db"
    grow(checkout, broken="def", nul="\0", large="#" * 2000, **{"app/main": imports, "app/other": imports})
    os.mkfifo(checkout / "fifo.py")
    (checkout / "loop.py").symlink_to(checkout / "loop.py")
    (checkout / "lib/db.py").write_text(imports)
    sources = load_sources([checkout / "app"], Settings(cache=False, max_file_size=1000))
    assert [warning.path for warning in sources.warnings] == [
        f"../{name}.py" for name in ("broken", "fifo", "large", "loop", "nul")
    ]
    assert {file.path for file in sources.files if not file.asked_for} == {"../lib/__init__.py", "../lib/db.py"}


def test_a_folder_that_nobody_may_look_into_is_none(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Python could not import from it either."""
    listdir = os.listdir

    def refuse(path: Path) -> list[str]:
        if Path(path).name == "lib":
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    grow(checkout, **{"app/main": "import lib.db, single"})
    monkeypatch.setattr(os, "listdir", refuse)
    assert followed(checkout / "app") == {"single.py"}


def test_no_folder_is_looked_into_twice(checkout: Path, looked: Counter[Path]) -> None:
    """A thousand imports of libraries cost nothing but the first look."""
    text = "import requests, sqlalchemy.orm, lib.nothing\nfrom pandas import a, b, c\n"
    grow(checkout, **{f"app/pages/page{number}": text for number in range(30)})
    assert followed(checkout / "app") == set()
    assert set(looked.values()) == {1}
    assert {folder.name for folder in looked} == {"app", "repository", "src", "lib"}


def test_a_scan_of_the_whole_checkout_has_nothing_to_follow(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then no file is asked what it imports."""

    def ask(_facts: bytes) -> ModuleFacts:
        raise AssertionError("asked for imports")

    grow(checkout, **{"app/main": "import lib.db"})
    monkeypatch.setattr(_loading, "unpack", ask)
    assert followed(checkout) == set()
    with pytest.raises(AssertionError, match="asked for imports"):
        followed(checkout / "app")


def test_the_answer_is_the_same_in_every_run(checkout: Path, tmp_path: Path) -> None:
    """Whatever the number of processes and the order of the paths, from the cache or not."""
    many(checkout / "app")
    for number in range(60):
        grow(checkout, **{f"lib/step{number}": f"import lib.step{number + 1}, big.pkg1.module_001"})
        grow(checkout, **{f"app/pkg{number % 5}/more{number}": f"from lib import step{number}, db"})
    many(checkout / "big")
    paths = sorted((checkout / "app").iterdir())
    first = summary(load_sources(paths, Settings(cache=False, processes=1)))
    assert len(first) > 180
    cached = Settings(cache_dir=tmp_path / "cache", processes=2)
    for settings in (Settings(cache=False, processes=3), cached, cached):
        assert summary(load_sources(paths[::-1], settings)) == first
    assert all(file.cached for file in load_sources(paths, cached).files)


def test_progress_goes_on_with_what_is_followed(checkout: Path) -> None:
    """It rises to the end, and never beyond what there is."""
    told: list[tuple[int, int]] = []
    grow(checkout, **{"app/main": "import lib.db", "lib/db": "import single"})
    load_sources([checkout / "app"], NO_CACHE, lambda done, total: told.append((done, total)))
    assert told == sorted(set(told))
    assert all(done <= total for done, total in told)
    assert told[-1] == (6, 6)
