"""Behind a real server: processes end with it however it ends, reload works, clients that go away leave nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Literal

import httpx2
import psutil
import pytest

from tests.support.server import serve
from tests.support.waiting import wait_until

APP = "tests.offloading.served_app:app"


def get(url: str) -> httpx2.Response:
    return httpx2.get(url, timeout=20)


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_processes_serve_and_end_with_a_graceful_shutdown(loop: Literal["asyncio", "uvloop"]) -> None:
    """SIGTERM: the lifespan closes the pool, nothing is left."""
    with serve(APP, loop=loop) as server:
        pids = {get(f"{server.url}/compute").json() for _ in range(4)}
        assert server.pid not in pids
        server.terminate()
        logs = server.logs()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert "Traceback" not in logs


def test_processes_die_with_a_server_that_is_killed() -> None:
    """SIGKILL: nobody can clean up, and yet no process goes on, not even one that is computing."""
    with serve(APP) as server:
        pid = get(f"{server.url}/compute").json()
        with pytest.raises(httpx2.TimeoutException):
            httpx2.get(f"{server.url}/compute?seconds=60", timeout=0.5)
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not psutil.pid_exists(pid), timeout=10)
        server.terminate()


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_client_that_goes_away_closes_its_stream(loop: Literal["asyncio", "uvloop"]) -> None:
    """In the middle of an endless body: the generator is closed, its thread is free."""
    with serve(APP, loop=loop) as server:
        for _ in range(3):
            with httpx2.stream("GET", f"{server.url}/lines", timeout=20) as response:
                assert next(response.iter_lines()) == "line"
        wait_until(lambda: get(f"{server.url}/state").json() == {"closed": 3, "running": 0}, timeout=10)


def test_it_works_under_reload(tmp_path: Path) -> None:
    """A changed file: a new server with new processes, the old ones are gone."""
    source = "from tests.offloading.served_app import app\napp.version = '{version}'\n"
    source += "app.get('/version')(lambda: app.version)\n"
    module = tmp_path / "reloaded.py"
    module.write_text(source.format(version="one"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "reloaded:app", "--port", str(port), "--reload", "--app-dir", "."]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])}
    reloader = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: version(port) == "one", timeout=20)
        old = get(f"http://127.0.0.1:{port}/compute").json()
        module.write_text(source.format(version="two"))
        wait_until(lambda: version(port) == "two", timeout=20)
        new = get(f"http://127.0.0.1:{port}/compute").json()
        assert new != old
        wait_until(lambda: not psutil.pid_exists(old))
    finally:
        reloader.terminate()
        reloader.wait(20)
    wait_until(lambda: not psutil.pid_exists(new))


def version(port: int) -> str | None:
    try:
        return str(get(f"http://127.0.0.1:{port}/version").json())
    except httpx2.TransportError:
        return None


def test_a_forked_worker_starts_processes_of_its_own() -> None:
    """What gunicorn's --preload does: the app is imported and used, then the workers are forked."""
    script = """
import asyncio, os
from fastapi_convert import ProcessPool
cpu = ProcessPool("forked", processes=1)
async def ask():
    return await cpu.run(os.getpid)
async def main():
    return await ask()
mine = asyncio.run(main())
for _ in range(2):
    pid = os.fork()
    if pid == 0:
        theirs = asyncio.run(main())
        os._exit(7 if theirs not in (mine, os.getpid(), os.getppid()) else 8)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
assert asyncio.run(main()) != os.getpid()
"""
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root / "src")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=50, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
