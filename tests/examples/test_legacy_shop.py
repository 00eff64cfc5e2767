"""The legacy shop: both apps answer alike, and the demo that compares them runs, tells the truth and cleans up."""

from __future__ import annotations

import csv
import os
import re
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from decimal import Decimal
from math import isnan, nan
from pathlib import Path

import httpx
import pytest

from examples.legacy_shop import crash, demo
from examples.legacy_shop.load import Figures
from examples.legacy_shop.seed import seed
from examples.legacy_shop.servers import ROOT, NotServingError, serving
from examples.legacy_shop.table import UPLOAD_ROWS, table
from examples.legacy_shop.upload import PATH, orders, send, upload

DEMO = ROOT / "examples" / "legacy_shop" / "demo.py"
SMALL_LOAD = {"DEMO_CLIENTS": "4", "DEMO_REQUESTS": "8", "DEMO_CSV_MB": "1"}


@pytest.fixture(scope="module")
def apps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Run the warehouse and both apps; give the addresses of `before` and `after`."""
    env = seed(tmp_path_factory.mktemp("shop"))
    with ExitStack() as stack:
        env["SHOP_WAREHOUSE_URL"] = stack.enter_context(serving("examples.legacy_shop.warehouse:app", env))
        before = stack.enter_context(serving("examples.legacy_shop.before.shop:app", env))
        yield before, stack.enter_context(serving("examples.legacy_shop.after.shop:app", env))


@pytest.mark.parametrize(
    "path,status",
    [
        ("/health", 200),
        ("/products?text=Tent", 200),
        ("/products?text=nothing-like-it", 200),
        ("/products", 422),
        ("/products/P-1000", 200),
        ("/products/P-1199", 200),
        ("/products/P-9999", 404),
        ("/prices", 200),
        ("/reports/sales", 200),
    ],
)
def test_both_apps_answer_alike(apps: tuple[str, str], path: str, status: int) -> None:
    """Status, type and body are the same, byte for byte."""
    before, after = (httpx.get(address + path, trust_env=False, timeout=30) for address in apps)
    assert before.status_code == after.status_code == status
    assert before.headers["content-type"] == after.headers["content-type"]
    assert before.content == after.content


def test_both_apps_have_the_same_api(apps: tuple[str, str]) -> None:
    """Offloading leaves no trace in the schema; only the view of the pools is new."""
    before, after = (httpx.get(f"{address}/openapi.json", trust_env=False).json() for address in apps)
    del after["paths"]["/pools"], after["components"]["schemas"]["PoolStats"]
    assert before == after


def test_pools_are_shown(apps: tuple[str, str]) -> None:
    """The after app tells how busy its pools are."""
    pools = httpx.get(f"{apps[1]}/pools", trust_env=False).raise_for_status().json()
    assert [pool["name"] for pool in pools] == ["db", "http", "cpu"]


@pytest.fixture(scope="module")
def uploads() -> Iterator[tuple[str, str]]:
    """Run both apps that take an upload; give the addresses of `before` and `after`."""
    with (
        serving("examples.legacy_shop.before.uploads:app", {}) as before,
        serving("examples.legacy_shop.after.uploads:app", {}) as after,
    ):
        yield before, after


def test_both_apps_sum_up_an_upload_alike(uploads: tuple[str, str]) -> None:
    """The answer is that of plain Python, byte for byte the same, whether pandas has read it in chunks or not."""
    file = b"".join(orders(4))
    units: Counter[str] = Counter()
    revenue: dict[str, Decimal] = {}
    for row in csv.DictReader(file.decode().splitlines()):
        units[row["sku"]] += int(row["quantity"])
        revenue[row["sku"]] = revenue.get(row["sku"], Decimal()) + int(row["quantity"]) * Decimal(row["price"])
    before, after = (
        httpx.post(address + PATH, files={"file": ("orders.csv", file, "text/csv")}, trust_env=False, timeout=30)
        for address in uploads
    )
    assert before.content == after.content
    expected = [{"sku": sku, "units": units[sku], "revenue": float(revenue[sku])} for sku in sorted(units)]
    assert after.json() == {"uploaded": len(units), "data": expected}


def test_an_upload_is_measured(uploads: tuple[str, str]) -> None:
    """Only the app before writes the file to disk, and all that the tables show was seen."""
    before, after = (upload(address, 4) for address in uploads)
    assert demo.problem(before, after) is None
    if not isnan(before.written):  # Linux counts it
        assert 3.5e6 < before.written < 4.5e6
        assert after.written < 0.1e6
    for figures in (before, after):
        assert figures.seconds >= figures.stall > 0
        assert figures.memory >= 0
        assert figures.health


def test_an_upload_without_a_good_answer_is_an_error(uploads: tuple[str, str]) -> None:
    """The demo says what the app has answered, or that nobody was there."""
    figures = Figures(1)
    send(uploads[1], [b"\x89PNG\r\n\x1a\n"], figures)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        send(f"http://127.0.0.1:{taken.getsockname()[1]}", [b"a,b"], figures)
    refused, nobody = figures.errors
    assert refused.startswith("/upload-csv: 415 ")
    assert "ConnectionRefusedError" in nobody
    assert figures.answers == {}


@pytest.mark.parametrize("app,survivors", [(demo.REPORTS_BEFORE, 0), (demo.REPORTS_AFTER, 3)], ids=["before", "after"])
def test_reports_after_a_kill(tmp_path: Path, app: str, survivors: int) -> None:
    """The app before has forgotten what it had accepted; the jobs have all run, with the right results."""
    found = crash.crash(app, {"SHOP_JOBS": str(tmp_path / "jobs.db"), "SHOP_REPORT_STEP": "0.05"}, 3, patience=0.2)
    assert (found.accepted, found.known, found.finished, found.right) == (3, *[survivors] * 3)
    assert (found.seconds is not None) == (survivors == 3)


def test_a_table_leaves_out_what_was_not_measured() -> None:
    """A system that does not count what a process writes has no such line."""
    figures = Figures(1, seconds=1.0, health=[0.5], memory=5e6, written=80e6)
    unknown = Figures(1, seconds=1.0, health=[0.5], memory=0.0, written=nan)
    assert "written to disk" in table(figures, figures, UPLOAD_ROWS)
    assert "written to disk" not in table(figures, unknown, UPLOAD_ROWS)
    assert re.search(r"memory .* +5 MB +0 MB +5\.0x\n", table(figures, unknown, UPLOAD_ROWS))


@pytest.mark.parametrize(
    "module",
    ["legacy.shop", "before.shop", "legacy.orders", "before.uploads", "legacy.reports", "before.reports"],
)
def test_nothing_of_ours_before(module: str) -> None:
    """Neither the legacy module nor the app before imports fastapi_convert."""
    code = f"import sys, examples.legacy_shop.{module}; sys.exit('fastapi_convert' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True)


def test_demo_end_to_end(tmp_path: Path) -> None:
    """The demo prints both columns and a verdict, succeeds, and leaves neither process nor file."""
    # Every descendant holds stderr, so `communicate` returns only when the last one has gone.
    with _demo(_env(tmp_path)) as process:
        out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (0, b"")
    assert re.search(rb"blocking calls that they reach +12 +0\n", out)
    assert re.search(rb"before +after +better\n", out)
    assert re.search(rb"longest event-loop stall +[\d.]+ m?s +[\d.]+ m?s +[\d.]+x\n", out)
    assert len(re.findall(rb"errors +0 +0\n", out)) == 2
    assert b"8 equal answers, 27 lines of the app changed" in out
    assert re.search(rb"memory that the server took for it +\d+ MB +\d+ MB +[\d.]+x\n", out)
    assert b"the same answer, 7 lines of the app changed" in out
    assert re.search(rb"finished in the end +0 +6\n", out)
    assert re.search(rb"all of them, after the restart +never +[\d.]+ m?s\n", out)
    assert list(tmp_path.iterdir()) == []


def test_demo_interrupted_under_load(tmp_path: Path) -> None:
    """Ctrl-C while the app before is blocked ends everything."""
    with _demo({**_env(tmp_path), "DEMO_REQUESTS": "400"}) as process:
        _read_until(process, r"before  serving")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=50)
    assert (process.returncode, err) == (130, b"")
    assert b"Stopped" in out
    assert list(tmp_path.iterdir()) == []


def test_demo_serves(tmp_path: Path) -> None:
    """SERVE=1 leaves the after app at the printed address, until it is told to stop."""
    with _demo({**_env(tmp_path), "SERVE": "1"}) as process:
        docs = _read_until(process, r"(http://\S+/docs)\s")
        assert httpx.get(docs, trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=50)[1] == b""
    with pytest.raises(httpx.ConnectError):
        httpx.get(docs, trust_env=False)
    assert list(tmp_path.iterdir()) == []


def test_demo_killed_under_load(tmp_path: Path) -> None:
    """Even a demo that is killed leaves no server behind."""
    with _demo({**_env(tmp_path), "DEMO_REQUESTS": "400"}) as process:
        _read_until(process, r"before  serving")
        process.kill()
        process.communicate(timeout=50)


def test_app_that_cannot_start_is_told() -> None:
    """An app that dies while it starts is an error at once, not a wait."""
    missing = serving("examples.legacy_shop.nothing:app", {})
    with pytest.raises(NotServingError, match="nothing:app did not start"), missing:
        pass


def test_different_answers_are_a_failure() -> None:
    """The demo compares what both apps said to the same request."""
    before, after = (Figures(1, answers={"/prices": {body}}) for body in (b"1", b"2"))
    assert demo.problem(before, before) is None
    assert demo.problem(before, after) == "the answers differ for /prices"


def test_errors_are_a_failure() -> None:
    """One request without a good answer is enough to fail."""
    problem = demo.problem(Figures(1), Figures(1, errors=["/prices: 500"]))
    assert problem == "0 errors before, 1 after; the first: /prices: 500"


def _env(folder: Path) -> dict[str, str]:
    return {**os.environ, **SMALL_LOAD, "TMPDIR": str(folder), "SERVE": ""}


def _demo(env: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, DEMO], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _read_until(process: subprocess.Popen[bytes], pattern: str) -> str:
    """Read what the demo prints until it matches; return the match (its group, if it has one)."""
    assert process.stdout is not None
    seen = ""
    while (match := re.search(pattern, seen)) is None:
        chunk = os.read(process.stdout.fileno(), 4096)
        assert chunk, f"The demo ended before it printed {pattern!r}: {seen}"
        seen += chunk.decode()
    return match[match.lastindex or 0]
