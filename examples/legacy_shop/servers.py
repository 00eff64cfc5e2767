"""Runs apps under uvicorn, each in a process of its own, for as long as a `with` block lasts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT, STOP_TIMEOUT = 30.0, 3.0


class NotServingError(RuntimeError):
    """An app did not start, or does not answer."""


@contextmanager
def serving(app: str, env: Mapping[str, str]) -> Iterator[str]:
    """Run the app under uvicorn in its own process; yield its address once it answers."""
    with running(app, env) as (address, _):
        yield address


@contextmanager
def running(app: str, env: Mapping[str, str]) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The same, with the process itself, for who wants to do something to it."""
    # A session of its own: Ctrl-C in the terminal reaches the demo alone, which then stops its servers in order.
    command = [sys.executable, "-m", f"{__package__}.serve", app]
    with subprocess.Popen(
        command,
        env=_environment(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as server:
        try:
            yield _address(app, server), server
        finally:
            _stop(server)


def kill(server: subprocess.Popen[str]) -> None:
    """`kill -9`: the server gets no moment to tidy up."""
    server.kill()
    server.wait()


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Our environment, in which the package is found and no proxy stands between local processes."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **extra}


def _address(app: str, server: subprocess.Popen[str]) -> str:
    """Read the announced port; the first request then waits in the socket's backlog until the app is up."""
    assert server.stdout is not None
    address = f"http://127.0.0.1:{server.stdout.readline().strip()}"
    try:
        httpx.get(f"{address}/health", timeout=START_TIMEOUT, trust_env=False).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise NotServingError(f"{app} did not start ({error}); its own message is above.") from error
    return address


def _stop(server: subprocess.Popen[str]) -> None:
    """Ask politely, then insist: a blocked event loop does not hear."""
    server.terminate()
    try:
        server.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
