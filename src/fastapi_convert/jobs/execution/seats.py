"""What a run is made of and can come to, and `Seat`: the place where one run at a time goes on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

__all__ = ("Died", "NotBegun", "Order", "Outcome", "Raised", "Returned", "Seat", "Stopped", "TimedOut", "Unfit")


@dataclass(frozen=True, slots=True)
class Order:
    """One run of one job, as plain data: it goes to another process."""

    #: The function as its author wrote it, found by its name in another process.
    fn: Callable[..., Any]
    payload: str
    job_id: str
    attempt: int
    #: For what is temporary; made when first used, removed by whoever gave the order.
    folder: Path
    #: For a file that the function returns; made when first used.
    results: Path
    #: The lock file of the worker: a process that runs jobs holds it too, so that nobody thinks them ended.
    presence: Path


@dataclass(frozen=True, slots=True)
class Returned:
    """The function returned; its result as JSON."""

    result: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The function raised, or its result could not be written as JSON."""

    #: `None`: it could not leave its process.
    error: Exception | None
    #: `module.qualname` of its classes, the nearest first.
    names: list[str]
    #: One line, `ValueError: no such preset`.
    summary: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """It ended because it was told to."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """It did not end in time, and was ended."""


@dataclass(frozen=True, slots=True)
class Died:
    """Its process died: `reason` is like `worker died: signal 11 (SIGSEGV)` or `worker died: exit code 137`."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unfit:
    """The payload does not fit the function's parameters any more; `reason` names them, and no value."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotBegun:
    """The function was never called: no process or descriptor to be had, a module that cannot be imported just now."""

    reason: str


Outcome: TypeAlias = Returned | Raised | Stopped | TimedOut | Died | Unfit | NotBegun


class Seat(Protocol):
    """A place where one run at a time goes on. `run` belongs to one thread, the rest may be called from any."""

    def run(self, order: Order, timeout: float | None) -> Outcome:
        """Carry the order out and return what it came to. Blocks. Raises nothing but for bugs of ours."""
        ...

    def stop(self, reason: str) -> None:
        """End the present run: at once in a process, at the next `await` of a coroutine, and in a thread when the
        function asks its `progress`. Does nothing between runs.
        """
        ...

    def progress(self) -> tuple[float | None, str] | None:
        """The latest that the present run has told; `None` while it has told nothing."""
        ...

    def close(self) -> None:
        """Let go of everything, ending a run that goes on. May be called twice."""
        ...
