"""Memory that a worker and a process of its share: the latest progress goes out, a wish to stop comes in.

It serves one run after the other. Their generations are counted, and each value bears that of its run, so a reader
takes none of an earlier one. Two slots take turns, and each value has a number and a checksum. So a reader needs no
lock and never sees half a value: what a writer has begun, or was killed in, does not fit its checksum, and the one
before is in the other slot.
"""

from __future__ import annotations

import errno
import math
import mmap
import os
import struct
import threading
import zlib
from contextlib import suppress
from pathlib import Path

SIZE = 8192
#: Bytes of a message: 500 characters of the widest.
MOST_MESSAGE = 2000

_GENERATION = struct.Struct("=Q")
_PRESENT = slice(0, 8)  # the generation that the worker has called
_BEGUN = slice(8, 16)  # the generation that has begun in the process
_REASON = 16  # its length; the text comes after it
_MOST_REASON = 255

_SUM = struct.Struct("=I")
_VALUE = struct.Struct("=QQdI")  # generation, number, fraction, length of the message
_SLOT = _SUM.size + _VALUE.size + MOST_MESSAGE
_SLOTS = (SIZE - 2 * _SLOT, SIZE - _SLOT)

_OVER = b"its run is over"

Told = tuple[float | None, str]


class Cell:
    """The worker's end. Its file has a name only until the process has opened it.

    Args:
        path: Where the file is made.

    Raises:
        OSError: There is no room for it. Later, in the middle of a write, that would be a SIGBUS.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _reserve(fd)
            self._map = mmap.mmap(fd, SIZE)
        except BaseException:
            self._unlink()
            raise
        finally:
            os.close(fd)
        self._generation = self._number = 0
        self._told: Told | None = None

    def begin(self) -> None:
        """Be there for another run, of which nothing is known yet. To be called before it is."""
        self._generation += 1
        self._number, self._told = 0, None
        self._map[_REASON] = 0
        self._map[_PRESENT] = _GENERATION.pack(self._generation)

    def has_begun(self) -> bool:
        """Whether the process has come as far as this run."""
        return self._map[_BEGUN] == _GENERATION.pack(self._generation)

    def get(self) -> Told | None:
        """The latest progress of this run; `None` while there is none."""
        for start in _SLOTS:
            generation, number, told = _read(self._map[start : start + _SLOT])
            if generation == self._generation and number > self._number:
                self._number, self._told = number, told
        return self._told

    def ask_to_stop(self, reason: str) -> None:
        """Have this run stop when it asks its progress next."""
        _write_reason(self._map, (reason or "it was stopped").encode("utf-8", "replace"))

    def close(self) -> None:
        """Let go of it, and of the file if the process never opened it. May be called twice."""
        self._map.close()
        self._unlink()

    def _unlink(self) -> None:
        with suppress(OSError):
            self._path.unlink()


class CellEnd:
    """The process's end of the cell, opened once. It makes the sinks of the runs.

    It is never closed: threads that functions left behind may still look at it.
    """

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        path.unlink()

    def begin(self) -> CellSink:
        """The sink of the run that was called last, and a note that this one has begun."""
        self._map[_BEGUN] = generation = self._map[_PRESENT]
        return CellSink(self._map, generation)


class CellSink:
    """The sink of the `Progress` of one run. Safe to use from several threads."""

    def __init__(self, memory: mmap.mmap, generation: bytes) -> None:
        self._memory: mmap.mmap | bytearray = memory
        self._generation = generation
        (self._tag,) = _GENERATION.unpack(generation)
        self._number = 0
        self._lock = threading.Lock()

    def put(self, fraction: float | None, message: str) -> None:
        """Replace what was told before."""
        text = message.encode("utf-8", "replace")
        if len(text) > MOST_MESSAGE:
            text = text[:MOST_MESSAGE]
        part = math.nan if fraction is None else fraction
        with self._lock:
            memory = self._memory
            if memory[_PRESENT] != self._generation:  # a fork that has outlived its run
                return
            self._number = number = self._number + 1
            value = _VALUE.pack(self._tag, number, part, len(text)) + text
            start = _SLOTS[number & 1]
            memory[start : start + _SUM.size + len(value)] = _SUM.pack(zlib.crc32(value)) + value

    def stop_reason(self) -> str:
        """Why the run should stop; empty as long as it may go on."""
        memory = self._memory
        length = memory[_REASON]
        return memory[_REASON + 1 : _REASON + 1 + length].decode("utf-8", "ignore") if length else ""

    def retire(self) -> None:
        """Tell nothing any more: the threads that are left of the run are told that it is over."""
        nowhere = bytearray(_REASON + 1 + _MOST_REASON)
        _write_reason(nowhere, _OVER)
        with self._lock:
            self._memory = nowhere


def _write_reason(memory: mmap.mmap | bytearray, reason: bytes) -> None:
    text = reason[:_MOST_REASON]
    memory[_REASON + 1 : _REASON + 1 + len(text)] = text
    memory[_REASON] = len(text)  # last: a reader looks here first


def _read(slot: bytes) -> tuple[int, int, Told | None]:
    """The generation and the number of a value and the value; number 0 for what is none, or not whole."""
    (expected,) = _SUM.unpack_from(slot)
    generation, number, fraction, length = _VALUE.unpack_from(slot, _SUM.size)
    text = _SUM.size + _VALUE.size
    if length > MOST_MESSAGE or zlib.crc32(slot[_SUM.size : text + length]) != expected:
        return 0, 0, None
    # A message that was cut within a character ends before it.
    message = slot[text : text + length].decode("utf-8", "ignore")
    return generation, number, (None if math.isnan(fraction) else fraction, message)


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
