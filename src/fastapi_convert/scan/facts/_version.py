"""The version of facts: what lies in a cache was made by this very code, or is made anew."""

from __future__ import annotations

from hashlib import blake2b
from importlib.resources import files

__all__ = ("facts_version",)


def facts_version() -> str:
    """A digest of the code that reads files and lowers them; nobody can forget to count it up."""
    digest = blake2b(digest_size=16)
    room = files("fastapi_convert.scan")
    places = [*room.joinpath("facts").iterdir(), *room.joinpath("sources").iterdir(), room.joinpath("_comments.py")]
    for file in sorted(places, key=lambda each: each.name):
        if file.name.endswith(".py"):
            digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
