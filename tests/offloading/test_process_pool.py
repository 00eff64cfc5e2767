"""`ProcessPool`: warm processes behind the same interface, killed on timeout, replaced when they die."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import AsyncIterator

import anyio
import numpy as np
import psutil
import pytest

from fastapi_convert import OffloadTimeout, PoolFull, ProcessPool, offload
from fastapi_convert.errors import CallableExited, NotPicklable, WorkerDied
from tests.offloading import process_bodies as bodies
from tests.support.loop_gap import loop_gap
from tests.support.waiting import wait_until_async


@pytest.fixture
async def cpu() -> AsyncIterator[ProcessPool]:
    async with ProcessPool("cpu", processes=2, max_waiting=20) as cpu:
        yield cpu


async def test_calls_run_in_warm_processes_that_are_used_again(cpu: ProcessPool) -> None:
    """Two processes, ready before the first call, and never more."""
    pids = {await cpu.run(os.getpid) for _ in range(6)}
    assert os.getpid() not in pids
    assert len(pids) <= 2
    stats = cpu.stats()
    assert (stats.processes, stats.threads, stats.running) == (2, 2, 0)
    assert stats.completed >= 6


async def test_decorated_functions_methods_and_partials_travel() -> None:
    """The module's attribute is the wrapper: the process runs the original."""
    async with bodies.pool:
        assert await bodies.decorated(3) == (9, True)
        assert await bodies.Counter(4).plus(5) == 9


async def test_errors_come_back_with_their_notes(cpu: ProcessPool) -> None:
    """Type, arguments, notes, and where it happened."""
    with pytest.raises(ValueError, match="bad row") as caught:
        await cpu.run(bodies.fail_with_note)
    assert "row 7" in caught.value.__notes__
    assert any("fail_with_note" in note for note in caught.value.__notes__)
    with pytest.raises(CallableExited, match="SystemExit"):
        await cpu.run(bodies.leave)
    assert await cpu.run(abs, -1) == 1


async def test_what_cannot_travel_says_so(cpu: ProcessPool) -> None:
    """A lambda, an argument, a result: named, with the cure; the process lives on."""
    with pytest.raises(NotPicklable, match="lambda"):
        await cpu.run(lambda: 1)
    with pytest.raises(NotPicklable, match="print_it"):
        await cpu.run(bodies.print_it, threading.Lock())
    with pytest.raises(NotPicklable, match="make_lock"):
        await cpu.run(bodies.make_lock)
    await cpu.run(bodies.print_it, "does no harm")
    assert await cpu.run(abs, -1) == 1


async def test_a_timeout_kills_the_process_and_the_pool_heals(cpu: ProcessPool) -> None:
    """The answer in time, the process gone, the slot free."""
    pids = {child.pid for child in cpu._idle}
    with pytest.raises(OffloadTimeout, match="killed"):
        await offload(bodies.sleep, pool=cpu, timeout=0.2)(60)
    await wait_until_async(lambda: cpu.stats().running == 0)
    gone = [pid for pid in pids if pid is not None and not psutil.pid_exists(pid)]
    assert len(gone) == 1
    stats = cpu.stats()
    assert (stats.timed_out, stats.abandoned) == (1, 0)
    with anyio.fail_after(20):
        assert await cpu.run(abs, -1) == 1


@pytest.mark.parametrize("way", ["kill", "exit", "segfault"])
async def test_a_process_that_dies_fails_its_own_call_only(cpu: ProcessPool, way: str) -> None:
    """WorkerDied for one, the neighbour and the next call are unharmed."""
    async with anyio.create_task_group() as group:
        group.start_soon(cpu.run, bodies.sleep, 0.5)
        with pytest.raises(WorkerDied):
            await cpu.run(bodies.die, way)
    for _ in range(4):
        assert await cpu.run(abs, -1) == 1


async def test_a_process_killed_while_idle_is_replaced_unnoticed(cpu: ProcessPool) -> None:
    """The next call gets a living one."""
    for child in cpu._idle:
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
    await wait_until_async(lambda: not any(child.alive for child in cpu._idle))
    assert await cpu.run(abs, -1) == 1


async def test_processes_are_replaced_after_so_many_tasks() -> None:
    """For functions that leak."""
    async with ProcessPool("worn", processes=1, max_tasks_per_process=2) as worn:
        pids = [await worn.run(os.getpid) for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    with pytest.raises(ValueError, match="max_tasks_per_process"):
        ProcessPool("worn", max_tasks_per_process=0)


async def test_the_bound_and_the_queue_hold() -> None:
    """One process, one waiting, the third is refused."""
    async with ProcessPool("narrow", processes=1, max_waiting=1) as narrow, anyio.create_task_group() as group:
        group.start_soon(narrow.run, bodies.sleep, 0.5)
        await wait_until_async(lambda: narrow.stats().running == 1)
        group.start_soon(narrow.run, abs, -1)
        await wait_until_async(lambda: narrow.stats().waiting == 1)
        with pytest.raises(PoolFull):
            await narrow.run(abs, -1)


async def test_a_large_array_leaves_the_loop_free(cpu: ProcessPool) -> None:
    """Ten megabytes there and back, right to the last byte, and the loop turns meanwhile."""
    array = np.arange(1_250_000, dtype=np.float64)
    total = 0.0
    async with loop_gap() as gap:
        for _ in range(5):
            total = await cpu.run(bodies.total, array)
    assert total == array.sum()
    assert gap.longest < 1
    doubled = await cpu.run(bodies.double, array)
    assert doubled[-1] == 2 * array[-1]
    assert await cpu.run(bodies.echo, b"x" * 3_000_000) == b"x" * 3_000_000


async def test_map_spreads_over_the_processes(cpu: ProcessPool) -> None:
    """In order."""
    assert [n async for n in cpu.map(abs, range(-20, 0))] == list(range(20, 0, -1))


async def test_cancelled_it_waits_and_abandoned_it_leaves(cpu: ProcessPool) -> None:
    """As with threads: a cancellation does not kill what may be half written."""
    with anyio.move_on_after(0.05) as scope:
        await cpu.run(bodies.sleep, 0.3)
    assert scope.cancelled_caught
    assert cpu.stats().running == 0
    with anyio.move_on_after(0.05):
        await offload(bodies.sleep, pool=cpu, on_cancel="abandon")(0.3)
    assert cpu.stats().running == 1
    await wait_until_async(lambda: cpu.stats().running == 0)


async def test_a_module_that_cannot_be_preloaded_fails_the_start() -> None:
    """Not a later request."""
    broken = ProcessPool("broken", processes=1, preload=["no_such_module_here"])
    with pytest.raises((WorkerDied, ExceptionGroup)) as caught:
        async with broken:
            pass
    assert "no_such_module_here" in repr(caught.value) + str(getattr(caught.value, "exceptions", ""))


async def test_closing_ends_every_process() -> None:
    """The stuck one too, after the grace: a process, unlike a thread, can be ended."""
    async with anyio.create_task_group() as group, ProcessPool("ends", processes=2, close_timeout=0.2) as ends:
        pids = [child.pid for child in ends._idle]

        async def stuck() -> None:
            with pytest.raises(WorkerDied):
                await ends.run(bodies.sleep, 60)

        group.start_soon(stuck)
        await wait_until_async(lambda: ends.stats().running == 1)
    await wait_until_async(lambda: not any(pid is not None and psutil.pid_exists(pid) for pid in pids))
