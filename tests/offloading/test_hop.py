"""Callers that are cancelled, time out or come in storms: the bound holds, and every outcome is the caller's own."""

from __future__ import annotations

import asyncio
import functools
import os
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import anyio
import pytest

from fastapi_convert import OffloadTimeout, Pool, offload
from fastapi_convert.offloading import check_cancelled, time_left
from tests.offloading.bodies import Gate, Live
from tests.support.waiting import wait_until_async

FUZZ_CALLS = int(os.environ.get("FUZZ_CALLS", "3000"))

Starter = Callable[[], Coroutine[Any, Any, object]]
Leaver = Callable[[Starter], Coroutine[Any, Any, None]]


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("two", threads=2, max_waiting=100) as pool:
        yield pool


async def leave_by_move_on_after(call: Starter) -> None:
    with anyio.move_on_after(0.02):
        await call()


async def leave_by_failing_group(call: Starter) -> None:
    async def fail() -> None:
        await anyio.sleep(0.02)
        raise ZeroDivisionError

    with pytest.RaisesGroup(ZeroDivisionError):
        async with anyio.create_task_group() as group:
            group.start_soon(call)
            group.start_soon(fail)


async def leave_by_asyncio_timeout(call: Starter) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await call()


async def leave_by_wait_for(call: Starter) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(call(), 0.02)


async def leave_by_task_cancel(call: Starter) -> None:
    task = asyncio.ensure_future(call())
    await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


ANYIO_WAYS = [leave_by_move_on_after, leave_by_failing_group]
ASYNCIO_WAYS = [leave_by_asyncio_timeout, leave_by_wait_for, leave_by_task_cancel]


async def storm(pool: Pool, mode: str, leave: Leaver) -> Live:
    live = Live()

    def body() -> None:
        with live.counted():
            time.sleep(0.05)

    call = offload(body, pool=pool, on_cancel=mode)  # type: ignore[call-overload]  # the mode is a parameter here
    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(leave, call)
    await wait_until_async(lambda: pool.stats().running == 0)
    return live


async def assert_capacity(pool: Pool, threads: int) -> None:
    """A barrier is passed only if so many bodies run at once."""
    barrier = threading.Barrier(threads)
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            for _ in range(threads):
                group.start_soon(pool.run, barrier.wait, 5)


@pytest.mark.parametrize("mode", ["wait", "abandon"])
@pytest.mark.parametrize("leave", ANYIO_WAYS)
async def test_no_way_of_leaving_breaks_the_bound(pool: Pool, mode: str, leave: Leaver) -> None:
    """Fifty callers leave a pool of two: never more than two bodies, and both slots are back."""
    live = await storm(pool, mode, leave)
    assert live.peak <= 2
    assert 0 < live.runs < 50
    await assert_capacity(pool, 2)


@pytest.mark.asyncio_only
@pytest.mark.parametrize("mode", ["wait", "abandon"])
@pytest.mark.parametrize("leave", ASYNCIO_WAYS)
async def test_no_native_way_of_leaving_breaks_the_bound(pool: Pool, mode: str, leave: Leaver) -> None:
    """asyncio's own timeouts and cancellations, which break anyio's limiter, do not break ours."""
    live = await storm(pool, mode, leave)
    assert live.peak <= 2
    assert 0 < live.runs < 50
    await assert_capacity(pool, 2)


@pytest.mark.parametrize("mode", ["wait", "abandon"])
async def test_our_own_timeout_does_not_break_the_bound(pool: Pool, mode: str) -> None:
    """Calls that time out answer in time, their bodies keep their slots."""
    live = Live()

    def body() -> None:
        with live.counted():
            time.sleep(0.1)

    call = offload(body, pool=pool, timeout=0.03, on_cancel=mode)  # type: ignore[call-overload]

    async def one() -> None:
        with pytest.raises(OffloadTimeout):
            await call()

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(one)
    assert pool.stats().timed_out == 50
    await wait_until_async(lambda: pool.stats().running == 0)
    assert live.peak == live.runs == 2
    await assert_capacity(pool, 2)


async def test_wait_leaves_only_when_the_body_has_ended(pool: Pool) -> None:
    """The default: nothing goes on behind the caller's back."""
    gate = Gate()
    threading.Timer(0.1, gate.open).start()
    with anyio.move_on_after(0.01) as scope:
        await pool.run(gate.body)
    assert scope.cancelled_caught
    assert gate.now == 0
    assert gate.runs == 1


async def test_abandon_leaves_at_once_and_the_slot_stays_taken(pool: Pool) -> None:
    """The caller is gone while the body runs, and the pool counts it."""
    gate = Gate()
    with anyio.move_on_after(0.02):
        await offload(gate.body, pool=pool, on_cancel="abandon")()
    stats = pool.stats()
    assert (stats.running, stats.abandoned) == (1, 1)
    gate.open()
    await wait_until_async(lambda: pool.stats().running == 0)


async def test_a_call_cancelled_while_it_waits_never_runs(pool: Pool) -> None:
    """Queued behind two others, then cancelled: taken back, in both modes."""
    gate, queued = Gate(), Gate()
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(pool.run, gate.body)
        await wait_until_async(lambda: pool.stats().running == 2)
        for mode in ("wait", "abandon"):
            with anyio.move_on_after(0.01):
                await offload(queued.body, pool=pool, on_cancel=mode)()
        assert pool.stats().waiting == 0
        gate.open()
    assert queued.runs == 0


async def test_a_timeout_covers_waiting_and_an_expired_call_never_starts(pool: Pool) -> None:
    """All workers busy: the answer comes in time, and the body is not run later."""
    gate, late = Gate(), Gate()
    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(pool.run, gate.body)
        await wait_until_async(lambda: pool.stats().running == 2)
        with pytest.raises(OffloadTimeout, match=r"waited 0.02 s for a worker of pool 'two'"):
            await offload(late.body, pool=pool, timeout=0.02)()
        gate.open()
    assert late.runs == 0
    assert pool.stats().abandoned == 0


async def test_a_timeout_answers_while_the_body_runs_and_says_so(pool: Pool) -> None:
    """The caller has its answer, the stats show one call that nobody waits for."""
    gate = Gate()
    began = time.monotonic()
    with pytest.raises(OffloadTimeout, match=r"Gate.body\(\) did not end within 0.05 s.*check_cancelled"):
        await offload(gate.body, pool=pool, timeout=0.05)()
    assert time.monotonic() - began < 5
    stats = pool.stats()
    assert (stats.timed_out, stats.abandoned, stats.running) == (1, 1, 1)
    gate.open()
    await wait_until_async(lambda: pool.stats().running == 0)
    assert gate.runs == 1


async def test_a_shielded_wait_costs_no_cpu(pool: Pool) -> None:
    """anyio delivers a cancellation at every turn of the loop until it is obeyed: the wait must not spin."""
    before = time.process_time()
    with anyio.move_on_after(0.01):
        async with anyio.create_task_group() as group:
            for _ in range(2):
                group.start_soon(pool.run, time.sleep, 0.6)
    assert time.process_time() - before < 0.2


@pytest.mark.asyncio_only
async def test_cancelling_again_and_again_does_not_cut_the_wait_short(pool: Pool) -> None:
    """Five cancellations while the body runs: one CancelledError, after its end."""
    gate = Gate()
    task = asyncio.ensure_future(pool.run(gate.body))
    await wait_until_async(gate.begun.is_set)
    for _ in range(5):
        task.cancel()
        await asyncio.sleep(0.01)
    assert not task.done()
    gate.open()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gate.now == 0


@pytest.mark.asyncio_only
async def test_a_timeout_around_a_cancelled_wait_still_is_a_timeout(pool: Pool) -> None:
    """asyncio.timeout() recognises its own cancellation when the wait ends with it."""
    gate = Gate()
    threading.Timer(0.1, gate.open).start()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await pool.run(gate.body)
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0


@pytest.mark.asyncio_only
async def test_a_closed_coroutine_takes_its_call_back(pool: Pool) -> None:
    """coro.close() may not wait: a queued call is withdrawn, a running one is left."""
    gate, queued = Gate(), Gate()
    others = [asyncio.ensure_future(pool.run(gate.body)) for _ in range(2)]
    await wait_until_async(lambda: pool.stats().running == 2)
    coro = pool.run(queued.body)
    coro.send(None)
    assert pool.stats().waiting == 1
    coro.close()
    assert pool.stats().waiting == 0
    gate.open()
    await asyncio.gather(*others)
    assert queued.runs == 0


async def test_a_body_can_stop_early_when_its_caller_has_left(pool: Pool) -> None:
    """check_cancelled() raises in the body, so the shielded wait ends."""
    reached = threading.Event()

    def body() -> None:
        while True:
            time.sleep(0.005)
            try:
                check_cancelled()
            except BaseException:
                reached.set()
                raise

    with anyio.fail_after(5), anyio.move_on_after(0.02):
        await pool.run(body)
    assert reached.is_set()


@pytest.mark.asyncio_only
async def test_anyio_from_thread_check_cancelled_works_too(pool: Pool) -> None:
    """Legacy code that was written for anyio's threads keeps its cooperative cancellation."""

    def body() -> None:
        while True:
            time.sleep(0.005)
            anyio.from_thread.check_cancelled()

    with anyio.fail_after(5), anyio.move_on_after(0.02) as scope:
        await pool.run(body)
    assert scope.cancelled_caught


async def test_an_error_after_the_caller_left_is_logged(pool: Pool, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost: what nobody can be told is in the log."""
    gate = Gate()

    def body() -> None:
        gate.body()
        raise ZeroDivisionError("too late")

    with anyio.move_on_after(0.02):
        await offload(body, pool=pool, on_cancel="abandon")()
    gate.open()
    await wait_until_async(lambda: "failed after its caller had left" in caplog.text)
    assert "too late" in caplog.text


@pytest.mark.asyncio_only
async def test_fuzzed_cancellation_loses_nothing() -> None:
    """Random cancellations around submit, start and end: every body runs 0 or 1 times, every value is its own."""
    seed = int(os.environ.get("FUZZ_SEED", str(random.randrange(2**32))))
    print(f"FUZZ_SEED={seed}")
    dice = random.Random(seed)
    runs: list[int] = []
    outcomes: dict[int, str] = {}

    def body(number: int, seconds: float) -> int:
        runs.append(number)
        if seconds:
            time.sleep(seconds)
        return number

    async def one(pool: Pool, number: int) -> None:
        seconds = dice.choice([0, 0, 0.0005, 0.001])
        mode = dice.choice(["wait", "abandon"])
        call = offload(body, pool=pool, on_cancel=mode, timeout=dice.choice([None, None, 0.001]))  # type: ignore[call-overload]
        leave = dice.choice([None, None, "native", "scope"])
        limit = dice.uniform(0, 0.002)
        try:
            if leave == "native":
                value = await asyncio.wait_for(call(number, seconds), limit)
            elif leave == "scope":
                with anyio.fail_after(limit):
                    value = await call(number, seconds)
            else:
                value = await call(number, seconds)
        except (TimeoutError, OffloadTimeout):
            outcomes[number] = "left"
        else:
            outcomes[number] = "ended"
            assert value == number

    async with Pool("fuzz", threads=8, max_waiting=FUZZ_CALLS) as pool:
        with anyio.fail_after(50):
            for first in range(0, FUZZ_CALLS, 100):
                await asyncio.gather(*(one(pool, number) for number in range(first, first + 100)))
            await wait_until_async(lambda: pool.stats().running == 0)
        assert pool.stats().waiting == 0
    assert len(outcomes) == FUZZ_CALLS
    assert len(runs) == len(set(runs))
    ended = {number for number, outcome in outcomes.items() if outcome == "ended"}
    assert ended <= set(runs)
    assert 0 < len(ended) < FUZZ_CALLS


@pytest.mark.asyncio_only
async def test_the_end_of_the_loop_is_not_held_up_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    """asyncio.run cancels what is left and waits: a stuck body gets its grace, and is logged with its stack."""
    gate = Gate()
    pool = Pool("stuck", threads=1, close_timeout=0.3)

    async def main() -> None:
        left_behind.append(asyncio.ensure_future(pool.run(gate.body)))
        await wait_until_async(gate.begun.is_set)

    left_behind: list[asyncio.Future[object]] = []
    began = time.monotonic()
    await asyncio.to_thread(functools.partial(asyncio.run, main()))
    assert time.monotonic() - began < 10
    assert "Gate.body() of pool 'stuck' did not end in time" in caplog.text
    assert "in body" in caplog.text
    gate.open()
    await wait_until_async(lambda: gate.now == 0)


async def test_check_cancelled_at_the_very_deadline_is_a_timeout_too(
    pool: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    """The body may notice before the loop's timer does: the caller sees no difference, and nothing is logged."""

    def body() -> None:
        while True:
            check_cancelled()
            time.sleep(time_left() or 0)

    for _ in range(20):
        with pytest.raises(OffloadTimeout):
            await offload(body, pool=pool, timeout=0.02)()
    await wait_until_async(lambda: pool.stats().running == 0)
    assert pool.stats().timed_out == 20
    assert caplog.text == ""
