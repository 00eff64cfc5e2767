"""Servers, clients and the effect log of the campaigns against `campaign_app`."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

from fastapi_convert.jobs._clock import Clock
from fastapi_convert.jobs.ledger import SQLiteLedger
from fastapi_convert.jobs.model import JobRecord
from tests.support.server import Server, serve
from tests.support.waiting import wait_until

APP = "tests.jobs.campaign_app:app"
FINAL = {"succeeded", "failed", "cancelled"}
#: How long anything may take on a machine that is busy with other things.
PATIENCE = 40.0


class Campaign:
    """One store in a folder, what its jobs have logged, and servers on it."""

    def __init__(self, folder: Path) -> None:
        self.store = folder / "campaign.db"
        self._log = folder / "effects.log"
        self.env = {"JOBS_DB": str(self.store), "JOBS_LOG": str(self._log)}

    def server(self, app: str = APP, **env: object) -> AbstractContextManager[Server]:
        """A uvicorn server on the store. Names of `env` go without their prefix: `workers=0` is `JOBS_WORKERS`."""
        more = {f"JOBS_{name.upper()}": str(value) for name, value in env.items()}
        return serve(app, grace=2, env={**self.env, **more})

    @contextmanager
    def worker(self, workers: int = 2) -> Iterator[subprocess.Popen[str]]:
        """A worker of the command line, once it is ready."""
        command = [sys.executable, "-m", "fastapi_convert.cli", "jobs", "worker", "tests.jobs.campaign_app:jobs"]
        with subprocess.Popen(
            [*command, "--workers", str(workers)],
            env={**_environment(), **self.env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            assert "ready" in process.stdout.readline()
            try:
                yield process
            finally:
                process.terminate()

    def entries(self, **wanted: object) -> list[dict[str, Any]]:
        """What the jobs have logged, in order; only entries with these values."""
        if not self._log.exists():
            return []
        entries = [json.loads(line) for line in self._log.read_text().splitlines()]
        return [entry for entry in entries if all(entry.get(key) == value for key, value in wanted.items())]

    def wait_for(self, count: int, **wanted: object) -> list[dict[str, Any]]:
        """Wait until so many such entries are there."""
        wait_until(lambda: len(self.entries(**wanted)) >= count, timeout=PATIENCE, message=f"{count} of {wanted}")
        return self.entries(**wanted)

    def record(self, job_id: str) -> JobRecord:
        """What the ledger knows of a job, without any server."""
        found = self.read(lambda ledger: ledger.get(job_id))
        assert isinstance(found, JobRecord)
        return found

    def read(self, question: Callable[[SQLiteLedger], Any]) -> Any:
        """Ask the ledger."""
        ledger = SQLiteLedger(self.store, durability="process", clock=Clock())
        ledger.open()
        try:
            return question(ledger)
        finally:
            ledger.close()

    def is_sound(self) -> bool:
        """Whether SQLite finds nothing wrong with its file."""
        with closing(sqlite3.connect(self.store)) as db:
            return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def client(server: Server) -> httpx.Client:
    """A client of one server, that trusts no proxy."""
    return httpx.Client(base_url=server.url, timeout=PATIENCE, trust_env=False)


def post(client: httpx.Client, name: str, **body: object) -> str:
    """Submit a job; its id."""
    answer = client.post(f"/{name}", json=body)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.json()["id"]
    return job_id


def status(client: httpx.Client, job_id: str) -> str:
    """The job's state, as the server tells it."""
    answer = client.get(f"/jobs/{job_id}")
    assert answer.status_code == 200, answer.text
    state: str = answer.json()["status"]
    return state


def runs(pid: int) -> bool:
    """Whether a process is there, and not only waiting to be reaped."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for_all(client: httpx.Client, ids: Sequence[str]) -> list[str]:
    """Wait until all of them have ended; their states."""
    deadline = time.monotonic() + PATIENCE
    while True:
        states = [status(client, job_id) for job_id in ids]
        if all(state in FINAL for state in states):
            return states
        assert time.monotonic() < deadline, f"not ended in {PATIENCE} s: {states}"
        time.sleep(0.05)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"}
