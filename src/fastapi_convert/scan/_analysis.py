"""From the facts of all files to findings."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from fastapi_convert.mapping import Level

from .evaluation import Engine, Hit, Hits, Place, Steps, blocking_calls
from .facts import ModuleFacts
from .findings import AsyncFunction, BlockingCall, Finding, Step
from .project import Function, Module, Project
from .routes import Routes
from .sources import LoadedFile

__all__ = ("analyse",)

_DEEP_ENOUGH: Final = 20_000


def analyse(files: Iterable[tuple[LoadedFile, ModuleFacts]]) -> list[Finding]:
    """Find every blocking call that an async function of these files reaches, in the order of path and line."""
    with _room_to_think():
        project = Project(_module(file, facts) for file, facts in files)
        engine = Engine(project)
        blocking = blocking_calls(engine)
        routes = Routes(engine)
        findings = [
            _finding(function, routes.of(function), place, hit)
            for function, hits in blocking.items()
            for place, hit in _one_for_each_call(hits).items()
        ]
    findings.sort(key=lambda found: (found.async_function, found.blocking))
    return findings


def _one_for_each_call(hits: Hits) -> Hits:
    """One of the libraries that a call such as `cursor.execute` may be of: the reader sees one call."""
    kept: dict[tuple[str, int, int, str], Place] = {}
    for place, hit in hits.items():
        call = place.path, place.line, place.column, place.call.rpartition(".")[2]
        first = kept.setdefault(call, place)
        if (_level_of(hit), hit.rank) < (_level_of(hits[first]), hits[first].rank):
            kept[call] = place
    return {place: hits[place] for place in kept.values()}


@contextmanager
def _room_to_think() -> Iterator[None]:
    """A deep chain of calls is a deep recursion here; see `Engine` for its bound.

    And nothing of an evaluation is garbage before its end, and looking for garbage is a third of its time.
    """
    collecting, limit = gc.isenabled(), sys.getrecursionlimit()
    gc.disable()
    sys.setrecursionlimit(max(limit, _DEEP_ENOUGH))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        if collecting:
            gc.enable()


def _module(file: LoadedFile, facts: ModuleFacts) -> tuple[Module, tuple[str, ...]]:
    package = file.path.rpartition("/")[2] == "__init__.py"
    return Module(file.names[0], file.path, facts, package=package, asked_for=file.asked_for), file.names


def _finding(function: Function, route: str, place: Place, hit: Hit) -> Finding:
    chain = tuple(_unrolled(hit.steps))
    where = AsyncFunction(function.module.path, function.facts.line, function.facts.qualname, route)
    return Finding(
        hit.row.category.code,
        _level(hit),
        _message(where, chain, place, hit),
        hit.row.replacement,
        where,
        chain,
        BlockingCall(*place),
    )


def _unrolled(steps: Steps) -> Iterator[Step]:
    rest: Steps | None = steps
    while rest is not None:
        yield rest[0]
        rest = rest[1]


_ORDER: Final[dict[Level, int]] = {"error": 0, "warn": 1, "all": 2}


def _level_of(hit: Hit) -> int:
    return _ORDER[_level(hit)]


def _level(hit: Hit) -> Level:
    at_least: Level = "warn" if hit.some or hit.once else "error"
    return max(hit.row.level, at_least, key=_ORDER.__getitem__)


def _message(where: AsyncFunction, chain: tuple[Step, ...], place: Place, hit: Hit) -> str:
    through = f" through {chain[0].name}" if len(chain) == 2 else ""
    if len(chain) > 2:
        through = f" through {chain[0].name} and {len(chain) - 2} more call{'s' if len(chain) > 3 else ''}"
    some = f" ({hit.some[0]} of {hit.some[1]} implementations)" if hit.some else ""
    once = " (the first time)" if hit.once else ""
    name = place.call.removeprefix("builtins.")
    return f"{where.name} {hit.row.category.title} on the event loop: {name}{through}{some}{once}"
