"""The reference has every public name of the rooms whose pages list them one by one, and every option of the scan."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastapi_convert import jobs, mapping, scan, uploads
from fastapi_convert.scan import (
    __main__ as scan_command,
    _config as scan_config,
)

PAGES = Path(__file__).parents[2] / "docs" / "reference"
OPTIONS = [name for action in scan_command.parser()._actions for name in action.option_strings]
KEYS = scan_config._Reader(Path("pyproject.toml"))._keys


@pytest.mark.parametrize("name", uploads.__all__)
def test_every_public_name_of_uploads_has_its_place_in_the_reference(name: str) -> None:
    """Grouped by what one wants to do, and none is forgotten."""
    assert f"\n::: fastapi_convert.uploads.{name}\n" in (PAGES / "uploads.md").read_text()


@pytest.mark.parametrize("name", jobs.__all__)
def test_every_public_name_of_jobs_has_its_place_in_the_reference(name: str) -> None:
    """None is forgotten."""
    assert f"\n::: fastapi_convert.jobs.{name}\n" in (PAGES / "jobs.md").read_text()


@pytest.mark.parametrize("name", scan.__all__)
def test_every_public_name_of_scan_has_its_place_in_the_reference(name: str) -> None:
    """None is forgotten."""
    assert f"\n::: fastapi_convert.scan.{name}\n" in (PAGES / "scan.md").read_text()


@pytest.mark.parametrize("name", mapping.__all__)
def test_every_public_name_of_the_mapping_has_its_place_in_the_reference(name: str) -> None:
    """On the page of the room that finds by it; the pages named after it are made from the rows."""
    assert f"\n::: fastapi_convert.mapping.{name}\n" in (PAGES / "scan.md").read_text()


@pytest.mark.parametrize("option", [name for name in OPTIONS if name not in {"-h", "--help"}])
def test_every_option_of_the_scan_is_in_the_reference(option: str) -> None:
    """In the table of the command line."""
    table = (PAGES / "scan.md").read_text().partition("## The command line")[2].partition("\n## ")[0]
    assert f"`{option}" in table


@pytest.mark.parametrize("key", KEYS)
def test_every_key_of_the_configuration_is_in_the_reference(key: str) -> None:
    """In the table of pyproject.toml."""
    table = (PAGES / "scan.md").read_text().partition("## pyproject.toml")[2].partition("\n## ")[0]
    assert f"\n| `{key}` |" in table
