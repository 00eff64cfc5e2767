"""How far a project reaches: the folder that imports are followed in, and that services know."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from fastapi_convert.scan._checkout import checkout_of, repository_of
from tests.scan.source_trees import grow


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with the projects in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "marks, checkout",
    [
        ([], "code/shop/services/web"),
        (["code/shop/.git/HEAD"], "code/shop"),
        (["code/shop/.hg/requires"], "code/shop"),
        (["code/shop/.git"], "code/shop"),  # a file, as worktrees have it
        (["code/shop/.git/HEAD", "code/shop/services/.git"], "code/shop/services"),  # a submodule
        (["code/shop/.git/HEAD", "code/shop/services/web/pyproject.toml"], "code/shop"),
        (["code/shop/.git/HEAD", "code/pyproject.toml"], "code/shop"),
        (["code/shop/setup.py", "code/shop/services/web/pyproject.toml"], "code/shop"),
        (["code/shop/setup.cfg"], "code/shop"),
        (["code/shop/services/web/pyproject.toml"], "code/shop/services/web"),
        ([".git/HEAD"], "code/shop/services/web"),  # the repository of somebody's settings
        ([".git/HEAD", "pyproject.toml", "code/shop/pyproject.toml"], "code/shop"),
    ],
)
def test_the_checkout_is_the_nearest_repository_or_the_outermost_build(
    home: Path, marks: list[str], checkout: str
) -> None:
    """Below the home folder, whatever lies there and above."""
    folder = grow(home / "code/shop/services/web")
    grow(home, *marks)
    assert checkout_of(folder) == home / checkout


def test_only_version_control_makes_a_repository(home: Path) -> None:
    """A build file is no place that a service knows."""
    web = grow(home / "shop/web", "pyproject.toml")
    assert repository_of(web) is None
    grow(home / "shop", ".git/HEAD")
    assert repository_of(web) == repository_of(home / "shop") == home / "shop"


def test_a_home_folder_behind_a_link_is_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `/home` is on many machines."""
    grow(home / "disk/me/app")
    grow(home, "disk/me/.git/HEAD")
    (home / "users").symlink_to(home / "disk")
    for known_as, seen_as in (("users/me", "disk/me/app"), ("disk/me", "users/me/app")):
        monkeypatch.setenv("HOME", str(home / known_as))
        assert checkout_of(home / seen_as) == home / seen_as


def test_the_home_folder_itself_can_be_scanned(home: Path) -> None:
    """Then it is as far as it goes."""
    grow(home, ".git/HEAD")
    assert checkout_of(home) == home


def test_a_user_without_a_home_has_checkouts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in containers, where nobody knows the user."""
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.chdir(grow(home, ".git/HEAD"))
    assert checkout_of(grow(home / "app")) == home
