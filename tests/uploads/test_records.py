"""`Rows`: parsed on a worker, given in order and at once, and the upload is let go of however they end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

import anyio
import pytest
from pydantic import BaseModel

from fastapi_convert import Pool
from fastapi_convert.errors import InvalidRecord, UploadAborted, UploadTooLarge
from fastapi_convert.uploads.records import RowError, Rows
from fastapi_convert.uploads.records._csv_rows import CsvParser
from fastapi_convert.uploads.records._json_rows import JsonlParser
from fastapi_convert.uploads.records._row_parsers import LineParser, OnError
from fastapi_convert.uploads.records._rows import PIECE, TURN
from tests.offloading.bodies import Gate
from tests.support.waiting import wait_until_async

TABLE = b"id\n" + b"".join(b"%d\n" % number for number in range(1000))


class Item(BaseModel):
    id: int


class Source:
    """Chunks as an upload gives them, and what became of it."""

    def __init__(self, chunks: Sequence[bytes], error: Exception | None = None, *, stalls: bool = False) -> None:
        self.taken = 0
        self.closed = 0
        self._chunks, self._error, self._stalls = chunks, error, stalls

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            for chunk in self._chunks:
                self.taken += 1
                yield chunk
            if self._stalls:
                await anyio.sleep_forever()
            if self._error:
                raise self._error
        finally:
            # What lets go of an upload may take its time. Only a cancellation in here is its own to ward off.
            with anyio.CancelScope(shield=self._stalls):
                await anyio.sleep(0)
            self.closed += 1


class Spy(LineParser):
    """Lines, and on which threads and in what pieces they were parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[int] = []
        self.threads: set[int] = set()

    def feed(self, data: bytes) -> list[str]:
        self.pieces.append(len(data))
        self.threads.add(threading.get_ident())
        return super().feed(data)

    def finish(self) -> list[str]:
        self.threads.add(threading.get_ident())
        return super().finish()


class Slow(LineParser):
    """Lines, when the gate is open."""

    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    def feed(self, data: bytes) -> list[str]:
        self._gate.body()
        return super().feed(data)


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("rows", threads=2) as pool:
        yield pool


def items(source: Source, pool: Pool, on_error: OnError = "raise") -> Rows[Item]:
    return Rows(source.chunks(), CsvParser(Item, on_error=on_error), pool.run)


async def inline(fn: Callable[..., Any], *args: Any) -> Any:
    return fn(*args)


async def test_rows_come_in_order_and_the_upload_is_let_go_of(pool: Pool) -> None:
    """Whatever the chunks; afterwards there is nothing more, and nothing left."""
    source = Source([TABLE[:1], b"", TABLE[1:1500], TABLE[1500:]])
    rows = items(source, pool)
    assert [row.id async for row in rows] == list(range(1000))
    assert (rows.errors, rows.skipped, source.closed) == ([], 0, 1)
    with pytest.raises(StopAsyncIteration):
        await anext(rows)


async def test_the_loop_parses_nothing(pool: Pool) -> None:
    """Every step runs on a worker, in pieces that hold the GIL for a short time only."""
    parser = Spy()
    rows = Rows(Source([b"x\n" * PIECE, b"y\n"]).chunks(), parser, pool.run)
    assert len([row async for row in rows]) == PIECE + 1
    assert parser.pieces == [PIECE, PIECE, 2]
    assert parser.threads
    assert threading.get_ident() not in parser.threads


async def test_rows_come_while_the_upload_is_still_coming(pool: Pool) -> None:
    """Those of a chunk before the next one has arrived; the client may be silent for long."""
    source = Source([b"id\n1\n2\n3", b"\n4"], stalls=True)
    async with items(source, pool) as rows:
        assert [(await anext(rows)).id, (await anext(rows)).id] == [1, 2]
        assert source.taken == 1
        assert (await anext(rows)).id == 3
    assert source.closed == 1


async def test_a_consumer_that_awaits_nothing_leaves_the_loop_its_turns() -> None:
    """Others run while it takes the rows of one piece."""
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await anyio.sleep(0)
            beats += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beat)
        async for _ in Rows(Source([b"\n" * TURN * 20]).chunks(), LineParser(), inline):
            pass
        assert beats >= 18
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("on_error", ["raise", "collect", "skip"])
async def test_bad_rows_are_dealt_with_as_asked(pool: Pool, on_error: OnError) -> None:
    """Rows of the same chunk, before the bad one, are given before the error is raised."""
    source = Source([b"id\n1\n2\nx\n3\n", b"y\n4\n"])
    rows, seen = items(source, pool, on_error), []
    if on_error == "raise":
        with pytest.raises(InvalidRecord) as caught:
            async for row in rows:
                seen.append(row.id)
        assert caught.value.detail.startswith("Line 4: id: Input should be a valid integer")
        assert (caught.value.status_code, seen, source.taken) == (422, [1, 2], 1)
    else:
        assert [row.id async for row in rows] == [1, 2, 3, 4]
        assert rows.skipped == 2
        message = "id: Input should be a valid integer, unable to parse string as an integer"
        assert rows.errors == ([RowError(4, message), RowError(6, message)] if on_error == "collect" else [])
    assert source.closed == 1


async def test_after_an_error_there_are_no_more_rows(pool: Pool) -> None:
    """It is raised once; what comes after it is not the whole file."""
    rows = items(Source([b"id\nx\n1\n", b"2\n"]), pool)
    with pytest.raises(InvalidRecord):
        await anext(rows)
    with pytest.raises(StopAsyncIteration):
        await anext(rows)


@pytest.mark.parametrize("make_parser", [lambda: CsvParser(fieldnames=["a"]), JsonlParser, LineParser])
async def test_an_upload_that_breaks_off_gives_no_half_record(pool: Pool, make_parser: Callable[[], Any]) -> None:
    """Its error passes as it is; `1` may have been the beginning of `17`."""
    error = UploadAborted("The client went away.")
    source, seen = Source([b"7\n1"], error), []
    with pytest.raises(UploadAborted) as caught:
        async for row in Rows(source.chunks(), make_parser(), pool.run):
            seen.append(row)
    assert caught.value is error
    assert len(seen) == 1
    assert source.closed == 1


async def test_an_upload_without_a_line_end_is_refused_half_way(pool: Pool) -> None:
    """Fifty megabytes in one line: the rest is never asked for."""
    source = Source([b"id\n1\n", *[b"x" * (256 << 10)] * 200])
    seen = []
    with pytest.raises(UploadTooLarge):
        async for row in items(source, pool, "collect"):
            seen.append(row.id)
    assert seen == [1]
    assert source.taken <= 6
    assert source.closed == 1


@pytest.mark.parametrize("end", ["break", "error", "cancel"])
async def test_a_consumer_that_leaves_half_way_lets_go_of_the_upload(pool: Pool, end: str) -> None:
    """At once, when the block ends; the rows that were parsed ahead are dropped."""
    source = Source([TABLE, TABLE])
    rows = items(source, pool)
    with anyio.CancelScope() as scope, contextlib.suppress(ZeroDivisionError):
        async with rows:
            async for row in rows:
                if row.id == 5 and end == "break":
                    break
                if row.id == 5 and end == "error":
                    raise ZeroDivisionError
                if row.id == 5:
                    scope.cancel()
                    await anyio.sleep(1)
    assert (source.taken, source.closed) == (1, 1)
    with pytest.raises(StopAsyncIteration):
        await anext(rows)


async def test_cancelled_while_it_waits_for_the_client_it_lets_go(pool: Pool) -> None:
    """Without a block around it: a timeout for a row ends the whole."""
    source = Source([b"id\n1\n"], stalls=True)
    rows = items(source, pool)
    assert (await anext(rows)).id == 1
    with anyio.move_on_after(0.01) as scope:
        await anext(rows)
    assert scope.cancelled_caught
    assert source.closed == 1
    with pytest.raises(StopAsyncIteration):
        await anext(rows)


async def test_cancelled_while_a_worker_parses_it_waits_for_the_worker_and_lets_go(pool: Pool) -> None:
    """No thread is left in a parser that nobody reads any more."""
    gate = Gate()
    source = Source([b"a\n"])
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anext, Rows(source.chunks(), Slow(gate), pool.run))
        await wait_until_async(gate.begun.is_set)
        tasks.cancel_scope.cancel()
        assert source.closed == 0
        gate.open()
    assert source.closed == 1
    assert pool.stats().running == 0


async def test_cancelled_between_two_rows_of_a_piece_it_lets_go() -> None:
    """Where the loop gets its turn."""
    source = Source([b"\n" * TURN * 2])
    with anyio.CancelScope() as scope:
        async for _ in Rows(source.chunks(), LineParser(), inline):
            scope.cancel()
    assert scope.cancelled_caught
    assert source.closed == 1


async def test_a_pool_that_refuses_lets_go_of_the_upload() -> None:
    """Its error passes as it is."""

    async def refuse(*_args: Any) -> Any:
        raise LookupError("refused")

    source = Source([b"a\n"])
    with pytest.raises(LookupError, match="refused"):
        await anext(Rows(source.chunks(), LineParser(), refuse))
    assert source.closed == 1


async def test_closing_is_for_good_and_may_be_done_twice(pool: Pool) -> None:
    """Also before anything was read; errors that were collected stay."""
    source = Source([b"id\n1\nx\n2\n"])
    rows = items(source, pool, "collect")
    await anext(rows)
    await rows.aclose()
    await rows.aclose()
    assert ([error.line for error in rows.errors], source.closed) == ([3], 1)
    async with items(Source([]), pool):
        pass


async def test_an_upload_passes_only_once(pool: Pool) -> None:
    """The second loop says why, instead of finding nothing."""
    rows = items(Source([TABLE]), pool)
    assert len([row async for row in rows]) == 1000
    with pytest.raises(RuntimeError, match="an upload passes only once: keep what is needed"):
        async for _ in rows:
            pass


async def test_two_tasks_cannot_read_the_same_rows(pool: Pool) -> None:
    """The second is told, and the first goes on."""
    gate = Gate()
    rows = Rows(Source([b"a\nb\n"]).chunks(), Slow(gate), pool.run)
    seen: list[str] = []

    async def first() -> None:
        seen.append(await anext(rows))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first)
        await wait_until_async(gate.begun.is_set)
        with pytest.raises(RuntimeError, match="Two tasks read the same rows"):
            await anext(rows)
        with pytest.raises(RuntimeError, match="A task waits for a row of these: cancel it first"):
            await rows.aclose()
        gate.open()
    assert [*seen, await anext(rows)] == ["a", "b"]
    await rows.aclose()


@pytest.mark.one_backend
async def test_an_error_leaves_no_cycle_behind() -> None:
    """What its traceback holds, an upload among it, is gone with the error and not when the collector comes by."""
    import gc
    import weakref

    async def fail(step: Callable[..., Awaitable[Any]]) -> weakref.ref[object]:
        rows = Rows(Source([b"id\nx\n"]).chunks(), CsvParser(Item), step)
        with pytest.raises(InvalidRecord):
            await anext(rows)
        return weakref.ref(rows)

    gc.disable()
    try:
        assert (await fail(inline))() is None
    finally:
        gc.enable()


def test_a_row_error_is_a_value() -> None:
    """It can be compared, hashed and not changed."""
    error = RowError(line=3, message="bad")
    assert {error} == {RowError(3, "bad")}
    with pytest.raises(AttributeError):
        error.line = 4  # type: ignore[misc]  # which is the point
