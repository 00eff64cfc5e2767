"""The threads themselves: how many, how woken, how they go home, and what a fork leaves of them."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Coroutine, Iterator
from contextvars import copy_context
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from fastapi_convert import Pool, PoolFull, offload
from fastapi_convert.offloading._crew import Worker
from fastapi_convert.offloading._hop import AsyncioCall
from fastapi_convert.offloading._mailbox import current_mailbox
from tests.offloading.bodies import Gate, Live
from tests.support.waiting import wait_until, wait_until_async

pytestmark = pytest.mark.asyncio_only


def descriptors() -> int:
    """How many are open, on Linux; elsewhere they are not compared."""
    own = Path("/proc/self/fd")
    return len(list(own.iterdir())) if own.is_dir() else 0


def threads_of(pool: str) -> int:
    return sum(thread.name.startswith(f"{pool}-") for thread in threading.enumerate())


async def test_blocking_calls_fan_out_over_all_threads_and_no_further() -> None:
    """Chained wake-ups reach every worker."""
    live = Live()
    barrier = threading.Barrier(8)

    def body() -> None:
        with live.counted():
            barrier.wait(10)

    async with Pool("eight", threads=8) as pool:
        with anyio.fail_after(10):
            await asyncio.gather(*(pool.run(body) for _ in range(32)))
        assert live.peak == 8
        assert threads_of("eight") == 8


async def test_short_calls_run_back_to_back_in_few_threads() -> None:
    """A burst does not hire a thread for each call."""
    async with Pool("burst", threads=40) as pool:
        await asyncio.gather(*(pool.run(int) for _ in range(40)))
        assert threads_of("burst") < 20


async def test_exactly_so_many_wait_and_the_next_is_refused_at_once() -> None:
    """One runs, two wait, the fourth is told so, with a Retry-After and the cure."""
    gate = Gate()
    async with Pool("narrow", threads=1, max_waiting=2) as pool:
        calls = [asyncio.ensure_future(pool.run(gate.body, number)) for number in range(4)]
        with pytest.raises(PoolFull, match=r"Pool 'narrow' is full: .*max_waiting") as refused:
            await calls[3]
        assert refused.value.headers == {"Retry-After": "1"}
        assert pool.stats().rejected == 1
        gate.open()
        assert await asyncio.gather(*calls[:3]) == [0, 1, 2]


async def test_overload_is_refused_and_leaves_other_pools_alone() -> None:
    """Ten times the capacity: the surplus is refused while the queue stands, and a bulkhead next door is untouched."""
    gate = Gate()
    async with Pool("flooded", threads=4, max_waiting=50) as flooded, Pool("calm", threads=1) as calm:
        calls = [asyncio.ensure_future(flooded.run(gate.body)) for _ in range(540)]
        await asyncio.sleep(0)
        await wait_until_async(lambda: flooded.stats().rejected == 486)
        assert flooded.stats().waiting == 50
        with anyio.fail_after(5):
            assert await calm.run(abs, -1) == 1
        gate.open()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sum(isinstance(outcome, PoolFull) for outcome in outcomes) == 486


async def test_ten_thousand_refused_callers_cost_no_memory() -> None:
    """A queue of a hundred: whoever comes behind it is told so at once, and nothing of him stays."""
    gate = Gate()
    async with Pool("small", threads=4, max_waiting=100) as pool:
        accepted = [asyncio.ensure_future(pool.run(gate.body)) for _ in range(104)]
        await wait_until_async(lambda: pool.stats().running == 4)
        before = psutil.Process().memory_info().rss
        for _ in range(10_000):
            with pytest.raises(PoolFull):
                await pool.run(bytes, 1000)
        assert psutil.Process().memory_info().rss - before < 20 << 20
        assert (pool.stats().rejected, pool.stats().waiting) == (10_000, 100)
        gate.open()
        await asyncio.gather(*accepted)


def test_two_hundred_loops_leave_threads_and_descriptors_flat() -> None:
    """asyncio.run again and again: nothing is kept of a loop that has ended, not even the loop."""
    pool = Pool("many", threads=4)
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await asyncio.gather(*(pool.run(int) for _ in range(4)))

    asyncio.run(main())
    before = descriptors()
    for _ in range(200):
        asyncio.run(main())
        assert threads_of("many") == 0
    after = descriptors()
    assert after <= before
    gc.collect()
    assert sum(loop() is not None for loop in loops) == 0


def test_a_loop_closed_by_hand_leaves_no_more_than_the_next_use_clears() -> None:
    """Without shutdown_asyncgens() nobody tells us: the next loop of the thread clears up."""
    pool = Pool("by-hand", threads=2)

    def run_once() -> None:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(pool.run(int))
        loop.close()

    run_once()
    before = descriptors()
    for _ in range(20):
        run_once()
    assert descriptors() <= before
    asyncio.run(_use(pool))
    wait_until(lambda: threads_of("by-hand") == 0)


async def _use(pool: Pool) -> None:
    await pool.run(int)


def test_two_loops_at_once_share_the_bound() -> None:
    """Two threads, a loop each, one pool of two: never more than two bodies, and each gets its own results."""
    pool = Pool("shared", threads=2)
    live = Live()
    results: list[list[int]] = []

    def body(value: int) -> int:
        with live.counted():
            time.sleep(0.005)
        return value

    async def main(base: int) -> None:
        results.append(await asyncio.gather(*(pool.run(body, base + number) for number in range(20))))

    threads = [threading.Thread(target=asyncio.run, args=(main(base),)) for base in (0, 100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(results) == [list(range(20)), list(range(100, 120))]
    assert live.peak == 2


def test_a_forked_child_begins_with_an_empty_pool() -> None:
    """After use in the parent the child works, and the parent goes on."""
    script = """
import asyncio, os
from fastapi_convert import Pool
pool = Pool("forked", threads=2)
async def main():
    return [await pool.run(abs, -n) for n in range(5)]
async def outer():
    await main()
    pid = os.fork()
    if pid == 0:
        os._exit(99)
    os.waitpid(pid, 0)
    return await main()
assert asyncio.run(outer()) == [0, 1, 2, 3, 4]
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        assert asyncio.run(main()) == [0, 1, 2, 3, 4]
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
assert asyncio.run(main()) == [0, 1, 2, 3, 4]
"""
    assert run_script(script).returncode == 0


def test_a_stuck_body_does_not_hold_up_the_end_of_the_interpreter() -> None:
    """Timed out, and the process ends though the thread sleeps for an hour."""
    script = """
import asyncio, time
from fastapi_convert import OffloadTimeout, offload
stuck = offload(time.sleep, timeout=0.1)
try:
    asyncio.run(stuck(3600))
except OffloadTimeout:
    print("answered")
"""
    done = run_script(script)
    assert (done.returncode, done.stdout, done.stderr) == (0, "answered\n", "")


def run_script(script: str) -> subprocess.CompletedProcess[str]:
    """Run in a fresh interpreter, with a deadline."""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root / "src"), "PYTHONWARNINGS": "error"}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=40, check=False
    )


async def test_idle_surplus_goes_home_and_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pool that was busy once does not keep its threads for ever."""
    monkeypatch.setattr("fastapi_convert.offloading._crew.IDLE_SECONDS", 0.05)
    async with Pool("seasonal", threads=4) as pool:
        barrier = threading.Barrier(4)
        await asyncio.gather(*(pool.run(barrier.wait, 5) for _ in range(4)))
        await wait_until_async(lambda: threads_of("seasonal") == 0)
        assert await pool.run(abs, -3) == 3
        assert pool.stats().completed == 5


async def test_calls_within_calls_never_wait_for_their_own_slot() -> None:
    """A pool of one, three deep: a body that waits on the loop lends its slot."""
    async with Pool("one", threads=1) as pool:

        def inner(depth: int) -> int:
            return depth if depth == 0 else 1 + anyio.from_thread.run(pool.run, inner, depth - 1)

        with anyio.fail_after(10):
            assert await pool.run(inner, 3) == 3
        await wait_until_async(lambda: pool.stats().running == 0)


async def test_two_hundred_clients_that_nest_calls_all_get_through() -> None:
    """More nested callers than threads: none fails, none hangs."""
    async with Pool("nested", threads=5, max_waiting=500) as pool:

        def outer(number: int) -> int:
            return anyio.from_thread.run(pool.run, abs, -number)

        with anyio.fail_after(20):
            results = await asyncio.gather(*(pool.run(outer, number) for number in range(200)))
    assert results == list(range(200))


async def test_a_worker_keeps_nothing_of_a_failed_call() -> None:
    """No cycle: what a failing frame held is gone with the error, without the garbage collector."""

    class Big:
        pass

    kept: list[weakref.ref[Big]] = []

    def failing(argument: Big) -> None:
        local = Big()
        kept.extend([weakref.ref(local), weakref.ref(argument)])
        raise ZeroDivisionError

    call = offload(failing)
    gc.collect()
    gc.disable()
    try:
        try:
            await call(Big())
        except ZeroDivisionError as exc:
            traceback = exc.__traceback__
            while traceback is not None and traceback.tb_next is not None:
                traceback = traceback.tb_next
            assert traceback is not None
            assert traceback.tb_frame.f_code is failing.__code__
            del traceback
        await asyncio.sleep(0.05)
        assert [reference() for reference in kept] == [None, None]
    finally:
        gc.enable()


async def test_a_call_queued_while_a_worker_lies_down_is_seen() -> None:
    """Nobody was idle when it was queued and all threads existed, so it woke nobody: the worker looks once more."""
    async with Pool("nap", threads=1) as pool:
        await pool.run(int)
        crew = pool._crew
        late = AsyncioCall(abs, (-5,), {}, copy_context())
        late.box = current_mailbox(crew)
        waiter = late.waiter = asyncio.get_running_loop().create_future()

        unseen = [late]

        class Bed(list[Worker]):
            def append(self, worker: Worker) -> None:
                if unseen:
                    crew.queue.append(unseen.pop())
                super().append(worker)

        crew._idle = Bed(crew._idle)
        await pool.run(int)
        with anyio.fail_after(3):
            assert await waiter == 5


async def test_a_call_that_ended_is_gone_without_the_garbage_collector() -> None:
    """Its context names it and it has its context: the circle is opened when the body ends."""

    def run_once() -> tuple[weakref.ref[object], Coroutine[Any, Any, object]]:
        def body() -> None: ...

        return weakref.ref(body), offload(body)()

    gc.disable()
    try:
        reference, call = run_once()
        await call
        del call
        await wait_until_async(lambda: reference() is None)
    finally:
        gc.enable()


async def test_a_context_that_lives_on_keeps_no_arguments() -> None:
    """A task that the body has started has a copy of its context, for as long as it runs."""

    class Big:
        pass

    contexts = []

    def body(_argument: Big, *, keyword: Big) -> None:
        contexts.append(copy_context())

    big = Big()
    reference = weakref.ref(big)
    call = offload(body)(big, keyword=big)
    del big
    await call
    del call
    await wait_until_async(lambda: reference() is None)
    assert len(contexts) == 1


async def test_a_call_that_gets_no_thread_is_refused_and_not_run_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system has no thread to give: the caller hears of it, and nothing stays in the queue."""

    def no_thread(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async with Pool("threadless", threads=2) as pool:
        with monkeypatch.context() as patched:
            patched.setattr("fastapi_convert.offloading._crew.threading.Thread.start", no_thread)
            with pytest.raises(RuntimeError, match="can't start new thread"):
                await pool.run(abs, -1)
        assert pool.stats().waiting == 0
        assert await pool.run(abs, -2) == 2


async def test_whether_the_loop_is_ending_is_asked_once_for_all_shielded_callers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """There may be thousands of them, and each answer goes through all tasks of the loop."""
    asked = 0

    def counted(loop: asyncio.AbstractEventLoop) -> set[asyncio.Task[Any]]:
        nonlocal asked
        asked += 1
        return all_tasks(loop)

    all_tasks = asyncio.all_tasks
    gate = Gate()
    async with Pool("crowd", threads=30, close_timeout=0.2) as pool:
        tasks = [asyncio.ensure_future(pool.run(gate.body)) for _ in range(30)]
        await wait_until_async(lambda: gate.now == 30)
        monkeypatch.setattr(asyncio, "all_tasks", counted)
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0.6)
        monkeypatch.undo()
        assert 0 < asked <= 15  # 30 callers, each of which looks a dozen times
        gate.open()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(autouse=True)
def _switch_often() -> Iterator[None]:
    """Threads change places often, so that races have a chance to show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)
