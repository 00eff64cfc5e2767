"""wait_until: ends when the condition is true, fails with words when it never is."""

import threading
import time

import anyio
import pytest

from tests.support.waiting import wait_until, wait_until_async


async def _set_soon(event: anyio.Event) -> None:
    await anyio.sleep(0.02)
    event.set()


def test_waits_until_another_thread_has_made_the_condition_true() -> None:
    """It returns soon after the condition holds, not at the end of its timeout."""
    event = threading.Event()
    timer = threading.Timer(0.05, event.set)
    timer.start()
    started = time.monotonic()
    wait_until(event.is_set)
    timer.join()
    assert time.monotonic() - started < 2


async def test_the_loop_runs_on_while_an_async_test_waits() -> None:
    """The condition may depend on the event loop itself."""
    came = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_set_soon, came)
        await wait_until_async(came.is_set)
    assert came.is_set()


def test_a_condition_that_never_comes_true_fails_with_its_name() -> None:
    """The message is for whoever reads the log of a failed run."""
    with pytest.raises(AssertionError, match=r"the moon did not come true within 0\.02 s"):
        wait_until(lambda: False, timeout=0.02, message="the moon")


async def test_an_async_wait_fails_the_same_way() -> None:
    """The async twin has the same deadline and the same words."""
    with pytest.raises(AssertionError, match=r"the condition did not come true within 0\.02 s"):
        await wait_until_async(lambda: False, timeout=0.02)
