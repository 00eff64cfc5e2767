"""What an earlier scan has found in the very same files: the second scan of a tree need not think again."""

from __future__ import annotations

import hashlib
import marshal
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .findings import AsyncFunction, BlockingCall, Finding, Step
from .settings import Settings
from .sources import Cache, Sources, cache_folder

__all__ = ("Remembered",)

_PACKAGE = Path(__file__).parent.parent  # rows of the mapping, stubs and the code of the scan decide, too


class Remembered:
    """The findings of these very files, if this very scan has looked at them before.

    Args:
        paths: What is scanned.
        settings: `cache` and `cache_dir` count; what is reported is chosen afterwards.
        sources: The files.
    """

    def __init__(self, paths: Sequence[Path], settings: Settings, sources: Sources) -> None:
        folder = cache_folder(settings, sources.root)
        self._cache = Cache(folder, sorted(path.absolute() for path in paths), suffix=".findings")
        self._key = self._cache.key(b"".join(_parts(sources))) if folder else b""

    def get(self) -> list[Finding] | None:
        """All findings, at every level; `None` if they are not known."""
        packed = self._cache.get(self._key)
        return None if packed is None else [_finding(*each) for each in marshal.loads(packed)]  # noqa: S302 -- our own, as the facts are

    def put(self, findings: Sequence[Finding]) -> None:
        """Keep these, and forget those of other states of the tree."""
        if self._key:
            self._cache.put(self._key, marshal.dumps([_plain(finding) for finding in findings]))
            self._cache.save()


def _parts(sources: Sources) -> Iterator[bytes]:
    """All that decides what is found."""
    for folder, folders, files in os.walk(_PACKAGE):
        folders.sort()
        for name in sorted(files):
            if name.endswith((".py", ".pyi")):
                status = os.stat(os.path.join(folder, name))  # noqa: PTH116, PTH118 -- twice as fast, and there are 900
                yield f"{folder}/{name} {status.st_size} {status.st_mtime_ns}\n".encode()
    for file in sources.files:
        yield repr((file.path, file.names, file.asked_for)).encode()
        yield hashlib.blake2b(file.facts, digest_size=20).digest()


def _plain(finding: Finding) -> tuple[Any, ...]:
    top, blocking = finding.async_function, finding.blocking
    return (
        (finding.code, finding.level, finding.message, finding.replacement),
        (top.path, top.line, top.name, top.route),
        [(step.path, step.line, step.name, step.column) for step in finding.chain],
        (blocking.path, blocking.line, blocking.column, blocking.call),
    )


def _finding(said: Any, top: Any, chain: Any, blocking: Any) -> Finding:
    code, level, message, replacement = said
    steps = tuple(Step(*step) for step in chain)
    return Finding(code, level, message, replacement, AsyncFunction(*top), steps, BlockingCall(*blocking))
