"""A job that tells of its progress 100 000 times a second: what of that reaches the store."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any
from unittest.mock import patch

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs.contenders import OURS_INSIDE
from benchmarks.jobs.deployments import Deployments
from benchmarks.jobs.sample import Sample, Scenario
from benchmarks.jobs.settings import Kind

KINDS: tuple[Kind, ...] = ("threads", "processes")
RATE = 100_000


def flooded(deployments: Deployments) -> Iterator[Scenario]:
    """For three seconds, on a thread and in a process."""
    seconds = load(3000, 600) / 1000
    for kind in KINDS[: load(2, 1)]:
        with deployments.deployed(OURS_INSIDE, kind, 1) as deployment:
            told, written_at = deployment.run(__name__, str(seconds))
        sample = Sample({"told": told / seconds, "writes": _rate(written_at)})
        scenario = Scenario.of("progress, 100 000 times a second", kind, {OURS: [sample]})
        scenario.compare("writes", what="progress 100 000 times a second: writes", goal=Goal(at_most=10))
        yield scenario


def _rate(times: list[float]) -> float:
    """How many a second. The last one comes with the end of the job, whenever that is, and is left out."""
    return (len(times) - 2) / (times[-2] - times[0])


async def _flood(seconds: float) -> tuple[int, list[float]]:
    from benchmarks.jobs.ours import flood, jobs, opened

    times: list[float] = []
    report = jobs.ledger.report

    def noted(*args: Any) -> Future[bool]:
        times.append(time.monotonic())
        return report(*args)

    async with opened():
        with patch.object(jobs.ledger, "report", noted):
            told = await (await flood.submit(RATE, seconds)).result()
    return told, times


def main() -> None:
    """In a process of its own: for how many seconds."""
    print(json.dumps(asyncio.run(_flood(float(sys.argv[1])))))


if __name__ == "__main__":
    main()
