"""Measure everything, print it as it comes, and write the table and the picture. It reads `/proc`, so it needs Linux.

Environment: `BENCH_QUICK=1` for a run that only tries the program, `BENCH_RESULTS` for another folder to write to,
`TMPDIR` for the disk that is saved to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from benchmarks.common import machine, page
from benchmarks.common.tables import table_of_goals
from benchmarks.uploads import crowd, csv_files, limits, many_parts, report, simulated, single, stalled
from benchmarks.uploads.sample import Scenario

Measurement: TypeAlias = Callable[[], Iterable[Scenario]]

COLOURS = {"64 MB": "#8ab6d6", "512 MB": "#2a6f97"}
MEASUREMENTS: Sequence[Measurement] = (
    single.one_at_a_time,
    csv_files.pandas_in_chunks,
    crowd.many_at_once,
    stalled.stalled_clients,
    limits.over_the_limit,
    many_parts.ten_thousand_parts,
    simulated.ten_gigabytes,
)


def main() -> None:
    header = machine.header(
        "fastapi", "starlette", "uvicorn", "uvloop", "httptools", "anyio", "python-multipart", "pandas"
    )
    began = time.monotonic()
    scenarios = [scenario for measurement in MEASUREMENTS for scenario in measurement()]
    comparisons = page.beside_each_other(c for scenario in scenarios for c in scenario.comparisons)
    print("", table_of_goals(comparisons, report.VARIANT), sep="\n")
    text = report.markdown(scenarios, comparisons, header, time.monotonic() - began)
    page.write("uploads", text, comparisons, COLOURS)


if __name__ == "__main__":
    main()
