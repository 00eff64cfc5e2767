"""A contender in use: an empty store, somebody who submits, and a worker."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.jobs import settings
from benchmarks.jobs.caller import CALLERS
from benchmarks.jobs.contenders import CONTENDERS, Contender
from benchmarks.jobs.effects import Effects
from benchmarks.jobs.processes import Group
from benchmarks.jobs.settings import Kind
from benchmarks.jobs.valkey import Valkey

PATIENCE = 120


class Deployment:
    """One contender with all that it needs, in a folder of its own."""

    def __init__(self, contender: Contender, folder: Path, broker: str, kind: Kind, concurrency: int) -> None:
        self.folder = folder
        self._module = contender.module
        self._command = contender.worker(kind, concurrency) if contender.worker else None
        self._environment = settings.environment(folder, broker, contender.option, kind, concurrency)
        self._worker: Group | None = None
        self.effects = Effects(folder)

    def submit(self, count: int, seconds: float = 0.0) -> float:
        """Submit that many jobs, by 64 callers; jobs a second."""
        took: float = self.call("many", str(count), str(seconds))
        return (count - CALLERS) / took

    def call(self, *arguments: str) -> Any:
        """What a process that submits says."""
        return self.run("benchmarks.jobs.caller", self._module, *arguments)

    def run(self, program: str, *arguments: str) -> Any:
        """What another program says that uses this store."""
        command = settings.python(program, *arguments)
        log = self.folder / "caller.log"
        with log.open("ab") as errors:
            done = subprocess.run(
                command, env=self._environment, stdout=subprocess.PIPE, stderr=errors, timeout=PATIENCE, check=False
            )
        assert done.returncode == 0, log.read_text(encoding="utf-8", errors="replace")[-2000:]
        return json.loads(done.stdout)

    @property
    def has_worker(self) -> bool:
        """Whether a process of its own runs the jobs."""
        return self._command is not None

    def start_worker(self) -> None:
        assert self._command is not None
        self._worker = Group(self._command, self._environment, self.log)

    @property
    def log(self) -> Path:
        """What workers have said."""
        return self.folder / "worker.log"

    @property
    def worker(self) -> Group:
        assert self._worker is not None
        return self._worker

    def wait_for_effects(self, count: int) -> None:
        until = time.monotonic() + PATIENCE
        while not self.effects.wait(count, 1.0):
            self.worker.check()
            assert time.monotonic() < until, f"only {len(self.effects)} of {count} jobs in {PATIENCE} s"

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.kill()


class Deployments:
    """Makes them, one at a time; the servers that they need are started once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers: dict[str, Valkey] = {}

    @contextmanager
    def deployed(self, name: str, kind: Kind = "processes", concurrency: int = 4) -> Iterator[Deployment]:
        """The contender with an empty store, until the block ends."""
        contender = CONTENDERS[name]
        broker = self._broker(contender.valkey)
        with TemporaryDirectory(dir=self._folder, ignore_cleanup_errors=True) as folder:
            deployment = Deployment(contender, Path(folder), broker, kind, concurrency)
            try:
                yield deployment
            finally:
                deployment.stop()

    def _broker(self, configuration: str | None) -> str:
        if configuration is None:
            return ""
        if configuration not in self._servers:
            self._servers[configuration] = Valkey(configuration, self._folder / configuration)
        server = self._servers[configuration]
        server.clear()
        return server.url

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()


@contextmanager
def deployments() -> Iterator[Deployments]:
    """What all measurements share, until the block ends."""
    with TemporaryDirectory(prefix="bench-jobs-", ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        made = Deployments(Path(folder))
        stack.callback(made.stop)
        yield made
