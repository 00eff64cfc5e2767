"""From paths to the facts of every Python file: find, read, look up in the cache, parse what is new."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from fastapi_convert.scan._checkout import checkout_of
from fastapi_convert.scan.facts import unpack
from fastapi_convert.scan.findings import Warned
from fastapi_convert.scan.settings import Settings

from ._cache import Cache
from ._cache_folder import cache_folder
from ._discovery import discover
from ._files import Unreadable, read_file
from ._following import Following
from ._lanes import Chunk, Job, Lanes, Outcome, Outcomes
from ._model import Discovered, LoadedFile, OnProgress, Source, Sources
from ._modules import ModuleNames
from ._reading import Extracted
from ._roots import given_paths

# What this process parses itself while a process would still be starting. Large files are always left to processes,
# which have a limit of memory.
_FEW_FILES: Final = 40
_FEW_BYTES: Final = 400_000
_CHUNK_FILES: Final = 16
_CHUNK_BYTES: Final = 128_000
_LOOKED_AT: Final = 64  # files between two reports of progress, when there is nothing to parse
_MOST_PROCESSES: Final = 64
_PATIENCE: Final = 60.0


def load_sources(paths: Sequence[Path], settings: Settings, on_progress: OnProgress | None = None) -> Sources:
    """Read every Python file below `paths`, and what those import from the checkout around. None of them is executed.

    What cannot be read is a warning. An interruption, also by an exception of `on_progress`, ends all processes first.

    Args:
        paths: Files and folders; see `Sources.root` for what the paths in the result are relative to.
        settings: `exclude`, `base`, `cache`, `cache_dir`, `processes` and `max_file_size` count here.
        on_progress: Called in this thread with the number of files that are done, and of all that are known so far.

    Raises:
        ScanError: A path does not exist, or there is none.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "main.py").write_text("import time")
    ...     sources = load_sources([Path(folder)], Settings(cache=False))
    >>> [(file.path, file.names[0]) for file in sources.files]
    [('main.py', 'main')]
    """
    found = discover(paths, settings.exclude, settings.base)
    cache = Cache(cache_folder(settings, found.root), sorted(path.absolute() for path in paths))
    checkout = checkout_of(found.root)
    following = Following(found, given_paths(paths), checkout, settings)
    loaded: dict[Source, Outcome] = {}
    new: Sequence[Source] = found.files
    while new:
        outcomes = _Loading(new, settings, cache, on_progress, done=len(loaded)).run()
        loaded.update(zip(new, outcomes, strict=True))
        new = following.beyond(_imports(new, outcomes)) if following.is_needed else ()
    cache.save()
    return _sources(found, checkout, loaded)


def _imports(files: Sequence[Source], outcomes: Sequence[Outcome]) -> dict[Path, Sequence[str]]:
    return {
        source.absolute: unpack(facts).imports
        for source, outcome in zip(files, outcomes, strict=True)
        if (facts := outcome.result.facts) is not None
    }


def _sources(found: Discovered, checkout: Path, loaded: Mapping[Source, Outcome]) -> Sources:
    asked_for = frozenset(found.files)
    by_checkout = ModuleNames(checkout, loaded)
    by_root = by_checkout if checkout == found.root else ModuleNames(found.root, found.files)
    files, warnings = [], list(found.warnings)
    for source, outcome in sorted(loaded.items()):
        facts, line, problem = outcome.result
        if facts is None:
            warnings.append(Warned(source.path, line, problem))
            continue
        ours = source in asked_for
        names = (*(by_root.of(source.absolute) if ours else ()), *by_checkout.of(source.absolute))
        files.append(LoadedFile(*source, tuple(dict.fromkeys(names)), facts, outcome.cached, ours))
    return Sources(found.root, tuple(files), tuple(sorted(warnings)))


def process_count(settings: Settings) -> int:
    """How many processes parse: as asked for, else one for each core that this process may use."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(settings.processes or usable or 1, _MOST_PROCESSES))


class _Loading:
    """One run over some files, after the `done` ones of earlier runs."""

    def __init__(
        self, files: Sequence[Source], settings: Settings, cache: Cache, on_progress: OnProgress | None, *, done: int
    ) -> None:
        self._files = files
        self._settings = settings
        self._cache = cache
        self._on_progress = on_progress
        self._done = done
        self._queue: Outcomes = SimpleQueue()
        self._outcomes: dict[int, Outcome] = {}

    def run(self) -> list[Outcome]:
        """The outcome of each file, in their order."""
        chunks = self._chunks()
        first = self._first(chunks)
        if first:
            self._parse(chain(first, filter(None, chunks)), many=_are_many(first))
        return [self._outcomes[index] for index in range(len(self._files))]

    def _first(self, chunks: Iterator[Chunk]) -> list[Chunk]:
        """Enough to know whether processes are worth it; the files that need no parsing are done on the way."""
        first: list[Chunk] = []
        for chunk in chunks:
            self._drain()
            if chunk:
                first.append(chunk)
            if _are_many(first):
                break
        self._drain()
        return first

    def _parse(self, chunks: Iterator[Chunk], *, many: bool) -> None:
        count = process_count(self._settings) if many else 1
        lanes = Lanes(lambda: next(chunks, None), self._queue, count, processes=many, patience=_PATIENCE)
        try:
            lanes.start()
            while len(self._outcomes) < len(self._files):
                try:
                    self._settle(self._queue.get(timeout=min(_PATIENCE / 10, 1)))
                except Empty:
                    lanes.kill_overdue()
        finally:
            lanes.stop()

    def _drain(self) -> None:
        while not self._queue.empty():
            self._settle(self._queue.get())

    def _settle(self, outcomes: list[Outcome] | BaseException) -> None:
        if isinstance(outcomes, BaseException):
            raise outcomes
        for outcome in outcomes:
            self._outcomes[outcome.number] = outcome
            if outcome.key and outcome.result.facts is not None:
                self._cache.put(outcome.key, outcome.result.facts)
        if self._on_progress is not None and outcomes:
            self._on_progress(self._done + len(self._outcomes), self._done + len(self._files))

    def _chunks(self) -> Iterator[Chunk]:
        """Read all files. What is known of them goes to the queue, what is not into chunks, and some are empty."""
        chunk: Chunk = []
        known: list[Outcome] = []
        for index, source in enumerate(self._files):
            entry = self._look_up(index, source)
            if isinstance(entry, Job):
                chunk.append(entry)
            else:
                known.append(entry)
            if len(known) >= _LOOKED_AT or len(chunk) >= _CHUNK_FILES or _size(chunk) >= _CHUNK_BYTES:
                self._queue.put(known)
                yield chunk
                chunk, known = [], []
        self._queue.put(known)
        yield chunk

    def _look_up(self, index: int, source: Source) -> Job | Outcome:
        try:
            data = read_file(source.absolute, self._settings.max_file_size)
        except Unreadable as error:
            return Outcome(index, Extracted(None, 0, str(error)))
        key = self._cache.key(data)
        facts = self._cache.get(key)
        return Job(index, key, data) if facts is None else Outcome(index, Extracted(facts), cached=True)


def _size(chunk: Chunk) -> int:
    return sum(len(job.data) for job in chunk)


def _are_many(chunks: Sequence[Chunk]) -> bool:
    return sum(map(len, chunks)) >= _FEW_FILES or sum(map(_size, chunks)) >= _FEW_BYTES
