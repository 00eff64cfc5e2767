"""Submissions: how many a second an application's callers get accepted."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import in_turns, load
from benchmarks.jobs.caller import CALLERS
from benchmarks.jobs.contenders import (
    CELERY,
    CELERY_BARE,
    CELERY_SYNCED,
    HUEY,
    HUEY_UNSYNCED,
    OURS_PROCESS,
    TASKIQ,
    taking_part,
)
from benchmarks.jobs.deployments import Deployments
from benchmarks.jobs.sample import Sample, Scenario

NAMES = (CELERY, CELERY_BARE, CELERY_SYNCED, TASKIQ, HUEY, HUEY_UNSYNCED, OURS, OURS_PROCESS)


def submissions(deployments: Deployments) -> Iterator[Scenario]:
    """No-op jobs, each of which is accepted before its caller submits the next. No worker runs."""
    samples: dict[str, list[Sample]] = {name: [] for name in taking_part(*NAMES)}
    count = load(3000, 2 * CALLERS)
    for name in in_turns(list(samples), load(2, 1)):
        with deployments.deployed(name) as deployment:
            samples[name].append(Sample({"submitted": deployment.submit(count)}))
    scenario = Scenario.of("submissions accepted", "64 callers", samples)
    scenario.compare("submitted", against=(CELERY, CELERY_SYNCED, TASKIQ, HUEY), goal=Goal(at_least=5000))
    if OURS_PROCESS in samples:
        what = "submissions accepted, durability=process"
        scenario.compare(
            "submitted", ours=OURS_PROCESS, against=(CELERY, CELERY_BARE, TASKIQ, HUEY_UNSYNCED), what=what
        )
    yield scenario
