"""Big projects, and sources that are big in one way only: memory is bounded, and work grows as the code does.

`FC_SCAN_FILES=20000` scans a larger project.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from fastapi_convert.scan import Report, Settings, scan
from tests.scan.big_tree import FILES_OF_A_FEATURE, grow_application

FILES = int(os.environ.get("FC_SCAN_FILES", "3300"))
WIDE = 10_000
#: The others cost more for each, and show the same with fewer.
ALSO_WIDE = 3_000
NEIGHBOUR = "import time\n\n\nasync def neighbour():\n    time.sleep(1)\n"

MEASURED = """\
import json, resource, sys
from fastapi_convert.scan import Settings, scan
report = scan([sys.argv[1]], Settings(cache=False))
unit = 1 if sys.platform == "darwin" else 1024
used = [resource.getrusage(who).ru_maxrss * unit for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(json.dumps([report.stats.files, report.stats.async_functions, report.summary, len(report.warnings), used]))
"""


def scanned(folder: Path) -> Report:
    return scan([folder], Settings(cache=False, processes=1))


def test_a_project_of_thousands_of_files_is_scanned_in_bounded_memory(tmp_path: Path) -> None:
    """Everything in it is found; neither the scan nor a worker needs more than a small part of a machine."""
    features = FILES // FILES_OF_A_FEATURE
    grow_application(tmp_path, features)
    # A process takes over the peak of the one that starts it: so a small one does.
    command = ["/bin/sh", "-c", '"$@"; exit $?', "sh", sys.executable, "-P", "-c", MEASURED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=55 + FILES / 50)
    assert (done.returncode, done.stderr) == (0, "")
    files, functions, summary, warnings, (used, worker) = json.loads(done.stdout)
    assert files >= FILES
    assert (functions, summary, warnings) == (2 * features, {"FC103": features}, 0)
    assert used < 100e6 + FILES * 30e3
    assert worker < 150e6


# How much is done, counted and not timed: lines of ours that run, on one project and on one four times as large.


def lines_run(act: Callable[[], object]) -> int:
    """The lines of Python that run in this thread."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("setting", ["as it is", "with a baseline and rules"])
def test_the_work_grows_as_the_project_does(tmp_path: Path, setting: str) -> None:
    """Four times the files are four times the lines that run, and not sixteen times."""
    from fastapi_convert.scan._baseline import Baseline
    from fastapi_convert.scan.reports import github_report, json_report, sarif_report, text_report
    from fastapi_convert.scan.settings import PathRule

    def whole(folder: Path) -> None:
        settings = Settings(cache=False, processes=1)
        if setting != "as it is":
            Baseline.empty(tmp_path / "known.json", folder).updated(scan([folder], settings).findings).write()
            rules = (PathRule("app/feature_1/**", ("FC101",)), PathRule("**/routes.py", level="all"))
            settings = Settings(cache=False, processes=1, baseline=tmp_path / "known.json", per_path=rules)
        report = scan([folder], settings)
        for write in (json_report, sarif_report):
            write(report)
        for told in (text_report, github_report):
            list(told(report))

    small, large = (grow_application(tmp_path / str(features), features) for features in (4, 16))
    whole(small)  # what is loaded and learnt once
    few, many = lines_run(lambda: whole(small)), lines_run(lambda: whole(large))
    assert few > 5_000
    assert many < 4.4 * few


def shapes(count: int) -> dict[str, str]:
    """Sources that are large in one way only, and that block once in `view`."""
    numbers = range(count)
    sleep = "    time.sleep(1)\n"
    view = "\n\nasync def view():\n    "
    return {
        "a ring of functions": "".join(f"def f{n}():\n    f{(n + 1) % count}()\n\n\n" for n in numbers)
        + f"def g():\n{sleep}{view}f0()\n    g()\n",
        "a ring of coroutines": "".join(f"async def f{n}():\n    await f{(n + 1) % count}()\n\n\n" for n in numbers)
        + f"async def view():\n    await f0()\n{sleep}",
        "branches": "async def view(x):\n"
        + "".join(f"    if x == {n}:\n        y{n % 20} = {n}\n" for n in numbers)
        + sleep,
        "cases": "async def view(x):\n    match x:\n"
        + "".join(f"        case {n}:\n            y = {n}\n" for n in numbers)
        + sleep,
        "methods": "class A:\n"
        + "".join(f"    def m{n}(self):\n        self.a{n} = {n}\n        self.m{n + 1}()\n\n" for n in numbers)
        + f"    def m{count}(self):\n        pass\n\n    def last(self):\n    {sleep}{view.replace('()', '(a: A)')}"
        + "a.m0()\n    a.last()\n",
        "a table of functions": "".join(f"def f{n}():\n    return {n}\n\n\n" for n in numbers)
        + f"def g():\n{sleep}\n\nTABLE = {{"
        + ", ".join(f"{n}: f{n}" for n in numbers)
        + f"}}\n{view.replace('()', '(x)')}TABLE[x]()\n    g()\n",
        "statements": f"async def view(x):\n{sleep}" + "".join(f"    x.a{n % 50}({n})\n" for n in numbers),
        "arguments": f"async def view(x):\n{sleep}    x(" + ", ".join(f"k{n}={n}" for n in numbers) + ")\n",
        "parameters": f"def f({', '.join(f'p{n}' for n in numbers)}):\n{sleep}{view}f(*range(9))\n",
        "decorators": "def d(f):\n    return lambda *a: f(*a)\n\n\n"
        + "@d\n" * (count // 5)
        + f"def f():\n    pass\n{view}time.sleep(1)\n    f()\n",
        "classes": "".join(f"class C{n}:\n    x = {n}\n\n    def f(self):\n        pass\n\n\n" for n in numbers)
        + f"async def view():\n{sleep}    C7().f()\n",
        "a class with thousands of bases": "".join(f"class C{n}:\n    pass\n\n\n" for n in numbers)
        + f"class A({', '.join(f'C{n}' for n in numbers)}):\n    pass\n\n\nasync def view(a: A):\n{sleep}    a.f()\n",
        "suppressions": "".join(f"x = {n}  # fastapi-convert: ignore[FC101]\n" for n in range(count // 10))
        + f"{view}time.sleep(1)\n",
    }


@pytest.mark.parametrize("shape", [*shapes(2)])
def test_what_is_wide_is_scanned_to_its_end(tmp_path: Path, shape: str) -> None:
    """Thousands of one thing in one file: what blocks there is found."""
    source = shapes(WIDE if shape in {"a ring of functions", "branches"} else ALSO_WIDE)[shape]
    (tmp_path / "app.py").write_text(f"import time\n\n\n{source}")
    report = scanned(tmp_path)
    assert [finding.async_function.name for finding in report.findings] == ["view"]
    assert len(report.warnings) == (ALSO_WIDE // 10 if shape == "suppressions" else 0)


@pytest.mark.parametrize("shape", [*shapes(2)])
def test_the_work_grows_as_a_file_does(tmp_path: Path, shape: str) -> None:
    """Four times the things are four times the lines that run."""
    counts = []
    for count in (50, 200):
        (tmp_path / "app.py").write_text(f"import time\n\n\n{shapes(count)[shape]}")
        scanned(tmp_path)
        counts.append(lines_run(lambda: scanned(tmp_path)))
    assert counts[1] < 4.6 * counts[0]


def test_functions_that_share_much_are_told_each(tmp_path: Path) -> None:
    """A helper that blocks a hundred times, below two hundred functions: one finding each, and each evaluated once."""
    helper = "def helper():\n" + "".join(f"    time.sleep({n})\n" for n in range(100))
    views = "".join(f"\n\nasync def view_{n}():\n    helper()\n" for n in range(200))
    (tmp_path / "app.py").write_text(f"import time\n\n\n{helper}{views}")
    found = Counter(finding.async_function.name for finding in scanned(tmp_path).findings)
    assert len(found) == 200
    assert set(found.values()) == {100}


def test_a_scan_frees_what_it_took(tmp_path: Path) -> None:
    """One after the other needs no more than one, in the process of a test run or an editor."""
    grow_application(tmp_path, 10)
    sizes = []
    for _ in range(4):
        scanned(tmp_path)
        gc.collect()
        sizes.append(len(gc.get_objects()))
    assert sizes[-1] - sizes[1] < 500
    assert gc.isenabled()


def test_the_limit_of_recursion_is_put_back(tmp_path: Path) -> None:
    """Whatever the scan needed."""
    (tmp_path / "app.py").write_text(NEIGHBOUR)
    before = sys.getrecursionlimit()
    scanned(tmp_path)
    assert sys.getrecursionlimit() == before


def test_progress_of_a_big_tree_is_told_often_and_to_its_end(tmp_path: Path) -> None:
    """It never goes back."""
    grow_application(tmp_path, 30)
    told: list[tuple[int, int]] = []
    report = scan([tmp_path], Settings(cache=False), on_progress=lambda done, of: told.append((done, of)))
    assert told == sorted(told)
    assert told[-1] == (report.stats.files, report.stats.files)
    assert len(told) >= report.stats.files / 64
