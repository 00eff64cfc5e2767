"""The places in which one runner runs its jobs: one of each kind that it has needed, kept warm."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

from anyio.from_thread import BlockingPortal

from fastapi_convert.jobs._terms import Executor, Terms
from fastapi_convert.jobs.execution._async_seat import AsyncSeat
from fastapi_convert.jobs.execution._process_seat import ProcessSeat
from fastapi_convert.jobs.execution._thread_seat import ThreadSeat
from fastapi_convert.jobs.execution.seats import Seat

_Kind: TypeAlias = tuple[Executor, int | None]


class Seats:
    """Made when first asked for. They belong to one thread.

    Args:
        name: Of the runner, for messages.
        folder: Where seats keep what is temporary.
        portal: The event loop of coroutines; without one, none are run.
    """

    def __init__(self, name: str, folder: Path, portal: BlockingPortal | None) -> None:
        self._name = name
        self._folder = folder
        self._portal = portal
        self._seats: dict[_Kind, Seat] = {}

    def seat_for(self, terms: Terms) -> Seat:
        """The one for runs of this function."""
        kind = _kind_of(terms)
        seat = self._seats.get(kind)
        if seat is None:
            seat = self._seats[kind] = self._make(terms)
        return seat

    def drop(self, terms: Terms) -> None:
        """Trust the one for this function no more: the next run gets a new one."""
        seat = self._seats.pop(_kind_of(terms), None)
        if seat is not None:
            with suppress(Exception):
                seat.close()

    def close(self) -> None:
        """Let go of all."""
        seats, self._seats = self._seats, {}
        for seat in seats.values():
            with suppress(Exception):
                seat.close()

    def _make(self, terms: Terms) -> Seat:
        if terms.executor == "process":
            return ProcessSeat(self._name, max_tasks=terms.max_tasks_per_process, folder=self._folder)
        if terms.executor == "thread":
            return ThreadSeat()
        assert self._portal is not None  # without one, names of coroutine functions are not claimed
        return AsyncSeat(self._portal)


def _kind_of(terms: Terms) -> _Kind:
    # Functions that wear a process out do so together; the others are not made to pay for it.
    return terms.executor, terms.max_tasks_per_process if terms.executor == "process" else None
