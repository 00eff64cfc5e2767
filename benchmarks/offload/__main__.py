"""Measure everything, print it as it comes, and write the table and the picture.

Environment: `BENCH_QUICK=1` for a run that only tries the program, `BENCH_RESULTS` for another folder to write to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from benchmarks.common import machine, page
from benchmarks.common.comparison import Comparison
from benchmarks.common.tables import table_of_goals
from benchmarks.offload import endpoints, hops, processes, report, streams
from benchmarks.offload.measure import event_loops

Measurement: TypeAlias = Callable[[str], Awaitable[list[Comparison]]]

COLOURS = {"asyncio": "#2a6f97", "uvloop": "#8ab6d6"}
MEASUREMENTS: Sequence[Measurement] = (
    hops.no_op,
    hops.blocking,
    streams.streaming,
    endpoints.response_model,
    processes.array_to_process,
    endpoints.health_check,
)


def main() -> None:
    header = machine.header("fastapi", "starlette", "anyio", "pydantic", "uvloop", "asgiref", "numpy")
    began = time.monotonic()
    found = [comparison for measurement in MEASUREMENTS for comparison in _on_every_loop(measurement)]
    comparisons = page.beside_each_other(found)
    print("", table_of_goals(comparisons, report.VARIANT), sep="\n")
    page.write("offload", report.markdown(comparisons, header, time.monotonic() - began), comparisons, COLOURS)


def _on_every_loop(measurement: Measurement) -> list[Comparison]:
    found = []
    for name, factory in event_loops().items():
        with asyncio.Runner(loop_factory=factory) as runner:  # a fresh loop: nobody inherits threads
            found += runner.run(_awaited(measurement, name))
    return found


async def _awaited(measurement: Measurement, loop: str) -> list[Comparison]:
    return await measurement(loop)


if __name__ == "__main__":
    main()
