"""`Newsroom`: what is followed on one event loop, who tells it of changes, and the one task that reads them."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any

import anyio

from ._gathering import Gathered, Look, gather
from ._loops import poster
from ._topic import MOST_IDS, Page, Stream, Topic

if TYPE_CHECKING:
    from .ledger.protocol import Ledger

Read = Callable[..., Awaitable[Any]]

#: So many jobs are read in one go on a worker thread, which cannot be called back.
MOST_READS = 100


class Newsroom:
    """One topic for each job that is followed, read when it has changed. Lives on the loop that it is made on."""

    def __init__(self, ledger: Ledger, read: Read) -> None:
        self._ledger, self._read = ledger, read
        self._post = poster()
        self._stopped = False
        self._topics: dict[str, Topic] = {}
        self._streams: set[Stream] = set()
        # What threads have told, until the loop hears of it.
        self._turn = threading.Lock()
        self._told: set[str] = set()
        self._look_posted = False
        # What the refreshing task is to do. A dict, for its order: who has waited longest is read first.
        self._work = anyio.Event()
        self._look_due = False
        self._stale: dict[str, None] = {}
        # Where the last look has ended; None: the present mark is to be taken before anything else is read.
        self._mark: int | None = None
        self._version: int | None = None

    @property
    def followers(self) -> int:
        """How many wait here for news."""
        return sum(topic.followers for topic in self._topics.values()) + len(self._streams)

    def is_stopped(self) -> bool:
        """Whether nobody is to wait any longer."""
        return self._stopped

    # From any thread

    def changed(self, ids: frozenset[str]) -> None:
        """These jobs have changed."""
        if not self._is_followed():
            return
        everything = self._streams and len(self._told) < MOST_IDS
        wanted = ids if everything else [job_id for job_id in ids if job_id in self._topics]
        if not wanted:
            return
        with self._turn:
            first = not self._told
            self._told.update(wanted)
        if first:
            self._post(self._hear)

    def look(self) -> None:
        """Something may have changed: see what, unless nobody would hear of it or the store has not moved."""
        if self._is_followed() and not self._look_posted and self._has_moved():
            self._look_posted = True
            self._post(self._look_soon)

    def stop(self) -> None:
        """Send everybody away, now and from now on. Takes no lock: a signal handler may call it."""
        self._stopped = True
        self._post(self.tell_all)

    def _is_followed(self) -> bool:
        return bool(self._topics or self._streams)

    def _has_moved(self) -> bool:
        try:
            return self._ledger.version() != self._version
        except Exception:  # a look will say the same to those whom it concerns
            return True

    # On the loop

    @contextmanager
    def topic(self, job_id: str) -> Iterator[Topic]:
        """What is known of a job, and kept up to date during the block."""
        topic = self._topics.get(job_id)
        if topic is None:
            self._begin()
            topic = self._topics[job_id] = Topic(job_id)
            self._stale[job_id] = None
        topic.followers += 1
        try:
            yield topic
        finally:
            topic.followers -= 1
            if not topic.followers:
                self._forget(topic)

    @contextmanager
    def stream(self) -> Iterator[Stream]:
        """Ids of all jobs that change during the block."""
        stream = Stream()
        self._begin()
        self._streams.add(stream)
        try:
            yield stream
        finally:
            self._streams.discard(stream)

    def _begin(self) -> None:
        if not self._is_followed():  # nobody has looked for a while, and all that was in between is of no interest
            self._mark = None
        self._work.set()

    def _forget(self, topic: Topic) -> None:
        if self._topics.get(topic.job_id) is topic:
            del self._topics[topic.job_id]

    def _hear(self) -> None:
        with self._turn:
            ids, self._told = self._told, set()
        self._note(ids)

    def _look_soon(self) -> None:
        self._look_posted, self._look_due = False, True
        self._work.set()

    def _note(self, ids: set[str] | frozenset[str]) -> None:
        for stream in self._streams:
            stream.add(ids)
        self._stale.update((job_id, None) for job_id in ids if job_id in self._topics)
        if self._stale:
            self._work.set()

    def tell_all(self, error: Exception | None = None) -> None:
        """Wake everybody who waits, to raise the error if there is one."""
        self._work.set()
        for topic in list(self._topics.values()):
            if error is None:
                topic.tell()
            else:
                self._fail(topic, error)
        for stream in self._streams:
            stream.failure = error
            stream.news.set()
        if error is not None:
            self._streams.clear()

    def _fail(self, topic: Topic, error: Exception) -> None:
        self._forget(topic)  # the next one to follow begins anew
        topic.fail(error)

    # The task

    async def refresh(self) -> None:
        """Read what has changed, until `stop`. One such task is enough, and no two reads are under way at once."""
        while not self._stopped:
            await self._work.wait()
            self._work = anyio.Event()
            while self._look_due or self._stale or (self._streams and self._mark is None):
                await self._gather()

    async def _gather(self) -> None:
        topics = self._take_stale()
        wanted = {topic.job_id: topic.newest for topic in topics}
        since = (-1 if self._mark is None else self._mark) if self._look_due or self._mark is None else None
        self._look_due = False
        if since is None and not wanted:
            return
        try:
            found = await self._read(gather, self._ledger, since, wanted)
        except Exception as error:  # of the pool: full, closed
            found = Gathered(None if since is None else error, dict.fromkeys(wanted, error))
        self._deliver(topics, found)

    def _is_news(self, job_id: str, number: int) -> bool:
        # What this process has committed itself was told at once, and has mostly been read by now.
        topic = self._topics.get(job_id)
        return topic is None or topic.newest < number

    def _take_stale(self) -> list[Topic]:
        ids = list(islice(self._stale, MOST_READS))
        for job_id in ids:
            del self._stale[job_id]
        return [self._topics[job_id] for job_id in ids if job_id in self._topics]

    def _deliver(self, topics: list[Topic], found: Gathered) -> None:
        for topic in topics:
            page = found.pages[topic.job_id]
            if isinstance(page, Page):
                topic.add(page)
            else:
                self._fail(topic, page)
        if isinstance(found.look, Look):
            self._mark, self._version = found.look.mark, found.look.version
            self._note({job_id for job_id, number in found.look.newest.items() if self._is_news(job_id, number)})
        elif found.look is not None:
            self.tell_all(found.look)
