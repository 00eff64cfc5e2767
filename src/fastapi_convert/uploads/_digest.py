"""The digest of what was consumed, in order."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class Digest:
    """A hash that knows how many bytes went into it. `update` is for workers: half a millisecond for a chunk.

    Raises:
        ValueError: There is no hash of that name.
    """

    def __init__(self, name: str) -> None:
        try:
            self._hash = hashlib.new(name, usedforsecurity=False)
            self._hash.hexdigest()
        except (TypeError, ValueError) as error:  # TypeError: shake_128 and shake_256, which want a length
            known = ", ".join(sorted(hashlib.algorithms_guaranteed))
            raise ValueError(f"hash={name!r} is not a hash with a fixed length: use one of {known}.") from error
        self.size = 0

    def update(self, data: ReadableBuffer) -> None:
        """Hash more bytes."""
        self._hash.update(data)
        self.size += memoryview(data).nbytes

    def hexdigest(self) -> str:
        """The digest so far, in hexadecimal digits."""
        return self._hash.hexdigest()
