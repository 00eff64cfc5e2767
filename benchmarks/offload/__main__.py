"""Measure everything, print it as it comes, and write the table and the picture.

Environment: `BENCH_QUICK=1` for a run that only tries the program, `BENCH_RESULTS` for another folder to write to.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeAlias

from benchmarks.offload import endpoints, hops, machine, processes, streams
from benchmarks.offload.measure import Comparison, event_loops
from benchmarks.offload.report import markdown, table_of_goals

Measurement: TypeAlias = Callable[[str], Awaitable[list[Comparison]]]

RESULTS = Path(__file__).parents[1] / "results"
MEASUREMENTS: Sequence[Measurement] = (
    hops.no_op,
    hops.blocking,
    streams.streaming,
    endpoints.response_model,
    processes.array_to_process,
    endpoints.health_check,
)


def main() -> None:
    header = machine.header()
    began = time.monotonic()
    comparisons = [comparison for measurement in MEASUREMENTS for comparison in _on_every_loop(measurement)]
    # Beside each other in the table: the same thing on one loop and on the other.
    order = list(dict.fromkeys(c.what for c in comparisons))
    comparisons.sort(key=lambda c: order.index(c.what))
    print("", table_of_goals(comparisons), sep="\n")
    _write(comparisons, markdown(comparisons, header, time.monotonic() - began))


def _on_every_loop(measurement: Measurement) -> list[Comparison]:
    found = []
    for name, factory in event_loops().items():
        with asyncio.Runner(loop_factory=factory) as runner:  # a fresh loop: nobody inherits threads
            found += runner.run(_awaited(measurement, name))
    return found


async def _awaited(measurement: Measurement, loop: str) -> list[Comparison]:
    return await measurement(loop)


def _write(comparisons: Sequence[Comparison], page: str) -> None:
    from benchmarks.offload.plot import draw  # only now: it takes a second, and memory, that nobody measured needs

    folder = Path(os.environ.get("BENCH_RESULTS") or RESULTS)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "offload.md").write_text(page, encoding="utf-8")
    draw(comparisons, folder / "offload.png")


if __name__ == "__main__":
    main()
