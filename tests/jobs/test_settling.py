"""`settle` and `poster`: from a thread back to asyncio, uvloop and trio, and what happens when nobody is there."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import gc
import logging
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

import anyio
import anyio.to_thread
import pytest
import trio

from fastapi_convert.jobs._loops import poster
from fastapi_convert.jobs._settling import settle
from tests.support.waiting import wait_until_async

BACKENDS = pytest.mark.parametrize("backend", ["asyncio", "trio"])


async def test_a_result_of_another_thread_comes_back() -> None:
    """Also one that is there already, and an error."""
    future: Future[int] = Future()
    thread = threading.Thread(target=future.set_result, args=(7,))
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, thread.start)
        assert await settle(future) == 7
    thread.join()
    assert await settle(future) == 7
    failing: Future[int] = Future()
    failing.set_exception(ZeroDivisionError("one"))
    with pytest.raises(ZeroDivisionError, match="one"):
        await settle(failing)


async def test_an_error_is_no_cycle() -> None:
    """What failed is freed when the caller lets go of it, not when the collector comes by."""
    future: Future[int] = Future()
    future.set_exception(ZeroDivisionError())
    seen = weakref.ref(future)
    gc.disable()
    try:
        with pytest.raises(ZeroDivisionError) as caught:
            await settle(future)
        del future, caught
        assert seen() is None
    finally:
        gc.enable()


async def test_many_futures_at_once_each_give_their_own() -> None:
    """Resolved in one go by one thread, awaited by as many tasks."""
    futures: list[Future[int]] = [Future() for _ in range(500)]
    results: dict[int, int] = {}

    async def collect(number: int) -> None:
        results[number] = await settle(futures[number])

    def resolve() -> None:
        for number, future in enumerate(futures):
            future.set_result(number * number)

    async with anyio.create_task_group() as group:
        for number in range(500):
            group.start_soon(collect, number)
        await anyio.wait_all_tasks_blocked()
        await anyio.to_thread.run_sync(resolve)
    assert results == {number: number * number for number in range(500)}


async def test_cancelled_in_time_it_takes_the_work_back() -> None:
    """What has not begun never begins."""
    future: Future[int] = Future()
    with anyio.move_on_after(0.001) as scope:
        await settle(future)
    assert scope.cancelled_caught
    assert not future.set_running_or_notify_cancel()


async def test_cancelled_later_it_leaves_at_once() -> None:
    """What has begun is done, and nobody minds that nobody waits for it."""
    future: Future[int] = Future()
    future.set_running_or_notify_cancel()
    with anyio.move_on_after(0.001) as scope:
        await settle(future)
    assert scope.cancelled_caught
    assert not future.cancelled()
    await anyio.to_thread.run_sync(future.set_result, 1)
    assert future.result() == 1


async def test_somebody_elses_cancelling_is_an_error_and_not_the_callers() -> None:
    """The awaiting task itself was not cancelled."""
    future: Future[int] = Future()
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.to_thread.run_sync, future.cancel)
        with pytest.raises(concurrent.futures.CancelledError):
            await settle(future)


@BACKENDS
def test_a_loop_that_has_gone_is_no_error_for_the_thread(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    """The future is resolved, nothing is raised or logged, and nothing is kept."""
    future: Future[int] = Future()
    future.set_running_or_notify_cancel()
    posts: list[Callable[[Callable[[], object]], None]] = []

    async def leave() -> None:
        posts.append(poster())
        with anyio.move_on_after(0.001):
            await settle(future)

    anyio.run(leave, backend=backend)
    future.set_result(1)
    called: list[int] = []
    for _ in range(3):
        posts[0](partial(called.append, 1))
    assert called == []
    assert caplog.records == []
    line = posts[0].__self__  # type: ignore[attr-defined]  # whose method it is
    assert not line._due


def test_a_loop_is_not_kept_alive() -> None:
    """Neither by what was awaited on it, nor by what may post to it."""
    seen: list[weakref.ref[object]] = []
    posts: list[object] = []

    async def use() -> None:
        future: Future[int] = Future()
        threading.Timer(0.001, future.set_result, (1,)).start()
        await settle(future)
        posts.append(poster())
        seen.append(weakref.ref(asyncio.get_running_loop()))

    asyncio.run(use())
    gc.collect()
    assert seen[0]() is None
    posts[0](print)  # type: ignore[operator]  # it is what poster() gives


def test_trio_is_not_kept_alive_either() -> None:
    """Nothing of a run is left after it."""
    seen: list[weakref.ref[object]] = []

    async def use() -> None:
        poster()(int)
        await anyio.sleep(0)
        seen.append(weakref.ref(trio.lowlevel.current_trio_token()))

    trio.run(use)
    gc.collect()
    assert seen[0]() is None


async def test_posts_are_called_in_their_order_on_the_loop() -> None:
    """In an empty context, whatever thread they come from; one that fails is logged and does not stop the others."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nothing")
    called: list[tuple[int, int, str]] = []
    post = poster()
    assert poster() == post

    def note(number: int) -> None:
        called.append((number, threading.get_ident(), variable.get()))

    def post_all() -> None:
        variable.set("of the thread")
        for number in range(100):
            post(partial(note, number))

    variable.set("of the task")
    await anyio.to_thread.run_sync(post_all)
    await wait_until_async(lambda: len(called) == 100)
    assert [number for number, _, _ in called] == list(range(100))
    assert {ident for _, ident, _ in called} == {threading.get_ident()}


async def test_a_post_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """And those behind it are called."""
    called: list[int] = []
    post = poster()

    def post_both() -> None:
        post(partial(divmod, 1, 0))
        post(partial(called.append, 1))

    with caplog.at_level(logging.ERROR):
        await anyio.to_thread.run_sync(post_both)
        await wait_until_async(lambda: called)
    assert "has failed" in caplog.text


@pytest.mark.asyncio_only
async def test_posts_run_in_an_empty_context() -> None:
    """The variables of a request do not stay with the loop."""
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="nothing")
    seen: list[str] = []
    variable.set("of the task")
    poster()(lambda: seen.append(variable.get()))
    await wait_until_async(lambda: seen)
    assert seen == ["nothing"]


@pytest.mark.asyncio_only
async def test_what_comes_together_wakes_the_loop_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch of a commit is one wake-up, not sixty-four."""
    wakes: list[object] = []
    post = poster()
    line = post.__self__  # type: ignore[attr-defined]  # whose method it is
    wake = line._wake

    def count_and_wake() -> None:
        wakes.append(1)
        wake()

    monkeypatch.setattr(line, "_wake", count_and_wake)
    futures: list[Future[int]] = [Future() for _ in range(64)]
    async with anyio.create_task_group() as group:
        for future in futures:
            group.start_soon(settle, future)
        await anyio.wait_all_tasks_blocked()
        for future in futures:
            future.set_result(1)
    assert len(wakes) == 1
