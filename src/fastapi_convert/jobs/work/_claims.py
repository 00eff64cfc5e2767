"""How a worker asks the ledger for jobs: when there is room, and never again while there is nothing new to be had."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Literal, TypeAlias

from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.ledger.protocol import Ledger
from fastapi_convert.jobs.model import Claim

from ._ahead import PATIENCE, WORTH, Ahead
from ._queues import Queues, queues_of
from ._runs import Runs

_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0

_Kind: TypeAlias = Literal["every", "unlimited"]
_Wish: TypeAlias = tuple[_Kind, int]


class Claims:
    """Asks, one round at a time, and hands over what it gets. `ask` belongs to one thread.

    Args:
        ledger: Who is asked.
        worker: Whose name the jobs are taken in.
        terms: The functions that can run here. More may be added later.
        with_loop: Whether coroutine functions can.
        runs: How many there are, and how much room.
        ahead: How many may be taken for which no runner is free.
        landed: Called with what was got, on the ledger's thread.
        call: Called when the next round may begin.
    """

    def __init__(
        self,
        ledger: Ledger,
        worker: str,
        terms: Mapping[str, Terms],
        *,
        with_loop: bool,
        runs: Runs,
        ahead: Ahead,
        landed: Callable[[Sequence[Claim]], None],
        call: Callable[[], None],
    ) -> None:
        self._ledger, self._worker = ledger, worker
        self._terms, self._with_loop = terms, with_loop
        self._runs, self._ahead = runs, ahead
        self._landed, self._call = landed, call
        self._queues, self._known = Queues(), 0
        self._change = threading.Condition()
        self._awaited: list[Future[list[Claim]]] = []
        self._unanswered = 0
        self._off = False
        self._numbers = itertools.count(1)
        self._news = 0
        # What had nothing more, as of which news.
        self._empty: dict[_Kind, int] = {}
        self._pause = self._not_before = 0.0
        self._every_asked_at = 0.0
        self._limited_came = False

    def look(self) -> None:
        """There may be something to be had."""
        self._news = next(self._numbers)

    def pause(self, now: float) -> float | None:
        """Seconds until a ledger that could not be written may be asked again; `None`: it may be now."""
        return self._not_before - now if now < self._not_before else None

    def ask(self, now: float) -> None:
        """Ask for as many as there is room for. Does nothing while an answer is awaited."""
        if self._unanswered or now < self._not_before:
            return
        if self._known != len(self._terms):
            self._known = len(self._terms)
            self._queues = queues_of(self._terms, with_loop=self._with_loop)
        wishes = self._wishes(now)
        with self._change:
            if self._off:
                return
            self._unanswered = len(wishes)
            self._awaited = []
        for kind, count in wishes:
            queues = self._queues.every if kind == "every" else self._queues.unlimited
            future = self._ledger.claim(self._worker, queues, count)
            self._awaited.append(future)
            future.add_done_callback(partial(self._answered, kind, count, self._news))

    def call_off(self, timeout: float) -> None:
        """Ask no more. Take back what was asked for, or wait for it, for `timeout` seconds at most."""
        with self._change:
            self._off = True
        for future in list(self._awaited):
            future.cancel()
        with self._change:
            self._change.wait_for(lambda: not self._unanswered, timeout)

    def _wishes(self, now: float) -> list[_Wish]:
        runs = self._runs
        ahead = self._count_ahead(now)
        free = max(0, runs.workers - len(runs)) if self._may_have("every") else 0
        more = runs.workers + ahead - len(runs) - free if self._may_have("unlimited") else 0
        runs.call_below = (runs.workers if self._may_have("every") else 0) + (ahead and ahead // 2 + 1)
        if free:
            self._every_asked_at, self._limited_came = now, False
            if not self._queues.have_limits:
                return [("every", free + max(0, more))]
            return [("every", free), ("unlimited", more)] if more > 0 else [("every", free)]
        # Not for each that leaves: half of them together are as good, and cost one commit.
        return [("unlimited", more)] if more > ahead // 2 else []

    def _may_have(self, kind: _Kind) -> bool:
        queues = self._queues.every if kind == "every" else self._queues.unlimited
        empty = {self._empty.get("every"), self._empty.get(kind)}
        return bool(queues) and self._news not in empty

    def _count_ahead(self, now: float) -> int:
        # As long as jobs wait here no runner is free, and queues with a limit get none. So now and then, and whenever
        # such a queue has jobs, nothing is taken ahead, and all queues are asked in their order.
        if self._queues.have_limits and (self._limited_came or now - self._every_asked_at > PATIENCE):
            return 0
        stuck = sum(run.seconds() > WORTH for run in self._runs.all_running())
        return self._ahead.count(self._runs.workers - stuck)

    def _answered(self, kind: _Kind, count: int, news: int, future: Future[list[Claim]]) -> None:
        claims: list[Claim] = []
        if not future.cancelled():
            if future.exception() is None:
                claims = future.result()
                self._note(kind, count, news, claims)
            else:
                self._pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, self._pause * 2))
                self._not_before = time.monotonic() + self._pause
        self._landed(claims)
        with self._change:
            self._unanswered -= 1
            self._change.notify_all()
        self._call()

    def _note(self, kind: _Kind, count: int, news: int, claims: Sequence[Claim]) -> None:
        self._pause = 0.0
        if len(claims) < count:
            self._empty[kind] = news
        if kind == "every" and self._queues.have_limits:
            self._limited_came = any(self._queues.is_limited(claim.queue) for claim in claims)
