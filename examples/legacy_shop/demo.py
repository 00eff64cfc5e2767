"""Scans the shop before and after, runs both under the same load, and prints side by side what was seen.

    python examples/legacy_shop/demo.py             takes about half a minute
    SERVE=1 python examples/legacy_shop/demo.py     then leaves the `after` app running, to try it at /docs

DEMO_CLIENTS and DEMO_REQUESTS change the load, DEMO_CSV_MB the size of the upload.
"""

from __future__ import annotations

import difflib
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import httpx

# Run by its path, a script finds only its own folder; the package `examples` lies two above it.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from examples.legacy_shop import crash, scanned
from examples.legacy_shop.load import Figures, drive
from examples.legacy_shop.seed import PRODUCTS, seed
from examples.legacy_shop.servers import ROOT, NotServingError, serving
from examples.legacy_shop.table import ROWS, UPLOAD_ROWS, Row, bold, duration, megabytes, table, times
from examples.legacy_shop.upload import upload

CLIENTS = int(os.environ.get("DEMO_CLIENTS", "40"))
REQUESTS = int(os.environ.get("DEMO_REQUESTS", "120"))
CSV_MB = float(os.environ.get("DEMO_CSV_MB", "80"))


@dataclass(frozen=True)
class Scenario:
    """One load that is put on two apps; add another to SCENARIOS to have its table printed too."""

    title: str
    doing: str
    before: str
    after: str
    load: Callable[[str], Figures]
    verdict: Callable[[Figures, Figures], str]
    rows: Sequence[Row]

    @property
    def changed_lines(self) -> int:
        """How many lines are new or different in the app after."""
        before, after = (_source(app).splitlines() for app in (self.before, self.after))
        return sum(line.startswith("+ ") and line.strip() != "+" for line in difflib.ndiff(before, after))


def _source(app: str) -> str:
    module = app.partition(":")[0].split(".")
    return ROOT.joinpath(*module).with_suffix(".py").read_text(encoding="utf-8")


def shop_mix(requests: int) -> list[str]:
    """Mostly product pages (SQLite, then HTTP), some searches and price lists, and now and then a sales report."""
    return [_shop_path(number) for number in range(requests)]


def _shop_path(number: int) -> str:
    if number % 60 == 3:
        return "/reports/sales"
    if number % 6 == 5:
        return "/prices"
    if number % 6 == 2:
        return "/products?text=Trail"
    return f"/products/P-{1000 + number % PRODUCTS}"


def _shop_verdict(before: Figures, after: Figures) -> str:
    """Put into words what the figures say."""
    speed = before.seconds / after.seconds
    faster = f"{times(speed)} faster" if speed > 1.05 else "no faster"
    return (
        f"The same legacy/shop.py, {before.requests} equal answers, "
        f"{SHOP.changed_lines} lines of the app changed: {faster},\n"
        f"and the longest wait for /health went from {duration(before.health_max)} to {duration(after.health_max)}."
    )


def _upload_verdict(before: Figures, after: Figures) -> str:
    """Put into words what the figures say."""
    return (
        f"The same legacy/orders.py, the same answer, {UPLOAD.changed_lines} lines of the app changed: "
        f"{megabytes(after.memory)} of memory instead of {megabytes(before.memory)},\n"
        f"and the longest wait for /health went from {duration(before.health_max)} to {duration(after.health_max)}."
    )


SHOP = Scenario(
    title=f"A legacy shop: {REQUESTS} requests from {CLIENTS} clients",
    doing=f"serving {REQUESTS} requests",
    before="examples.legacy_shop.before.shop:app",
    after="examples.legacy_shop.after.shop:app",
    load=lambda address: drive(address, shop_mix(REQUESTS), CLIENTS),
    verdict=_shop_verdict,
    rows=ROWS,
)
UPLOAD = Scenario(
    title=f"A CSV upload of {CSV_MB:g} MB: pd.read_csv(file.file) in async def, then file.run(process_file)",
    doing=f"taking {CSV_MB:g} MB of CSV",
    before="examples.legacy_shop.before.uploads:app",
    after="examples.legacy_shop.after.uploads:app",
    load=lambda address: upload(address, CSV_MB),
    verdict=_upload_verdict,
    rows=UPLOAD_ROWS,
)
SCENARIOS = [SHOP, UPLOAD]
REPORTS_BEFORE = "examples.legacy_shop.before.reports:app"
REPORTS_AFTER = "examples.legacy_shop.after.reports:app"


def main() -> int:
    """Run every scenario; return the exit code."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, _leave)
    print("A scan tells what blocks. Then one untouched legacy module is served twice: before (async def calls it")
    print(f"directly) and after (offload runs it), to {CLIENTS} clients at once. Another takes a large upload, twice,")
    print("and a kill -9 hits reports that take their time, twice. All servers and data are temporary. This takes")
    print("about half a minute.\n")
    try:
        with tempfile.TemporaryDirectory(prefix="legacy-shop-") as folder:
            return _run(Path(folder))
    except (NotServingError, httpx.HTTPError) as error:
        print(f"\nFailed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; every process and file of the demo is gone.")
        return 130


def _run(folder: Path) -> int:
    results = [show_scan()]
    env = seed(folder)
    with serving("examples.legacy_shop.warehouse:app", env) as warehouse:
        env["SHOP_WAREHOUSE_URL"] = warehouse
        env["SHOP_JOBS"] = str(folder / "jobs.db")
        results += [_compare(scenario, env) for scenario in SCENARIOS]
        results.append(_crash(env))
        if all(results) and os.environ.get("SERVE"):
            _stay(SHOP.after, env)
    return 0 if all(results) else 1


def show_scan() -> bool:
    """Show what blocks in both apps, found without running them; return whether the app after is free of it."""
    before, after = scanned.scan_both()
    title = "fastapi-convert scan: what blocks the event loop, found without running anything"
    print(f"{bold(title)}\n\n{scanned.table(before, after)}\n")
    if after.findings or not before.findings:
        print("Failed: scan should find blocking calls before, and none after.\n")
        return False
    print("Loops of your own are in no table of calls: of the sales report, scan finds the query, and not the half")
    print("second of pure Python after it. The yearly reports block nothing: a background task that is a plain def")
    print("runs on a thread.\n")
    return True


def _compare(scenario: Scenario, env: dict[str, str]) -> bool:
    """Drive both apps, print the table and the verdict; return whether all went well."""
    sides = [("before", scenario.before), ("after", scenario.after)]
    before, after = (_measure(scenario, name, app, env) for name, app in sides)
    wrong = problem(before, after)
    print(f"\n{bold(scenario.title)}\n\n{table(before, after, scenario.rows)}\n")
    print(f"Failed: {wrong}\n" if wrong else f"{scenario.verdict(before, after)}\n")
    return wrong is None


def _measure(scenario: Scenario, name: str, app: str, env: dict[str, str]) -> Figures:
    print(f"  {name:<7} {scenario.doing} ...", end="", flush=True)
    with serving(app, env) as address:
        figures = scenario.load(address)
    print(f" done in {duration(figures.seconds)}")
    return figures


def _crash(env: dict[str, str]) -> bool:
    """Kill both servers in the middle of their reports; return whether the app after has lost nothing."""
    # What a killed server leaves behind goes with this folder. Its path is short: sockets will be in it.
    with tempfile.TemporaryDirectory(prefix="s-") as scratch:
        before, after = _crash_both({**env, "TMPDIR": scratch})
    title = f"A kill -9 in the middle of {crash.REPORTS} reports: BackgroundTasks, then jobs"
    print(f"\n{bold(title)}\n\n{crash.table(before, after)}\n")
    if after.right != after.accepted:
        print(f"Failed: {after.accepted} reports were accepted, and {after.right} are there.\n")
        return False
    print("The same legacy/reports.py. 202 means it runs: what was under way has run again, from its beginning.\n")
    return True


def _crash_both(env: dict[str, str]) -> list[crash.Aftermath]:
    found = []
    for name, app in (("before", REPORTS_BEFORE), ("after", REPORTS_AFTER)):
        print(
            f"  {name:<7} accepting {crash.REPORTS} reports, kill -9 in the middle, starting again ...",
            end="",
            flush=True,
        )
        found.append(crash.crash(app, env))
        print(f" {found[-1].finished} of {crash.REPORTS} finished")
    return found


def problem(before: Figures, after: Figures) -> str | None:
    """Say what is wrong with the answers, if anything is."""
    for error in before.errors + after.errors:
        return f"{len(before.errors)} errors before, {len(after.errors)} after; the first: {error}"
    different = [path for path, answers in before.answers.items() if answers != after.answers.get(path)]
    if different:
        return f"the answers differ for {', '.join(different[:3])}"
    return None


def _stay(app: str, env: dict[str, str]) -> None:
    """Leave the app running until Ctrl-C."""
    with serving(app, env) as address:
        print(f"\nThe after app keeps running until Ctrl-C: {bold(f'{address}/docs')}", flush=True)
        signal.pause()


def _leave(signum: int, frame: FrameType | None) -> None:
    """Treat a request to terminate like Ctrl-C, so that everything is cleaned up."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
