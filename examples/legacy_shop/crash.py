"""Kills a server with SIGKILL in the middle of its reports, starts it again, and looks what has become of them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from examples.legacy_shop.servers import kill, running
from examples.legacy_shop.table import bold, duration, good

REPORTS = 6
#: How long the app before is given to bring the lost reports back. It never does.
PATIENCE = 3.0
LONGEST = 60.0
LABEL, COLUMN = 44, 12


@dataclass
class Aftermath:
    """What became of the reports that one app has accepted."""

    accepted: int = 0
    known: int = 0
    finished: int = 0
    right: int = 0
    #: From the new server's first answer until the last report was there; `None`: some never came.
    seconds: float | None = None
    errors: list[str] = field(default_factory=list)


def crash(app: str, env: Mapping[str, str], reports: int = REPORTS, patience: float = PATIENCE) -> Aftermath:
    """Submit, kill, restart, ask."""
    found = Aftermath()
    with running(app, env) as (address, server), _client(address) as client:
        ids = [_submit(client, number) for number in range(reports)]
        found.accepted = len(ids)
        _wait_until_one_runs(client, ids)
        kill(server)
    with running(app, env) as (address, _), _client(address) as client:
        _watch(client, ids, found, patience)
    return found


def _client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30, trust_env=False)


def _submit(client: httpx.Client, customer: int) -> str:
    accepted: str = client.post("/reports", params={"customer": customer}).raise_for_status().json()["id"]
    return accepted


def _wait_until_one_runs(client: httpx.Client, ids: list[str]) -> None:
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        if any(client.get(f"/jobs/{task}").json()["status"] == "running" for task in ids):
            return
        time.sleep(0.02)


def _watch(client: httpx.Client, ids: list[str], found: Aftermath, patience: float) -> None:
    began = time.monotonic()
    found.known = sum(client.get(f"/jobs/{task}").status_code == 200 for task in ids)
    limit = LONGEST if found.known == len(ids) else patience
    done = _finished(client, ids)
    while len(done) < len(ids) and time.monotonic() - began < limit:
        time.sleep(0.05)
        done = _finished(client, ids)
    if len(done) == len(ids):
        found.seconds = time.monotonic() - began
    found.finished = len(done)
    found.right = sum(client.get(f"/jobs/{ids[number]}/result").json() == _expected(number) for number in done)


def _finished(client: httpx.Client, ids: list[str]) -> list[int]:
    """Which of the reports are there, by their numbers."""
    return [number for number, task in enumerate(ids) if _status(client, task) == "succeeded"]


def _status(client: httpx.Client, task: str) -> str | None:
    answer = client.get(f"/jobs/{task}")
    status: str | None = answer.json().get("status") if answer.status_code == 200 else None
    return status


def _expected(customer: int) -> dict[str, float]:
    return {f"2025-{month:02}": round(customer * month * 1.25, 2) for month in range(1, 13)}


def table(before: Aftermath, after: Aftermath) -> str:
    """Both apps side by side."""
    rows = [
        ("accepted with a 202", before.accepted, after.accepted),
        ("known to the server that was started again", before.known, after.known),
        ("finished in the end", before.finished, after.finished),
    ]
    lines = [f"{'':<{LABEL}}{'before':>{COLUMN}}{'after':>{COLUMN}}", "-" * (LABEL + 2 * COLUMN)]
    lines += [f"{label:<{LABEL}}{was:>{COLUMN}}{good(f'{now:>{COLUMN}}')}" for label, was, now in rows]
    last = "never" if after.seconds is None else duration(after.seconds)
    was = "never" if before.seconds is None else duration(before.seconds)
    lines.append(f"{'all of them, after the restart':<{LABEL}}{was:>{COLUMN}}{good(f'{last:>{COLUMN}}')}")
    return "\n".join([bold(lines[0]), *lines[1:]])
