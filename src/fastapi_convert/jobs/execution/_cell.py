"""A cell of memory that a run and its worker share: the latest progress goes out, a wish to stop comes in.

Two slots take turns, and each value carries its number and a checksum. So a reader needs no lock and never sees half
a value: what a writer has begun, or was killed in, does not fit its checksum, and the one before is in the other slot.
"""

from __future__ import annotations

import errno
import math
import mmap
import os
import struct
import tempfile
import threading
import zlib
from contextlib import suppress
from pathlib import Path

SIZE = 4096
#: Bytes of a message: 500 characters of the widest.
MOST_MESSAGE = 2000

_SUM = struct.Struct("=I")
_VALUE = struct.Struct("=QdI")  # number, fraction, length of the message
_SLOT = _SUM.size + _VALUE.size + MOST_MESSAGE
_SLOTS = (SIZE - 2 * _SLOT, SIZE - _SLOT)
_MOST_REASON = _SLOTS[0] - 1  # the reason stands in front, after its length
_ALL = slice(0, SIZE)

Told = tuple[float | None, str]


class Cell:
    """The worker's end. Its file has a name only until the run has opened it.

    Args:
        folder: Where the file is made.

    Raises:
        OSError: There is no room for it. Later, in the middle of a write, that would be a SIGBUS.
    """

    def __init__(self, folder: Path) -> None:
        fd, name = tempfile.mkstemp(prefix="cell-", dir=folder)
        self.path = Path(name)
        try:
            _reserve(fd)
            self._map = mmap.mmap(fd, SIZE)
        except BaseException:
            self._unlink()
            raise
        finally:
            os.close(fd)
        self._number = 0
        self._told: Told | None = None

    def get(self) -> Told | None:
        """The latest progress; `None` while there is none."""
        copy = self._map[_ALL]
        for start in _SLOTS:
            number, told = _read(copy[start : start + _SLOT])
            if number > self._number:
                self._number, self._told = number, told
        return self._told

    def ask_to_stop(self, reason: str) -> None:
        """Have the run stop when it asks its progress next."""
        data = (reason or "it was stopped").encode("utf-8", "replace")[:_MOST_REASON]
        self._map[1 : 1 + len(data)] = data
        self._map[0] = len(data)  # last: a reader looks here first

    def is_untouched(self) -> bool:
        """Whether no run has opened it."""
        return self.path.exists()

    def close(self) -> None:
        """Let go of it, and of the file if the run never opened it. May be called twice."""
        self._map.close()
        self._unlink()

    def _unlink(self) -> None:
        with suppress(OSError):
            self.path.unlink()


class CellSink:
    """The run's end: the sink of a `Progress`. Safe to use from several threads.

    It is never closed: threads that the function left behind may still tell something.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        path.unlink()
        self._number = 0
        self._lock = threading.Lock()

    def put(self, fraction: float | None, message: str) -> None:
        """Replace what was told before."""
        text = message[:MOST_MESSAGE].encode("utf-8", "replace")[:MOST_MESSAGE]
        part = math.nan if fraction is None else fraction
        with self._lock:
            self._number = number = self._number + 1
            value = _VALUE.pack(number, part, len(text)) + text
            start = _SLOTS[number & 1]
            self._map[start : start + _SUM.size + len(value)] = _SUM.pack(zlib.crc32(value)) + value

    def stop_reason(self) -> str:
        """Why the run should stop; empty as long as it may go on."""
        length = self._map[0]
        return self._map[1 : 1 + length].decode("utf-8", "ignore") if length else ""


def _read(slot: bytes) -> tuple[int, Told | None]:
    """The number of a value and the value; number 0 for what is none, or not whole."""
    (expected,) = _SUM.unpack_from(slot)
    number, fraction, length = _VALUE.unpack_from(slot, _SUM.size)
    if not number or length > MOST_MESSAGE:
        return 0, None
    text = _SUM.size + _VALUE.size
    if zlib.crc32(slot[_SUM.size : text + length]) != expected:
        return 0, None
    # A message that was cut within a character ends before it.
    return number, (None if math.isnan(fraction) else fraction, slot[text : text + length].decode("utf-8", "ignore"))


def _reserve(fd: int) -> None:
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(fd, 0, SIZE)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS):
                raise
        else:
            return
    os.write(fd, bytes(SIZE))
