"""Lanes: threads that take chunks of files and have them parsed, each by its own process or in this one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from typing import Final, NamedTuple

from ._process import ParserLost, ParserUnavailable, ProcessParser
from ._reading import Extracted, extract

_DIED: Final = "left out: the process that parsed it died of it. Exclude the file."
_LATE: Final = "left out: it was not parsed within {:.0f} s. Exclude the file."


class Job(NamedTuple):
    """A file that is to be parsed."""

    number: int  # among the files
    key: bytes
    data: bytes


class Outcome(NamedTuple):
    """What became of a file."""

    number: int  # among the files
    result: Extracted
    key: bytes = b""  # empty: there is nothing new to keep
    cached: bool = False


Chunk = list[Job]
Outcomes = SimpleQueue[list[Outcome] | BaseException]


class Lanes:
    """Parse all chunks on some threads.

    The threads wait for processes, mostly. A thread that parses itself is worth it too: there the whole stack is free,
    however deep in the user's own calls the scan was asked for, and so the same files are "nested too deeply".

    Args:
        take: Gives the next chunk, or `None` after the last one; one thread at a time calls it.
        outcomes: Where the outcomes go, and whatever goes wrong.
        count: How many threads.
        processes: Whether each has a process for itself.
        patience: Seconds that a chunk may take before its process is killed.
    """

    def __init__(
        self, take: Callable[[], Chunk | None], outcomes: Outcomes, count: int, *, processes: bool, patience: float
    ) -> None:
        self._take = take
        self._outcomes = outcomes
        self._processes = processes
        self._patience = patience
        self._lock = threading.Lock()  # around `take`, and what follows
        self._parsers: set[ProcessParser] = set()
        self._stopped = False
        self._threads = [
            threading.Thread(target=self._run, name=f"scan-{number}", daemon=True) for number in range(count)
        ]

    def start(self) -> None:
        """Start the threads. Whatever comes of it, `stop` must follow."""
        for thread in self._threads:
            thread.start()

    def kill_overdue(self) -> None:
        """Kill what has been at one chunk for too long. Its files are tried again, one by one."""
        oldest = time.monotonic() - self._patience
        with self._lock:
            for parser in self._parsers:
                since = parser.busy_since
                if since is not None and since < oldest:
                    parser.overdue = True
                    parser.kill()

    def stop(self) -> None:
        """Kill all processes and wait for the threads: at the end, or early."""
        with self._lock:
            self._stopped = True
            for parser in self._parsers:
                parser.kill()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    def _next(self) -> Chunk | None:
        with self._lock:
            return None if self._stopped else self._take()

    def _run(self) -> None:
        lane = _Lane(self)
        try:
            while chunk := self._next():
                self._outcomes.put(list(lane.outcomes(chunk)))
        except BaseException as error:
            self._outcomes.put(error)
        finally:
            lane.close()

    def new_parser(self) -> ProcessParser | None:
        """A process for a lane; `None` if none can be had, or none is wanted."""
        with self._lock:
            if self._stopped or not self._processes:
                return None
            try:
                parser = ProcessParser()
            except ParserUnavailable:
                self._processes = False
                return None
            self._parsers.add(parser)
            return parser

    def end_parser(self, parser: ProcessParser) -> None:
        """Close it. Under the lock, for another process may have its id as soon as it was waited for."""
        with self._lock:
            self._parsers.discard(parser)
        parser.close()

    @property
    def stopped(self) -> bool:
        """Whether nobody waits for outcomes any more."""
        return self._stopped

    @property
    def patience(self) -> float:
        """Seconds for one chunk."""
        return self._patience


class _Lane:
    """What one thread does with its chunks."""

    def __init__(self, lanes: Lanes) -> None:
        self._lanes = lanes
        self._parser: ProcessParser | None = None

    def close(self) -> None:
        if self._parser is not None:
            self._lanes.end_parser(self._parser)
        self._parser = None

    def outcomes(self, chunk: Chunk) -> Iterator[Outcome]:
        try:
            results = self._parsed(chunk)
        except ParserLost:
            results = (self._alone(job) for job in chunk)
        for job, result in zip(chunk, results, strict=False):  # fewer, when it was stopped
            yield Outcome(job.number, result, job.key)

    def _alone(self, job: Job) -> Extracted:
        """One file of a chunk that some process died of."""
        try:
            return next(self._parsed([job]))
        except ParserLost as lost:
            return Extracted(None, 0, _LATE.format(self._lanes.patience) if lost.overdue else _DIED)

    def _parsed(self, chunk: Chunk) -> Iterator[Extracted]:
        self._parser = self._parser or self._lanes.new_parser()
        if self._parser is not None:
            try:
                return iter(self._parser.parse([job.data for job in chunk]))
            except ParserUnavailable:
                self.close()
            except ParserLost:
                self.close()
                raise
        return self._parsed_here(chunk)

    def _parsed_here(self, chunk: Chunk) -> Iterator[Extracted]:
        for job in chunk:
            if self._lanes.stopped:
                return
            yield extract(job.data)
