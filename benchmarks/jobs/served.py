"""An application that runs jobs itself: what its clients and its event loop feel of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TypeAlias

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import in_turns, load
from benchmarks.jobs.caller import CALLERS
from benchmarks.jobs.client import BACKGROUND_PATH, OURS_PATH, PORT
from benchmarks.jobs.contenders import BACKGROUND, OURS_SERVED
from benchmarks.jobs.deployments import Deployment, Deployments
from benchmarks.jobs.sample import Sample, Scenario, of_latencies
from benchmarks.uploads.client import get
from benchmarks.uploads.probe import BEGIN, END

OURS_POSTED = f"{OURS}, posted"
NOTHING = "an app that does nothing beside that"
#: What is done meanwhile, with the deployment and its port.
Work: TypeAlias = Callable[[Deployment, int], None]

PATHS = {BACKGROUND: BACKGROUND_PATH, OURS_SERVED: OURS_PATH}
RATE = 200


def answers(deployments: Deployments) -> Iterator[Scenario]:
    """200 requests a second, whose jobs the application runs on its four threads meanwhile."""
    samples: dict[str, list[Sample]] = {name: [] for name in PATHS}
    for name in in_turns(list(PATHS), load(2, 1)):
        with deployments.deployed(name, "threads") as deployment:
            port = _started(deployment)
            samples[name].append(Sample(of_latencies(_post(deployment, port, PATHS[name], load(1000, 40), RATE))))
    scenario = Scenario.of("POST to 202, 200 a second", "4 threads", samples)
    scenario.compare("most", ours=OURS_SERVED, what=f"{scenario.what}: p99", goal=Goal(at_most=15))
    yield scenario


def gaps(deployments: Deployments) -> Iterator[Scenario]:
    """10 000 no-op jobs: submitted by another process, or posted to the application."""
    works = _works(deployments, load(10_000, 2 * CALLERS))
    samples: dict[str, list[Sample]] = {name: [] for name in works}
    for name in in_turns(list(works), load(3, 1)):
        with deployments.deployed(BACKGROUND if name == BACKGROUND else OURS_SERVED, "threads") as deployment:
            samples[name].append(_gap(deployment, works[name]))
    scenario = Scenario.of("10 000 jobs drained in the app", "4 threads", samples)
    what, peer = scenario.what, (BACKGROUND,)
    scenario.compare("gap", ours=OURS_SERVED, against=peer, what=f"{what}: longest gap", goal=Goal(at_most=20))
    scenario.compare("gap", ours=OURS_POSTED, against=peer, what=f"{what}, posted to it: longest gap")
    yield scenario


def _works(deployments: Deployments, count: int) -> Mapping[str, Work]:
    def elsewhere(deployment: Deployment, _: int) -> None:
        deployment.submit(count)
        deployment.wait_for_effects(count)

    def posted(path: str, deployment: Deployment, port: int) -> None:
        _post(deployment, port, path, count)
        deployment.wait_for_effects(count)

    def beside(_deployment: Deployment, _port: int) -> None:
        with deployments.deployed(OURS) as other:
            other.submit(count)

    background, ours = partial(posted, BACKGROUND_PATH), partial(posted, OURS_PATH)
    return {BACKGROUND: background, OURS_SERVED: elsewhere, OURS_POSTED: ours, NOTHING: beside}


def _gap(deployment: Deployment, work: Work) -> Sample:
    port = _started(deployment)
    get(port, BEGIN)
    work(deployment, port)
    return Sample({"gap": float(get(port, END))})


def _started(deployment: Deployment) -> int:
    deployment.start_worker()
    while not (path := deployment.folder / PORT).exists():
        deployment.worker.check()
        time.sleep(0.01)
    return int(path.read_text(encoding="ascii"))


def _post(deployment: Deployment, port: int, path: str, count: int, rate: float = 0) -> list[float]:
    found: list[float] = deployment.run("benchmarks.jobs.client", str(port), path, str(count), str(rate))
    return found
