"""Servers, each in a process of its own, and what is seen of one while it works."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.common.running import load
from benchmarks.uploads import proc
from benchmarks.uploads.client import get
from benchmarks.uploads.probe import BEGIN, END
from benchmarks.uploads.sample import Sample

ROOT = Path(__file__).parents[2]


class Server:
    """A running server. It saves into `folder`."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
        self.port = port
        self._pid = process.pid
        self._folder = folder
        self._in_use = 0

    def settle(self, warm_up: Callable[[], object]) -> None:
        """Count memory from here: what it takes to start threads and load modules is nobody's upload."""
        for _ in range(3):
            warm_up()
        proc.reset_peak(self._pid)
        self._in_use = proc.peak_memory(self._pid)

    def observe(self, size: int, work: Callable[[], float]) -> Sample:
        """What the server does while `work` sends files of `size` bytes in all and returns how many seconds it took."""
        self._tidy_up()
        written = proc.bytes_written(self._pid)
        proc.reset_peak(self._pid)
        get(self.port, BEGIN)
        seconds = work()
        gap = float(get(self.port, END))
        return Sample(
            rate=size / seconds / 1e6,
            memory=max(proc.PAGE, proc.peak_memory(self._pid) - self._in_use) / 1e6,
            gap=gap,
            written=(proc.bytes_written(self._pid) - written) / size,
        )

    def _tidy_up(self) -> None:
        """Nobody waits for a disk that is still busy with what somebody else has saved."""
        for path in self._folder.iterdir():
            with suppress(FileNotFoundError):
                path.unlink()
        os.sync()


@contextmanager
def serving(names: Collection[str]) -> Iterator[dict[str, Server]]:
    """A server for each name, all with the same app, until the block ends. A quick run has one for all of them."""
    with TemporaryDirectory(prefix="bench-uploads-") as folder, ExitStack() as stack:
        servers = [stack.enter_context(_server(Path(folder))) for _ in range(load(len(names), 1))]
        for server in servers:
            get(server.port, "/loop")  # it has started
        yield dict(zip(names, itertools.cycle(servers), strict=False))


@contextmanager
def _server(folder: Path) -> Iterator[Server]:
    # It listens already, so that whoever connects waits until the server has started.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port, number = listener.getsockname()[1], listener.fileno()
        process = start("benchmarks.uploads.server", str(number), folder=folder, pass_fds=[number])
    try:
        yield Server(process, port, folder)
    finally:
        process.kill()  # a server whose threads wait for clients would not end otherwise
        process.wait()


def start(module: str, *arguments: str, folder: Path, **options: Any) -> subprocess.Popen[bytes]:
    """Run a module in a process that keeps its temporary files in `folder`."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    environment = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": path}
    return subprocess.Popen([sys.executable, "-m", module, *arguments], env=environment, **options)
