"""A thousand browsers that watch one job: how often the store is read for all of them."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import uvloop
from fastapi import FastAPI
from starlette.types import Message, Scope

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import load
from benchmarks.jobs.deployments import Deployments
from benchmarks.jobs.sample import Sample, Scenario, of_latencies
from fastapi_convert.jobs.model import Ending, QueueTerms

LISTENERS = 1000
#: Seconds between a change that all have and the next one. Progress is stored ten times a second.
PAUSES = {"back to back": 0.0, "0.1 s apart": 0.1}
PATIENCE = 60


def thousand_listeners(deployments: Deployments) -> Iterator[Scenario]:
    """Requests for server-sent events, made of the application itself: no server is in between."""
    listeners, changes = load(LISTENERS, 20), load(60, 5)
    for variant, pause in PAUSES.items():
        with deployments.deployed(OURS) as deployment:
            seen = deployment.run(__name__, str(listeners), str(changes), str(pause))
        sample = Sample({**of_latencies(seen["took"]), "reads": seen["reads"] / changes})
        scenario = Scenario.of("1000 listeners: until the last has a change", variant, {OURS: [sample]})
        scenario.compare("reads", what="1000 listeners: reads of the store", goal=Goal(at_most=1.01))
        yield scenario


@dataclass
class Audience:
    """Those who listen, and how many messages all of them have got together."""

    app: FastAPI
    path: str
    size: int
    got: int = 0
    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        """One GET, until the stream ends."""
        never = asyncio.Event()
        request: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> Message:
            if not request:
                await never.wait()
            return request.pop()

        await self.app(_scope(self.path), receive, self._send)

    async def _send(self, message: Message) -> None:
        if message.get("body", b"").startswith(b"event: "):
            self.got += 1
            if self.got == self.wanted:
                self.enough.set()

    async def have(self, each: int) -> None:
        """Wait until each of them has got so many messages."""
        self.wanted = each * self.size
        self.enough.clear()
        if self.got < self.wanted:
            async with asyncio.timeout(PATIENCE):
                await self.enough.wait()
        assert self.got == self.wanted


def _scope(path: str) -> Scope:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"bench")],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
    }


async def _watch(listeners: int, changes: int, pause: float) -> dict[str, Any]:
    from benchmarks.jobs.ours import jobs, submit

    app = FastAPI()
    app.include_router(jobs.router, prefix="/jobs")
    ledger = jobs.ledger
    async with jobs.lifespan(), asyncio.TaskGroup() as tasks:
        job = (await submit(0, 0.0)).id
        await asyncio.wrap_future(ledger.claim("bench", [QueueTerms("default", tuple(jobs.terms))], 1))
        audience = Audience(app, f"/jobs/{job}/events", listeners)
        for _ in range(listeners):
            tasks.create_task(audience.listen())
        await audience.have(2)  # it is queued, it runs
        with patch.object(ledger, "events", wraps=ledger.events) as reads:
            took = [await _change(audience, ledger, job, number, pause) for number in range(changes)]
        await asyncio.wrap_future(ledger.end(job, 1, Ending("succeeded", result="0")))
    return {"took": took, "reads": reads.call_count}


async def _change(audience: Audience, ledger: Any, job: str, number: int, pause: float) -> float:
    await asyncio.sleep(pause)
    began = time.perf_counter()
    assert await asyncio.wrap_future(ledger.report(job, 1, None, f"change {number}"))
    await audience.have(3 + number)
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """In a process of its own: how many listen, to how many changes, so many seconds apart."""
    listeners, changes, pause = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_watch(int(listeners), int(changes), float(pause)))))


if __name__ == "__main__":
    main()
