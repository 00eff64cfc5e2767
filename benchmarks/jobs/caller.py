"""The process that submits: what an application would be. It prints what it has seen as JSON."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, TypeAlias

import psutil
import uvloop

from benchmarks.jobs import settings
from benchmarks.jobs.effects import Effects

Submit: TypeAlias = Callable[[int, float], Any]

CALLERS = 64
PATIENCE = 60


async def many(module: Any, count: int, seconds: float) -> float:
    """Submit so many jobs from 64 callers, each of which waits for one before the next.

    The first of each is not timed: connections are opened then, and tables made.
    """
    submit = _in_tasks if inspect.iscoroutinefunction(module.submit) else _in_threads
    await submit(module.submit, range(CALLERS), seconds)
    began = time.perf_counter()
    await submit(module.submit, range(CALLERS, count), seconds)
    return time.perf_counter() - began


async def _in_tasks(submit: Submit, numbers: range, seconds: float) -> None:
    async def call(share: range) -> None:
        for number in share:
            await submit(number, seconds)

    async with asyncio.TaskGroup() as tasks:
        for caller in range(CALLERS):
            tasks.create_task(call(numbers[caller::CALLERS]))


async def _in_threads(submit: Submit, numbers: range, seconds: float) -> None:
    def call(share: range) -> None:
        for number in share:
            submit(number, seconds)

    with ThreadPoolExecutor(CALLERS) as threads:
        list(threads.map(call, [numbers[caller::CALLERS] for caller in range(CALLERS)]))


async def single(module: Any, count: int) -> list[float]:
    """One job after another, each after a pause that begins when the one before has run."""
    effects = Effects(settings.folder())
    submitted = []
    for number in range(count):
        await asyncio.sleep(random.uniform(0.05, 0.15))
        submitted.append(time.monotonic_ns())
        await _submit(module, number, 0.0)
        await _wait_for(effects, number + 1)
    return [(effect.began - submitted[effect.number]) / 1e6 for effect in effects.read()]


async def cancel(module: Any, count: int) -> list[float]:
    """Cancel jobs that sleep for ten minutes, and see when the process that ran each is gone."""
    effects = Effects(settings.folder())
    took = []
    for number in range(count):
        job = await _submit(module, number, 600.0)
        await _wait_for(effects, number + 1)
        pid = effects.read()[-1].pid
        began = time.perf_counter()
        if inspect.isawaitable(wish := module.cancel(job)):
            await wish
        while _is_alive(pid):
            await asyncio.sleep(0.0005)
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _submit(module: Any, number: int, seconds: float) -> Any:
    job = module.submit(number, seconds)
    return await job if inspect.isawaitable(job) else job


async def _wait_for(effects: Effects, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while len(effects) < count:
            await asyncio.sleep(0.002)


def _is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE  # who has not been buried yet is dead as well
    except psutil.NoSuchProcess:
        return False


#: By the names that `main` is given.
TASKS: Mapping[str, Callable[..., Awaitable[Any]]] = {"many": many, "single": single, "cancel": cancel}


async def _run(name: str, what: str, count: int, *seconds: float) -> Any:
    module = importlib.import_module(name)
    opened: AbstractAsyncContextManager[None] = module.opened() if hasattr(module, "opened") else nullcontext()
    async with opened:
        return await TASKS[what](module, count, *seconds)


def main() -> None:
    """In that process: a contender's module, what to do, how many times, and for `many` how long each job takes."""
    name, what, count, *seconds = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_run(name, what, int(count), *map(float, seconds)))))


if __name__ == "__main__":
    main()
