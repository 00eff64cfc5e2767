"""`kill -9` of a worker with all its processes, again and again while it works off what was accepted.

2000 jobs and ten kills; `BENCH_JOBS_LONG=1` asks for 10 000 and fifty.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs.caller import CALLERS
from benchmarks.jobs.deployments import PATIENCE, Deployment, Deployments
from benchmarks.jobs.effects import Effect
from benchmarks.jobs.recovery import survived
from benchmarks.jobs.sample import Sample, Scenario
from benchmarks.jobs.settings import Kind

KINDS: tuple[Kind, ...] = ("threads", "processes")
LENGTH = 0.02
#: Each worker is killed when it has left as many records, and so before all jobs have run.
SHORTEST, LONGEST = 40, 350
PER_KILL = 200
READY = b"worker ready"


@dataclass(frozen=True, slots=True)
class Kill:
    """When a worker was killed, and when the next one said that it was ready; nanoseconds."""

    at: int
    ready: int


def killed_again_and_again(deployments: Deployments) -> Iterator[Scenario]:
    """Jobs of 20 ms, four at once, all submitted before the first worker starts."""
    kills = 50 if os.environ.get("BENCH_JOBS_LONG") else load(10, 1)
    for kind in KINDS[: load(2, 1)]:
        with deployments.deployed(OURS, kind) as deployment:
            sample = _campaign(deployment, kills)
        scenario = Scenario.of(f"worker killed {kills} times", kind, {OURS: [sample]})
        scenario.compare("ran", what="killed again and again: accepted jobs that ran", goal=Goal(at_least=100))
        scenario.compare("back", what="killed again and again: all back after", goal=Goal(at_most=2))
        yield scenario


def _campaign(deployment: Deployment, number: int) -> Sample:
    count = load(PER_KILL * number, 2 * CALLERS)
    deployment.submit(count, LENGTH)
    deployment.start_worker()
    kills = [_kill(deployment) for _ in range(number)]
    until = time.monotonic() + PATIENCE
    while len(deployment.effects.ended()) < count and time.monotonic() < until:
        time.sleep(0.05)
    back = max(_seconds_until_back(deployment.effects.read(), kill) for kill in kills)
    return Sample({**survived(deployment, count), "back": back}, gave_up=back == PATIENCE)


def _kill(deployment: Deployment) -> Kill:
    more = random.randint(SHORTEST, load(LONGEST, SHORTEST))
    deployment.wait_for_effects(len(deployment.effects) + more)
    said = deployment.log.read_bytes().count(READY)
    deployment.worker.kill()
    at = time.monotonic_ns()
    deployment.start_worker()
    while deployment.log.read_bytes().count(READY) == said:
        deployment.worker.check()
        time.sleep(0.001)
    return Kill(at, time.monotonic_ns())


def _seconds_until_back(effects: list[Effect], kill: Kill) -> float:
    """From "worker ready" until the last of the jobs whose run was cut off by this kill has begun again."""
    whole = {(effect.number, effect.began) for effect in effects if effect.ended}
    begun = {(effect.number, effect.began) for effect in effects}
    cut_off = {number for number, began in begun - whole if began < kill.at}
    again = {number: began for number, began in sorted(begun, reverse=True) if began > kill.at}
    ended_before = {effect.number for effect in effects if 0 < effect.ended < kill.at}
    waits = [(again[each] - kill.ready) / 1e9 if each in again else PATIENCE for each in cut_off - ended_before]
    return max(0.0, *waits) if waits else 0.0
