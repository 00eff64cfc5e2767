"""The legacy shop, scanned: every call that blocks before is found, none is left after, and the demo says so."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from examples.legacy_shop import demo, scanned
from examples.legacy_shop.servers import ROOT
from fastapi_convert.mapping import Level
from fastapi_convert.scan import Finding, Report, Settings, scan

SHOP = ROOT / "examples" / "legacy_shop"
#: By the app and its route's function: the legacy module and the call in it that blocks.
BLOCKING = {
    ("before/shop.py", "search"): [
        ("legacy/shop.py", "sqlite3.Connection.execute"),
        ("legacy/shop.py", "sqlite3.Cursor.__iter__"),
        ("legacy/shop.py", "sqlite3.connect"),
    ],
    ("before/shop.py", "product_page"): [
        ("legacy/shop.py", "requests.get"),
        ("legacy/shop.py", "sqlite3.Connection.execute"),
        ("legacy/shop.py", "sqlite3.Cursor.fetchone"),
        ("legacy/shop.py", "sqlite3.connect"),
    ],
    ("before/shop.py", "prices"): [("legacy/shop.py", "builtins.open")],
    # Its loops in pure Python block for longer than its query. No table of calls can know them.
    ("before/shop.py", "report"): [
        ("legacy/shop.py", "sqlite3.Connection.execute"),
        ("legacy/shop.py", "sqlite3.Cursor.fetchall"),
        ("legacy/shop.py", "sqlite3.connect"),
    ],
    ("before/uploads.py", "upload_csv"): [("before/uploads.py", "pandas.read_csv")],
    # Nothing of before/reports.py: its background task is a plain `def`, which FastAPI runs on a thread.
}


@pytest.fixture(scope="module")
def both() -> tuple[Report, Report]:
    """What the demo scans: `before` and `after`."""
    return scanned.scan_both()


def test_all_that_the_demo_shows_blocking_is_found(both: tuple[Report, Report]) -> None:
    """Exactly these calls, in the legacy modules that the folder of the apps only imports, all of them for sure."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for finding in both[0].findings:
        top, blocking = finding.async_function, finding.blocking
        calls = found.setdefault((_path(both[0], top.path), top.name), [])
        calls.append((_path(both[0], blocking.path), blocking.call))
    assert {function: sorted(calls) for function, calls in found.items()} == BLOCKING
    assert {finding.level for finding in both[0].findings} == {"error"}
    assert both[0].warnings == ()


def test_every_finding_names_its_route(both: tuple[Report, Report]) -> None:
    """A reader knows the URL that has to wait, without knowing the code."""
    assert {(finding.async_function.name, finding.async_function.route) for finding in both[0].findings} == {
        ("search", "GET /products"),
        ("product_page", "GET /products/{sku}"),
        ("prices", "GET /prices"),
        ("report", "GET /reports/sales"),
        ("upload_csv", "POST /upload-csv"),
    }


@pytest.mark.parametrize("level", ["error", "warn"])
def test_after_is_clean(level: Level) -> None:
    """The converted apps reach the same legacy functions, and none of them on the event loop."""
    report = scan([SHOP / "after"], Settings(level=level, cache=False))
    assert (report.findings, report.warnings) == ((), ())
    assert report.stats.async_functions == 12


def test_one_call_that_is_not_offloaded_is_told(tmp_path: Path) -> None:
    """Clean means looked at: without its `offload`, the price list's file is found again."""
    for side in ("after", "legacy"):
        (tmp_path / "examples" / "legacy_shop" / side).mkdir(parents=True)
        for file in (SHOP / side).glob("*.py"):
            text = file.read_text(encoding="utf-8").replace("await read_prices()", "shop.read_prices()")
            tmp_path.joinpath("examples", "legacy_shop", side, file.name).write_text(text, encoding="utf-8")
    report = scan([tmp_path], Settings(cache=False))
    assert [(each.async_function.name, each.blocking.call) for each in report.findings] == [("prices", "builtins.open")]


@pytest.mark.parametrize("side,code", [("before", 1), ("after", 0)])
def test_the_command_of_the_readme(side: str, code: int) -> None:
    """`fastapi-convert scan` of either folder, from the root of the checkout."""
    command = [sys.executable, "-m", "fastapi_convert.scan", f"examples/legacy_shop/{side}", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    assert ("12 blocking calls in 5 async functions." in done.stdout) == bool(code)


def test_the_demo_lists_what_it_found(both: tuple[Report, Report]) -> None:
    """One line for each call: the route once, the code, the call, and where it is; the lines fit a terminal."""
    lines = scanned.table(*both).splitlines()
    (first,) = (number for number, line in enumerate(lines) if line.startswith("GET /products/{sku}"))
    places = [line.split() for line in lines[first : first + 5]]
    assert [place[-3:-1] for place in places[:4]] == [
        ["FC103", "sqlite3.connect"],
        ["FC103", "sqlite3.Connection.execute"],
        ["FC103", "sqlite3.Cursor.fetchone"],
        ["FC102", "requests.get"],
    ]
    assert [place[:-3] for place in places] == [["GET", "/products/{sku}"], [], [], [], ["GET", "/prices"]]
    path, _, line = places[3][-1].partition(":")
    assert "requests.get(" in SHOP.joinpath(path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
    assert max(map(len, lines)) <= 80


def test_the_demo_fails_when_the_scan_is_wrong(
    both: tuple[Report, Report], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A finding after, or none before, is no success."""
    before, after = both
    for result, good in (((before, after), True), ((before, before), False), ((after, after), False)):
        monkeypatch.setattr(scanned, "scan_both", lambda result=result: result)
        assert demo.show_scan() is good
        assert ("Failed" in capsys.readouterr().out) is not good


def test_a_function_without_a_route_is_named(both: tuple[Report, Report]) -> None:
    """What is no endpoint is shown by its own name."""
    bare = replace(both[0], findings=tuple(map(_without_route, both[0].findings)))
    assert "\nproduct_page         FC103  sqlite3.connect " in scanned.table(bare, both[1])


def _without_route(finding: Finding) -> Finding:
    return replace(finding, async_function=replace(finding.async_function, route=""))


def _path(report: Report, path: str) -> str:
    """From the shop's folder on; reports count from the folder that was scanned."""
    assert report.root is not None
    return Path(report.root, path).resolve().relative_to(SHOP).as_posix()
