"""Frames on the socket, shared memory beside it, and the pickles in them. Both ends are in this process."""

from __future__ import annotations

import mmap
import os
import pickle
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.offloading import _arena, _pickling, _wire
from fastapi_convert.offloading._wire import Frame, Link
from tests.support import remote_functions as remote

BIG = _pickling.BIG
linux_only = pytest.mark.skipif(not _arena.supported(), reason="no shared memory files here")


def view_of(value: Any) -> memoryview:
    """The type checker does not know every array as a buffer."""
    return memoryview(value)


class Pair:
    """Two ends, and a thread for the sender: a frame may be larger than the socket's buffer."""

    def __init__(self, *, shared: bool, lend: bool) -> None:
        here, there = socket.socketpair()
        self.sender = Link(here, shared=shared)
        self.receiver = Link(there, shared=shared, lend=lend)

    def carry(self, kind: int, stream: bytes, buffers: list[memoryview]) -> Frame:
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(self.sender.send, kind, stream, buffers)
            frame = self.receiver.receive()
            sending.result()
        return frame

    def answer(self) -> None:
        """The empty frame back, which tells the sender what is still in use."""
        self.receiver.send(_wire.RESULT)
        self.sender.receive()

    def close(self) -> None:
        self.sender.close()
        self.receiver.close()


@pytest.fixture(params=["inline", "copied", "lent"])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    shared = request.param != "inline" and _arena.supported()
    pair = Pair(shared=shared, lend=request.param == "lent")
    yield pair
    pair.close()


@pytest.fixture
def lending() -> Iterator[Pair]:
    pair = Pair(shared=True, lend=True)
    yield pair
    pair.close()


buffers = st.one_of(
    st.binary(min_size=1, max_size=3000),
    st.binary(min_size=1, max_size=3000).map(bytearray),
    st.integers(1, 300_000).map(lambda size: np.arange(size, dtype="u1")),
)
frames = st.tuples(st.integers(0, 255), st.binary(max_size=200_000), st.lists(buffers, max_size=5))


@settings(deadline=None, max_examples=60)
@given(st.lists(frames, min_size=1, max_size=4), st.sampled_from([(False, False), (True, False), (True, True)]))
def test_frames_arrive_as_they_were_sent(sent: list[tuple[int, bytes, list[bytes]]], way: tuple[bool, bool]) -> None:
    """Kind, pickle and buffers come out whole, one frame after the other, on every way of carrying them."""
    pair = Pair(shared=way[0] and _arena.supported(), lend=way[1])
    try:
        for kind, stream, parts in sent:
            frame = pair.carry(kind, stream, [view_of(part) for part in parts])
            assert (frame.kind, bytes(frame.stream)) == (kind, stream)
            assert [bytes(part) for part in frame.buffers] == [bytes(part) for part in parts]
            del frame
            pair.answer()
    finally:
        pair.close()


def test_buffers_keep_their_type(pair: Pair) -> None:
    """Bytes arrive as bytes and bytearrays as bytearrays; anything else as a writable view."""
    frame = pair.carry(1, b"", [view_of(b"abc"), view_of(bytearray(b"de")), view_of(np.arange(9))])
    assert [type(buffer) for buffer in frame.buffers] == [bytes, bytearray, memoryview]
    assert frame.buffers[:2] == [b"abc", bytearray(b"de")]
    assert not view_of(frame.buffers[2]).readonly


def test_a_bytearray_larger_than_a_step_is_whole(pair: Pair) -> None:
    """The steps in which it is read leave nothing out."""
    data = bytearray(os.urandom(2 * _arena.STEP + 17))
    assert pair.carry(1, b"", [view_of(data)]).buffers == [data]


def test_a_cut_frame_is_the_end_of_the_file() -> None:
    """A sender that dies in the middle of a frame is never taken for a whole one."""
    here, there = socket.socketpair()
    link = Link(there, shared=False)
    here.sendall(_wire._HEAD.pack(1, 0, 0, 1000, 0) + b"half")
    here.close()
    with pytest.raises(EOFError):
        link.receive()
    link.close()


def test_nothing_but_silence_is_the_end_of_the_file() -> None:
    """A closed socket between two frames ends the conversation."""
    here, there = socket.socketpair()
    here.close()
    link = Link(there, shared=_arena.supported())
    with pytest.raises(EOFError):
        link.receive()
    link.close()


@linux_only
def test_memory_in_use_is_not_written_again(lending: Pair) -> None:
    """A lent view that is kept still shows its own frame after the next one has come."""
    kept = lending.carry(1, b"", [view_of(np.full(BIG, 1, "u1"))]).buffers[0]
    lending.answer()
    later = lending.carry(1, b"", [view_of(np.full(BIG, 2, "u1"))]).buffers[0]
    assert (kept[0], kept[-1], later[0]) == (1, 1, 2)


@linux_only
def test_memory_that_is_free_again_is_used_again(lending: Pair) -> None:
    """Without a view that lives, the next frame comes through the same file: same mapping, same inode."""
    seen = set()
    for value in (1, 2, 3):
        frame = lending.carry(1, b"", [view_of(np.full(BIG, value, "u1"))])
        assert lending.receiver._inbox._fd is not None
        seen.add(os.fstat(lending.receiver._inbox._fd).st_ino)
        del frame
        lending.answer()
    assert len(seen) == 1


@linux_only
def test_what_is_sent_back_does_not_count_as_use(lending: Pair) -> None:
    """A function that returns its argument has not kept it, so the memory is used again."""
    frame = lending.carry(1, b"", [view_of(np.ones(BIG, "u1"))])
    echoed = [view_of(frame.buffers[0])]
    del frame
    lending.receiver.send(_wire.RESULT, b"", echoed)
    assert bytes(lending.sender.receive().buffers[0]) == b"\x01" * BIG
    assert lending.sender._arena is not None
    assert lending.sender._arena._fd is not None


@linux_only
def test_a_view_of_a_view_counts_as_use(lending: Pair) -> None:
    """An array over a slice of what was lent protects the memory like the view itself."""
    frame = lending.carry(1, b"", [view_of(np.arange(BIG, dtype="u1"))])
    kept = np.frombuffer(frame.buffers[0], "u1")[100:110]
    del frame
    lending.answer()
    lending.carry(1, b"", [view_of(np.zeros(BIG, "u1"))])
    assert kept.tolist() == list(range(100, 110))


@linux_only
def test_many_kept_views_cost_few_descriptors(lending: Pair) -> None:
    """From a certain number on, kept buffers are private copies, which need no descriptor."""
    kept = []
    before = remote.descriptors()
    for value in range(100):
        kept.append(lending.carry(1, b"", [view_of(np.full(BIG, value, "u1"))]).buffers[0])
        lending.answer()
    assert [view[0] for view in kept] == list(range(100))
    assert remote.descriptors() - before <= _arena.MOST_PINNED + 4


@linux_only
@pytest.mark.parametrize("lend", [True, False])
def test_a_huge_arena_is_given_back(monkeypatch: pytest.MonkeyPatch, lend: bool) -> None:
    """Neither end keeps memory above the limit once the frame is done with."""
    monkeypatch.setattr(_arena, "KEEP", BIG)
    monkeypatch.setattr(_wire, "KEEP", BIG)
    pair = Pair(shared=True, lend=lend)
    frame = pair.carry(1, b"", [view_of(np.ones(4 * BIG, "u1"))])
    assert bytes(frame.buffers[0]) == b"\x01" * (4 * BIG)
    del frame
    pair.answer()
    assert pair.sender._arena is not None
    assert (pair.sender._arena._fd, pair.receiver._inbox._fd, pair.receiver._inbox._map) == (None, None, None)
    pair.close()


@linux_only
def test_copies_outlive_everything() -> None:
    """A result that the caller keeps does not depend on the socket, the arena or later frames."""
    pair = Pair(shared=True, lend=False)
    kept = pair.carry(1, b"", [view_of(np.full(BIG, 5, "u1"))]).buffers[0]
    pair.answer()
    pair.carry(1, b"", [view_of(np.full(BIG, 6, "u1"))])
    pair.close()
    assert bytes(kept) == b"\x05" * BIG


@linux_only
def test_a_buffer_is_written_by_system_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """They release the GIL while the bytes move; an assignment to a mapping would stop every other thread."""
    written: list[int] = []
    write = os.pwrite

    def spying(fd: int, data: memoryview, place: int) -> int:
        written.append(write(fd, data, place))
        return written[-1]

    monkeypatch.setattr(os, "pwrite", spying)
    arena = _arena.Arena()
    arena.fill([view_of(bytes(BIG))])
    arena.drop()
    assert written == [BIG]


def test_big_buffers_stay_outside_the_pickle() -> None:
    """Bytes, bytearrays, arrays and memoryviews are not copied into the stream; small ones are."""
    big = bytes(BIG)
    packed = _pickling.pack_call(remote.echo, (big, bytearray(big), np.zeros(BIG, "u1"), view_of(big)), {"k": big})
    assert len(packed.stream) < 2000
    assert [buffer.nbytes for buffer in packed.buffers] == [BIG] * 5
    assert _pickling.pack_call(remote.echo, (b"small", np.zeros(3)), {}).buffers == []


def test_big_results_in_a_tuple_stay_outside_the_pickle() -> None:
    """A result like `(content, name)` is as cheap as the content alone, and keeps its type."""
    packed = _pickling.pack_result((bytes(BIG), "name"))
    assert len(packed.buffers) == 1
    assert pickle.loads(packed.stream, buffers=[bytes(BIG)]) == (bytes(BIG), "name")


@pytest.mark.parametrize(
    "view",
    [
        view_of(b"abc"),
        view_of(b""),
        view_of(bytearray(b"abc")),
        view_of(b"abcdef")[::2],
        view_of(np.arange(6, dtype="i4").reshape(2, 3)),
        view_of(np.asfortranarray(np.arange(6.0).reshape(2, 3))),
        view_of(np.zeros((0, 3))),
        view_of(np.arange(BIG, dtype="f8")),
    ],
    ids=["bytes", "empty", "writable", "stepped", "matrix", "fortran", "no-elements", "big"],
)
def test_memoryviews_keep_content_format_and_shape(view: memoryview) -> None:
    """What pickle itself refuses travels, wherever it stands in the arguments."""
    stream, parts = _pickling.pack([view])
    (copy,) = pickle.loads(stream, buffers=[bytearray(part) for part in parts])
    assert copy.tolist() == view.tolist() or view.nbytes == 0
    assert (copy.format, copy.readonly, copy.nbytes) == (view.format, view.readonly, view.nbytes)


def test_a_fresh_block_is_writable_to_its_end() -> None:
    """The memory for received buffers is private and writable."""
    block = _arena.fresh_block(mmap.PAGESIZE + 1)
    block[-1] = 9
    assert (len(block), block[-1], block[0]) == (mmap.PAGESIZE + 1, 9, 0)
