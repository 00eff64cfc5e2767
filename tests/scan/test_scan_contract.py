"""The contract of the scan, from a tree of sources to what a program, a service or a person is given."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fastapi_convert.mapping import CATEGORIES
from fastapi_convert.scan import Finding, Report, ScanError, Settings, Stats, Step, scan
from fastapi_convert.scan.__main__ import main
from tests.scan.sarif_shape import faults

SOURCES = {
    "shop/__init__.py": "",
    "shop/db/__init__.py": "",
    "shop/db/repo.py": """\
import sqlite3


class Repo:
    def __init__(self, path: str) -> None:
        self.connection = sqlite3.connect(path)

    def load(self, key: int):
        return (
            self.connection
            .execute("select ?", (key,))
        )
""",
    "shop/service.py": """\
import time

from .db.repo import Repo


def load_user(repo: Repo, key: int):
    return repo.load(key)


def wait(): time.sleep(1); return 2
""",
    "main.py": """\
from fastapi import FastAPI

from shop.db.repo import Repo
from shop.service import load_user, wait

app = FastAPI()


@app.get(
    "/users/{key}",
)
async def read_user(key: int, repo: Repo):
    user = load_user(repo, key)
    return user


class Later:
    async def run(self):
        wait()
""",
}
CLEAN = "import asyncio\n\n\nasync def view():\n    await asyncio.sleep(1)\n"
TOP_KEYS = {"version", "findings", "warnings", "stats"}
FINDING_KEYS = {"code", "level", "message", "replacement", "async_function", "chain", "blocking"}
STATS_KEYS = {
    "files", "functions", "async_functions", "suppressed", "cached", "seconds", "findings", "by_code",
}  # fmt: skip


def grow(folder: Path, sources: Mapping[str, str] = SOURCES) -> Path:
    for path, source in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(source)
    return folder


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that blocks, and another folder as the current one."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return grow(tmp_path / "project")


class Command:
    """The command in this process: what it wrote, and its exit code."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.err = ""
        self.code: int | None = None

    def __call__(self, *arguments: str | Path) -> str:
        self.code = main(["--no-cache", *map(str, arguments)])
        said, self.err = self._capsys.readouterr()
        return said


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """`python -m fastapi_convert.scan`."""
    return Command(capsys)


def document(command: Command, *arguments: str | Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(command(*arguments, "--format", "json"))
    return read


# JSON


def test_the_objects_of_the_document_have_the_keys_of_the_contract(command: Command, tree: Path) -> None:
    """No more and no less, in every object, whatever the finding is."""
    read = document(command, tree, "--level", "all")
    assert read.keys() == TOP_KEYS
    assert read["stats"].keys() == STATS_KEYS
    assert len(read["findings"]) == 2
    for finding in read["findings"]:
        assert finding.keys() == FINDING_KEYS
        assert finding["async_function"].keys() == {"path", "line", "name", "route"}
        assert finding["blocking"].keys() == {"path", "line", "column", "call"}
        assert {frozenset(step) for step in finding["chain"]} == {frozenset(("path", "line", "name"))}


def test_values_have_the_kinds_of_the_contract(command: Command, tree: Path) -> None:
    """Texts are texts, numbers are whole and begin with 1, codes and levels are known ones."""
    for finding in document(command, tree, "--level", "all")["findings"]:
        places = [finding["async_function"], finding["blocking"], *finding["chain"]]
        assert all(type(place["line"]) is int and place["line"] >= 1 for place in places)
        assert type(finding["blocking"]["column"]) is int
        assert finding["blocking"]["column"] >= 1
        assert finding["code"] in {category.code for category in CATEGORIES}
        assert finding["level"] in {"error", "warn", "all"}
        assert all(type(finding[key]) is str and finding[key] for key in ("message", "replacement"))


def test_the_chain_goes_from_the_async_function_to_the_blocking_call(command: Command, tree: Path) -> None:
    """Each step is the line of a call: the first stands in the async function, the last one is the call that blocks."""
    load, wait = document(command, tree)["findings"]
    assert load["async_function"] == {
        "path": "main.py", "line": 12, "name": "read_user", "route": "GET /users/{key}",
    }  # fmt: skip
    assert [(step["path"], step["line"], step["name"]) for step in load["chain"]] == [
        ("main.py", 13, "load_user"),
        ("shop/service.py", 7, "Repo.load"),
        ("shop/db/repo.py", 10, "sqlite3.Connection.execute"),
    ]
    assert load["blocking"] == {
        "path": "shop/db/repo.py", "line": 10, "column": 13, "call": "sqlite3.Connection.execute",
    }  # fmt: skip
    assert (load["code"], load["level"]) == ("FC103", "error")
    assert wait["async_function"]["name"] == "Later.run"
    assert [step["line"] for step in wait["chain"]] == [19, 10]
    assert (wait["blocking"]["line"], wait["blocking"]["column"]) == (10, 13)


def test_lines_are_those_that_hold_the_names(command: Command, tree: Path) -> None:
    """Whatever a step or a function is called, its line has its last name; columns are characters of that line."""
    for finding in document(command, tree)["findings"]:
        for place in (finding["async_function"], *finding["chain"]):
            line = (tree / place["path"]).read_text().splitlines()[place["line"] - 1]
            last = place["name"].rpartition(".")[2]
            assert last in line or "self.connection" in line  # a call of several lines begins at its first
        assert finding["chain"][-1]["line"] == finding["blocking"]["line"]
        assert finding["chain"][-1]["path"] == finding["blocking"]["path"]
        assert finding["chain"][-1]["name"] == finding["blocking"]["call"]


@pytest.mark.parametrize(
    "given,prefix",
    [
        (["project"], ""),
        (["project", "project/shop"], ""),
        (["project/main.py", "project/shop"], ""),
        (["project", "elsewhere"], "project/"),
        (["."], "project/"),
    ],
)
def test_paths_begin_at_the_scanned_root(command: Command, tree: Path, given: list[str], prefix: str) -> None:
    """Which is the folder, or the folder that holds all that is named; never where the command runs."""
    read = document(command, *(tree.parent / path for path in given))
    paths = {step["path"] for finding in read["findings"] for step in finding["chain"]}
    assert paths == {f"{prefix}{path}" for path in ("main.py", "shop/service.py", "shop/db/repo.py")}


def test_a_file_that_is_named_has_its_folder_as_the_root(
    command: Command, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the command runs further up, with a path that is relative or has `..` in it."""
    (tree / "shop" / "view.py").write_text("import time\n\n\nasync def view():\n    time.sleep(1)\n")
    monkeypatch.chdir(tree.parent)
    for path in ("project/shop/view.py", "elsewhere/../project/shop/view.py", tree / "shop" / "view.py"):
        (finding,) = document(command, path)["findings"]
        assert finding["async_function"]["path"] == finding["blocking"]["path"] == "view.py"


def test_warnings_have_path_line_and_message(command: Command, tree: Path) -> None:
    """And are no findings: a file that cannot be parsed changes no exit code."""
    (tree / "shop" / "broken.py").write_text("x = 1\ndef (:\n")
    read = document(command, tree, "--ignore", "FC1")
    (warned,) = read["warnings"]
    assert warned.keys() == {"path", "line", "message"}
    assert (warned["path"], warned["line"]) == ("shop/broken.py", 2)
    assert (command.code, command.err) == (0, "")


def test_the_figures_are_those_of_the_tree(command: Command, tree: Path) -> None:
    """Files, functions, findings by code."""
    stats = document(command, tree, "--ignore", "FC103")["stats"]
    assert {key: stats[key] for key in ("files", "functions", "async_functions", "suppressed", "cached")} == {
        "files": 5, "functions": 6, "async_functions": 2, "suppressed": 1, "cached": 0,
    }  # fmt: skip
    assert (stats["findings"], stats["by_code"]) == (1, {"FC101": 1})
    assert 0 <= stats["seconds"] < 60


# Exit codes


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_exit_codes_do_not_depend_on_the_format(command: Command, tree: Path, form: str) -> None:
    """0 when nothing blocks, 1 when something does, 0 again when the user asks for that."""
    command(tree, "--format", form)
    assert command.code == 1
    command(tree, "--format", form, "--exit-zero")
    assert command.code == 0
    command(grow(tree.parent / "clean", {"app.py": CLEAN}), "--format", form)
    assert command.code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["no/such/folder"],
        [".", "--format", "xml"],
        [".", "--level", "loud"],
        [".", "--select", "XX1"],
        [".", "--baseline", "missing.json"],
        [".", "--processes", "0"],
        ["--explain", "FC000"],
    ],
)
def test_what_cannot_run_is_two_and_one_line_of_cure(command: Command, tree: Path, arguments: list[str]) -> None:
    """Nothing on the standard output, no traceback; also with `--exit-zero`, which is about findings."""
    for more in ([], ["--exit-zero"]):
        assert command(*arguments, *more) == ""
        assert command.code == 2
        assert command.err.count("\n") == 1
        assert len(command.err) > 20


# The other formats


def test_sarif_is_valid_and_its_files_exist(command: Command, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its places are found from where the command runs, as the service that reads it knows the repository."""
    monkeypatch.chdir(tree.parent)
    read = json.loads(command("project", "--format", "sarif"))
    assert faults(read) == []
    results = read["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["FC103", "FC101"]
    uris = re.findall(r'"uri": "([^"]+\.py)"', json.dumps(results))
    assert set(uris) == {"project/main.py", "project/shop/service.py", "project/shop/db/repo.py"}
    assert all(Path(uri).is_file() for uri in uris)


def test_github_annotations_stand_in_the_async_function(
    command: Command, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line each: `::error file=...,line=...::message`, at the call that is to be changed."""
    monkeypatch.chdir(tree)
    first, second = command(".", "--format", "github").splitlines()
    assert first.startswith("::error ")
    assert "title=FC103" in first
    assert "file=main.py,line=13" in first
    assert "file=main.py,line=19" in second


def test_text_names_route_chain_code_and_cure(command: Command, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a person needs, with places that an editor opens."""
    monkeypatch.chdir(tree)
    said = command(".")
    for words in (
        "main.py:12", "async def read_user", "GET /users/{key}", "main.py:13", "shop/service.py:7",
        "shop/db/repo.py:10:13", "sqlite3.Connection.execute", "FC103", "2 blocking calls in 2 async functions",
    ):  # fmt: skip
        assert words in said
    assert "\x1b" not in said


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.code)
def test_every_code_is_explained(command: Command, tree: Path, category: Any) -> None:
    """Why it matters, what to do, how to be told no more; nothing is scanned, not even a path that is given."""
    said = command("--explain", category.code.lower(), "no/such/folder")
    assert (command.code, command.err) == (0, "")
    assert category.code in said
    assert f"ignore[{category.code}]" in said
    for part in ("Why it matters", "What to do", "What is known to do so"):
        assert part in said


# From Python


def test_scan_gives_a_report_of_plain_data(tree: Path) -> None:
    """The same findings that the command tells, without any settings."""
    report = scan([tree], Settings(cache=False))
    assert isinstance(report, Report)
    assert isinstance(report.stats, Stats)
    assert all(isinstance(finding, Finding) for finding in report.findings)
    assert all(isinstance(step, Step) for finding in report.findings for step in finding.chain)
    assert [(finding.code, finding.blocking.line) for finding in report.findings] == [("FC103", 10), ("FC101", 10)]
    assert report.summary == {"FC101": 1, "FC103": 1}
    assert report.root == tree
    assert hash(report.findings) == hash(scan([str(tree)], Settings(cache=False)).findings)


@pytest.mark.parametrize("paths", [[], ["no/such/folder"], ["bad\0name"]])
def test_scan_raises_its_own_error_for_what_cannot_run(tree: Path, paths: list[str]) -> None:
    """So that a test of somebody's project fails with the cure."""
    with pytest.raises(ScanError, match="Name"):
        scan(paths, Settings(cache=False))


@pytest.mark.parametrize("level,calls", [("error", {"time.sleep"}), ("all", {"time.sleep", "pathlib.Path.exists"})])
def test_levels_are_what_is_asked_for(command: Command, tree: Path, level: str, calls: set[str]) -> None:
    """Path metadata is noise, and only told with `all`."""
    source = (
        "import time\nfrom pathlib import Path\n\n\n"
        "async def view():\n    time.sleep(1)\n    return Path('x').exists()\n"
    )
    (tree / "main.py").write_text(source)
    read = document(command, tree / "main.py", "--level", level)
    assert {finding["blocking"]["call"] for finding in read["findings"]} == calls


def test_one_function_and_one_call_are_one_finding(command: Command, tree: Path) -> None:
    """However many ways lead there; two calls on one line are two, and so are two functions."""
    source = (
        "import time\n\n\ndef one():\n    time.sleep(1); time.sleep(2)\n\n\ndef two():\n    one()\n\n\n"
        "async def view():\n    one()\n    two()\n    one()\n\n\nasync def other():\n    await view()\n    two()\n"
    )
    (tree / "main.py").write_text(source)
    read = document(command, tree / "main.py")
    found = [(each["async_function"]["name"], each["blocking"]["column"]) for each in read["findings"]]
    assert found == [("view", 5), ("view", 20), ("other", 5), ("other", 20)]
    assert [len(each["chain"]) for each in read["findings"]] == [2, 2, 3, 3]
