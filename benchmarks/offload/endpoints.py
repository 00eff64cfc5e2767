"""Plain `def` endpoints: what a router gains by `OffloadRoute`, and a health check that has a pool of its own."""

from __future__ import annotations

import asyncio
import functools
import statistics
import time
from typing import Any

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.driver import get
from benchmarks.common.running import load, tell
from benchmarks.offload.measure import TimedComparison, compare, in_flight
from fastapi_convert.offloading import OffloadRoute, Pool

PEER = "FastAPI, plain def"
SLOW_CALLS = 120


class Item(BaseModel):
    """A small response."""

    id: int
    name: str
    price: float
    tags: list[str]


def item() -> dict[str, Any]:
    return {"id": 7, "name": "lamp", "price": 19.5, "tags": ["home", "light"]}


def health() -> dict[str, str]:
    return {"status": "ok"}


async def response_model(loop: str) -> list[Comparison]:
    """Requests per second, 50 in flight, to an endpoint that returns a dict for a `response_model`."""
    apps = {PEER: _app(APIRouter()), OURS: _app(APIRouter(route_class=OffloadRoute))}
    answers = {await get(app, "/item") for app in apps.values()}
    assert len(answers) == 1, f"not the same answers: {answers}"
    what = "def endpoint, 50 in flight"
    contenders = {
        name: functools.partial(in_flight, functools.partial(get, app, "/item"), 50, load(1500, 100))
        for name, app in apps.items()
    }
    timings = await compare(what, loop, contenders, load(9, 1))
    figures = {name: 1 / timing.wall for name, timing in timings.items()}
    return [TimedComparison(what, loop, PEER, "req/s", figures, Goal(times=2), more_is_better=True, timings=timings)]


def _app(router: APIRouter) -> FastAPI:
    router.get("/item", response_model=Item)(item)
    app = FastAPI()
    app.include_router(router)
    return app


async def health_check(loop: str) -> list[Comparison]:
    """How long `/health` takes while 120 slow calls wait for, and run in, 40 threads."""
    slow, own = Pool("slow", threads=40), Pool("health", threads=1)
    apps = {
        PEER: _app_with_slow_calls(APIRouter(), APIRouter()),
        OURS: _app_with_slow_calls(
            APIRouter(route_class=OffloadRoute.using(slow)), APIRouter(route_class=OffloadRoute.using(own))
        ),
    }
    what = f"/health behind {SLOW_CALLS} slow calls"
    latencies: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(load(4, 1)):
        for name, app in apps.items():
            latencies[name].append(await _health_latency(app))
    figures = {name: statistics.median(found) for name, found in latencies.items()}
    for name, figure in figures.items():
        tell(loop, what, name, f"{figure:.2f} ms")
    return [Comparison(what, loop, PEER, "ms", figures, Goal(at_most=10))]


def _app_with_slow_calls(work: APIRouter, checks: APIRouter) -> FastAPI:
    @work.get("/slow")
    def slow() -> None:
        time.sleep(load(300, 50) / 1000)

    checks.get("/health")(health)
    app = FastAPI()
    app.include_router(work)
    app.include_router(checks)
    return app


async def _health_latency(app: FastAPI) -> float:
    await get(app, "/health")
    async with asyncio.TaskGroup() as tasks:
        for _ in range(SLOW_CALLS):
            tasks.create_task(get(app, "/slow"))
        await asyncio.sleep(load(60, 20) / 1000)  # by now all threads are taken, and none is free yet
        began = time.perf_counter()
        await get(app, "/health")
        took = time.perf_counter() - began
    return took * 1000
