"""What a scan says of files that nobody named: chains that lead there, comments and known findings in them, paths."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fastapi_convert.scan import Report, Settings, scan
from fastapi_convert.scan.__main__ import main
from fastapi_convert.scan._baseline import Baseline
from fastapi_convert.scan.reports import from_here, github_report, plain, sarif_report, text_report
from fastapi_convert.scan.settings import PathRule
from tests.scan.sarif_shape import faults
from tests.scan.source_trees import grow

MAIN = "from lib.db import fetch, load\n\nasync def view():\n    load()\n\nasync def other():\n    await fetch()\n"
DB = "import time\n\ndef load():\n    time.sleep(1)\n\nasync def fetch():\n    time.sleep(2)\n"
UNUSED = "\nasync def unused():\n    time.sleep(3)\n"
NO_CACHE = Settings(cache=False)


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service of a repository, with the library that it imports at the top; the current folder is the repository."""
    root = grow(tmp_path / "repository", ".git/HEAD", **{"services/web/main": MAIN, "lib/db": DB + UNUSED})
    monkeypatch.chdir(root)
    return root / "services/web"


def begins(report: Report) -> list[tuple[str, str]]:
    return [(found.async_function.path, found.async_function.name) for found in report.findings]


def scanned(*paths: Path, settings: Settings = NO_CACHE) -> Report:
    return scan(paths, settings)


def results(report: Report) -> Any:
    return json.loads(sarif_report(report))["runs"][0]["results"]


def sarif_uris(report: Report) -> set[str]:
    document = sarif_report(report)
    assert faults(json.loads(document)) == []
    return set(re.findall(r'"uri": "([^"]*)",\n *"uriBaseId"', document))


def test_a_finding_leads_out_of_what_was_named(web: Path) -> None:
    """And only what the named files reach is one: nobody asked for the rest of the library."""
    report = scanned(web)
    assert begins(report) == [("../../lib/db.py", "fetch"), ("main.py", "view")]
    assert [(step.path, step.line) for step in report.findings[1].chain] == [("main.py", 4), ("../../lib/db.py", 4)]
    assert report.warnings == ()
    assert (report.stats.files, report.stats.functions, report.stats.async_functions) == (2, 2, 2)


def test_the_whole_checkout_says_the_same(web: Path) -> None:
    """And more: all of it is asked for."""
    assert begins(scanned(web.parents[1])) == [
        ("lib/db.py", "fetch"),
        ("lib/db.py", "unused"),
        ("services/web/main.py", "view"),
    ]


def test_comments_in_followed_files_hide(web: Path) -> None:
    """At the call, at the function, and for a whole file."""
    db = web.parents[1] / "lib/db.py"
    db.write_text(DB.replace("sleep(1)", "sleep(1)  # fastapi-convert: ignore[FC101] short"))
    assert begins(scanned(web)) == [("../../lib/db.py", "fetch")]
    db.write_text("# fastapi-convert: ignore-file[FC101] short\n" + DB)
    report = scanned(web)
    assert (report.findings, report.stats.suppressed, report.warnings) == ((), 2, ())


def test_only_comments_that_were_asked_for_are_called_stale(web: Path) -> None:
    """Others of the library's users may need them."""
    root = web.parents[1]
    stale, wrong = "x = 1  # fastapi-convert: ignore[FC102] y\n", "z = 1  # fastapi-convert: ignore[FC] y\n"
    (root / "lib/db.py").write_text(stale + wrong + DB)
    grow(web, main=MAIN + stale)
    assert [(warned.path, warned.line) for warned in scanned(web).warnings] == [("main.py", 8)]
    assert [(warned.path, warned.line) for warned in scanned(root).warnings] == [
        ("lib/db.py", 1),
        ("lib/db.py", 2),
        ("services/web/main.py", 8),
    ]
    grow(web, near=stale, main="import near")
    assert scanned(web / "main.py").warnings == ()
    assert [warned.path for warned in scanned(web / "main.py", web / "near.py").warnings] == ["near.py"]


def test_one_baseline_serves_every_scan_of_the_checkout(web: Path) -> None:
    """What lies beside the root has one name, from wherever it is seen."""
    root = web.parents[1]
    path = root / "blocking.json"
    Baseline.empty(path, root).updated(scanned(root).findings).write()
    settings = Settings(cache=False, baseline=path)
    for paths in ((root,), (web,), (web / "main.py",), (web, root / "lib")):
        report = scanned(*paths, settings=settings)
        assert (report.findings, report.warnings) == ((), ())
    Baseline.empty(path, web).updated(scanned(web).findings).write()
    assert begins(scanned(root, settings=settings)) == [("lib/db.py", "unused")]


@pytest.mark.parametrize("pattern", ["lib/**", "db.py"])
def test_rules_for_paths_count_from_the_folder_of_the_configuration(web: Path, pattern: str) -> None:
    """Also for an `async def` that was followed."""
    settings = Settings(cache=False, base="services/web", per_path=(PathRule(pattern, ignore=("FC101",)),))
    assert begins(scanned(web, settings=settings)) == [("main.py", "view")]


def test_a_configuration_excludes_what_would_be_followed(web: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By the path that it has there."""
    (web.parents[1] / "pyproject.toml").write_text('[tool.fastapi-convert.scan]\nexclude = ["lib/**"]\n')
    assert main(["--no-cache", "--quiet", "--format", "json", "services/web"]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (document["findings"], document["stats"]["files"]) == ([], 1)


def test_people_read_paths_from_where_they_are(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Out of the current folder too; whole ones if they are elsewhere."""
    report = scanned(web)
    for folder, path in ((web.parents[1], "lib/db.py"), (web.parent, "../lib/db.py"), (web, "../../lib/db.py")):
        monkeypatch.chdir(folder)
        assert {found.blocking.path for found in from_here(report).findings} == {path}
        assert f"  {path}:6  async def fetch" in [*plain(text_report(from_here(report)))]
    monkeypatch.chdir(grow(web.parents[1] / "docs"))
    assert {found.blocking.path for found in from_here(report).findings} == {str(web.parents[1] / "lib/db.py")}


@pytest.mark.parametrize("folder", [".", "services", "services/web", "docs", ".."])
def test_services_read_paths_from_the_repository(
    web: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    """Wherever the scan runs: neither an annotation nor an address leads out of a folder."""
    monkeypatch.chdir(grow(web.parents[1] / folder))
    assert sarif_uris(scanned(web)) == {"lib/db.py", "services/web/main.py"}
    assert main(["--no-cache", "--quiet", "--format", "sarif", str(web)]) == 1
    assert json.loads(capsys.readouterr().out)["runs"][0]["results"] == results(scanned(web))
    assert main(["--no-cache", "--quiet", "--format", "github", str(web)]) == 1
    assert re.findall(r"file=([^,]*),", capsys.readouterr().out) == ["lib/db.py", "services/web/main.py"]


def test_paths_that_were_moved_once_are_moved_on(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report knows what its paths begin at."""
    report = scanned(web)
    for folder in (web, web.parent, grow(web.parents[1] / "docs")):
        monkeypatch.chdir(folder)
        assert from_here(from_here(report)) == from_here(report)
        assert results(from_here(report)) == results(report)


def test_a_submodule_is_a_part_of_the_repository_where_the_scan_runs(web: Path) -> None:
    """That is the one whose pages show the annotations."""
    grow(web, ".git", lib="from time import sleep\n", **{"main": MAIN.replace("lib.db", "lib.here"), "lib/here": DB})
    assert sarif_uris(scanned(web)) == {"services/web/main.py", "services/web/lib/here.py"}


def test_without_a_repository_what_lies_beside_has_a_whole_address(web: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build file shows the checkout, but no service knows it."""
    root = web.parents[1]
    (root / ".git").rename(root / "pyproject.toml")
    report = scanned(web)
    assert len(report.findings) == 2
    monkeypatch.chdir(web)
    assert sarif_uris(report) == sarif_uris(from_here(report)) == {"main.py"}
    assert f'"uri": "file://{root}/lib/db.py"' in sarif_report(report)
    assert f"file={root}/lib/db.py," in "\n".join(github_report(report))


def test_the_way_out_of_a_link_begins_where_the_link_lies(web: Path) -> None:
    """Not where it leads to: there the same steps end in another folder."""
    root = web.parents[1]
    (root / "current").symlink_to(web)
    report = scanned(root / "current")
    assert {found.blocking.path for found in report.findings} == {"../lib/db.py"}
    assert {found.blocking.path for found in from_here(report).findings} == {"lib/db.py"}
    assert sarif_uris(report) == {"lib/db.py", "services/web/main.py"}


def test_a_hidden_folder_keeps_its_dot(web: Path) -> None:
    """`.github` is not `github`."""
    scripts = grow(web.parents[1] / ".github/scripts", run=DB)
    assert {found.blocking.path for found in from_here(scanned(scripts)).findings} == {".github/scripts/run.py"}
