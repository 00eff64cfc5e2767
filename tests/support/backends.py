"""The event loops that every async test runs on, and the markers that choose among them."""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ("BACKENDS", "anyio_backend", "pytest_collection_modifyitems")

Backend = tuple[str, dict[str, Any]]

BACKENDS: dict[str, Backend] = {
    "asyncio": ("asyncio", {"use_uvloop": False}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "trio": ("trio", {}),
}
CHOSEN_BY_MARKER = {"asyncio_only": {"asyncio", "uvloop"}, "one_backend": {"asyncio"}}


@pytest.fixture(scope="module", params=list(BACKENDS))
def anyio_backend(request: pytest.FixtureRequest) -> Backend:
    """Each async test runs once on asyncio, once on uvloop and once on trio."""
    return BACKENDS[request.param]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out the loops that a test's marker does not name: nothing is skipped, there is no such test."""
    items[:] = [item for item in items if _is_wanted(item)]


def _is_wanted(item: pytest.Item) -> bool:
    backend = item.callspec.params.get("anyio_backend") if hasattr(item, "callspec") else None
    if backend not in BACKENDS:  # a test without a loop, or with a fixture `anyio_backend` of its own
        return True
    return all(backend in chosen for marker, chosen in CHOSEN_BY_MARKER.items() if item.get_closest_marker(marker))
