"""Offloaded context managers: entered and left in one Context, and never left open."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import anyio
import pytest

from fastapi_convert import OffloadTimeout, Pool, ProcessPool, offload
from tests.offloading.bodies import Gate
from tests.support.waiting import wait_until_async

user: ContextVar[str] = ContextVar("user", default="nobody")


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("one", threads=1, max_waiting=100) as pool:
        yield pool


class Resource:
    """Counts how often it is open, and where."""

    def __init__(self, gate: Gate | None = None) -> None:
        self.gate = gate
        self.opened = self.closed = 0
        self.threads: list[int] = []
        self.seen: list[type[BaseException] | None] = []

    @contextmanager
    def hold(self) -> Iterator[str]:
        token = user.set("legacy")
        self.opened += 1
        self.threads.append(threading.get_ident())
        if self.gate is not None:
            self.gate.body()
        try:
            yield "resource"
        except BaseException as exc:
            self.seen.append(type(exc))
            raise
        finally:
            user.reset(token)  # ValueError in any other Context
            self.threads.append(threading.get_ident())
            self.closed += 1


async def test_it_is_entered_and_left_on_workers(pool: Pool) -> None:
    """The value comes through, the loop's thread is not used."""
    resource = Resource()
    async with offload(resource.hold, pool=pool)() as value:
        assert value == "resource"
        assert (resource.opened, resource.closed) == (1, 0)
    assert resource.closed == 1
    assert threading.get_ident() not in resource.threads


async def test_an_error_reaches_it_and_goes_on(pool: Pool) -> None:
    """It sees the body's own exception object."""
    resource = Resource()
    error = ZeroDivisionError("mine")
    with pytest.raises(ZeroDivisionError) as caught:
        async with offload(resource.hold, pool=pool)():
            raise error
    assert caught.value is error
    assert resource.seen == [ZeroDivisionError]


async def test_the_exit_runs_when_the_pool_is_full_of_calls_that_wait_for_it(pool: Pool) -> None:
    """FastAPI's deadlock: every thread waits for what only an exit can free."""
    free = threading.Semaphore(1)

    @contextmanager
    def connection() -> Iterator[None]:
        assert free.acquire(timeout=20)
        try:
            yield
        finally:
            free.release()

    opened = offload(connection, pool=pool)
    served = 0

    async def client() -> None:
        nonlocal served
        async with opened():
            await pool.run(int)
            served += 1

    with anyio.fail_after(15):
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(client)
    assert served == 20


async def test_cancelled_while_it_is_entered_it_is_left_again(pool: Pool) -> None:
    """The caller waits for the entry, then nothing stays open."""
    resource = Resource(Gate())
    assert resource.gate is not None
    threading.Timer(0.2, resource.gate.open).start()
    with anyio.move_on_after(0.05):
        async with offload(resource.hold, pool=pool)():
            pytest.fail("never entered")
    assert (resource.opened, resource.closed) == (1, 1)


@pytest.mark.parametrize("way", ["abandon", "timeout"])
async def test_left_behind_while_it_is_entered_the_worker_leaves_it(pool: Pool, way: str) -> None:
    """The caller is gone before the entry has ended: whoever enters also exits."""
    resource = Resource(Gate())
    assert resource.gate is not None
    with anyio.move_on_after(0.05 if way == "abandon" else None):
        with pytest.raises(OffloadTimeout) if way == "timeout" else anyio.CancelScope():
            async with offload(
                resource.hold, pool=pool, on_cancel="abandon", timeout=0.05 if way == "timeout" else None
            )():
                pytest.fail("never entered")
    resource.gate.open()
    await wait_until_async(lambda: resource.closed == 1)
    assert resource.opened == 1


async def test_a_cancelled_body_still_leaves(pool: Pool) -> None:
    """The exit is shielded from the cancellation that causes it."""
    resource = Resource()
    with anyio.move_on_after(0.02) as scope:
        async with offload(resource.hold, pool=pool)():
            await anyio.sleep(10)
    assert scope.cancelled_caught
    assert resource.closed == 1


async def test_inout_brings_its_variables_to_the_body(pool: Pool) -> None:
    """FastAPI loses what a synchronous dependency sets; this is how to keep it."""

    @contextmanager
    def login() -> Iterator[None]:
        user.set("ada")
        yield
        user.set("gone")

    async with offload(login, pool=pool, context="inout")():
        assert user.get() == "ada"
    assert user.get() == "gone"
    async with offload(login, pool=pool)():
        assert user.get() == "gone"


async def test_a_process_cannot_hold_one() -> None:
    """Said when it is decorated, with the cure."""
    with pytest.raises(TypeError, match=r"cannot live in another process.*Pool of threads"):
        offload(Resource().hold, pool=ProcessPool("cpu", processes=1))
