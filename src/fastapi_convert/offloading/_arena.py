"""Memory that two processes share: big buffers are written once and used where they lie.

Each direction of a conversation has one anonymous memory file. The sender fills it with plain writes, which release
the GIL; the receiver maps it, or copies out of it. An anonymous file has no name, so nothing can be left behind in
/dev/shm, however the processes end. Linux only; elsewhere `supported()` is false and buffers go through the socket.
"""

from __future__ import annotations

import functools
import mmap
import os
import socket
import weakref
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

Buffer: TypeAlias = bytes | bytearray | memoryview

# What a receiver hands out for a buffer: users who pass bytes get bytes, never a view that only looks like it.
AS_BYTES, AS_BYTEARRAY, AS_VIEW = range(3)

KEEP = 64 << 20  # a larger arena is given back after use, so that one huge call does not hold memory for ever
SMALLEST = 1 << 20
ALIGNMENT = 64  # a cache line, and enough for every dtype and vector instruction
STEP = 1 << 20  # bytearrays grow in steps, because each step holds the GIL
MOST_PINNED = 8  # every pinned mapping costs a file descriptor


class Entry(NamedTuple):
    """One buffer of a frame: its length and what the receiver makes of it."""

    size: int
    form: int


def form_of(buffer: memoryview) -> int:
    """Whether the receiver shall get `bytes`, a `bytearray`, or a view."""
    owner = type(buffer.obj)
    return AS_BYTES if owner is bytes else AS_BYTEARRAY if owner is bytearray else AS_VIEW


@functools.cache
def supported() -> bool:
    """Whether this platform has anonymous memory files and can pass them; sandboxes may forbid them."""
    if not (hasattr(os, "memfd_create") and hasattr(socket, "SCM_RIGHTS")):
        return False
    try:
        os.close(os.memfd_create("fastapi-convert"))
    except OSError:
        return False
    return True


def offsets(sizes: Iterable[int]) -> list[int]:
    """Where each buffer starts in the arena, and at the end the total. Both sides compute it from the sizes."""
    found = [0]
    for size in sizes:
        found.append(found[-1] + -(-size // ALIGNMENT) * ALIGNMENT)
    return found


def fresh_block(size: int) -> memoryview:
    """Private writable memory for a received buffer, returned to the system with the last view of it."""
    if not hasattr(mmap, "MAP_ANONYMOUS"):
        return memoryview(mmap.mmap(-1, size))
    block = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        block.madvise(mmap.MADV_HUGEPAGE)  # one page fault for 2 MB instead of 512
    return memoryview(block)


class Arena:
    """The sender's end: a memory file that grows as needed and is used again for the next frame."""

    def __init__(self) -> None:
        self.capacity = 0
        self._fd: int | None = None
        self._handed_over = False

    def fill(self, buffers: Sequence[memoryview]) -> None:
        """Write the buffers into the file. The GIL is released while the bytes move."""
        places = offsets(buffer.nbytes for buffer in buffers)
        fd = self._reserve(places[-1])
        for buffer, place in zip(buffers, places, strict=False):
            done = 0
            while done < buffer.nbytes:  # one write moves 2 GiB at most
                done += os.pwrite(fd, buffer[done:], place + done)

    def _reserve(self, size: int) -> int:
        if self._fd is None:
            self._fd = os.memfd_create("fastapi-convert")
        if self.capacity < size:
            # Doubling spares the receiver a new mapping for every call that is a little larger than the last.
            capacity = size if size > KEEP else max(SMALLEST, 1 << (size - 1).bit_length())
            os.ftruncate(self._fd, capacity)
            self.capacity = capacity
        return self._fd

    def to_hand_over(self) -> int | None:
        """The descriptor, if the receiver has not got it yet."""
        return None if self._handed_over else self._fd

    def handed_over(self) -> None:
        """The receiver has the descriptor now."""
        self._handed_over = True

    def drop(self) -> None:
        """Forget the file; the next fill starts a fresh one. The receiver's mappings stay valid."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self._handed_over, self.capacity = None, False, 0


class Inbox:
    """The receiver's end. With `lend` its buffers are views on the shared mapping, else they are copies.

    Lending is for the worker: no copy at all, and `settle()` tells whether the called code still holds a view, so that
    the sender leaves that memory alone. Copies are for the caller, who may keep a result for as long as he likes.
    """

    def __init__(self, *, lend: bool) -> None:
        self._lend = lend
        self._fd: int | None = None
        self._map: mmap.mmap | None = None
        self._lent = False
        self._pinned: list[weakref.ref[mmap.mmap]] = []

    def adopt(self, fd: int) -> None:
        """Take the descriptor of the sender's new arena."""
        self.drop()
        self._fd = fd

    def open(self, entries: Sequence[Entry], capacity: int) -> list[Buffer]:
        """The buffers that the sender has put into the arena."""
        places = offsets(entry.size for entry in entries)
        lend = self._lend and self._may_lend()
        found = [self._buffer(entry, place, capacity, lend) for entry, place in zip(entries, places, strict=False)]
        if capacity > KEEP and not self._lent:
            self.drop()
        return found

    def _may_lend(self) -> bool:
        self._pinned = [pin for pin in self._pinned if pin() is not None]
        return len(self._pinned) < MOST_PINNED

    def _buffer(self, entry: Entry, place: int, capacity: int, lend: bool) -> Buffer:
        assert self._fd is not None, "a frame with an arena, but the arena never came"
        if entry.form == AS_BYTES:
            return _read_bytes(self._fd, entry.size, place)
        if entry.form == AS_BYTEARRAY:
            return _read_bytearray(self._fd, entry.size, place)
        if lend:
            return memoryview(self._mapping(self._fd, capacity))[place : place + entry.size]
        block = fresh_block(entry.size)
        done = 0
        while done < entry.size:
            done += _some(os.preadv(self._fd, [block[done:]], place + done))
        return block

    def _mapping(self, fd: int, capacity: int) -> mmap.mmap:
        if self._map is None or len(self._map) != capacity:
            self._map = mmap.mmap(fd, capacity)
        self._lent = True
        return self._map

    def settle(self) -> bool:
        """Whether somebody still holds views of the last frame; then the sender must not write there again."""
        if self._map is None or not self._lent:
            return False
        self._lent = False
        if len(self._map) > KEEP:
            self.drop()
            return False
        try:
            # A resize to the same size does nothing, but it is refused while views exist; close() would unmap.
            self._map.resize(len(self._map))
        except BufferError:
            self._pinned.append(weakref.ref(self._map))
            self.drop()
            return True
        return False

    def drop(self) -> None:
        """Forget the arena. Memory that is still in use stays until its last view is gone."""
        if self._fd is not None:
            os.close(self._fd)
        self._fd, self._map, self._lent = None, None, False


def _some(count: int) -> int:
    if not count:
        raise EOFError("the shared memory is shorter than announced")
    return count


def _read_bytes(fd: int, size: int, place: int) -> bytes:
    whole = os.pread(fd, size, place)
    if len(whole) == size:
        return whole
    parts = [whole]
    while (missing := size - sum(map(len, parts))) > 0:
        parts.append(os.pread(fd, missing, place + size - missing))
        _some(len(parts[-1]))
    return b"".join(parts)


def _read_bytearray(fd: int, size: int, place: int) -> bytearray:
    found = bytearray()
    while len(found) < size:
        part = os.pread(fd, min(STEP, size - len(found)), place + len(found))
        _some(len(part))
        found += part
    return found
