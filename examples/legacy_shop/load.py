"""Drives one app with concurrent clients, and asks for /health meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from math import nan
from statistics import median
from threading import Event, Thread
from time import perf_counter
from urllib.parse import urlsplit

import httpx

HEALTH_INTERVAL = 0.01
ANSWER_TIMEOUT = 60.0


@dataclass
class Figures:
    """What was seen while one app served the load."""

    requests: int
    seconds: float = 0.0
    stall: float = 0.0
    health: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    answers: dict[str, set[bytes]] = field(default_factory=dict)
    memory: float = nan
    written: float = nan

    @property
    def rate(self) -> float:
        """Requests served per second."""
        return self.requests / self.seconds

    @property
    def health_median(self) -> float:
        """The /health latency that half of the visitors see."""
        return median(self.health or [nan])

    @property
    def health_max(self) -> float:
        """The /health latency that the unluckiest visitor sees."""
        return max(self.health, default=nan)


def drive(address: str, paths: list[str], clients: int) -> Figures:
    """Send all the requests, so many at once; return the figures."""
    figures = Figures(len(paths))
    with measuring(address, figures):
        asyncio.run(_send_all(address, paths, clients, figures))
    return figures


@contextmanager
def measuring(address: str, figures: Figures) -> Iterator[None]:
    """Note how long the block takes, how the event loop stalls meanwhile, and what /health sees."""
    _take_stall(address)  # what happened while the app started is not our subject
    with _probing_health(address, figures):
        started = perf_counter()
        yield
        figures.seconds = perf_counter() - started
    figures.stall = _take_stall(address)


async def _send_all(address: str, paths: list[str], clients: int, figures: Figures) -> None:
    waiting = iter(paths)
    limits = httpx.Limits(max_connections=clients)
    # No certificates are loaded: that would take longer than the first answers, and there is no TLS here.
    client = httpx.AsyncClient(base_url=address, limits=limits, timeout=ANSWER_TIMEOUT, trust_env=False, verify=False)
    async with client, asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(client, waiting, figures))


async def _client(http: httpx.AsyncClient, waiting: Iterator[str], figures: Figures) -> None:
    """One client: takes the next request as soon as its last one is answered."""
    for path in waiting:
        try:
            response = await http.get(path)
            response.raise_for_status()
        except httpx.HTTPError as error:
            figures.errors.append(f"{path}: {error!r}")
        else:
            figures.answers.setdefault(path, set()).add(response.content)


@contextmanager
def _probing_health(address: str, figures: Figures) -> Iterator[None]:
    """Ask for /health from a thread of its own, so that our clients do not delay it."""
    done = Event()
    # A daemon that is joined only when all went well: after Ctrl-C nobody should wait for the answer it still awaits.
    prober = Thread(target=_probe_health, args=(address, figures, done), daemon=True)
    prober.start()
    yield
    done.set()
    prober.join()


def _probe_health(address: str, figures: Figures, done: Event) -> None:
    connection = HTTPConnection(urlsplit(address).netloc, timeout=ANSWER_TIMEOUT)
    try:
        while not done.wait(HEALTH_INTERVAL):
            started = perf_counter()
            connection.request("GET", "/health")
            connection.getresponse().read()
            figures.health.extend(_as_visitors_see_it(perf_counter() - started))
    except (OSError, HTTPException) as error:
        figures.errors.append(f"/health: {error!r}")
    finally:
        connection.close()


def _as_visitors_see_it(latency: float) -> Iterator[float]:
    """Count a slow answer once for every visitor who would have come, interval by interval, while it was awaited.

    One prober that waits for its answer asks rarely just when the server is slow; without this the median would
    flatter the app that blocks.
    """
    yield latency
    while (latency := latency - HEALTH_INTERVAL) > 0:
        yield latency


def _take_stall(address: str) -> float:
    response = httpx.get(f"{address}/_stall", timeout=ANSWER_TIMEOUT, trust_env=False)
    return float(response.raise_for_status().text)
