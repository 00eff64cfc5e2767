"""A worker that has nothing to do: how soon it begins what comes, and what waiting costs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs.contenders import (
    CELERY,
    HUEY,
    OURS_INSIDE,
    OURS_INSIDE_PROCESS,
    OURS_PROCESS,
    TASKIQ,
    taking_part,
)
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.sample import Sample, Scenario, of_latencies
from benchmarks.jobs.settings import Kind

KINDS: tuple[Kind, ...] = ("processes", "threads")
NAMES = (CELERY, TASKIQ, HUEY, OURS, OURS_PROCESS, OURS_INSIDE, OURS_INSIDE_PROCESS)
REST = 3000
_WHAT = "idle: submission to start, p50"


def idle_worker(deployments: Deployments) -> Iterator[Scenario]:
    """One job at a time, each 50 to 150 ms after the one before has run; then none for three seconds."""
    for kind in KINDS[: load(2, 1)]:
        samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
        for name, found in samples.items():
            with deployments.deployed(name, kind) as deployment:
                found.append(_seen(deployment))
        yield _compared(Scenario.of("idle worker: submission to start", f"4 {kind}", samples))


def _compared(scenario: Scenario) -> Scenario:
    scenario.compare("half", what=_WHAT, goal=Goal(at_most=5))
    for name, goal in {OURS_PROCESS: 2, OURS_INSIDE: 5, OURS_INSIDE_PROCESS: 2}.items():
        if name in scenario.samples:
            what = f"{_WHAT}{name.removeprefix(OURS)}"
            scenario.compare("half", ours=name, against=(CELERY,), what=what, goal=Goal(at_most=goal))
    scenario.compare("idle", what="idle worker: CPU", goal=Goal(at_most=0.5))
    return scenario


def _seen(deployment: Deployment) -> Sample:
    if deployment.has_worker:
        deployment.start_worker()
    latencies = deployment.call("single", str(load(40, 6)))
    warm = of_latencies(latencies[4:])  # threads and processes are started for the first of them
    return Sample({**warm, "idle": _resting(deployment)} if deployment.has_worker else warm)


def _resting(deployment: Deployment) -> float:
    time.sleep(load(1000, 0) / 1000)
    before, began = deployment.worker.cpu_seconds(), time.monotonic()
    time.sleep(load(REST, 200) / 1000)
    used = (deployment.worker.cpu_seconds() - before) / (time.monotonic() - began) * 100
    return max(used, 0.01)  # in so short a time it may well be none
