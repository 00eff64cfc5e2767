"""`Hub`: where the followers of jobs on one event loop wait, and where each change is read once for all of them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import anyio

from fastapi_convert.errors import NotStarted

from ._newsroom import Newsroom
from ._topic import WINDOW, Topic, is_final
from .model import TERMINAL, JobEvent, JobRecord

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from .ledger.protocol import Ledger


class Hub:
    """What happens to jobs, for any number of followers on the event loop that it was made on: `async with hub: ...`.

    Args:
        ledger: The store.
        read: Runs what blocks on a worker thread, as `Pool.run` does.
    """

    def __init__(self, ledger: Ledger, read: Callable[..., Awaitable[Any]]) -> None:
        self._ledger, self._read = ledger, read
        self._room = Newsroom(ledger, read)
        self._group: TaskGroup = anyio.create_task_group()

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._group.start_soon(self._room.refresh, name="jobs-hub")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.stop()
        self._group.cancel_scope.cancel()
        # Not told of the block's error, which it would wrap in a group; its only task raises none.
        await self._group.__aexit__(None, None, None)

    @property
    def followers(self) -> int:
        """How many wait here for news."""
        return self._room.followers

    # From any thread

    def changed(self, ids: frozenset[str]) -> None:
        """This process has committed changes of these jobs. Costs next to nothing while nobody follows one of them."""
        self._room.changed(ids)

    def look(self) -> None:
        """Another process may have committed something: find out, unless nobody waits or the store has not moved."""
        self._room.look()

    def stop(self) -> None:
        """End all that follows, now and from now on. Also from a signal handler; the hub's block goes on."""
        self._room.stop()

    # On the loop

    async def follow(self, job_id: str, after: int = 0) -> AsyncGenerator[JobEvent, None]:
        """The job's events with greater numbers than `after`, in their order: those that are stored, then as they come.

        None is missing but what was pruned of progress. Ends after the job's last event, or at once if that was told
        before or there is no such job; a retry goes on if it is stored already. Ends too when the hub stops.

        A slow reader costs no memory: what has left the window it reads from the store itself.

        Raises:
            JobStoreUnavailable: The store cannot be read. Follow again, from the last number.
        """
        with self._room.topic(job_id) as topic:
            number, going_on = after, False
            while not self._room.is_stopped():
                news = topic.news  # before looking: what comes meanwhile sets it
                events, reached = await self._after(topic, number)
                for event in events:
                    number, going_on = event.number, not is_final(event)
                    yield event
                    if self._room.is_stopped():
                        return
                number = max(number, reached)
                if number < topic.newest:
                    continue
                if topic.over and not going_on:
                    return
                await news.wait()

    async def _after(self, topic: Topic, number: int) -> tuple[list[JobEvent], int]:
        """The next events, and the number up to which nothing is left after them."""
        topic.check()
        floor = topic.floor
        if number >= floor:
            return topic.after(number), 0
        try:
            events = await self._read(self._ledger.events, topic.job_id, number, WINDOW)
        except Exception:
            if self._room.is_stopped():  # the store is being closed under it
                return [], 0
            raise
        return events, floor if len(events) < WINDOW else 0

    async def ended(self, job_id: str) -> JobRecord | None:
        """Wait until the job has ended for good; `None` if there is no such job.

        Raises:
            JobStoreUnavailable: The store cannot be read.
            NotStarted: The hub was stopped.
        """
        with self._room.topic(job_id) as topic:
            while not self._room.is_stopped():
                news = topic.news
                topic.check()
                if topic.over and (topic.record is None or topic.record.state in TERMINAL):
                    return topic.record
                await news.wait()
        raise NotStarted(
            f"Waiting for job {job_id} ended with the service. The job is safe: ask again when it is back."
        )

    async def follow_all(self) -> AsyncGenerator[frozenset[str], None]:
        """Ids of jobs that something happens to, from the first step on: what came while you were busy is one set.

        Of more than 10 000 ids at once, some are left out. Ends when the hub stops.

        Raises:
            JobStoreUnavailable: The store cannot be read.
        """
        with self._room.stream() as stream:
            while not self._room.is_stopped():
                await stream.news.wait()
                if ids := stream.take():
                    yield ids
