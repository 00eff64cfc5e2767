"""A queue full of no-op jobs, and a worker that starts: how many a second it runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import in_turns, load
from benchmarks.jobs.caller import CALLERS
from benchmarks.jobs.contenders import CELERY, HUEY, HUEY_UNSYNCED, OURS_PROCESS, TASKIQ, taking_part
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.effects import Effect
from benchmarks.jobs.sample import Sample, Scenario
from benchmarks.jobs.settings import Kind

#: By how many jobs run at once.
NAMES: Mapping[int, tuple[str, ...]] = {
    1: (CELERY, TASKIQ, HUEY, OURS),
    4: (CELERY, TASKIQ, HUEY, HUEY_UNSYNCED, OURS, OURS_PROCESS),
}
KINDS: tuple[Kind, ...] = ("threads", "processes")
GOALS: Mapping[Kind, Goal] = {"threads": Goal(at_least=3000), "processes": Goal(at_least=1000)}
#: Seconds after which enough has been seen of a slow one.
LONGEST = 3.0


def drained(deployments: Deployments) -> Iterator[Scenario]:
    """On threads and in processes, one at a time and four."""
    for kind in KINDS[: load(2, 1)]:
        for concurrency in range(load(1, 4), 5, 3):
            samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES[concurrency])}
            for name in in_turns(list(samples), load(2, 1)):
                with deployments.deployed(name, kind, concurrency) as deployment:
                    samples[name].append(_drain(deployment))
            scenario = Scenario.of(f"jobs drained, {kind}", f"{concurrency} at once", samples)
            scenario.compare("drained", against=(CELERY, TASKIQ, HUEY), goal=GOALS[kind])
            if OURS_PROCESS in samples:
                what = f"{scenario.what}, durability=process"
                scenario.compare("drained", ours=OURS_PROCESS, against=(CELERY, HUEY_UNSYNCED), what=what)
            yield scenario


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
