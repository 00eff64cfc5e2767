"""The dotted names that files get, for every way in which people lay out a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_convert.scan.sources import load_sources
from fastapi_convert.scan.sources._discovery import discover
from fastapi_convert.scan.sources._modules import ModuleNames
from tests.scan.source_trees import NO_CACHE, grow


def names(root: Path, *files: str, of: str) -> tuple[str, ...]:
    """The names of one file in a tree."""
    grow(root, *files, of)
    found = discover([root], ())
    return ModuleNames(found.root, found.files).of(root / of)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return tmp_path / "shop"


def test_a_package_in_the_root(shop: Path) -> None:
    """What stands in front is a guess, and comes last."""
    assert names(shop, "app/__init__.py", of="app/views.py") == ("app.views", "shop.app.views")


def test_an_init_is_its_package(shop: Path) -> None:
    """And a `__main__` is a module."""
    assert names(shop, of="app/__init__.py") == ("app", "shop.app")
    assert names(shop, of="app/__main__.py")[:2] == ("app.__main__", "shop.app.__main__")


def test_the_src_layout(shop: Path) -> None:
    """`src` is never part of the best name, with packages and without."""
    assert names(shop, "src/app/__init__.py", of="src/app/db.py")[:2] == ("app.db", "src.app.db")
    assert names(shop, of="src/plain/db.py")[:2] == ("plain.db", "src.plain.db")


def test_a_backend_folder(shop: Path) -> None:
    """Packages begin where the `__init__.py`s begin, and the scripts may be started inside."""
    inits = ("backend/app/__init__.py", "backend/app/api/__init__.py")
    assert names(shop, *inits, of="backend/app/api/users.py") == (
        "app.api.users",
        "backend.app.api.users",
        "shop.backend.app.api.users",
    )
    assert names(shop, "backend/app/main.py", of="backend/app/api/users.py")[-1] == "api.users"


def test_packages_without_init(shop: Path) -> None:
    """From the root on; from where the application is started, too."""
    assert names(shop, "app/main.py", of="app/routers/users.py") == (
        "app.routers.users",
        "shop.app.routers.users",
        "routers.users",
    )


def test_the_package_itself_is_scanned(shop: Path) -> None:
    """`scan app`: its name is above the root, as far as there are `__init__.py`s. The rest is a guess."""
    grow(shop, "app/__init__.py", "app/api/__init__.py")
    assert names(shop / "app/api", of="users.py") == ("app.api.users", "api.users")


def test_a_stray_init_around_the_package(shop: Path) -> None:
    """The root of a repository has an `__init__.py`: whatever of it is scanned, `from app.views import x` is found."""
    grow(shop, "__init__.py", "app/__init__.py")
    assert names(shop / "app", of="views.py") == ("shop.app.views", "app.views")
    assert names(shop, "app/main.py", of="app/views.py") == ("shop.app.views", "app.views", "views")
    assert names(shop.parent, of="shop/app/views.py")[:2] == ("shop.app.views", f"{shop.parent.name}.shop.app.views")
    assert names(shop.parent, of="shop/app/views.py")[-2:] == ("app.views", "views")


def test_a_stray_init_hides_no_module_of_python(shop: Path) -> None:
    """`shop/logging/__init__.py` around the root is `shop.logging`, as `import logging` means Python's."""
    grow(shop, "__init__.py", "logging/__init__.py")
    assert names(shop / "logging", of="views.py") == ("shop.logging.views",)


def test_the_package_itself_is_scanned_and_has_no_init(shop: Path) -> None:
    """Then the name of the root is a guess."""
    assert names(shop / "app", of="routers/users.py") == ("routers.users", "app.routers.users")


def test_a_package_in_a_folder_in_a_package(shop: Path) -> None:
    """Both are source roots, the nearest first."""
    files = ("app/__init__.py", "app/vendored/lib/__init__.py")
    assert names(shop, *files, of="app/vendored/lib/x.py")[:2] == ("lib.x", "app.vendored.lib.x")


def test_a_namespace_folder_in_a_package(shop: Path) -> None:
    """It is part of the package."""
    assert names(shop, "app/__init__.py", of="app/plain/x.py")[0] == "app.plain.x"


def test_a_guess_hides_no_module_of_python(shop: Path) -> None:
    """`app/main.py` with `app/logging.py` beside it: `import logging` means Python's."""
    assert names(shop, "app/main.py", of="app/logging.py") == ("app.logging", "shop.app.logging")
    assert names(shop, "app/main.py", of="app/database.py")[-1] == "database"
    assert names(shop, of="logging.py")[0] == "logging"


def test_a_folder_that_cannot_be_a_name_gives_none(tmp_path: Path) -> None:
    """The root's own name, for one."""
    assert names(tmp_path / "my-shop", of="app/views.py") == ("app.views",)


def test_every_file_has_a_name(tmp_path: Path) -> None:
    """Also an `__init__.py` that is scanned alone in a folder that is no package, and one in `/` could be."""
    grow(tmp_path / "a-b", "__init__.py")
    (loaded,) = load_sources([tmp_path / "a-b"], NO_CACHE).files
    assert loaded.names == ("a-b",)


def test_names_are_few_however_deep_a_file_lies(tmp_path: Path) -> None:
    """A hostile tree has a thousand folders, each with a script."""
    deep = "/".join("d" * 60)
    files = ["/".join("d" * depth) + "/main.py" for depth in range(1, 60)]
    assert len(names(tmp_path, *files, of=f"{deep}/x.py")) == 8


def test_two_files_of_one_name_both_survive(tmp_path: Path) -> None:
    """Which of them is meant is for the importer to decide."""
    grow(tmp_path, *(f"{side}/app/{name}" for side in ("one", "two") for name in ("__init__.py", "db.py")))
    loaded = load_sources([tmp_path], NO_CACHE).files
    assert [(file.path, file.names[0]) for file in loaded if file.path.endswith("db.py")] == [
        ("one/app/db.py", "app.db"),
        ("two/app/db.py", "app.db"),
    ]
