"""The version of facts: what lies in a cache was made by this very code, or is made anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from importlib.resources.abc import Traversable

__all__ = ("facts_version",)


@cache
def facts_version() -> str:
    """A digest of the code that reads files and lowers them; nobody can forget to count it up."""
    digest = blake2b(digest_size=16)
    room = files("fastapi_convert.scan")
    for place in (room.joinpath("facts"), room.joinpath("sources"), room.joinpath("_comments.py")):
        for name, code in _modules(place, place.name):
            digest.update(f"{name}\0".encode() + code)
    return digest.hexdigest()


def _modules(place: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    """The modules of a folder and of those below it, in a stable order."""
    if place.is_dir():
        for each in sorted(place.iterdir(), key=lambda each: each.name):
            yield from _modules(each, f"{name}/{each.name}")
    elif name.endswith(".py"):
        yield name, place.read_bytes()
