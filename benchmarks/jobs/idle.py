"""A worker that has nothing to do: how soon it begins what comes, and what waiting costs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.common.running import in_turns, load
from benchmarks.jobs.contenders import CELERY, HUEY, TASKIQ, taking_part
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.sample import Sample, Scenario, of_latencies

NAMES = (CELERY, TASKIQ, HUEY)
REST = 3000


def idle_worker(deployments: Deployments) -> Iterator[Scenario]:
    """One job at a time, each 50 to 150 ms after the one before has run; then none for three seconds."""
    samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
    for name in in_turns(list(samples), load(3, 1)):
        with deployments.deployed(name) as deployment:
            samples[name].append(_seen(deployment))
    yield Scenario.of("idle worker: submission to start", "4 processes", samples)


def _seen(deployment: Deployment) -> Sample:
    deployment.start_worker()
    latencies = deployment.call("single", str(load(40, 3)))
    warm = latencies[load(4, 1) :]  # the worker had to start for the first one
    return Sample({**of_latencies(warm), "idle": _resting(deployment, load(REST, 200) / 1000)})


def _resting(deployment: Deployment, seconds: float) -> float:
    time.sleep(load(1000, 0) / 1000)
    before, began = deployment.worker.cpu_seconds(), time.monotonic()
    time.sleep(seconds)
    return (deployment.worker.cpu_seconds() - before) / (time.monotonic() - began) * 100
