"""A real uvicorn in a process of its own, on a port that was free: `with serve("package.module:app") as server:`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from tests.support.waiting import wait_until

__all__ = ("Server", "serve")

ROOT = Path(__file__).parents[2]
START_TIMEOUT = 20.0
STOP_TIMEOUT = 10.0


class Server:
    """A running uvicorn: where it listens, what it printed, how to end it."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, output: IO[bytes]) -> None:
        self._process = process
        self._output = output
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.pid = process.pid

    def logs(self) -> str:
        """All that the server wrote to stdout and stderr so far."""
        self._output.flush()
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    def terminate(self, timeout: float = STOP_TIMEOUT) -> int:
        """Ask for a graceful end, insist after `timeout` seconds, and give the exit code (negative: the signal)."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def is_ready(self) -> bool:
        """Whether it takes connections. A server that ended instead fails at once, with its logs."""
        if self._process.poll() is not None:
            raise AssertionError(
                f"the server ended with {self._process.returncode} before it was ready:\n{self.logs()}"
            )
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def serve(
    app: str,
    *,
    loop: Literal["asyncio", "uvloop"] = "asyncio",
    http: Literal["auto", "h11", "httptools"] = "auto",
    grace: int = 5,
    factory: bool = False,
    env: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run `app` ("module:attribute") under uvicorn until the block ends.

    Args:
        app: The import string of an app, or of a function that makes one (`factory=True`). Give a factory what it
            needs through `env`.
        loop: The event loop of the server.
        http: What parses its requests; uvicorn's own choice by default.
        grace: Seconds that requests have to end in after SIGTERM.
        factory: Whether `app` names a function.
        env: Additions to the environment of the server.
    """
    # Bound here and handed over, so nobody can take the port in between. It is the child who listens: until its
    # start-up has ended, connections are refused.
    with tempfile.TemporaryFile() as output, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        options = ["--loop", loop, "--http", http, "--grace", str(grace), *(["--factory"] if factory else [])]
        server = Server(_start([app, *options], listener, output, env or {}), listener.getsockname()[1], output)
        listener.close()
        try:
            wait_until(server.is_ready, timeout=START_TIMEOUT, message="the start of the server")
            yield server
        finally:
            server.terminate()


def _start(
    arguments: list[str], listener: socket.socket, output: IO[bytes], env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.serve_app", *arguments, "--fd", str(listener.fileno())],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **env},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        pass_fds=[listener.fileno()],
    )
