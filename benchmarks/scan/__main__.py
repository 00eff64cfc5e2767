"""Measure everything that can be measured here, print it as it comes, and write the tables and the picture.

Environment: `BENCH_SCAN_APPS` is the folder of the applications, `BENCH_SCAN_TOOLS` the environment that the others are
installed in, `BENCH_SCAN_DEPS` a folder with an environment for each application whose libraries are installed. Without
them the recorded outcomes are shown, and times are those of this library. `BENCH_QUICK=1` for a run that only tries the
program, `BENCH_RESULTS` for another folder to write to.
"""

from __future__ import annotations

import signal
import sys
import time

from benchmarks.common import machine, page
from benchmarks.common.running import load
from benchmarks.common.tables import table_of_goals
from benchmarks.scan import judged, probes, recall, recorded, report, speed
from benchmarks.scan.ours import Ours
from benchmarks.scan.recorded import Contender, Record
from benchmarks.scan.tools import EVERYBODY, installed

COLOURS = {"9 applications": "#2a6f97", "5 applications": "#8ab6d6", "probes": "#a3c4a8", "at first": "#52796f"}


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # trees and commands are cleared away then as well
    header = machine.header("fastapi-convert")
    began = time.monotonic()
    records = _records()
    timed = list(speed.measure())
    found = [*recall.compare(records), *probes.compare(records), *speed.compare(timed)]
    comparisons = page.beside_each_other([*found, *judged.compare(judged.measurements(), judged.recall())])
    print("", table_of_goals(comparisons, report.VARIANT), sep="\n")
    text = report.markdown(records, timed, comparisons, header, time.monotonic() - began)
    page.write("scan", text, comparisons, COLOURS)


def _records() -> dict[str, Record]:
    """What is recorded, and what was measured just now where that is possible."""
    found = recorded.records(EVERYBODY)
    if load(True, False):
        contenders: list[Contender] = [*installed(), Ours()]
        for contender in contenders:
            found[contender.name] = recall.measure(contender)
            probes.measure(contender, found[contender.name])
    return {name: found[name] for name in EVERYBODY if name in found}


if __name__ == "__main__":
    main()
