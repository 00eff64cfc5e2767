"""What the tests of saving share: contents that tell whether they are whole, and a file system that fails on demand."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi_convert.uploads.saving import _folder, _partfile
from fastapi_convert.uploads.saving._atomic import AtomicFile

__all__ = (
    "OLD",
    "PART",
    "FaultyOs",
    "each",
    "framed",
    "is_whole",
    "names_in",
    "opened",
    "part_files",
    "save",
    "state_of",
    "watch_calls",
)

#: What may fail, or be the last thing that a process does.
CALLS = {"close", "dup", "fchmod", "fstat", "fsync", "link", "open", "replace", "scandir", "stat", "unlink", "write"}
#: A name that a part file might have.
PART = ".0123456789abcdef.fc-upload.part"
OLD = b"what was there before"

Before = Callable[[str], None]


class FaultyOs:
    """`os`, as one module sees it: `before` is told of every call that reaches the file system, and may raise."""

    def __init__(self, before: Before) -> None:
        self._before = before

    def __getattr__(self, name: str) -> Any:
        function = getattr(os, name)
        if name not in CALLS:
            return function

        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "close":  # it gives the descriptor back whatever it reports
                function(*args, **kwargs)
                return self._before(name)
            self._before(name)
            return function(*args, **kwargs)

        return call


def watch_calls(before: Before, replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Let `before` hear of every call of the room's own code; `replace` is `setattr` or that of a monkeypatch."""
    lock = _partfile._lock

    def watched_lock(fd: int, *, shared: bool) -> None:
        before("flock")
        lock(fd, shared=shared)

    for module in (_folder, _partfile):
        replace(module, "os", FaultyOs(before))
    replace(_partfile, "_lock", watched_lock)


def framed(payload: bytes) -> bytes:
    """Content that bears its own hash."""
    return hashlib.sha256(payload).hexdigest().encode() + payload


def is_whole(content: bytes) -> bool:
    """Whether it is all of what `framed` has made."""
    return hashlib.sha256(content[64:]).hexdigest().encode() == content[:64]


def state_of(target: Path) -> str:
    """`absent`, `old`, `whole`, or the word that no test wants to hear."""
    try:
        content = target.read_bytes()
    except FileNotFoundError:
        return "absent"
    if content == OLD:
        return "old"
    return "whole" if is_whole(content) else "torn"


def names_in(folder: Path) -> list[str]:
    """The names in a folder, sorted."""
    return sorted(path.name for path in folder.iterdir())


def part_files(folder: Path) -> list[str]:
    """Those of part files."""
    return [name for name in names_in(folder) if name.endswith(".fc-upload.part")]


def opened(target: Path, **options: Any) -> AtomicFile:
    """A file that is being written."""
    file = AtomicFile(target, **options)
    file.open()
    return file


def save(target: Path, content: bytes, **options: Any) -> None:
    """All the steps of a save, on this thread."""
    file = opened(target, **options)
    for start in range(0, len(content), 1 << 16):
        file.write([content[start : start + (1 << 16)]])
    file.commit()


class each:  # noqa: N801 - used like a function, but nothing that has to be closed
    """The batches, asynchronously."""

    def __init__(self, batches: Sequence[Sequence[bytes]]) -> None:
        self._batches = iter(batches)

    def __aiter__(self) -> AsyncIterator[Sequence[bytes]]:
        return self

    async def __anext__(self) -> Sequence[bytes]:
        for batch in self._batches:
            return batch
        raise StopAsyncIteration
