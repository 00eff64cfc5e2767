"""What a hub does on a worker thread: one look at what has changed, and the news of a number of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._topic import Page, read_page

if TYPE_CHECKING:
    from .ledger.protocol import Ledger


@dataclass(frozen=True, slots=True)
class Look:
    """What has changed in the store, by whomever."""

    #: Of the store, before it was looked at: while it is the same, another look would find nothing new.
    version: int
    #: Where the next look goes on.
    mark: int
    #: Each job that has changed, with the number of its newest event.
    newest: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was found, or what has gone wrong."""

    look: Look | Exception | None
    pages: Mapping[str, Page | Exception]


def gather(ledger: Ledger, mark: int | None, wanted: Mapping[str, int]) -> Gathered:
    """Look what has changed since `mark` (`None`: do not look), then read each wanted job's events after a number.

    In this order: what changes after the first look is found by the second one. Blocks.
    """
    look = None if mark is None else _look(ledger, mark)
    return Gathered(look, {job_id: _page(ledger, job_id, after) for job_id, after in wanted.items()})


def _look(ledger: Ledger, mark: int) -> Look | Exception:
    try:
        return Look(ledger.version(), *ledger.changes(mark))
    except Exception as error:
        return error


def _page(ledger: Ledger, job_id: str, after: int) -> Page | Exception:
    try:
        return read_page(ledger, job_id, after)
    except Exception as error:
        return error
