"""The reports for programs: JSON as in the contract, SARIF 2.1.0, and workflow commands that nobody can forge."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.mapping import CATEGORIES
from fastapi_convert.scan.findings import LEVELS, AsyncFunction, BlockingCall, Finding, Report, Step, Warned
from fastapi_convert.scan.reports import from_here, github_report, json_report, sarif_report
from tests.scan.handmade import EVIL, FORGED, direct, evil_report, finding, shop_report
from tests.scan.sarif_shape import faults

# Any text a file name can hold: what is no UTF-8 arrives as surrogates of this range.
texts = st.text(
    alphabet=st.characters(exclude_categories=["Cs"]) | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF),
    min_size=1,
)


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Reports of anything."""
    lines = st.integers(1, 10**6)
    steps = draw(st.lists(st.builds(Step, texts, lines, texts, st.integers(0, 99)), min_size=1, max_size=4))
    top = draw(st.builds(AsyncFunction, texts, lines, texts, texts))
    blocking = BlockingCall(steps[-1].path, steps[-1].line, draw(lines), steps[-1].name)
    code, level = draw(st.sampled_from(CATEGORIES)).code, draw(st.sampled_from(LEVELS))
    made = Finding(code, level, draw(texts), draw(texts), top, tuple(steps), blocking)
    return Report((made,), tuple(draw(st.lists(st.builds(Warned, texts, st.integers(0, 99), texts), max_size=2))))


# JSON


def test_json_is_exactly_the_contract() -> None:
    """Keys and values, with the route beside the name."""
    document = json.loads(json_report(shop_report()))
    assert document.keys() == {"version", "findings", "warnings", "stats"}
    assert document["findings"][0] == {
        "code": "FC102",
        "level": "error",
        "message": "get_user sends an HTTP request and waits for the answer, through 2 calls.",
        "replacement": "httpx.AsyncClient.get",
        "async_function": {
            "path": "app/routes/users.py",
            "line": 14,
            "name": "get_user",
            "route": "GET /users/{user_id}",
        },
        "chain": [
            {"path": "app/routes/users.py", "line": 16, "name": "load_user"},
            {"path": "app/services/users.py", "line": 40, "name": "UserRepo.get"},
            {"path": "app/services/repo.py", "line": 12, "name": "requests.get"},
        ],
        "blocking": {"path": "app/services/repo.py", "line": 12, "column": 9, "call": "requests.get"},
    }
    assert document["warnings"] == [{"path": "app/old.py", "line": 3, "message": "cannot be parsed: invalid syntax."}]
    assert document["stats"] == {
        "files": 12,
        "functions": 1300,
        "async_functions": 41,
        "suppressed": 3,
        "cached": 0,
        "seconds": 0.42,
        "findings": 2,
        "by_code": {"FC101": 1, "FC102": 1},
    }


def test_json_gives_texts_as_they_are_and_is_ascii() -> None:
    """A program needs the real path; a terminal that shows it is safe all the same."""
    document = json_report(evil_report())
    assert document.isascii()
    assert "\x1b" not in document
    assert json.loads(document)["findings"][0]["async_function"]["path"] == EVIL


# SARIF


def results(report: Report) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(sarif_report(report))["runs"][0]["results"]
    return found


def region(location: dict[str, Any]) -> tuple[str, dict[str, int]]:
    physical = location["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical.get("region")


@pytest.mark.parametrize("report", [Report(), shop_report(), evil_report()], ids=["empty", "shop", "evil"])
def test_sarif_has_the_shape_of_the_standard(report: Report) -> None:
    """Whatever is in it."""
    assert faults(json.loads(sarif_report(report))) == []


@given(reports())
def test_sarif_has_the_shape_of_the_standard_for_any_text(report: Report) -> None:
    """Its addresses too, and they lead back to the path."""
    document = json.loads(sarif_report(report))
    assert faults(document) == []
    path = report.findings[0].chain[0].path
    uri = region(document["runs"][0]["results"][0]["locations"][0])[0]
    assert unquote(uri.removeprefix("file://"), errors="surrogateescape") == path


def test_the_shape_tells_what_is_wrong() -> None:
    """Or the tests above would prove nothing."""
    document = json.loads(sarif_report(shop_report()))
    run = document["runs"][0]
    run["results"][0]["level"] = "fatal"
    run["results"][1]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0
    run["tool"]["driver"]["colour"] = "red"
    del run["results"][1]["message"]
    assert len(faults(document)) == 4


def test_a_sarif_result_lies_where_the_async_function_calls_and_has_the_chain() -> None:
    """The blocking call is related, and the last step of the flow."""
    (result, _) = results(shop_report())
    assert region(result["locations"][0]) == ("app/routes/users.py", {"startLine": 16, "startColumn": 12})
    (related,) = result["relatedLocations"]
    assert region(related) == ("app/services/repo.py", {"startLine": 12, "startColumn": 9})
    steps = result["codeFlows"][0]["threadFlows"][0]["locations"]
    assert [region(step["location"])[1]["startLine"] for step in steps] == [14, 16, 40, 12]
    assert [step["nestingLevel"] for step in steps] == [0, 1, 2, 3]
    assert steps[0]["location"]["message"]["text"] == "async def get_user, GET /users/{user_id}"
    assert result["message"]["text"].endswith("through 2 calls. Use httpx.AsyncClient.get.")


def test_sarif_levels_and_rules_are_those_of_the_mapping() -> None:
    """Every code is a rule with help, and every result points at its own."""
    document = json.loads(sarif_report(Report(tuple(direct(level=level) for level in LEVELS))))
    run = document["runs"][0]
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [category.code for category in CATEGORIES]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in run["results"])
    assert all("ignore[" + rule["id"] in rule["help"]["markdown"] for rule in rules)


def test_sarif_fingerprints_survive_moved_lines_and_are_unique() -> None:
    """Two calls of one name in one function are two alerts."""

    def prints(*found: Finding) -> list[str]:
        return [next(iter(each["partialFingerprints"].values())) for each in results(Report(found))]

    assert prints(direct(12), direct(13)) == prints(direct(112), direct(113))
    assert max(Counter(prints(direct(12), direct(13), direct(14, code="FC103"))).values()) == 1


def test_sarif_tells_warnings_as_notifications() -> None:
    """A file that could not be read is no result."""
    run = json.loads(sarif_report(shop_report()))["runs"][0]
    (told,) = run["invocations"][0]["toolExecutionNotifications"]
    assert (told["level"], told["message"]["text"]) == ("warning", "cannot be parsed: invalid syntax.")
    assert run["invocations"][0]["executionSuccessful"] is True


# GitHub

COMMAND = re.compile(r"::(error|warning|notice) title=[^,:]+,file=[^,:]*(,line=\d+)?(,col=\d+)?::.*")


def test_github_annotates_the_call_of_the_async_function() -> None:
    """With the chain in the message, and a place for each warning."""
    load, sleep, warned = github_report(shop_report())
    assert load.split("%0A") == [
        f"::error title=FC102,file=app/routes/users.py,line=16,col=12::{shop_report().findings[0].message}",
        "app/routes/users.py:16 load_user",
        "app/services/users.py:40 UserRepo.get",
        "app/services/repo.py:12 requests.get",
        "Use httpx.AsyncClient.get",
    ]
    assert sleep.startswith("::warning title=FC101,file=app/routes/users.py,line=18,col=5::get_user sleeps.%0A")
    assert warned == "::warning title=fastapi-convert,file=app/old.py,line=3::cannot be parsed: invalid syntax."


@given(reports())
def test_no_text_forges_a_workflow_command(report: Report) -> None:
    """A line is one command, its properties are ours, and it is printable."""
    lines = [*github_report(report)]
    assert len(lines) == len(report.findings) + len(report.warnings)
    for line in lines:
        assert COMMAND.fullmatch(line)
        assert line.isprintable()


def test_an_evil_name_is_escaped_twice() -> None:
    """Once for the terminal, once for the runner."""
    lines = "\n".join(github_report(evil_report()))
    assert "file=\\x1b[31m%25red%2Ca=b%3Ac\\u202e" in lines
    assert not [each for each in FORGED if each in lines.replace("\n::", "")]


def test_a_chain_of_thousands_is_cut_in_an_annotation() -> None:
    """GitHub cuts messages too, but at the end."""
    (line,) = github_report(Report((finding(*[("a.py", n, f"f{n}") for n in range(1, 5000)]),)))
    assert len(line) < 2000
    assert "f4999" in line


# Paths


def test_paths_begin_at_the_current_folder_where_people_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scan of one folder has a root of its own, which neither a terminal nor a service knows."""
    (tmp_path / "services").mkdir()
    monkeypatch.chdir(tmp_path)
    warned = Warned("../blocking.json", 0, "x")
    report = from_here(Report((direct(),), (warned,), root=tmp_path / "services"))
    (found,) = report.findings
    assert found.async_function.path == "services/app/routes.py"
    assert found.chain[0].path == found.blocking.path == "services/app/routes.py"
    assert report.warnings[0].path == "blocking.json"
    assert from_here(Report((direct(),), root=tmp_path)).findings == (direct(),)
    monkeypatch.chdir(tmp_path / "services")
    assert from_here(Report((direct(),), root=tmp_path)).findings[0].blocking.path == f"{tmp_path}/app/routes.py"
