"""The reference has every public name of the rooms whose pages list them one by one."""

from pathlib import Path

import pytest

from fastapi_convert import jobs, uploads

PAGES = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", uploads.__all__)
def test_every_public_name_of_uploads_has_its_place_in_the_reference(name: str) -> None:
    """Grouped by what one wants to do, and none is forgotten."""
    assert f"\n::: fastapi_convert.uploads.{name}\n" in (PAGES / "uploads.md").read_text()


@pytest.mark.parametrize("name", jobs.__all__)
def test_every_public_name_of_jobs_has_its_place_in_the_reference(name: str) -> None:
    """None is forgotten."""
    assert f"\n::: fastapi_convert.jobs.{name}\n" in (PAGES / "jobs.md").read_text()
