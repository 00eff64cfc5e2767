"""`Bench`: carries jobs out in the place of who asks for it, for `jobs.testing`, as a worker would elsewhere."""

from __future__ import annotations

import shutil
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import anyio

from fastapi_convert.errors import JobStoreUnavailable

from ._inline import Here, on_a_thread
from .execution.seats import Outcome, Raised
from .model import Claim, Ending
from .work._endings import RELEASED, ending_of, unstorable
from .work._texts import storable

if TYPE_CHECKING:
    from ._files import Folders
    from ._terms import Terms
    from .ledger.protocol import Ledger

Ended = Callable[[Here, Outcome], Sequence[Claim]]


class Bench:
    """Carries claims out, one after the other, and has the ledger record each end as a worker would.

    Args:
        ledger: Who records.
        folders: Where files lie.
        terms: The functions.
        ended: Called for each run, when its end is recorded; what it answers with is carried out too.
    """

    def __init__(self, ledger: Ledger, folders: Folders, terms: Mapping[str, Terms], ended: Ended) -> None:
        self._ledger = ledger
        self._folders = folders
        self._terms = terms
        self._ended = ended
        self._running: dict[str, Here] = {}
        self._lock = threading.Lock()

    # A listener of the station

    def changed(self, ids: frozenset[str]) -> None:
        """If one of these jobs runs here, it may have been cancelled."""
        with self._lock:
            mine = [self._running[each] for each in ids & self._running.keys()]
        for here in mine:
            record = self._ledger.get(here.claim.id)
            if record is not None and record.cancel_requested and not here.asked:
                here.stop()

    def look(self) -> None:
        """Nobody else has this store."""

    # Carrying out

    def carry_out(self, claims: Sequence[Claim]) -> None:
        """Run these jobs, and all that comes of them, on this thread."""
        todo = deque(claims)
        try:
            while todo:
                todo.extend(self._carry_out(todo[0]))
                todo.popleft()
        finally:
            self._release(todo)

    async def carry_out_async(self, claims: Sequence[Claim]) -> None:
        """Run coroutine functions on this loop, in this place, and all others on a thread.

        Cancelled, it leaves the job that runs, and those that were to come, in the queue.
        """
        todo = deque(claims)
        try:
            while todo:
                if self._terms[todo[0].name].executor == "async":
                    await self._await(todo[0], todo)
                else:
                    todo.extend(await on_a_thread(self._carry_out, todo[0]))
                todo.popleft()
        finally:
            if todo:
                with anyio.CancelScope(shield=True):
                    await on_a_thread(self._release, todo)

    def _carry_out(self, claim: Claim) -> Sequence[Claim]:
        here = self._begin(claim)
        outcome = here.run()
        more = self._end(here, outcome)
        _pass_interrupt_on(outcome)
        return more

    async def _await(self, claim: Claim, todo: deque[Claim]) -> None:
        here = await on_a_thread(self._begin, claim)
        outcome = await here.run_async()
        with anyio.CancelScope(shield=True):
            todo.extend(await on_a_thread(self._end, here, outcome))

    def _begin(self, claim: Claim) -> Here:
        here = Here(claim, self._terms[claim.name], self._folders)
        with self._lock:
            self._running[claim.id] = here
        self.changed(frozenset({claim.id}))  # before it was known here
        return here

    def _end(self, here: Here, outcome: Outcome) -> Sequence[Claim]:
        claim = here.claim
        shutil.rmtree(here.order.folder, ignore_errors=True)
        for fraction, message in here.sink.all:
            self._ledger.report(claim.id, claim.attempt, fraction, storable(message))
        self._record(claim, _ending(here, outcome))
        with self._lock:
            self._running.pop(claim.id, None)
        return self._ended(here, outcome)

    def _record(self, claim: Claim, ending: Ending) -> None:
        try:
            self._ledger.end(claim.id, claim.attempt, ending).result()
        except JobStoreUnavailable:
            raise
        except Exception as error:
            self._ledger.end(claim.id, claim.attempt, unstorable(error)).result()

    def _release(self, claims: Sequence[Claim]) -> None:
        for claim in claims:
            with self._lock:
                self._running.pop(claim.id, None)
            self._ledger.end(claim.id, claim.attempt, RELEASED).result()  # nothing, if its end is recorded


def _pass_interrupt_on(outcome: Outcome) -> None:
    """Whoever presses Ctrl-C in the main thread means the test, whatever runs there."""
    cause = getattr(outcome.error, "__cause__", None) if isinstance(outcome, Raised) else None
    if isinstance(cause, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
        raise cause


def _ending(here: Here, outcome: Outcome) -> Ending:
    try:
        return ending_of(outcome, here.claim, here.terms, here.asked)
    except Exception as error:  # classes of the user's are asked there
        return unstorable(error)
