"""`Window`: bounded, in order, and no reader or writer that waits for somebody who has gone."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator

import anyio
import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)

from fastapi_convert import Pool
from fastapi_convert.errors import UploadAborted
from fastapi_convert.uploads import _window
from fastapi_convert.uploads._window import Window
from tests.support.backends import BACKENDS
from tests.support.waiting import wait_until_async


@pytest.fixture(scope="module", autouse=True)
def plain_sizes() -> Iterator[None]:
    """Count bytes alone, so that a test can count along."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_window, "OVERHEAD", 0)
        yield


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("readers", threads=2) as pool:
        yield pool


def is_waiting(window: Window) -> bool:
    """Whether a reader is blocked in it."""
    return bool(window._changed._waiters)  # type: ignore[attr-defined]  # CPython's, since 1997


def release(window: Window) -> None:
    """Let a reader go that should have gone by itself, so that a test fails and does not hang."""
    with window._changed:
        window._ended = True
        window._changed.notify_all()


async def settle() -> None:
    """Let everything run that could run by now."""
    for _ in range(10):
        await anyio.sleep(0)


# One after another


steps = st.lists(st.binary(min_size=1, max_size=20) | st.none(), max_size=30)


@given(st.integers(1, 50), steps, st.lists(st.binary(min_size=1, max_size=5), max_size=3))
@settings(deadline=None)
def test_chunks_come_out_as_they_went_in(size: int, ops: list[bytes | None], first: list[bytes]) -> None:
    """In order, counted while they are inside, and those that are left are given back."""
    window, model = Window(size, first), deque(first)
    for chunk in ops:
        if chunk is not None:
            window.put(chunk)
            model.append(chunk)
        elif model:
            assert window.take() == model.popleft()
        assert window.is_full is (sum(map(len, model)) >= size)
    assert window.leftover() == list(model)
    assert (window.leftover(), window.is_full) == ([], False)


def test_the_end_comes_behind_the_last_chunk() -> None:
    """And again for who asks again."""
    window = Window(10)
    window.put(b"a")
    window.put(b"b")
    window.end()
    assert [window.take() for _ in range(4)] == [b"a", b"b", b"", b""]
    assert not window.told


@pytest.mark.parametrize("chunks", [0, 1, 3])
@pytest.mark.parametrize("ended", [False, True])
def test_a_failure_comes_before_what_is_left(chunks: int, ended: bool) -> None:
    """What has arrived is no whole file, so it is of no use to read on; nor is an end that was told before."""
    window, reason = Window(10), ConnectionError("reset by peer")
    for _ in range(chunks):
        window.put(b"x")
    if ended:
        window.end()
    window.fail(reason)
    for _ in range(2):
        with pytest.raises(UploadAborted, match="broke off: reset by peer") as caught:
            window.take()
        assert caught.value.__cause__ is reason
    assert window.told
    assert window.leftover() == [b"x"] * chunks


def test_a_failure_that_nobody_has_asked_for_was_told_to_nobody() -> None:
    """The function had all that it wanted by then."""
    window = Window(10)
    window.put(b"x")
    window.take()
    window.fail(ConnectionError())
    assert not window.told


# Two threads


async def pour(window: Window, chunks: list[bytes], peak: list[int]) -> None:
    """What a consumer's task does."""
    for chunk in chunks:
        while window.is_full:
            await window.wait_for_room()
        window.put(chunk)
        peak.append(window._buffered)
    window.end()


def drain(window: Window) -> list[bytes]:
    return list(iter(window.take, b""))


@pytest.mark.parametrize("window_size", [1, 7, 64, 1000, 100_000])
@pytest.mark.parametrize("chunk_size", [1, 50, 300])
async def test_a_window_passes_on_everything_and_holds_little(pool: Pool, window_size: int, chunk_size: int) -> None:
    """Never more than its size and one chunk, whoever is faster."""
    chunks = [bytes([n % 256]) * (1 + n % chunk_size) for n in range(600)]
    window, peak = Window(window_size), [0]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pour, window, chunks, peak)
        found = await pool.run(drain, window)
    assert found == chunks
    assert max(peak) < window_size + chunk_size
    assert window._buffered == 0


async def test_a_blocked_reader_gets_the_first_chunk(pool: Pool) -> None:
    """Less than half a window is enough after a moment: its client may pause there."""
    window = Window(1000)
    async with anyio.create_task_group() as tasks:

        async def read() -> None:
            assert await pool.run(window.take) == b"x"

        tasks.start_soon(read)
        await wait_until_async(lambda: is_waiting(window))
        window.put(b"x")


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
async def test_a_blocked_reader_gets_each_chunk_of_a_slow_client(pool: Pool, size: int) -> None:
    """One at a time, each when the reader waits for it."""
    window, found = Window(size), deque[bytes]()

    async def read() -> None:
        found.extend(await pool.run(drain, window))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        for _ in range(5):
            await wait_until_async(lambda: is_waiting(window))
            window.put(b"x")
            await wait_until_async(lambda: window._buffered == 0)
        window.end()
    assert list(found) == [b"x"] * 5


@pytest.mark.parametrize("how", ["fail", "end", "half"])
async def test_a_blocked_reader_is_woken_at_once(pool: Pool, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a failure, by the end and by half a window, without its patience having to run out."""
    monkeypatch.setattr(_window, "PATIENCE", 3600.0)
    window, told = Window(100), list[object]()

    async def read() -> None:
        try:
            told.append(await pool.run(window.take))
        except UploadAborted as error:
            told.append(type(error.__cause__))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await wait_until_async(lambda: is_waiting(window))
        if how == "fail":
            window.fail(ConnectionError())
        elif how == "end":
            window.end()
        else:
            window.put(b"x" * 50)
        try:
            await wait_until_async(lambda: told)
        finally:
            release(window)
    assert told == [{"fail": ConnectionError, "end": b"", "half": b"x" * 50}[how]]


# The writer's side


@pytest.mark.parametrize("size", [1, 2, 5, 100])
async def test_who_waits_for_room_is_woken_when_half_of_it_is_free(size: int) -> None:
    """Not at every chunk: each costs more than to read it."""
    window, woken = Window(size, [b"x"] * size), threading.Event()

    async def wait() -> None:
        await window.wait_for_room()
        woken.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(wait)
        await settle()
        while window._buffered - 1 > size // 2:
            window.take()
            await settle()
            assert not woken.is_set()
        window.take()
        await wait_until_async(woken.is_set)


@pytest.mark.parametrize("buffered", [0, 5])
async def test_nobody_waits_where_there_is_room(buffered: int) -> None:
    """Half of the window is room."""
    with anyio.fail_after(5):
        await Window(10, [b"x"] * buffered).wait_for_room()


async def test_who_has_stopped_waiting_is_not_missed() -> None:
    """A cancelled wait for room leaves the window as it was, and the next one is woken."""
    window = Window(2, [b"x"] * 3)
    with anyio.move_on_after(0) as scope:
        await window.wait_for_room()
    assert scope.cancelled_caught
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(window.wait_for_room)
        await settle()
        window.take()
        window.take()


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_reader_that_outlives_the_loop_reads_on(backend: str) -> None:
    """There is nobody to wake any more, and that is no error of the reader."""
    window = Window(2, [b"a", b"b", b"c"])

    async def give_up() -> None:
        with anyio.move_on_after(0):
            await window.wait_for_room()

    name, options = BACKENDS[backend]
    anyio.run(give_up, backend=name, backend_options=options)
    window.end()
    assert drain(window) == [b"a", b"b", b"c"]


def test_a_window_of_single_bytes_is_full_before_it_takes_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them is an object: a million would take fifty times the window."""
    monkeypatch.setattr(_window, "OVERHEAD", 64)
    window = Window(1024)
    count = 0
    while not window.is_full:
        window.put(b"x")
        count += 1
    assert count == 16
