"""`Hub`: every follower gets exactly what is stored, a change is read once for all, and nobody disturbs the others."""

from __future__ import annotations

import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import pytest
from anyio.abc import TaskGroup
from hypothesis import (
    HealthCheck,
    given,
    settings,
    strategies as st,
)

from fastapi_convert.errors import JobStoreUnavailable, NotStarted
from fastapi_convert.jobs._hub import Hub
from fastapi_convert.jobs._topic import MOST_IDS, WINDOW
from fastapi_convert.jobs.model import JobEvent, JobRecord, JobState
from tests.jobs.fake_ledger import FakeLedger, read
from tests.support.waiting import wait_until_async


@asynccontextmanager
async def open_hub(ledger: FakeLedger) -> AsyncIterator[Hub]:
    async with Hub(ledger.as_ledger(), ledger.read) as hub:
        ledger.on_change(hub.changed)
        yield hub


async def all_of(hub: Hub, job_id: str, after: int = 0, into: list[JobEvent] | None = None) -> list[JobEvent]:
    into = [] if into is None else into
    async with aclosing(hub.follow(job_id, after)) as events:
        async for event in events:
            into.append(event)
    return into


async def settled(hub: Hub, ledger: FakeLedger) -> None:
    """Until nothing is left to be read."""
    room = hub._room
    await wait_until_async(
        lambda: not (room._told or room._stale or room._look_due or room._look_posted or ledger.reading)
    )
    await anyio.wait_all_tasks_blocked()


async def test_a_follower_gets_what_is_stored_and_then_what_comes() -> None:
    """From the first event to the last, each once."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: len(got) == 1)
        ledger.commit("a", "running", "progress")
        await wait_until_async(lambda: len(got) == 3)
        ledger.commit("a", "succeeded")
    assert got == ledger.stored("a")
    assert hub.followers == 0


async def test_a_thousand_followers_cost_one_read_for_each_change() -> None:
    """Whoever follows the same job shares what is read of it, its record at the end too."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    everything: list[list[JobEvent]] = [[] for _ in range(1000)]
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        for got in everything:
            group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: all(everything))
        assert hub.followers == 1000
        ledger.reads.clear()
        for number in range(2, 7):
            ledger.commit("a", "progress")
            await wait_until_async(partial(_have_come_to, everything, number))
        ledger.commit("a", "failed")
    assert ledger.reads == {"events": 6, "get": 1}
    assert all(got == ledger.stored("a") for got in everything)


def _have_come_to(everything: list[list[JobEvent]], number: int) -> bool:
    return all(got[-1].number == number for got in everything)


async def test_changes_while_a_read_is_under_way_are_one_read() -> None:
    """Never two at once, and none is forgotten."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: got)
        ledger.hold()
        ledger.reads.clear()
        ledger.commit("a", "running")
        await wait_until_async(lambda: ledger.under_way)
        for _ in range(20):
            ledger.commit("a", "progress")
        ledger.commit("a", "succeeded")
        ledger.release()
    assert got == ledger.stored("a")
    assert ledger.reads["events"] == 2
    assert ledger.most_under_way == 1


@pytest.mark.parametrize("after", [0, 1, 5, 7, 8, 999])
async def test_a_follower_goes_on_from_any_number(after: int) -> None:
    """Also from the last one, or beyond it: then there is nothing to tell, and nothing to wait for."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", "running", *["progress"] * 5, "succeeded")
    async with open_hub(ledger) as hub:
        assert await all_of(hub, "a", after) == ledger.stored("a", after)


async def test_a_retry_that_is_stored_goes_on() -> None:
    """A final event in the middle is none; after the last one the follower leaves."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", "running", "failed", "queued", "running", "succeeded")
    async with open_hub(ledger) as hub:
        assert [event.number for event in await all_of(hub, "a")] == [1, 2, 3, 4, 5, 6]
        assert [event.number for event in await all_of(hub, "a", 3)] == [4, 5, 6]


async def test_a_retry_reaches_a_follower_that_has_not_come_back_for_more() -> None:
    """It counts what is stored when the follower asks, not when the final event was read."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", "failed")
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as events:
        assert [(await anext(events)).type for _ in range(2)] == ["queued", "failed"]
        ledger.commit("a", "queued")
        await settled(hub, ledger)
        ledger.commit("a", "running", "succeeded")
        assert [event.number async for event in events] == [3, 4, 5]


@pytest.mark.parametrize("job", ["unknown", "purged"])
async def test_what_has_no_events_has_no_followers(job: str) -> None:
    """A job that never was, or whose events have expired, is not waited for."""
    ledger = FakeLedger()
    ledger.commit("purged", "queued", "succeeded")
    ledger.purge("purged")
    async with open_hub(ledger) as hub:
        assert await all_of(hub, job) == []
        assert await all_of(hub, job, 3) == []


async def test_a_slow_follower_reads_the_store_itself() -> None:
    """It misses nothing, although the window has moved on far beyond it, and memory keeps only the window."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as slow:
        first = await anext(slow)
        for _ in range(30):
            ledger.commit("a", *["progress"] * 50)
            await settled(hub, ledger)
        ledger.commit("a", "succeeded")
        await settled(hub, ledger)
        topic = hub._room._topics["a"]
        assert len(topic._window) == WINDOW
        assert [first, *[event async for event in slow]] == ledger.stored("a")


async def test_a_long_history_is_told_in_full() -> None:
    """More than one page of the store, to one who begins at its start and to one in its middle."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", *["progress"] * 2345, "cancelled")
    async with open_hub(ledger) as hub:
        assert await all_of(hub, "a") == ledger.stored("a")
        assert await all_of(hub, "a", 1234) == ledger.stored("a", 1234)


async def test_pruned_progress_is_no_reason_to_wait_or_to_read_for_ever() -> None:
    """What lies behind the window and is not stored any more is passed over."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", *["progress"] * 500)
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as slow, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 400, got)
        first = await anext(slow)
        await wait_until_async(lambda: len(got) == 101)
        ledger.prune("a", keep=10)
        ledger.commit("a", "succeeded")
        numbers = [first.number, *[event.number async for event in slow]]
    assert numbers == sorted(set(numbers))
    assert numbers[-11:] == [event.number for event in ledger.stored("a")][-11:]
    assert [event.number for event in got] == list(range(401, 503))


async def test_a_purge_is_no_reason_to_read_for_ever() -> None:
    """Who was behind the window gets what is in it, and ends."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", *["progress"] * 600, "succeeded")
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as slow:
        await anext(slow)
        ledger.purge("a")
        numbers = [event.number async for event in slow]
    assert numbers[-WINDOW:] == list(range(602 - WINDOW + 1, 603))


async def test_who_reads_ahead_of_the_others_does_not_end_in_a_retry() -> None:
    """A slow follower may read what the hub has not heard of yet: that the job goes on."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", *["progress"] * 600, "failed")
    numbers: list[int] = []
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as slow, anyio.create_task_group() as group:
        await anext(slow)
        ledger.prune("a", keep=10)
        ledger.commit("a", "queued", tell=False)

        async def go_on() -> None:
            async for event in slow:
                numbers.append(event.number)

        group.start_soon(go_on)
        await wait_until_async(lambda: 603 in numbers)
        await settled(hub, ledger)
        ledger.commit("a", "succeeded", tell=False)
        hub.look()
    assert numbers[-3:] == [602, 603, 604]


async def test_what_is_committed_during_the_first_read_is_found_by_the_next_look() -> None:
    """The mark is taken before the first job is read, not after."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    ledger.after_next_read = lambda: ledger.commit("a", "succeeded", tell=False)
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: got)
        hub.look()
    assert got == ledger.stored("a")


async def test_another_process_is_heard_of_by_looking() -> None:
    """A look reads the changes once, and not at all when the store has not moved."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: got)
        ledger.reads.clear()
        for _ in range(5):
            await anyio.to_thread.run_sync(hub.look)
            await settled(hub, ledger)
        assert ledger.reads == {}
        hub.changed(frozenset({"a", "other"}))  # nothing new: no reason to ask for more
        await settled(hub, ledger)
        assert ledger.reads == {"events": 1}
        ledger.reads.clear()
        ledger.commit("other", "queued", tell=False)
        ledger.commit("a", "running", tell=False)
        hub.look()
        await wait_until_async(lambda: len(got) == 2)
        assert ledger.reads == {"changes": 1, "events": 1}
        ledger.commit("a", "succeeded", tell=False)
        hub.look()


async def test_a_look_reads_nothing_again_that_was_told_and_read_before() -> None:
    """This process's own commits are told at once; the look that comes later finds them, and they are no news."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: got)
        ledger.reads.clear()
        ledger.commit("a", "running")
        await wait_until_async(lambda: len(got) == 2)
        hub.look()
        await wait_until_async(lambda: ledger.reads.get("changes"))
        await settled(hub, ledger)
        assert ledger.reads == {"changes": 1, "events": 1}
        ledger.commit("a", "succeeded")


async def test_a_look_during_another_one_is_done_after_it() -> None:
    """What is committed after the first one has read is found by the second one."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: got)
        ledger.commit("a", "running", tell=False)
        ledger.hold()
        hub.look()
        await wait_until_async(lambda: ledger.under_way)
        ledger.commit("a", "succeeded", tell=False)
        hub.look()
        await anyio.sleep(0)
        ledger.release()
    assert got == ledger.stored("a")
    assert ledger.most_under_way == 1


async def test_nobody_listens_so_nothing_is_read() -> None:
    """Before the first follower and after the last one."""
    ledger = FakeLedger()
    async with open_hub(ledger) as hub:
        for _ in range(2):
            ledger.reads.clear()
            ledger.commit("a", "queued", "succeeded")
            hub.look()
            await anyio.sleep(0)
            await settled(hub, ledger)
            assert ledger.reads == {}
            await all_of(hub, "a")


async def test_changes_before_the_first_follower_are_not_looked_through() -> None:
    """Its first look asks for the present mark only, however long nobody has looked."""
    ledger = FakeLedger()
    async with open_hub(ledger) as hub:
        for job_id in "abc":
            ledger.commit(job_id, "queued", "succeeded")
            await all_of(hub, job_id)
    assert ledger.marks == [-1, -1, -1]


async def test_ended_waits_for_the_end() -> None:
    """The record when it is final, also for one that has ended already; `None` for no job."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    found: list[JobRecord | None] = []
    async with open_hub(ledger) as hub:

        async def wait() -> None:
            found.append(await hub.ended("a"))

        async with anyio.create_task_group() as group:
            for _ in range(3):
                group.start_soon(wait)
            await wait_until_async(lambda: hub.followers == 3)
            ledger.commit("a", "running")
            await settled(hub, ledger)
            assert found == []
            ledger.commit("a", "failed")
        await wait()
        assert [record.state for record in found if record] == [JobState.FAILED] * 4
        assert await hub.ended("unknown") is None


async def test_stop_from_a_thread_ends_all_that_follows() -> None:
    """Streams end, who waits for an end is told, and so is who comes later; the block itself goes on."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    sets: list[frozenset[str]] = []
    async with open_hub(ledger) as hub:

        async def everything() -> None:
            async for ids in hub.follow_all():
                sets.append(ids)

        async def end() -> None:
            with pytest.raises(NotStarted, match="ask again"):
                await hub.ended("a")

        async with anyio.create_task_group() as group:
            group.start_soon(all_of, hub, "a", 0, got)
            group.start_soon(everything)
            group.start_soon(end)
            await wait_until_async(lambda: got and hub.followers == 3)
            await anyio.to_thread.run_sync(hub.stop)
        assert hub.followers == 0
        assert await all_of(hub, "a") == []
        await end()
    assert sets == []


async def test_stop_from_a_signal_handler_ends_all_that_follows() -> None:
    """Wherever the main thread is at that moment."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub:
        before = signal.signal(signal.SIGUSR1, lambda *_: hub.stop())
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(all_of, hub, "a", 0, got)
                await wait_until_async(lambda: got)
                signal.raise_signal(signal.SIGUSR1)
        finally:
            signal.signal(signal.SIGUSR1, before)
        assert hub.followers == 0


async def test_a_follower_with_more_to_read_ends_at_a_stop_too() -> None:
    """It does not have to come to the end of what is stored."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", *["progress"] * 600)
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as events:
        await anext(events)
        hub.stop()
        assert [event async for event in events] == []


async def test_followers_outlive_the_hub_by_nothing() -> None:
    """They end with its block, although they run in tasks of others."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with anyio.create_task_group() as group, open_hub(ledger) as hub:
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: got)
    assert [event.number for event in got] == [1]


async def test_an_error_in_the_block_comes_out_as_it_is() -> None:
    """Not in a group, which a caller would not catch."""
    with pytest.raises(ZeroDivisionError):
        async with open_hub(FakeLedger()):
            raise ZeroDivisionError


async def test_the_block_can_be_cancelled() -> None:
    """From outside, while it waits and a read is under way."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    with anyio.CancelScope() as scope:
        async with open_hub(ledger) as hub, anyio.create_task_group() as group:
            group.start_soon(all_of, hub, "a")
            await wait_until_async(lambda: hub.followers)
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught


async def test_the_cancelling_of_one_follower_does_not_disturb_the_others() -> None:
    """Not even that of the first, during the read that its coming has caused."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", "running")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        ledger.hold()
        scope = anyio.CancelScope()

        async def leave() -> None:
            with scope:
                await all_of(hub, "a")

        group.start_soon(leave)
        await wait_until_async(lambda: ledger.under_way)
        group.start_soon(all_of, hub, "a", 0, got)
        await wait_until_async(lambda: hub.followers == 2)
        scope.cancel()
        await wait_until_async(lambda: hub.followers == 1)
        ledger.release()
        await wait_until_async(lambda: len(got) == 2)
        ledger.commit("a", "succeeded")
    assert got == ledger.stored("a")


async def test_a_broken_store_is_told_to_followers_and_forgotten() -> None:
    """Each gets the error; the next one to follow works, when the store does."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    failures: list[Exception] = []
    async with open_hub(ledger) as hub, aclosing(hub.follow("a")) as slow:
        await anext(slow)

        async def fail(follow: Callable[[], Any]) -> None:
            with pytest.raises(JobStoreUnavailable) as caught:
                await follow()
            failures.append(caught.value)

        async with anyio.create_task_group() as group:
            for follow in (partial(all_of, hub, "a"), partial(hub.ended, "a"), partial(all_of, hub, "a", 1)):
                group.start_soon(fail, follow)
            await wait_until_async(lambda: hub.followers == 4)
            await settled(hub, ledger)
            ledger.broken = True
            ledger.commit("a", "running")
        assert len(failures) == 3
        await fail(partial(all_of, hub, "a"))
        ledger.broken = False
        ledger.commit("a", "succeeded")
        assert await all_of(hub, "a") == ledger.stored("a")
        await fail(partial(anext, slow))


async def test_a_look_at_a_broken_store_is_told_to_everybody() -> None:
    """Otherwise they would wait for ever for what cannot be read; and those who come after it begin anew."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    async with open_hub(ledger) as hub:

        async def fail(events: AsyncIterator[object]) -> None:
            with pytest.raises(JobStoreUnavailable):
                async for _ in events:
                    pass

        async with anyio.create_task_group() as group:
            group.start_soon(fail, hub.follow("a"))
            group.start_soon(fail, hub.follow_all())
            await wait_until_async(lambda: hub.followers == 2)
            await settled(hub, ledger)
            ledger.broken = True
            ledger.commit("b", "queued", tell=False)
            hub.look()
        assert hub.followers == 0
        ledger.broken = False
        got: list[JobEvent] = []
        async with anyio.create_task_group() as group:
            group.start_soon(all_of, hub, "a", 0, got)
            await wait_until_async(lambda: got)
            ledger.commit("a", "succeeded", tell=False)
            hub.look()


async def test_a_broken_store_is_not_read_again_and_again() -> None:
    """Not even while one who is to be told of it has not come back for more."""
    ledger = FakeLedger()
    async with open_hub(ledger) as hub, aclosing(hub.follow_all()) as changes, anyio.create_task_group() as group:
        group.start_soon(partial(anext, changes))
        await wait_until_async(lambda: hub.followers)
        await settled(hub, ledger)
        ledger.commit("a", "queued")
        await settled(hub, ledger)
        ledger.broken = True
        ledger.commit("a", "queued", tell=False)
        hub.look()
        await wait_until_async(lambda: not hub.followers)
        with pytest.raises(JobStoreUnavailable):
            await anext(changes)


async def test_a_full_pool_is_told_to_followers() -> None:
    """What the reader raises is no reason to hang, or to end the hub."""
    ledger = FakeLedger()
    ledger.commit("a", "queued", "succeeded")
    full = True

    async def refuse(fn: Callable[..., Any], *args: Any) -> Any:
        if full:
            raise BlockingIOError("full")
        return await read(fn, *args)

    async with Hub(ledger.as_ledger(), refuse) as hub:
        with pytest.raises(BlockingIOError):
            await all_of(hub, "a")
        full = False
        assert await all_of(hub, "a") == ledger.stored("a")


async def test_all_changes_are_one_set_for_who_was_busy() -> None:
    """Of this process and of others, each id once, and no more than a bound."""
    ledger = FakeLedger()
    async with open_hub(ledger) as hub, aclosing(hub.follow_all()) as changes:
        async with anyio.create_task_group() as group:
            first: list[frozenset[str]] = []

            async def take() -> None:
                first.append(await anext(changes))

            group.start_soon(take)
            await wait_until_async(lambda: hub.followers == 1)
            await settled(hub, ledger)
            ledger.commit("a", "queued")
        assert first == [{"a"}]
        for _ in range(3):
            ledger.commit("b", "queued")
        ledger.commit("c", "queued", tell=False)
        hub.look()
        await settled(hub, ledger)
        assert await anext(changes) >= {"b", "c"}
        await settled(hub, ledger)
        for start in range(0, 3 * MOST_IDS, 1000):
            hub.changed(frozenset(f"{number}" for number in range(start, start + 1000)))
        assert len(hub._room._told) <= MOST_IDS + 1000
        await settled(hub, ledger)
        assert len(await anext(changes)) == MOST_IDS


async def test_a_follower_is_told_of_its_job_among_too_many() -> None:
    """The bound on what streams keep does not concern those who follow one job."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    got: list[JobEvent] = []
    async with open_hub(ledger) as hub, aclosing(hub.follow_all()) as changes, anyio.create_task_group() as group:
        group.start_soon(all_of, hub, "a", 0, got)
        group.start_soon(partial(anext, changes))
        await wait_until_async(lambda: got and hub.followers == 2)
        await settled(hub, ledger)
        hub.changed(frozenset(f"{number}" for number in range(2 * MOST_IDS)))
        ledger.commit("a", "succeeded")
    assert got == ledger.stored("a")


async def test_many_jobs_are_read_in_turns() -> None:
    """More than are read in one go, and each gets its own."""
    ledger = FakeLedger()
    names = [f"job {number}" for number in range(250)]
    results: dict[str, list[JobEvent]] = {name: [] for name in names}
    async with open_hub(ledger) as hub, anyio.create_task_group() as group:
        for name in names:
            ledger.commit(name, "queued")
            group.start_soon(all_of, hub, name, 0, results[name])
        await wait_until_async(lambda: all(results.values()))
        for name in names:
            ledger.commit(name, "running", "succeeded")
    assert all(results[name] == ledger.stored(name) for name in names)


@pytest.mark.one_backend
async def test_two_loops_have_a_hub_each() -> None:
    """Both hear of the same commit."""
    ledger = FakeLedger()
    ledger.commit("a", "queued")
    results: list[list[JobEvent]] = []
    hubs: list[Hub] = []
    ready = threading.Barrier(3)

    async def follow() -> None:
        async with Hub(ledger.as_ledger(), read) as hub:
            hubs.append(hub)
            got: list[JobEvent] = []
            async with anyio.create_task_group() as group:
                group.start_soon(all_of, hub, "a", 0, got)
                await wait_until_async(lambda: got)
                await anyio.to_thread.run_sync(ready.wait)
            results.append(got)

    async with anyio.create_task_group() as group:
        for backend in ("asyncio", "trio"):
            group.start_soon(anyio.to_thread.run_sync, partial(anyio.run, follow, backend=backend))
        await anyio.to_thread.run_sync(ready.wait)
        ledger.commit("a", "succeeded", tell=False)
        for hub in hubs:
            hub.changed(frozenset({"a"}))
    assert results == [ledger.stored("a")] * 2


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("commit"), st.sampled_from("ab"), st.integers(1, 120), st.booleans()),
        st.tuples(st.just("follow"), st.sampled_from("ab"), st.integers(0, 300)),
        st.tuples(st.just("leave"), st.integers(0, 5)),
        st.tuples(st.just("look")),
        st.tuples(st.just("breathe"), st.integers(0, 5)),
    ),
    max_size=25,
)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_every_follower_gets_exactly_the_stored_rest(backend: str, steps: list[tuple[Any, ...]]) -> None:
    """Whatever the order of commits, by us or by others, of looks, and of followers that come, dawdle and go."""
    anyio.run(_play, steps, backend=backend)


class Play:
    """A store, a hub, and the followers that have come to it so far."""

    def __init__(self) -> None:
        self.ledger = FakeLedger()
        self.stays: list[tuple[str, int, list[JobEvent], anyio.CancelScope]] = []

    async def stay(self, hub: Hub, job_id: str, after: int, got: list[JobEvent], scope: anyio.CancelScope) -> None:
        with scope:
            async with aclosing(hub.follow(job_id, after)) as events:
                async for event in events:
                    got.append(event)
                    await anyio.sleep(0)

    async def step(self, hub: Hub, group: TaskGroup, step: tuple[Any, ...]) -> None:
        match step:
            case "commit", job_id, count, tell:
                self.ledger.commit(job_id, *["progress"] * count, tell=tell)
            case "follow", job_id, after:
                self.stays.append((job_id, after, [], anyio.CancelScope()))
                group.start_soon(self.stay, hub, *self.stays[-1])
            case "leave", index:
                for leaving in self.stays[index : index + 1]:
                    leaving[3].cancel()
            case ("look",):
                hub.look()
            case "breathe", times:
                for _ in range(times):
                    await anyio.sleep(0)

    def check(self) -> None:
        for job_id, after, got, scope in self.stays:
            expected = self.ledger.stored(job_id, after)
            assert got == (expected[: len(got)] if scope.cancel_called else expected)


async def _play(steps: list[tuple[Any, ...]]) -> None:
    play = Play()
    for job_id in "ab":
        play.ledger.commit(job_id, "queued")
    async with open_hub(play.ledger) as hub, anyio.create_task_group() as group:
        for step in steps:
            await play.step(hub, group, step)
        for job_id in "ab":
            play.ledger.commit(job_id, "succeeded", tell=job_id == "a")
        with anyio.fail_after(20):
            while hub.followers:
                hub.look()
                await anyio.sleep(0.001)
    play.check()
