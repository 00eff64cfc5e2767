"""`kill -9` of a worker with all its processes, which is started again at once."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.common.running import load
from benchmarks.jobs.contenders import CELERY, CELERY_LATE, HUEY, TASKIQ, taking_part
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.sample import Sample, Scenario

NAMES = (CELERY, CELERY_LATE, TASKIQ, HUEY)
#: How long jobs that have not come back are waited for.
PATIENCE = 30
LENGTH = 0.1


def killed_worker(deployments: Deployments) -> Iterator[Scenario]:
    """Jobs of 0.1 s, four at once; the worker is killed when some have run."""
    samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
    for name, found in samples.items():
        with deployments.deployed(name) as deployment:
            found.append(_killed(deployment, load(80, 66)))
    yield Scenario.of("worker killed (kill -9) and restarted", "jobs of 0.1 s", samples)


def _killed(deployment: Deployment, count: int) -> Sample:
    deployment.submit(count, LENGTH)
    deployment.start_worker()
    deployment.wait_for_effects(2 * 10)
    deployment.worker.kill()
    began = time.monotonic()
    deployment.start_worker()
    until = began + load(PATIENCE, 2)
    while len(deployment.effects.ended()) < count and time.monotonic() < until:
        time.sleep(0.02)
    back = time.monotonic() - began
    effects = [effect.number for effect in deployment.effects.read() if effect.ended]
    missing = count - len(set(effects))
    return Sample({"back": back, "missing": missing, "twice": len(effects) - len(set(effects))}, gave_up=missing > 0)
