"""What else a scan meets: waiting, levels, libraries; and what a finding tells of the way to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from fastapi_convert.scan import Settings, scan
from fastapi_convert.scan.findings import Report
from tests.scan.probe import Probe, check, probe_from, probes

ROUTED = """\
import time
from contextlib import asynccontextmanager

from fastapi import APIRouter, Depends, FastAPI
from starlette.middleware.base import BaseHTTPMiddleware


@asynccontextmanager
async def lifespan(app):
    time.sleep(1)
    yield


app = FastAPI(lifespan=lifespan)
router = APIRouter(prefix="/users")


async def user():
    time.sleep(1)


@router.get("/{user_id}")
async def read(user_id: int, user=Depends(user)):
    time.sleep(1)


@app.websocket("/ws")
async def chat(socket):
    time.sleep(1)


@app.middleware("http")
async def timing(request, call_next):
    time.sleep(1)


class Limiter(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        time.sleep(1)


async def added():
    time.sleep(1)


async def helper():
    time.sleep(1)


router.add_api_route("/added", added, methods=["POST"])
app.include_router(router)
"""


def _scan(folder: Path) -> Report:
    return scan([folder], Settings(cache=False, processes=1))


@probes("more/waiting.md")
def test_waiting_is_told_from_asking(probe: Probe, tmp_path: Path) -> None:
    """`shutdown(wait=False)`, `get_nowait`, a future's result and a task's."""
    check(probe, tmp_path)


@probes("more/levels.md")
def test_noise_is_kept_apart(probe: Probe, tmp_path: Path) -> None:
    """Metadata of files only at the level `all`."""
    check(probe, tmp_path)


@probes("more/libraries.md")
def test_types_of_libraries_are_known_although_none_is_installed(probe: Probe, tmp_path: Path) -> None:
    """Drivers, mappers, kits of the cloud, and the standard library."""
    check(probe, tmp_path)


@pytest.mark.parametrize(
    "name, route",
    [
        ("lifespan", "lifespan"),
        ("user", "dependency"),
        ("read", "GET /users/{user_id}"),
        ("chat", "WEBSOCKET /ws"),
        ("timing", "middleware"),
        ("Limiter.dispatch", "middleware"),
        ("added", "POST /users/added"),
        ("helper", ""),
    ],
)
def test_a_finding_names_the_route(name: str, route: str, tmp_path: Path) -> None:
    """The reader knows his application by its routes."""
    report = _scan(probe_from(ROUTED).write(tmp_path))
    assert [f.async_function.route for f in report.findings if f.async_function.name == name] == [route]


def test_a_finding_tells_the_way(tmp_path: Path) -> None:
    """The call sites from the async function down to the blocking call, each with its file and line."""
    sources = {
        "shop/db.py": "import requests\n\n\nclass Repo:\n    def load(self):\n        return requests.get('x')\n",
        "shop/views.py": (
            "from shop.db import Repo\n\n\ndef helper():\n    return Repo().load()\n\n\n"
            "class View:\n    @property\n    def all(self):\n        return helper()\n\n"
            "    async def get(self):\n        return self.all\n"
        ),
    }
    (finding,) = _scan(probe_from(sources).write(tmp_path)).findings
    top = finding.async_function
    assert (top.path, top.line, top.name) == ("shop/views.py", 13, "View.get")
    assert [(step.path, step.line, step.name) for step in finding.chain] == [
        ("shop/views.py", 14, "View.all"),
        ("shop/views.py", 11, "helper"),
        ("shop/views.py", 5, "Repo.load"),
        ("shop/db.py", 6, "requests.get"),
    ]
    blocking = finding.blocking
    assert (blocking.path, blocking.line, blocking.column, blocking.call) == ("shop/db.py", 6, 16, "requests.get")
    assert (finding.code, finding.level, finding.replacement) == ("FC102", "error", "httpx.AsyncClient.get")


def test_the_line_of_a_decorated_function_is_the_line_of_its_def(tmp_path: Path) -> None:
    """Not the line of its first decorator."""
    source = "import time\n\n\n@one\n@two(\n    3,\n)\nasync def view():\n    time.sleep(1)\n"
    (finding,) = _scan(probe_from(source).write(tmp_path)).findings
    assert finding.async_function.line == 8


def test_results_do_not_depend_on_the_order_of_the_paths(tmp_path: Path) -> None:
    """Files that import each other, scanned forwards, backwards and twice."""
    sources = {f"m{n}.py": f"import time\nimport m{(n + 1) % 5} as other\n\n\n{_ring(n)}" for n in range(5)}
    folder = probe_from(sources).write(tmp_path)
    paths = [folder / name for name in sources]
    reports = [_findings(order) for order in (paths, paths[::-1], paths)]
    assert reports[0]
    assert reports[0] == reports[1] == reports[2]


def _ring(number: int) -> str:
    body = "time.sleep(1)" if number == 0 else "other.step()"
    return f"def step():\n    {body}\n\n\nasync def view{number}():\n    step()\n"


def _findings(paths: Iterable[Path]) -> tuple[object, ...]:
    return scan(list(paths), Settings(cache=False, processes=1)).findings


def test_a_comment_hides_a_finding_and_a_stale_one_is_told(tmp_path: Path) -> None:
    """Hidden findings are counted; a comment that hides nothing is a warning at its line."""
    source = (
        "import time\n\n\nasync def view():\n"
        "    time.sleep(1)  # fastapi-convert: ignore[FC101] a test\n"
        "    print(1)  # fastapi-convert: ignore[FC101] nothing here\n"
    )
    report = _scan(probe_from(source).write(tmp_path))
    assert (report.findings, report.stats.suppressed) == ((), 1)
    assert [(warned.path, warned.line) for warned in report.warnings] == [("app.py", 6)]
