"""The house itself: light imports, honest `__all__`s, a typed wheel, and nothing private in the files."""

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
import tomllib
import types
import zipfile
from pathlib import Path
from typing import get_origin

import pytest

import fastapi_convert

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MODULES = sorted(
    ["fastapi_convert"]
    + [found.name for found in pkgutil.walk_packages(fastapi_convert.__path__, prefix="fastapi_convert.")]
)
PUBLIC_MODULES = [name for name in MODULES if not any(part.startswith("_") for part in name.split("."))]
HEAVY = {
    "aiofiles",
    "celery",
    "fastapi",
    "httpx",
    "httpx2",
    "libcst",
    "multiprocessing",
    "numpy",
    "pydantic",
    "redis",
    "rich",
    "sqlalchemy",
    "starlette",
    "taskiq",
    "trio",
    "typer",
    "uvloop",
}

each_module = pytest.mark.parametrize("name", MODULES)
each_public_module = pytest.mark.parametrize("name", PUBLIC_MODULES)


def _imported_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after `code`, and had not before."""
    probe = f"import sys; before = set(sys.modules); {code}; print(*sorted(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    """Who imports one room does not pay for the others."""
    assert _imported_by("import fastapi_convert") & HEAVY == set()


@pytest.mark.parametrize("name", ["fastapi_convert.errors", "fastapi_convert.offloading"])
def test_a_room_of_the_runtime_loads_no_optional_library(name: str) -> None:
    """FastAPI may come with it, and what FastAPI itself imports; no extra, and none of the other core libraries."""
    needed = {"fastapi", "pydantic", "starlette"}
    brought_by_fastapi = _imported_by("import fastapi, fastapi.routing, fastapi.responses")
    assert (_imported_by(f"import {name}") - brought_by_fastapi) & (HEAVY - needed - {"multiprocessing"}) == set()


@each_module
def test_a_module_says_what_it_is_for(name: str) -> None:
    """Private modules too: a docstring is where a reader begins."""
    assert (importlib.import_module(name).__doc__ or "").strip()


@each_public_module
def test_all_is_a_tuple_of_names_that_exist(name: str) -> None:
    """Each of them once; a star import gives what is promised."""
    module = importlib.import_module(name)
    assert isinstance(module.__all__, tuple)
    assert len(set(module.__all__)) == len(module.__all__)
    assert [exported for exported in module.__all__ if not hasattr(module, exported)] == []


@each_public_module
def test_all_has_every_class_and_function_that_a_public_module_defines(name: str) -> None:
    """A name without an underscore is a promise; who does not mean one writes the underscore."""
    module = importlib.import_module(name)
    defined = {
        attribute
        for attribute, value in vars(module).items()
        if (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == name
        and not attribute.startswith("_")
    }
    assert defined - set(module.__all__) == set()


@each_public_module
def test_every_exported_class_and_function_is_documented(name: str) -> None:
    """Editors show it, and the reference is made of it."""
    module = importlib.import_module(name)
    exported = {attribute: getattr(module, attribute) for attribute in module.__all__}
    # An alias such as `Literal["error", "warn"]` can be called, and cannot have a docstring.
    named = {attribute: value for attribute, value in exported.items() if callable(value) and not get_origin(value)}
    assert [attribute for attribute, value in named.items() if not inspect.getdoc(value)] == []


@each_public_module
def test_no_module_bears_the_name_of_what_is_exported_beside_it(name: str) -> None:
    """`import package.thing as m` must give the module, never a function."""
    module = importlib.import_module(name)
    submodules = {found.name for found in pkgutil.iter_modules(getattr(module, "__path__", []))}
    shadowed = {x for x in submodules & set(module.__all__) if not isinstance(getattr(module, x), types.ModuleType)}
    assert shadowed == set()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.Path:
    """The wheel, built without a network by the backend that is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    # The backend finds its program on PATH; the environment of the tests need not be an activated one.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(ROOT)]
    subprocess.run(command, env={**os.environ, "PATH": path}, check=True)
    (built,) = folder.glob("*.whl")
    return zipfile.Path(built)


def test_the_wheel_is_typed_and_has_every_module(wheel: zipfile.Path) -> None:
    """What is in the source is in the wheel, `py.typed` included."""
    found = (path for kind in ("*.py", "*.html") for path in (ROOT / "src").rglob(kind))
    sources = {path.relative_to(ROOT / "src").as_posix() for path in found}
    assert sources | {"fastapi_convert/py.typed"} <= set(wheel.root.namelist())


def test_the_wheel_has_the_licence_and_no_tests(wheel: zipfile.Path) -> None:
    """What belongs to a checkout stays there."""
    names = wheel.root.namelist()
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"fastapi_convert"}


def test_changelog_and_project_tell_the_same_version() -> None:
    """The newest heading of the changelog is the version that is built."""
    newest = re.search(r"^## \[(?:Unreleased\] - )?([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest
    assert newest[1] == PROJECT["version"]


def test_requirements_are_hashed_and_carry_no_address() -> None:
    """They install the same files from whichever registry the reader uses."""
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"://|--(extra-)?index-url|--find-links|^-e|@ ", text, re.MULTILINE), path.name


def _project_files() -> list[Path]:
    """What a commit would hold; in a copy without git, what lies there beside the environment and caches."""
    listing = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    result = subprocess.run(listing, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return [ROOT / name for name in result.stdout.split("\0") if name and (ROOT / name).is_file()]
    folders = ["src", "tests", "docs", "examples", "benchmarks", "requirements", ".ci"]
    return [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]


def test_no_file_names_a_registry_or_somebodys_home() -> None:
    """The repository is public: it tells nothing of the machines that it was made on."""
    # In pieces, so that this file does not name them either.
    private = re.compile(
        rb"files\.pythonhosted" rb"\.org|index-" rb"url *= *|/ho" rb"me/\w+/|/ro" rb"ot/|/Use" rb"rs/\w+/"
    )
    found = [str(path.relative_to(ROOT)) for path in _project_files() if private.search(path.read_bytes())]
    assert found == []
