"""`kill -9` of a worker with all its processes, which is started again at once."""

from __future__ import annotations

import time
from collections.abc import Iterator

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs.contenders import CELERY, CELERY_LATE, HUEY, TASKIQ, taking_part
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.sample import Sample, Scenario

NAMES = (CELERY, CELERY_LATE, TASKIQ, HUEY, OURS)
#: How long jobs that have not come back are waited for.
PATIENCE = 20
LENGTH = load(100, 10) / 1000


def killed_worker(deployments: Deployments) -> Iterator[Scenario]:
    """Jobs of 0.1 s, four at once; the worker is killed when some have run."""
    samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
    for name, found in samples.items():
        with deployments.deployed(name) as deployment:
            found.append(_killed(deployment, load(80, 66)))
    scenario = Scenario.of("worker killed (kill -9) and restarted", "80 jobs of 0.1 s", samples)
    scenario.compare("ran", what=f"killed once: accepted jobs that ran within {PATIENCE} s", goal=Goal(at_least=100))
    scenario.compare("back", what="killed once: from the restart to the last job")
    yield scenario


def _killed(deployment: Deployment, count: int) -> Sample:
    deployment.submit(count, LENGTH)
    deployment.start_worker()
    deployment.wait_for_effects(2 * 10)
    deployment.worker.kill()
    began = time.monotonic()
    deployment.start_worker()
    until = began + load(PATIENCE, 5)
    while len(deployment.effects.ended()) < count and time.monotonic() < until:
        time.sleep(0.02)
    back = time.monotonic() - began
    return Sample({**survived(deployment, count), "back": back}, gave_up=len(deployment.effects.ended()) < count)


def survived(deployment: Deployment, count: int) -> dict[str, float]:
    """What has become of that many accepted jobs."""
    runs = [effect.number for effect in deployment.effects.read() if effect.ended]
    ran = len(set(runs))
    return {"ran": ran / count * 100, "missing": count - ran, "twice": len(runs) - ran}
