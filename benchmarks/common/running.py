"""How a benchmark runs: how much it does, who is measured when, what it tells meanwhile."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence


def load(full: int, quick: int) -> int:
    """How much to do: `BENCH_QUICK=1` asks for so little that the figures mean nothing and the program is tried."""
    return quick if os.environ.get("BENCH_QUICK") else full


def in_turns(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Everybody once in each round, and each round somebody else begins."""
    for number in range(rounds):
        first = number % len(names)
        yield from names[first:]
        yield from names[:first]


def tell(variant: str, what: str, who: str, result: str) -> None:
    """Progress: one line for each thing that was measured."""
    print(f"{variant:15} {what:38} {who:38} {result}", flush=True)
