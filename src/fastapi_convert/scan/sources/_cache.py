"""Facts of earlier scans, found again by the contents of the files.

One file holds the facts of one scanned tree, so that a warm start reads one file. The facts are in `marshal`'s format,
which must not be fed by strangers: they lie in the user's own cache folder, never in the project.
"""

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fastapi_convert.scan import facts

from ._files import Unreadable, read_file

_MAGIC: Final = b"fastapi-convert facts 1\n"
_DIGEST: Final = 32
_KEY: Final = 20
_MOST_BYTES: Final = 1 << 29
_MOST_PACKS: Final = 128


class Cache:
    """The facts that are known of one scanned tree. What cannot be read or written is not there: never an error.

    Args:
        folder: The folder of all such files, or `None` for a cache that keeps nothing.
        paths: What is scanned: the same paths find the same facts.
        suffix: Of the file's name; of what is not facts, another one.
    """

    def __init__(self, folder: Path | None, paths: Iterable[Path], suffix: str = ".facts") -> None:
        self._folder = folder
        # Facts of one Python are not those of another one: the trees differ, and so does `marshal`.
        maker = f"{facts.facts_version()}\0{sys.implementation.cache_tag}\0{sys.version}\0".encode()
        self._hash = hashlib.blake2b(maker, digest_size=_KEY)
        named = b"\0".join([maker, *(os.fsencode(path) for path in paths)])
        self._name = hashlib.blake2b(named, digest_size=16).hexdigest() + suffix
        self._known: dict[bytes, bytes] = {} if folder is None else _read(folder / self._name)
        self._used: dict[bytes, bytes] = {}

    def key(self, data: bytes) -> bytes:
        """What the facts of a file with these contents are found by."""
        digest = self._hash.copy()
        digest.update(data)
        return digest.digest()

    def get(self, key: bytes) -> bytes | None:
        """The facts, if they are known; they are kept for the next time."""
        found = self._known.get(key)
        if found is not None:
            self._used[key] = found
        return found

    def put(self, key: bytes, found: bytes) -> None:
        """Keep these facts."""
        self._used[key] = found

    def save(self) -> None:
        """Write down what was used in this scan, and forget the rest."""
        if self._folder is None or not self._used:
            return
        with contextlib.suppress(OSError):
            if self._used.keys() == self._known.keys():
                os.utime(self._folder / self._name)  # the oldest are removed first
            elif sum(map(len, self._used.values())) < _MOST_BYTES:
                _replace(self._folder / self._name, _packed(self._used))
                _remove_oldest(self._folder)


def _read(path: Path) -> dict[bytes, bytes]:
    try:
        return _unpacked(read_file(path, 2 * _MOST_BYTES))
    except Unreadable:
        return {}


def _packed(entries: dict[bytes, bytes]) -> bytes:
    body = marshal.dumps(entries)
    return b"".join((_MAGIC, hashlib.blake2b(body, digest_size=_DIGEST).digest(), body))


def _unpacked(pack: bytes) -> dict[bytes, bytes]:
    start = len(_MAGIC) + _DIGEST
    body = memoryview(pack)[start:]
    digest = hashlib.blake2b(body, digest_size=_DIGEST).digest()
    if pack[:start] != _MAGIC + digest:  # torn, or of another version
        return {}
    entries: dict[bytes, bytes] = marshal.loads(body)  # noqa: S302 -- our own, of a folder that only its owner writes
    return entries


def _replace(target: Path, pack: bytes) -> None:
    """Two scans may write at once: the last one wins, and neither sees half a file."""
    descriptor, part = tempfile.mkstemp(dir=target.parent, prefix=".part-")
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 -- a descriptor
            file.write(pack)
        os.replace(part, target)  # noqa: PTH105
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)  # noqa: PTH108
        raise


def _remove_oldest(folder: Path) -> None:
    """What a killed scan left goes too, once it is old enough."""
    with os.scandir(folder) as listing:
        packs = sorted((entry.stat().st_mtime, entry.path) for entry in listing if entry.is_file())
    for _, path in packs[:-_MOST_PACKS]:
        os.unlink(path)  # noqa: PTH108
