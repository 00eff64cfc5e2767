"""`UploadReader`: to its function it is a file like any other, but for seeking."""

from __future__ import annotations

import gc
import io
from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import anyio
import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import NotSeekable, UploadAborted
from fastapi_convert.uploads import upload_pool
from fastapi_convert.uploads._reader import UploadReader
from fastapi_convert.uploads._window import Window
from tests.uploads.arriving import Client, pieces, raw_upload
from tests.uploads.row_support import cut, sizes

DATA = bytes(range(256)) * 40
TEXT = b"".join(b"line %d, with a few words\n" % n for n in range(500))


def reader_of(*chunks: bytes, consumed: Callable[[memoryview], object] | None = None) -> UploadReader:
    """Over a window in which all is there: nothing blocks."""
    window = Window(1, chunks)
    window.end()
    return UploadReader(window, consumed)


# The same as any other file

Call = tuple[str, int]

counts = st.integers(-1, 30)
calls = st.lists(
    st.tuples(
        st.sampled_from(["read", "read1", "readinto", "readinto1", "readline", "readlines", "next", "peek"]), counts
    ),
    max_size=25,
)
lines = st.sampled_from([b"a\n", b"\n", b"\r\n", b"bcd", b"\n\n\n", bytes(40), b"a longer line than the others\n"])


def on_disk(data: bytes) -> io.BufferedReader:
    """The same file as `open` gives it."""
    return io.BufferedReader(io.BytesIO(data))


def same(reader: UploadReader, model: io.BufferedReader, calls: Sequence[Call]) -> None:
    """Each call gives what it gives for any other file, or any part of that where a call may give less."""
    for name, count in calls:
        compare(name, count, reader, model)
    assert reader.read() == model.read()
    assert (reader.read(), reader.read(5), reader.read1(), reader.readline(), reader.peek()) == (b"",) * 5


def compare(name: str, count: int, reader: UploadReader, model: io.BufferedReader) -> None:
    if name == "next":
        assert next(reader, b"") == next(model, b"")
    elif name in {"readinto", "readinto1"}:
        buffer, expected = bytearray(max(0, count)), bytearray(max(0, count))
        found, at = getattr(reader, name)(buffer), model.tell()
        most = model.readinto(expected)
        assert buffer[found:] == bytes(len(buffer) - found)
        assert_part(bytes(buffer[:found]), bytes(expected[:most]), less=name == "readinto1")
        model.seek(at + found)
    elif name in {"read1", "peek"}:
        at = model.tell()
        found = reader.read1(count) if name == "read1" else reader.peek(count)
        assert_part(found, model.read(count if name == "read1" else -1), less=True)
        model.seek(at + (len(found) if name == "read1" else 0))
    else:
        assert getattr(reader, name)(count) == getattr(model, name)(count)


def assert_part(found: bytes, expected: bytes, *, less: bool) -> None:
    assert found == expected[: len(found)]
    assert len(found) == len(expected) or (less and found)


async def pour(window: Window, chunks: Iterator[bytes]) -> None:
    for chunk in chunks:
        while window.is_full:
            await window.wait_for_room()
        window.put(chunk)
        await anyio.sleep(0)
    window.end()


@given(st.lists(lines, max_size=30).map(b"".join), sizes, st.integers(1, 100), calls)
@settings(deadline=None, max_examples=60)
async def test_it_reads_like_any_other_file(data: bytes, into: list[int], size: int, calls: list[Call]) -> None:
    """Whatever is called, in whatever order, while the bytes arrive in whatever pieces."""
    window = Window(size)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pour, window, cut(data, into))
        await upload_pool().run(same, UploadReader(window), on_disk(data), calls)


@given(st.lists(lines, max_size=30).map(b"".join), sizes, calls)
@settings(deadline=None, max_examples=100)
def test_what_was_read_is_told_and_what_was_not_is_kept(data: bytes, into: list[int], calls: list[Call]) -> None:
    """Every byte is in one of the two, once, and in order: for the digest, and for the next consumer."""
    told: list[bytes] = []
    window = Window(1, cut(data, into))
    window.end()
    reader, model = UploadReader(window, lambda view: told.append(bytes(view))), on_disk(data)
    for name, count in calls:
        compare(name, count, reader, model)
    read = model.tell()
    reader.close()
    assert b"".join(told) == data[:read]
    assert b"".join([reader.leftover(), *window.leftover()]) == data[read:]
    reader.close()
    assert b"".join(told) == data[:read]


class Empty(Window):
    """What nobody may ask for bytes."""

    def __init__(self) -> None:
        super().__init__(1)

    def take(self) -> bytes:
        raise AssertionError("it would have waited for the client")


NOTHING: dict[str, Callable[[UploadReader], Any]] = {
    "read": lambda reader: reader.read(0),
    "read1": lambda reader: reader.read1(0),
    "readinto": lambda reader: reader.readinto(bytearray()),
    "readinto1": lambda reader: reader.readinto1(bytearray()),
    "readline": lambda reader: reader.readline(0),
}


@pytest.mark.parametrize("name", NOTHING)
def test_who_asks_for_nothing_does_not_wait(name: str) -> None:
    """`read(0)` is how libraries find out whether a file is binary."""
    assert NOTHING[name](UploadReader(Empty())) in {b"", 0}


def test_read_gives_all_that_was_asked_for() -> None:
    """Fewer bytes only at the end, across any number of chunks."""
    reader = reader_of(*pieces(DATA, 7))
    assert reader.read(5) == DATA[:5]
    assert reader.read(100) == DATA[5:105]
    assert reader.read(len(DATA)) == DATA[105:]


def test_read1_gives_what_is_there() -> None:
    """It waits for the first byte, not for the last."""
    reader = reader_of(b"abc", b"defg")
    assert [reader.read1(2), reader.read1(2), reader.read1(), reader.read1()] == [b"ab", b"c", b"defg", b""]


def test_a_whole_chunk_is_passed_on_without_a_copy() -> None:
    """`read` and `read1` of just its size are the same object."""
    chunk = bytes(1000)
    assert reader_of(chunk).read1() is chunk
    assert reader_of(chunk).read(1000) is chunk


@pytest.mark.parametrize("kind", ["bytearray", "memoryview", "array"])
def test_it_fills_any_buffer(kind: str) -> None:
    """Also of items of several bytes, as numpy has them."""
    import numpy as np

    array = np.zeros(8, dtype="<u4")
    buffers: dict[str, Any] = {"bytearray": bytearray(32), "memoryview": memoryview(bytearray(32)), "array": array}
    buffer = buffers[kind]
    assert reader_of(*pieces(DATA, 5)).readinto(buffer) == 32
    assert bytes(buffer) == DATA[:32]


def test_a_buffer_that_cannot_be_written_is_refused() -> None:
    """Nothing is lost by that."""
    reader = reader_of(DATA)
    with pytest.raises(TypeError):
        reader.readinto(bytes(5))
    assert reader.read() == DATA


# Around it


def text_wrapper(reader: UploadReader) -> io.TextIOWrapper:
    file: Any = reader  # typeshed wants an attribute `raw`, which TextIOWrapper does not
    return io.TextIOWrapper(file, "utf-8", newline="")


@pytest.mark.parametrize("size", [1, 3, 1000, 100_000])
def test_a_buffered_reader_reads_it(size: int) -> None:
    """Some libraries wrap every file."""
    with io.BufferedReader(reader_of(*pieces(TEXT, size))) as buffered:
        assert buffered.peek(4)[:1] == TEXT[:1]
        assert buffered.readline() == TEXT.splitlines(keepends=True)[0]
        assert buffered.read() == TEXT[len(TEXT.splitlines(keepends=True)[0]) :]


@pytest.mark.parametrize("size", [1, 3, 1000, 100_000])
def test_a_text_wrapper_reads_it(size: int) -> None:
    """With characters of several bytes across its chunks."""
    text = "naïve 漢字\r\n😀\n" * 50
    with text_wrapper(reader_of(*pieces(text.encode(), size))) as wrapper:
        assert wrapper.readline() == "naïve 漢字\r\n"
        assert wrapper.readline() + wrapper.read() == text[len("naïve 漢字\r\n") :]


def test_a_text_wrapper_that_is_collected_closes_it_and_keeps_the_rest() -> None:
    """Python closes what it wraps, which is not the upload."""
    window = Window(1, pieces(TEXT, 1000))
    reader = UploadReader(window)
    assert text_wrapper(reader).readline().encode() == TEXT.splitlines(keepends=True)[0]
    gc.collect()
    assert reader.closed
    assert b"".join([reader.leftover(), *window.leftover()]) == TEXT[1000:]


@pytest.mark.parametrize("wrap", [io.TextIOWrapper, io.BufferedReader])
async def test_an_upload_goes_on_behind_a_wrapper_that_was_collected(wrap: Callable[[BinaryIO], Any]) -> None:
    """What the wrapper has not taken is there for the next consumer."""
    upload = raw_upload(Client(pieces(TEXT, 10_000)))
    await upload.run(lambda file: wrap(file).readline())
    rest = await upload.read()
    assert TEXT.endswith(rest)
    assert len(rest) >= len(TEXT) - 10_000
    assert upload.complete


# What it is not


def test_it_says_what_it_can() -> None:
    """Libraries ask before they try."""
    reader = reader_of(DATA)
    assert (reader.readable(), reader.writable(), reader.seekable(), reader.closed) == (True, False, False, False)
    assert isinstance(reader, io.BufferedIOBase)
    assert not reader.isatty()
    for refused in (lambda: reader.write(b"x"), reader.fileno, reader.truncate, reader.detach):
        with pytest.raises(io.UnsupportedOperation):
            refused()
    assert reader.read() == DATA


@pytest.mark.parametrize("whence", [0, 1, 2])
def test_seeking_is_refused_with_the_cure(whence: int) -> None:
    """As an error that is also the standard library's; the reader stays where it is."""
    reader = reader_of(DATA)
    reader.read(10)
    for refused in (lambda: reader.seek(0, whence), reader.tell):
        with pytest.raises(NotSeekable, match=r"seekable\(max_size") as caught:
            refused()
        assert isinstance(caught.value, io.UnsupportedOperation)
    assert reader.seek_refused
    assert reader.read() == DATA[10:]


CLOSED: dict[str, Callable[[UploadReader], Any]] = {
    "read": lambda reader: reader.read(),
    "read some": lambda reader: reader.read(3),
    "read1": lambda reader: reader.read1(3),
    "readinto": lambda reader: reader.readinto(bytearray(3)),
    "readinto1": lambda reader: reader.readinto1(bytearray(3)),
    "readline": lambda reader: reader.readline(),
    "readlines": lambda reader: reader.readlines(),
    "peek": lambda reader: reader.peek(),
    "next": next,
    "with": lambda reader: reader.__enter__(),
}


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("left", [b"", DATA])
def test_a_closed_reader_says_so(name: str, left: bytes) -> None:
    """Never an end of file: a thread that has kept it would take that for the whole."""
    reader = reader_of(b"x" + left)
    reader.read(1)
    with reader:
        pass
    with pytest.raises(ValueError, match="closed"):
        CLOSED[name](reader)


@pytest.mark.parametrize("name", sorted(CLOSED.keys() - {"with"}))
def test_a_broken_upload_is_no_end_of_file(name: str) -> None:
    """For no way to read, neither with bytes at hand nor without."""
    window = Window(10, [b"half"])
    reader = UploadReader(window)
    assert reader.read(2) == b"ha"
    window.fail(ConnectionError("gone"))
    with pytest.raises(UploadAborted, match="gone"):
        for _ in range(3):
            CLOSED[name](reader)
            reader.read(2)  # what was at hand may be read, once
    assert window.told
