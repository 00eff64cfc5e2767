"""`Topic` and `Stream`: what is known of one job that is followed, read once for all; and what of all jobs."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

import anyio

from .model import TERMINAL, JobEvent, JobRecord

if TYPE_CHECKING:
    from .ledger.protocol import Ledger

#: As many of the latest events are kept for each job that is followed.
WINDOW = 200
#: So many ids are kept of what a stream has not delivered yet.
MOST_IDS = 10_000
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Page:
    """What a read has found of one job."""

    #: The latest ones of those after the number that was asked for.
    events: list[JobEvent]
    #: Nothing more is to be expected: it has ended, or there is no such job.
    over: bool = False
    #: The job, if it is over and not unknown.
    record: JobRecord | None = None


def read_page(ledger: Ledger, job_id: str, after: int) -> Page:
    """All that has happened to a job since, of which at most `WINDOW` events are kept. Blocks."""
    events: list[JobEvent] = []
    last = after
    while batch := ledger.events(job_id, last, _PAGE):
        events, last = [*events, *batch][-WINDOW:], batch[-1].number
        if len(batch) < _PAGE:
            break
    if events and not is_final(events[-1]):
        return Page(events)
    if after and not events:  # somebody has already taken what there was
        return Page([])
    record = ledger.get(job_id)
    return Page(events, bool(events) or record is None or record.state in TERMINAL, record)


class Topic:
    """One job's latest events, and who waits for more. Lives on one event loop, as long as it has a follower."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self.followers = 0
        #: Why there will be no more.
        self.failure: Exception | None = None
        #: Set at the next change; take it before you look, then nothing comes unseen.
        self.news = anyio.Event()
        #: What happened above this number is in the window.
        self.floor = 0
        #: Whether nothing more is to be expected, unless somebody has the job retried.
        self.over = False
        #: The job when it was over.
        self.record: JobRecord | None = None
        self._window: list[JobEvent] = []

    @property
    def newest(self) -> int:
        """The number of the latest event that is known."""
        return self._window[-1].number if self._window else 0

    def add(self, page: Page) -> None:
        """Note what was read after `newest`, and tell the followers."""
        if not page.events and not page.over:
            return
        self.over, self.record = page.over, page.record
        self._window += page.events
        if len(page.events) == WINDOW or len(self._window) > WINDOW:
            del self._window[:-WINDOW]
            self.floor = self._window[0].number - 1
        self.tell()

    def fail(self, error: Exception) -> None:
        """Have every follower raise it."""
        self.failure = error
        self.tell()

    def tell(self) -> None:
        """Wake every follower."""
        news, self.news = self.news, anyio.Event()
        news.set()

    def check(self) -> None:
        """Raise why there will be no more, if so."""
        if self.failure is not None:
            raise self.failure.with_traceback(None)  # it is raised in many places, and should not grow with each

    def after(self, number: int) -> list[JobEvent]:
        """The events with greater numbers; right only for numbers that are not below `floor`."""
        return self._window[bisect_right(self._window, number, key=attrgetter("number")) :]


class Stream:
    """What one consumer of all changes has not taken yet."""

    def __init__(self) -> None:
        self.news = anyio.Event()
        self.failure: Exception | None = None
        self._ids: set[str] = set()

    def add(self, ids: set[str] | frozenset[str]) -> None:
        """Note that something has happened to these jobs; what is too much is left out."""
        self._ids.update(islice(ids, MOST_IDS - len(self._ids)))
        if self._ids:
            self.news.set()

    def take(self) -> frozenset[str]:
        """What has come since the last time."""
        if self.failure is not None:
            raise self.failure.with_traceback(None)
        self.news = anyio.Event()
        ids, self._ids = frozenset(self._ids), set()
        return ids


def is_final(event: JobEvent) -> bool:
    """Whether a job's events end with one like this."""
    return event.type in TERMINAL
