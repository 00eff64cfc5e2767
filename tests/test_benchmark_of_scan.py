"""When a tool counts as having reported what was judged, and that the published tables say what is recorded."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.common.comparison import OURS
from benchmarks.scan import judged, outputs, probes, recall, recorded, report
from benchmarks.scan.applications import Application, Entry, applications, main
from benchmarks.scan.matching import Reported, matched, told_of_another
from benchmarks.scan.recorded import Outcome, Record
from benchmarks.scan.tools import EVERYBODY, HYDROID, RUFF, Target, Tool
from tests.scan.probe import probe_from

PAGE = Path(report.__file__).parents[1] / "results" / "scan.md"

_HYDROID = """{"diagnostics": [{
    "function": "shop.views.show",
    "chain": [{"location": {"path": "views.py", "line": 11}}, {"location": {"path": "db.py", "line": 7}}]
}]}"""
_BLOCKPATH = """{"findings": [{"witness": [
    {"qualname": "shop.views.show", "path": "views.py", "line": 11},
    {"qualname": "shop.db.load", "path": "db.py", "line": 7}
]}]}"""

DIRECT = Entry("views.py", 12, "views.py", 10, "show", 0)
INDIRECT = Entry("db.py", 7, "views.py", 20, "Users.list", 2)
ANOTHER = Entry("db.py", 7, "views.py", 30, "search", 1)
OFFLOADED = Entry("db.py", 7, "views.py", 40, "offloads", None)
ALONE = Entry("mail.py", 3, "views.py", 50, "sends", None)
NEVER_ASYNC = Entry("tasks.py", 5, "", 0, "", None)
APP = Application(
    "shop", "somebody/shop", "0" * 40, (".",), 4, (DIRECT, INDIRECT, ANOTHER, OFFLOADED, ALONE, NEVER_ASYNC)
)


@pytest.mark.parametrize(
    "said, entries",
    [
        (Reported("views.py", 12), [DIRECT]),
        (Reported("views.py", 13), []),
        (Reported("other/views.py", 12), []),
        (Reported("views.py", 12, "views.py", "shop.views.show"), [DIRECT]),
        (Reported("views.py", 12, "views.py", "hide"), []),
        (Reported("db.py", 7, "views.py", "shop.views.Users.list"), [INDIRECT]),
        (Reported("db.py", 7, "admin.py", "shop.admin.Users.list"), []),
        (Reported("db.py", 7, "views.py", "offloads"), [OFFLOADED]),
        (Reported("db.py", 7), [INDIRECT, ANOTHER]),
        (Reported("mail.py", 3), [ALONE]),
        (Reported("tasks.py", 5, "views.py", "whoever"), [NEVER_ASYNC]),
        (Reported("tasks.py", 5), [NEVER_ASYNC]),
    ],
    ids=[
        "the line",
        "another line",
        "another file",
        "the function too",
        "another function",
        "far below",
        "a namesake in another file",
        "a look-alike",
        "a line that blocks some and not others",
        "a look-alike's line",
        "no async function at all",
        "the same without a function",
    ],
)
def test_one_rule_says_what_was_reported(said: Reported, entries: list[Entry]) -> None:
    """File and line of the call, and the async function where the tool names one."""
    assert matched(APP, [said]) == [entry.key for entry in entries]


def test_a_line_told_of_another_function_is_shown_apart() -> None:
    """It is no hit for the function that was judged, and no look-alike comes into it."""
    said = [Reported("db.py", 7, "views.py", "search"), Reported("mail.py", 3, "views.py", "another")]
    assert told_of_another(APP, iter(said)) == [INDIRECT.key]


@pytest.mark.parametrize(
    "read, output, expected",
    [
        (
            outputs.lint,
            "./shop/views.py:12:5: ASYNC210 Sync HTTP call\nshop/a.py:3:1: blocking-open: a: b\nFound 2 errors.\n",
            [Reported("shop/views.py", 12), Reported("shop/a.py", 3)],
        ),
        (
            outputs.hydroid,
            _HYDROID,
            [Reported("db.py", 7, "views.py", "shop.views.show")],
        ),
        (
            outputs.blockpath,
            _BLOCKPATH,
            [Reported("db.py", 7, "views.py", "shop.views.show")],
        ),
    ],
    ids=["linters", "hydroid", "blockpath"],
)
def test_what_the_others_print_is_read(read: type, output: str, expected: list[Reported]) -> None:
    """The blocking call is the last of a chain, the async function is the first."""
    assert list(read(output)) == expected


def test_paths_are_told_from_the_top_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever follows calls is run where modules are imported from, and its paths begin there."""
    command = tmp_path / "bin" / "follow"
    command.parent.mkdir()
    command.write_text("#!/bin/sh\nls\nexit 1\n", encoding="utf-8")
    command.chmod(0o755)
    (tmp_path / "tree" / "src").mkdir(parents=True)
    (tmp_path / "tree" / "src" / "app.py").touch()
    monkeypatch.setenv("BENCH_SCAN_TOOLS", str(tmp_path))

    def parse(output: str) -> list[Reported]:
        return [Reported(name, 1, name, "f") for name in output.split()]

    tool = Tool("follows", "follows", "follow", (), parse, follows_calls=True)
    assert tool.able("shop")
    assert tool.run(Target("shop", tmp_path / "tree", imported_from="src"), 30) == [
        Reported("src/app.py", 1, "src/app.py", "f")
    ]


def test_the_score_counts_each_kind_by_itself() -> None:
    """Outcomes of entries that have been judged anew are left out."""
    app = next(app for app in applications() if app.direct)
    keys = [app.direct[0].key, app.indirect[0].key, app.indirect[1].key, app.lookalikes[0].key]
    outcome = Outcome(recorded.judged(app), 9, keys, [])
    score = recall.score(Record("a tool", "1", "a tool .", {app.name: outcome}))
    of = (len(app.direct), len(app.indirect), len(app.lookalikes))
    assert score.cells() == [f"1/{of[0]}", f"2/{of[1]}", f"1/{of[2]}", "0", "9", "0"]
    stale = Record("a tool", "1", "a tool .", {app.name: replace(outcome, judged="older")})
    assert recall.score(stale).outcomes == []


def test_what_is_judged_anew_has_another_digest() -> None:
    """Another commit, another line, or a look-alike that has become a finding."""
    changed = [replace(DIRECT, line=13), replace(DIRECT, hops=None), replace(DIRECT, function_path="admin.py")]
    others = [replace(APP, commit="1" * 40), *(replace(APP, entries=(entry, *APP.entries[1:])) for entry in changed)]
    assert len({recorded.judged(app) for app in (APP, *others)}) == 5


def test_others_are_compared_on_the_applications_that_they_were_run_on() -> None:
    """A tool that was run on one application stands beside our outcome of that one; where it found nothing, nowhere."""
    first, second = [app for app in applications() if app.direct][:2]
    ours = {
        app.name: Outcome(recorded.judged(app), 9, [entry.key for entry in (*app.direct, *app.indirect)], [])
        for app in (first, second)
    }
    theirs = {first.name: Outcome(recorded.judged(first), 9, [entry.key for entry in first.direct], [])}
    lines = recall.compare({"a tool": Record("a tool", "1", ".", theirs), OURS: Record(OURS, "1", ".", ours)})
    assert [(line.what, line.variant, line.peer, line.ours) for line in lines] == [
        ("direct calls found", "1 applications", 100, 100),
        ("look-alikes left alone", "1 applications", 100, 100),
    ]


def test_a_probe_is_judged_by_its_comments() -> None:
    """Places found, places to find, and what is wrong; the function matters where a line blocks more than one."""
    alone = probe_from("import time\n\nasync def one():\n    time.sleep(1)  # blocks: one\n")
    right, by_callback = Reported("app.py", 4), Reported("app.py", 4, "app.py", "app.callback")
    assert probes.judge(alone, [right, by_callback]) == (1, 1, 0)
    assert probes.judge(alone, [Reported("app.py", 3), Reported("other.py", 4)]) == (0, 1, 2)
    shared = probe_from("import time\n\ndef wait():\n    time.sleep(1)  # blocks: one, two\n")
    assert probes.judge(shared, [Reported("app.py", 4, "app.py", "app.one"), by_callback]) == (1, 2, 1)
    assert probes.judge(shared, [right]) == (2, 2, 0)


def test_what_is_recorded_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the name of the tool, as it was written."""
    record = Record("a tool, with more", "1.2", "a tool .", {"shop": Outcome("ab", None, ["k"], ["l"])})
    record.probes |= {"traps/dead/main guard": ("cd", 1, 2, 3), "traps/dead/after return": ("ef", 0, 0, 0)}
    monkeypatch.setenv("BENCH_RESULTS", str(tmp_path))
    recorded.write(record)
    monkeypatch.setattr(recorded, "RECORDED", tmp_path / "recorded")
    assert recorded.records([record.tool, "nobody"]) == {record.tool: record}


def test_the_published_tables_are_those_of_the_recorded_outcomes() -> None:
    """Every figure about the applications, of everybody, can be made again of the data in the repository."""
    records = recorded.records(EVERYBODY)
    assert records.keys() >= {RUFF, HYDROID, OURS}
    page = PAGE.read_text(encoding="utf-8")
    for section in (report.of_applications(records), report.one_by_one(records)):
        assert "\n".join(section) in page


def test_everything_recorded_is_about_something_judged() -> None:
    """A key that no entry has would count for nobody."""
    entries = {app.name: {entry.key for entry in app.entries} for app in applications()}
    for record in recorded.records(EVERYBODY).values():
        for name, outcome in record.applications.items():
            assert entries[name] >= {*outcome.entries, *outcome.of_another}


def test_precision_is_the_share_that_is_right() -> None:
    """Noise is not right; each level has a line for each application and one for all."""
    verdicts = {"right": "one", "noise": "one", "wrong": "two"}
    found = [{"level": "error", "app": app, "verdict": verdict} for verdict, app in verdicts.items()]
    assert [row[2:] for row in judged.rows([found])] == [
        ["one", "2", "1", "1", "0", "50 %"],
        ["two", "1", "0", "0", "1", "0 %"],
        ["all", "3", "1", "1", "1", "33 %"],
    ]


def test_each_measurement_is_of_other_applications() -> None:
    """Of those that the development set has, none; and fifty findings at level error each time."""
    drawn = [{finding["app"] for finding in found} for found in judged.measurements()]
    read = [set(each["applications"]) for each in judged.recall()]
    for apps in (drawn, read):
        assert sum(map(len, apps)) == len(set().union(*apps))
        assert not set().union(*apps) & {app.name for app in applications()}
    for found in judged.measurements():
        assert sum(finding["level"] == "error" for finding in found) == 50


def test_what_was_read_of_unseen_applications_is_kept() -> None:
    """Every number of the table is a number of entries, at a commit of a repository."""
    kept = {path.stem: json.loads(path.read_text()) for path in judged.UNSEEN.glob("recall/*.json")}
    for each in judged.recall():
        entries = [kept[name] for name in each["applications"]]
        direct = sum(positive["hops"] == 0 for entry in entries for positive in entry["positives"])
        assert each["direct"][1] == direct
        assert each["indirect"][1] == sum(len(entry["positives"]) for entry in entries) - direct
        assert each["lookalikes"][1] == sum(len(entry["lookalikes"]) for entry in entries)
    assert all(re.fullmatch("[0-9a-f]{40}", entry["commit"]) for entry in kept.values())


def test_the_applications_can_be_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    """Commands for a shell: each repository at the commit that was judged."""
    main(Path("some folder"))
    printed = capsys.readouterr().out
    for app in applications():
        assert f"https://github.com/{app.repository} {app.commit}\n" in printed
        assert f"git -C 'some folder/{app.name}' checkout" in printed
