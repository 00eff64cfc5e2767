"""A queue full of no-op jobs, and a worker that starts: how many a second it runs."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.common.running import in_turns, load
from benchmarks.jobs.caller import CALLERS
from benchmarks.jobs.contenders import CELERY, HUEY, HUEY_UNSYNCED, TASKIQ, taking_part
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.effects import Effect
from benchmarks.jobs.sample import Sample, Scenario
from benchmarks.jobs.settings import Kind

NAMES = (CELERY, TASKIQ, HUEY, HUEY_UNSYNCED)
#: Seconds after which enough has been seen of a slow one.
LONGEST = 5.0
KINDS: tuple[Kind, Kind] = ("threads", "processes")


def drained(deployments: Deployments) -> Iterator[Scenario]:
    """On threads and in processes, one at a time and four."""
    for kind in KINDS:
        for concurrency in (1, 4):
            samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
            for name in in_turns(list(samples), load(3, 1)):
                with deployments.deployed(name, kind, concurrency) as deployment:
                    samples[name].append(_drain(deployment))
            yield Scenario.of(f"jobs drained, {kind}", f"{concurrency} at once", samples)


def _drain(deployment: Deployment) -> Sample:
    count = load(2000, 2 * CALLERS)
    deployment.submit(count)
    deployment.start_worker()
    deployment.wait_for_effects(1)
    deployment.effects.wait(count, LONGEST)
    return Sample({"drained": _rate(deployment.effects.read())})


def _rate(effects: list[Effect]) -> float:
    """From the first start to the last end: how long the worker took to start is another question."""
    return len(effects) / (max(effect.ended for effect in effects) - min(effect.began for effect in effects)) * 1e9
