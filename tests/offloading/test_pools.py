"""`Pool` as a thing of its own: run, map, stats, closing, and the end of what it does not wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest

from fastapi_convert import OffloadTimeout, Pool, PoolFull, ProcessPool
from fastapi_convert.errors import PoolClosed
from tests.offloading.bodies import Gate, Live
from tests.support.waiting import wait_until_async


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("two", threads=2, max_waiting=10) as pool:
        yield pool


async def test_stats_tell_what_goes_on(pool: Pool) -> None:
    """Every field, while two run and one waits, and afterwards."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        for _ in range(3):
            group.start_soon(pool.run, gate.body)
        await wait_until_async(lambda: pool.stats().running == 2)
        stats = pool.stats()
        assert (stats.name, stats.threads, stats.processes, stats.max_waiting) == ("two", 2, 0, 10)
        assert (stats.running, stats.waiting, stats.completed, stats.rejected) == (2, 1, 0, 0)
        gate.open()
    stats = pool.stats()
    assert (stats.running, stats.waiting, stats.completed) == (0, 0, 3)


async def test_map_keeps_the_order_and_the_limit(pool: Pool) -> None:
    """Results in the order of the items, no more at once than asked for."""
    live = Live()

    def body(number: int) -> int:
        with live.counted():
            time.sleep(0.02 if number % 3 == 0 else 0.001)
        return number * number

    assert [square async for square in pool.map(body, range(20), limit=1)] == [n * n for n in range(20)]
    assert live.peak == 1
    assert [square async for square in pool.map(body, range(20))] == [n * n for n in range(20)]
    assert live.peak == 2


async def test_map_takes_items_as_it_goes(pool: Pool) -> None:
    """Also from an asynchronous source, and never more than `limit` ahead."""
    taken: list[int] = []

    async def source() -> AsyncIterator[int]:
        for number in range(10):
            taken.append(number)
            yield number

    async for number in pool.map(abs, source(), limit=2):
        assert len(taken) <= number + 3


async def test_map_waits_for_room_instead_of_failing() -> None:
    """A limit beyond what the pool takes is no error while its own calls make room."""
    async with Pool("tight", threads=1, max_waiting=1) as tight:
        assert [n async for n in tight.map(abs, range(-9, 0), limit=50)] == list(range(9, 0, -1))


async def test_map_refuses_when_others_hold_all_the_room() -> None:
    """PoolFull, when not even one call fits."""
    gate = Gate()
    async with Pool("taken", threads=1, max_waiting=0) as taken, anyio.create_task_group() as group:
        group.start_soon(taken.run, gate.body)
        await wait_until_async(gate.begun.is_set)
        with pytest.raises(PoolFull):
            await anext(taken.map(abs, [1]))
        gate.open()


async def test_an_error_in_map_comes_in_its_place_and_ends_the_rest(pool: Pool) -> None:
    """The results before it are delivered; no body runs on behind the caller's back."""
    live = Live()

    def body(number: int) -> int:
        with live.counted():
            if number == 3:
                raise ZeroDivisionError("three")
            return number

    seen = []
    with pytest.raises(ZeroDivisionError, match="three"):
        async for number in pool.map(body, range(100)):
            seen.append(number)
    assert seen == [0, 1, 2]
    assert live.now == 0
    assert live.runs < 10
    assert pool.stats().waiting == 0


async def test_leaving_map_early_withdraws_and_awaits(pool: Pool) -> None:
    """break and cancel: what waits never runs, what runs is seen through."""
    live = Live()

    def body(number: int) -> int:
        with live.counted():
            time.sleep(0.05)
        return number

    results = pool.map(body, range(100), limit=8)
    await anext(results)
    await results.aclose()
    assert (live.now, pool.stats().waiting) == (0, 0)
    assert live.runs <= 4
    with anyio.move_on_after(0.02):
        async for _ in pool.map(body, range(100), limit=8):
            pass
    await wait_until_async(lambda: live.now == 0)
    assert pool.stats().waiting == 0


async def test_map_times_out_each_call(pool: Pool) -> None:
    """OffloadTimeout in its place."""
    gate = Gate()
    with pytest.raises(OffloadTimeout, match=r"did not end within 0.05 s"):
        await anext(pool.map(gate.body, [1, 2, 3], timeout=0.05))
    gate.open()
    await wait_until_async(lambda: pool.stats().running == 0)
    assert pool.stats().timed_out == 1


async def test_a_closed_pool_refuses_and_can_be_opened_again() -> None:
    """A lifespan may run twice in one process."""
    pool = Pool("again", threads=1)
    async with pool:
        assert await pool.run(abs, -1) == 1
    assert pool.closed
    with pytest.raises(PoolClosed, match=r"Pool 'again' is closed. Call it inside `async with pool`"):
        await pool.run(abs, -1)
    async with pool:
        assert await pool.run(abs, -2) == 2


async def test_closing_waits_for_what_runs_and_waits() -> None:
    """Accepted is accepted."""
    gate = Gate()
    pool = Pool("closing", threads=1)
    results: list[object] = []

    async def one(value: int) -> None:
        results.append(await pool.run(gate.body, value))

    async with anyio.create_task_group() as group:
        async with pool:
            group.start_soon(one, 1)
            group.start_soon(one, 2)
            await wait_until_async(gate.begun.is_set)
            threading.Timer(0.1, gate.open).start()
        assert pool.stats().running == 0
    assert sorted(results, key=str) == [1, 2]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("closing-")]


@pytest.mark.asyncio_only
async def test_closing_gives_up_after_its_grace_and_says_where_the_body_is(caplog: pytest.LogCaptureFixture) -> None:
    """A stuck body is left behind on its daemon thread, with its stack in the log."""
    gate = Gate()
    async with anyio.create_task_group() as group:
        async with Pool("stuck", threads=1, close_timeout=0.1) as pool:
            group.start_soon(pool.run, gate.body)
            await wait_until_async(gate.begun.is_set)
        assert "Gate.body() of pool 'stuck' did not end in time" in caplog.text
        assert "in body" in caplog.text
        gate.open()


@pytest.mark.parametrize("make", [Pool, ProcessPool])
def test_nonsense_is_refused_when_it_is_made(make: Any) -> None:
    """With what is wrong."""
    workers = "threads" if make is Pool else "processes"
    with pytest.raises(ValueError, match="at least one worker, not 0"):
        make("p", **{workers: 0})
    with pytest.raises(ValueError, match="max_waiting of pool 'p'"):
        make("p", max_waiting=-1)
    assert "'p'" in repr(make("p"))


async def test_a_slow_neighbour_is_not_noticed() -> None:
    """The bulkhead: 120 slow calls in one pool, an answer from another at once."""
    gate = Gate()
    async with (
        Pool("slow", threads=4, max_waiting=200) as slow,
        Pool("health", threads=1) as health,
        anyio.create_task_group() as group,
    ):
        for _ in range(120):
            group.start_soon(slow.run, gate.body)
        await wait_until_async(lambda: slow.stats().running == 4)
        with anyio.fail_after(2):
            assert await health.run(abs, -1) == 1
        gate.open()


async def test_what_could_not_begin_before_the_end_is_refused_not_run_later() -> None:
    """A closed pool starts nothing."""
    gate, queued = Gate(), Gate()
    pool = Pool("ended", threads=1, close_timeout=0.1)

    async def late() -> None:
        with pytest.raises(PoolClosed, match="closed before this call could begin"):
            await pool.run(queued.body)

    async with anyio.create_task_group() as group:
        async with pool:
            group.start_soon(pool.run, gate.body)
            await wait_until_async(gate.begun.is_set)
            group.start_soon(late)
            await wait_until_async(lambda: pool.stats().waiting == 1)
        gate.open()
    assert queued.runs == 0
