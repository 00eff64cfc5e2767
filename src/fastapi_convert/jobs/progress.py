"""`Progress`: how a running job tells how far it is, and hears that it should stop."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Protocol

__all__ = ("Progress", "Sink")

#: Longer messages are cut: they travel in every status and event.
MOST_CHARACTERS = 500


class Sink(Protocol):
    """Where a run's progress goes. Both methods are called as often as the job likes, so they cost next to nothing."""

    def put(self, fraction: float | None, message: str) -> None:
        """Replace what was told before."""
        ...

    def stop_reason(self) -> str:
        """Why the job should stop now; empty as long as it may go on."""
        ...


class Progress:
    """What a job tells of its progress: call it as often as you like, `progress(0.4, "pass 1")`.

    A parameter annotated with it is filled in when the function runs as a job. Only the latest value counts: it is
    stored at most ten times a second. When the function is called as a plain function it gets one that tells nobody.

    It costs under a microsecond in a thread, a few in a process. It is safe to use from several threads of the job.

    Examples:
        >>> def count_words(lines: list[str], *, progress: Progress) -> int:
        ...     words = 0
        ...     for done, line in enumerate(lines):
        ...         progress(done / len(lines), f"line {done}")
        ...         words += len(line.split())
        ...     return words
        >>> count_words(["to be", "or not"], progress=Progress())
        4
    """

    def __init__(
        self, sink: Sink | None = None, *, job_id: str = "", attempt: int = 1, folder: Path | None = None
    ) -> None:
        self._sink = sink
        self._folder = folder
        #: The job's id; empty outside a job.
        self.job_id = job_id
        #: Which run of the job this is, from 1. The same job may have run before, up to any point.
        self.attempt = attempt

    def __call__(self, fraction: float | None = None, message: str = "") -> None:
        """Tell how far the job is.

        Args:
            fraction: The part that is done, from 0 to 1; `None` where nobody knows. Beyond these it is cut to them.
            message: For people, one line; cut after 500 characters.

        Raises:
            asyncio.CancelledError: As `check` does.
        """
        sink = self._sink
        if sink is not None:
            sink.put(_part(fraction), str(message)[:MOST_CHARACTERS])
            if reason := sink.stop_reason():
                raise asyncio.CancelledError(reason)

    def check(self) -> None:
        """Stop here if the job was cancelled, or its worker is shutting down.

        Raises:
            asyncio.CancelledError: It was. That is no `Exception`, so a legacy `except Exception` does not swallow it;
                let it through, after cleaning up.
        """
        if self._sink is not None and (reason := self._sink.stop_reason()):
            raise asyncio.CancelledError(reason)

    @property
    def folder(self) -> Path:
        """A folder for the temporary files of this run, made at the first use and removed after it, even after a kill.

        In a process of the job's own, the `tempfile` module uses one like it by itself.

        Raises:
            RuntimeError: The function does not run as a job.
        """
        if self._folder is None:
            raise RuntimeError("progress.folder is there while a function runs as a job; use tempfile outside of one.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    def __reduce__(self) -> str:
        raise TypeError("A Progress belongs to the process that runs the job: pass it to threads, not to processes.")

    def __repr__(self) -> str:
        return f"<Progress of job {self.job_id}, attempt {self.attempt}>" if self.job_id else "<Progress>"


def _part(fraction: float | None) -> float | None:
    if fraction is None:
        return None
    value = float(fraction)
    if 0.0 < value <= 1.0:  # first, for jobs may tell as often as they like
        return value
    return None if math.isnan(value) else min(1.0, max(0.0, value))
