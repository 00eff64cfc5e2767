"""The report for people: what it says, in which order, and what cannot write on the screen."""

from __future__ import annotations

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.scan._explain import explain
from fastapi_convert.scan.errors import ScanError
from fastapi_convert.scan.findings import Report, Stats, Step, Warned
from fastapi_convert.scan.reports import plain, text_report
from fastapi_convert.scan.reports._escaping import visible
from tests.scan.handmade import FORGED, direct, evil_report, finding, shop_report

SHOP = """\
app/routes/users.py

  app/routes/users.py:14  async def get_user  GET /users/{user_id}
    FC101 warn  get_user sleeps.
      app/routes/users.py:18:5  time.sleep
      Use asyncio.sleep
    FC102 error  get_user sends an HTTP request and waits for the answer,
                 through 2 calls.
      app/routes/users.py:16:12      load_user
        app/services/users.py:40:16  UserRepo.get
          app/services/repo.py:12:9  requests.get
      Use httpx.AsyncClient.get

FC101  sleep               1
FC102  HTTP                1

2 blocking calls in 1 async function.
Looked at 12 files with 1,300 functions, 41 of them async, in 0.4 s. 3 more
hidden by comments, settings or the baseline.

1 warning:
  app/old.py:3  cannot be parsed: invalid syntax.
"""


def text(report: Report, width: int = 80, *, quiet: bool = False) -> str:
    return "".join(row + "\n" for row in plain(text_report(report, width=width, quiet=quiet)))


def test_a_report_goes_from_the_async_function_to_the_blocking_call_and_the_cure() -> None:
    """Grouped by file and function; then a summary, the figures and the warnings."""
    assert text(shop_report()) == SHOP


def test_findings_of_one_file_stand_together_whatever_their_order() -> None:
    """A heading comes once."""
    findings = (direct(12), direct(3, path="app/b.py"), direct(4))
    lines = text(Report(findings)).splitlines()
    assert (lines.count("app/routes.py"), lines.count("app/b.py")) == (1, 1)
    assert lines.index("app/b.py") < lines.index("app/routes.py")


def test_a_clean_project_is_told_in_two_lines() -> None:
    """What was looked at is told, so that nothing to see is no surprise."""
    assert text(Report(stats=Stats(files=1, functions=1, async_functions=1, seconds=1.25))) == (
        "Nothing blocks the event loop.\nLooked at 1 file with 1 function, 1 of them async, in 1.2 s.\n"
    )


def test_quiet_leaves_only_findings() -> None:
    """Nothing at all if there are none."""
    assert text(Report(warnings=(Warned("a.py", 1, "x"),)), quiet=True) == ""
    assert text(shop_report(), quiet=True) == text(shop_report()).partition("FC101  sleep")[0]


def test_a_long_chain_is_shown_from_both_ends() -> None:
    """And says how much lies between."""
    steps = [("app/a.py", number, f"step_{number}") for number in range(1, 101)]
    said = text(Report((finding(*steps),)))
    assert "84 more calls" in said
    assert "step_8\n" in said
    assert "step_93\n" in said
    assert "step_50" not in said
    assert "app/a.py:100:5" in said


def test_places_and_names_are_never_broken_on_a_narrow_terminal() -> None:
    """They are there to be clicked and copied."""
    path = "/".join(["a_folder_with_a_name"] * 10) + "/file.py"
    lines = text(Report((direct(12, path=path),)), width=20).splitlines()
    assert f"      {path}:12:5  requests.get" in lines


@pytest.mark.parametrize("width", [1, 60, 80, 200])
def test_sentences_are_wrapped_to_the_terminal(width: int) -> None:
    """At least forty characters are taken."""
    warned = Warned("a.py", 1, "the file is cut into many words " * 20)
    assert max(map(len, text(Report(warnings=(warned,)), width).splitlines()[3:])) <= max(width, 40)


def test_many_warnings_are_counted() -> None:
    """Five hundred broken files are not five hundred lines."""
    said = text(Report(warnings=tuple(Warned(f"{number}.py", 1, "is broken") for number in range(500))))
    assert said.count("is broken") == 20
    assert "500 warnings:" in said
    assert "480 more" in said


def test_no_name_writes_on_the_screen() -> None:
    """Neither of a file nor of a function, nor a message that quotes one."""
    said = text(evil_report())
    assert not [each for each in FORGED if each in said]
    assert "\\x1b[31m" in said
    assert all(row.isprintable() for row in said.splitlines())


@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_what_is_visible_is_printable_and_stays_on_its_line(anything: str) -> None:
    """Lone surrogates of undecodable file names included."""
    shown = visible(anything)
    assert shown.isprintable()
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert not anything.isprintable() or shown == anything or len(anything) > 300


def test_styles_mark_what_blocks_and_what_helps() -> None:
    """The command line gives them colours."""
    segments = [segment for line in text_report(shop_report()) for segment in line]
    assert ("requests.get", "call") in segments
    assert ("httpx.AsyncClient.get", "cure") in segments
    assert ("GET /users/{user_id}", "route") in segments
    assert ("load_user", "name") in segments


def test_a_column_is_told_where_it_is_known() -> None:
    """A step without one has its line."""
    report = shop_report()
    chain = (Step("app/routes/users.py", 16, "load_user"), *report.findings[0].chain[1:])
    changed = finding(*((step.path, step.line, step.name) for step in chain))
    assert "app/routes/users.py:16  " in text(Report((changed,)))


# --explain


def test_explain_tells_why_what_to_do_how_to_suppress_and_what_is_known() -> None:
    """Small letters are a code too."""
    said = "\n".join(plain(explain("fc101")))
    assert said.startswith("FC101  sleep: sleeps\n\nWhy it matters\n")
    assert "\nWhat to do\n  `await asyncio.sleep(...)`" in said
    assert "# fastapi-convert: ignore[FC101] reason" in said
    assert "\n  time.sleep" in said
    assert "requests.get" not in said


@pytest.mark.parametrize("code", ["FC999", "FC1", "", "\x1b"])
def test_explaining_an_unknown_code_names_the_known_ones(code: str) -> None:
    """All of them."""
    with pytest.raises(ScanError, match=r"There is no code .*FC101, FC102, .*FC113"):
        [*explain(code)]
