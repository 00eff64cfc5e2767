"""A function that sleeps for ten minutes, and somebody who does not want it any more."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs.contenders import CELERY, taking_part
from benchmarks.jobs.deployments import Deployments
from benchmarks.jobs.sample import Sample, Scenario, of_latencies

NAMES = (CELERY, OURS)


def cancelled(deployments: Deployments) -> Iterator[Scenario]:
    """From the wish until the process that ran the function is gone."""
    samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
    for name, found in samples.items():
        with deployments.deployed(name, "processes", 2) as deployment:
            deployment.start_worker()
            found.append(Sample(of_latencies(deployment.call("cancel", str(load(30, 2))))))
    scenario = Scenario.of("cancel of a blocked function", "2 processes", samples)
    for figure, name in {"half": "p50", "most": "p99"}.items():
        scenario.compare(figure, what=f"cancel of a blocked function, {name}", goal=Goal(at_most=100))
    yield scenario
