"""Offloaded generators: live, bounded, closed once where they ran, and safe as FastAPI dependencies."""

from __future__ import annotations

import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from contextvars import ContextVar
from typing import Any

import anyio
import pytest

from fastapi_convert import OffloadTimeout, Pool, offload
from tests.offloading.bodies import Gate
from tests.support.loop_gap import loop_gap
from tests.support.waiting import wait_until_async

request_id: ContextVar[str] = ContextVar("request_id", default="none")


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("one", threads=1, max_waiting=100) as pool:
        yield pool


class Source:
    """A generator that records where and how it ends."""

    def __init__(self, items: int = 3, *, stop_at: Gate | None = None, stop_after: int = 1) -> None:
        self.items, self.stop_at, self.stop_after = items, stop_at, stop_after
        self.made = self.closed = 0
        self.threads: set[int] = set()
        self.ends: list[type[BaseException] | None] = []
        self.closing_thread = 0

    def __call__(self) -> Iterator[int]:
        token = request_id.set("in the generator")
        end: type[BaseException] | None = None
        try:
            for number in range(self.items):
                if self.stop_at is not None and number == self.stop_after:
                    self.stop_at.body()
                self.made += 1
                self.threads.add(threading.get_ident())
                yield number
        except BaseException as exc:
            end = type(exc)
            raise
        finally:
            request_id.reset(token)  # ValueError in any other Context
            self.ends.append(end)
            self.closed += 1
            self.closing_thread = threading.get_ident()

    def stream(self) -> Iterator[int]:
        yield from self()


async def test_every_item_arrives_in_order_and_off_the_loop(pool: Pool) -> None:
    """A thousand items, none from the loop's thread, and finally runs once."""
    source = Source(1000)
    assert [item async for item in offload(source.stream, pool=pool)()] == list(range(1000))
    assert threading.get_ident() not in source.threads
    assert (source.closed, source.ends) == (1, [None])


async def test_the_first_item_is_there_while_the_second_is_still_being_made(pool: Pool) -> None:
    """Live: an item is not held back until a buffer is full."""
    gate = Gate()
    source = Source(2, stop_at=gate)
    async with aclosing(offload(source.stream, pool=pool)()) as items:
        with anyio.fail_after(5):
            assert await anext(items) == 0
        gate.open()
        assert await anext(items) == 1


async def test_each_later_item_is_passed_on_at_once(pool: Pool) -> None:
    """Also once the generator runs ahead: the third item waits for nobody."""
    gate = Gate()
    source = Source(4, stop_at=gate, stop_after=3)
    async with aclosing(offload(source.stream, pool=pool)()) as items:
        with anyio.fail_after(5):
            assert [await anext(items) for _ in range(3)] == [0, 1, 2]
        gate.open()


async def test_it_does_not_run_ahead_before_the_second_item_is_asked_for(pool: Pool) -> None:
    """What `yield session` needs: the code behind the first yield waits for the end of the request."""
    source = Source(3)
    async with aclosing(offload(source.stream, pool=pool)()) as items:
        await anext(items)
        await pool.run(int)  # the worker is free, and has had time
        assert source.made == 1
        assert source.closed == 0


async def test_a_slow_consumer_holds_neither_memory_nor_the_thread(pool: Pool) -> None:
    """The buffer is bounded, and while it is full a pool of one serves others."""
    source = Source(1_000_000)
    taken = 0
    async with aclosing(offload(source.stream, pool=pool)()) as items:
        async for _ in items:
            taken += 1
            if taken == 300:
                break
        with anyio.fail_after(5):
            assert await pool.run(abs, -1) == 1
        assert source.made - taken <= 256
    assert source.closed == 1


async def test_large_items_fill_the_buffer_by_their_bytes(pool: Pool) -> None:
    """A megabyte is enough, however few items that is."""
    made = 0

    def blocks() -> Iterator[bytes]:
        nonlocal made
        for _ in range(100):
            made += 1
            yield bytes(1 << 19)

    async with aclosing(offload(blocks, pool=pool)()) as items:
        await anext(items)
        await anext(items)
        await pool.run(int)
        assert made <= 5


@pytest.mark.parametrize("end", ["break", "cancel", "error"])
async def test_a_consumer_that_stops_closes_the_generator_on_a_worker_once(pool: Pool, end: str) -> None:
    """GeneratorExit in the generator, in its own Context, on a worker."""
    source = Source(1000)
    with anyio.CancelScope() as scope, contextlib.suppress(ZeroDivisionError):
        async with aclosing(offload(source.stream, pool=pool)()) as items:
            async for item in items:
                if item == 3 and end == "break":
                    break
                if item == 3 and end == "error":
                    raise ZeroDivisionError
                if item == 3:
                    scope.cancel()
                    await anyio.sleep(1)
    assert source.closed == 1
    assert source.ends == [GeneratorExit]
    assert source.closing_thread != threading.get_ident()


async def test_cancelled_in_the_middle_of_an_item_it_waits_for_it_and_closes(pool: Pool) -> None:
    """The generator is never closed while it runs, and the slot is back."""
    gate = Gate()
    source = Source(3, stop_at=gate)
    with anyio.move_on_after(0.05):
        async with aclosing(offload(source.stream, pool=pool)()) as items:
            await anext(items)
            threading.Timer(0.2, gate.open).start()
            await anext(items)
    assert source.closed == 1
    assert gate.now == 0
    assert pool.stats().running == 0


async def test_abandoned_in_the_middle_of_an_item_the_worker_closes_it(pool: Pool) -> None:
    """The consumer leaves at once; the worker sees to the rest."""
    gate = Gate()
    source = Source(3, stop_at=gate)
    with anyio.move_on_after(0.05):
        async with aclosing(offload(source.stream, pool=pool, on_cancel="abandon")()) as items:
            await anext(items)
            await anext(items)
    assert source.closed == 0
    gate.open()
    await wait_until_async(lambda: source.closed == 1)
    await wait_until_async(lambda: pool.stats().running == 0)


@pytest.mark.asyncio_only
async def test_a_forgotten_generator_is_closed_too(pool: Pool) -> None:
    """Collected without aclose(): the loop's own hook closes it."""
    source = Source(3)
    items = offload(source.stream, pool=pool)()
    await anext(items)
    del items
    gc.collect()
    await wait_until_async(lambda: source.closed == 1)
    assert source.closing_thread != threading.get_ident()


async def test_an_error_arrives_behind_the_items_before_it(pool: Pool) -> None:
    """Nothing that was made is lost, and the error is the generator's own."""

    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise ZeroDivisionError("third")

    seen = []
    with pytest.raises(ZeroDivisionError, match="third"):
        async for item in offload(failing, pool=pool)():
            seen.append(item)
    assert seen == [1, 2]


async def test_a_timeout_is_for_each_item(pool: Pool) -> None:
    """No item in time: OffloadTimeout at once, though the generator is stuck."""
    gate = Gate()
    source = Source(3, stop_at=gate)
    items = offload(source.stream, pool=pool, timeout=0.1)()
    assert await anext(items) == 0
    with anyio.fail_after(5), pytest.raises(OffloadTimeout, match=r"gave no item for 0.1 s"):
        await anext(items)
    gate.open()
    await wait_until_async(lambda: source.closed == 1)


async def test_as_a_context_manager_it_gets_the_error_at_its_yield(pool: Pool) -> None:
    """What FastAPI does with a yield dependency: the error of the endpoint is raised where the generator stands."""
    events: list[str] = []

    def session() -> Iterator[str]:
        events.append("open")
        try:
            yield "session"
            events.append("commit")
        except ZeroDivisionError:
            events.append("rollback")
            raise
        finally:
            events.append("close")

    manager = asynccontextmanager(offload(session, pool=pool))
    async with manager() as value:
        assert value == "session"
        assert events == ["open"]
    assert events == ["open", "commit", "close"]
    events.clear()
    with pytest.raises(ZeroDivisionError):
        async with manager():
            raise ZeroDivisionError
    assert events == ["open", "rollback", "close"]


async def test_an_error_that_the_generator_swallows_is_swallowed(pool: Pool) -> None:
    """As with contextlib.contextmanager."""

    def forgiving() -> Iterator[None]:
        with contextlib.suppress(ZeroDivisionError):
            yield

    async with asynccontextmanager(offload(forgiving, pool=pool))():
        raise ZeroDivisionError


async def test_a_cancelled_request_ends_its_dependency(pool: Pool) -> None:
    """The cancellation reaches the generator, and goes on."""
    source = Source(1)
    with anyio.move_on_after(0.05) as scope:
        async with asynccontextmanager(offload(source.stream, pool=pool))():
            await anyio.sleep(10)
    assert scope.cancelled_caught
    assert source.closed == 1


async def test_the_end_runs_though_the_pool_is_busy(pool: Pool) -> None:
    """The exit has a lane of its own: what it frees may be what the pool's calls wait for."""
    gate = Gate()
    source = Source(1)
    async with anyio.create_task_group() as group:
        with anyio.fail_after(5):
            async with asynccontextmanager(offload(source.stream, pool=pool))():
                group.start_soon(pool.run, gate.body)
                await wait_until_async(gate.begun.is_set)
        assert source.closed == 1
        gate.open()


async def test_the_loop_stays_free_while_a_fast_generator_is_consumed(pool: Pool) -> None:
    """A consumer that never waits for anything still lets the loop turn."""
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await anyio.sleep(0)

    async with anyio.create_task_group() as group:
        group.start_soon(turn)
        async with loop_gap() as gap:
            async for _ in offload(Source(50_000).stream, pool=pool)():
                pass
        group.cancel_scope.cancel()
    assert turns > 50
    assert gap.longest < 1


async def test_a_call_that_does_not_fit_the_signature_is_an_error_once(pool: Pool) -> None:
    """The generator function itself raises, before there is a generator."""
    wrong: Any = offload(Source(3).stream, pool=pool)
    with anyio.fail_after(5), pytest.raises(TypeError, match="argument"):
        await anext(wrong("too", "many"))
    assert pool.stats().completed == 1
