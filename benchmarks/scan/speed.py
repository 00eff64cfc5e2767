"""Seconds for a tree of files, from the start of a command to its end, at first and again."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import in_turns, load, tell
from benchmarks.common.tables import number
from benchmarks.scan import memory, ours, trees
from benchmarks.scan.tools import BLOCKPATH, HYDROID, RUFF, Target, Tool, installed
from benchmarks.scan.trees import Tree

#: Seconds after which one of them is stopped.
PATIENCE: Final = 120
PROCESSES: Final = 2
AT_FIRST, AGAIN = "at first", "again"
OURS_WARM: Final = f"{OURS}, {AGAIN}"
HYDROID_WARM: Final = f"{HYDROID}, {AGAIN}"
#: Files a second that are to be reached.
COLD, WARM = 300, 700


@dataclass(frozen=True, slots=True)
class Timed:
    """What was seen on one tree: seconds and megabytes, by name."""

    tree: Tree
    seconds: Mapping[str, float]
    megabytes: Mapping[str, float] = field(default_factory=dict)

    def rows(self) -> list[list[str]]:
        """A line for each: seconds, files a second, megabytes."""
        return [
            [self.tree.variant, who, *self._speed(seconds), self._memory(who)] for who, seconds in self.seconds.items()
        ]

    def _speed(self, seconds: float) -> tuple[str, str]:
        rate = number(self.tree.files / seconds)
        return (f"> {PATIENCE} s", f"< {rate}") if seconds >= PATIENCE else (f"{number(seconds)} s", rate)

    def _memory(self, who: str) -> str:
        return f"{number(self.megabytes[who])} MB" if who in self.megabytes else "-"


def measure() -> Iterator[Timed]:
    """All trees, the smallest first; memory is that of the largest."""
    with TemporaryDirectory(prefix="bench-scan-") as name:
        folder = Path(name)
        *smaller, largest = trees.made(folder)
        for tree in smaller:
            yield Timed(tree, _seconds(tree, folder / "cache"))
        yield Timed(largest, _seconds(largest, folder / "cache"), _megabytes(largest))


def _commands(tree: Tree, cache: Path) -> dict[str, list[str]]:
    tools = {tool.name: tool for tool in installed() if tool.name in {RUFF, HYDROID, BLOCKPATH}}
    commands = {name: tool.command(Target("tree", tree.path)) for name, tool in tools.items()}
    if HYDROID in commands:
        commands[HYDROID_WARM] = _cached(tools[HYDROID], tree)
    return {**commands, OURS: ours.uncached(PROCESSES), OURS_WARM: ours.cached(cache, PROCESSES)}


def _cached(tool: Tool, tree: Tree) -> list[str]:
    return [argument for argument in tool.command(Target("tree", tree.path)) if argument != "--no-cache"]


def _seconds(tree: Tree, cache: Path) -> dict[str, float]:
    """The median of each. Who gave up once is not asked again."""
    commands = _commands(tree, cache)
    for name in commands.keys() & {OURS_WARM, HYDROID_WARM}:
        _timed(commands[name], tree)  # fills the cache
    found: dict[str, list[float]] = {name: [] for name in commands}
    for name in in_turns(list(commands), load(3, 1)):
        if PATIENCE not in found[name]:
            found[name].append(_timed(commands[name], tree))
    seconds = {name: PATIENCE if PATIENCE in taken else statistics.median(taken) for name, taken in found.items()}
    for name, median in seconds.items():
        tell(tree.variant, "time for the tree", name, f"{number(median)} s")
    return seconds


def _timed(command: Sequence[str], tree: Tree) -> float:
    began = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=tree.path, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return PATIENCE
    assert done.returncode in {0, 1}, done.stderr[-2000:].decode(errors="replace")
    return time.perf_counter() - began


def _megabytes(tree: Tree) -> dict[str, float]:
    commands = {name: command for name, command in _commands(tree, tree.path).items() if name in {OURS, HYDROID}}
    peaks = {name: memory.peak(command, tree.path, PATIENCE) for name, command in commands.items()}
    found = {name: peak for name, peak in peaks.items() if peak is not None}
    for name, peak in found.items():
        tell(tree.variant, "peak memory", name, f"{number(peak)} MB")
    return found


def compare(timed: Sequence[Timed]) -> list[Comparison]:
    """Lines for each tree: the goals in seconds, and against each of the others."""
    return [line for one in timed for line in _lines(one)]


def _lines(timed: Timed) -> Iterator[Comparison]:
    seconds, files = timed.seconds, timed.tree.files
    yield _line(timed, AT_FIRST, None, OURS, Goal(at_most=round(files / COLD, 1)))
    for peer, goal in ((HYDROID, Goal(times=1.5)), (RUFF, None), (BLOCKPATH, None)):
        if peer in seconds:
            yield _line(timed, AT_FIRST, peer, OURS, goal)
    warm = HYDROID_WARM if HYDROID_WARM in seconds else None
    yield _line(timed, AGAIN, warm, OURS_WARM, Goal(at_most=round(files / WARM, 1)))
    if OURS in timed.megabytes:
        rival = HYDROID if HYDROID in timed.megabytes else None
        yield Comparison(f"memory for {timed.tree.variant}", AT_FIRST, rival, "MB", timed.megabytes)


def _line(timed: Timed, variant: str, peer: str | None, who: str, goal: Goal | None) -> Comparison:
    names = {OURS: who} if peer is None else {peer: peer, OURS: who}
    figures = {shown: timed.seconds[name] for shown, name in names.items()}
    slow = frozenset(shown for shown, seconds in figures.items() if seconds >= PATIENCE)
    return Comparison(f"time for {timed.tree.variant}", variant, peer, "s", figures, goal, unfinished=slow)
