"""Comments that suppress: where they count, what they hide, and what is said of those that hide nothing."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.scan._codes import KNOWN
from fastapi_convert.scan._comments import Comment, comments_in
from fastapi_convert.scan._selection import Selection, select
from fastapi_convert.scan._suppressions import Directive, parse
from fastapi_convert.scan.findings import Finding
from fastapi_convert.scan.settings import PathRule, Settings
from tests.scan.handmade import direct, finding

PATH = "app/routes.py"
ALL = Settings(level="all")


def comments(source: str) -> tuple[Comment, ...]:
    """The comments of a source that is indented as the test is."""
    return comments_in(textwrap.dedent(source).lstrip("\n"))


def selected(source: str, *findings: Finding, settings: Settings = ALL) -> Selection:
    return select(findings, {PATH: comments(source)}, settings)


def hidden(source: str, *findings: Finding) -> list[bool]:
    """Which of the findings the comments of a source hide."""
    kept = selected(source, *findings).findings
    return [each not in kept for each in findings]


# Where a comment stands


def test_a_comment_at_the_end_of_a_line_hides_what_is_on_that_line() -> None:
    """And nothing else."""
    source = "get()  # fastapi-convert: ignore[FC102] the cache is warm\nget()\n"
    assert hidden(source, direct(1), direct(2)) == [True, False]


def test_a_comment_of_its_own_line_counts_for_the_next_code() -> None:
    """Blank lines and other comments between do not matter."""
    source = """
        first()
        # fastapi-convert: ignore[FC102] the cache is warm

        # so it is
        second()
        third()
    """
    assert hidden(source, direct(1), direct(5), direct(6)) == [False, True, False]


@pytest.mark.parametrize("line", [1, 2, 3, 4])
def test_a_comment_anywhere_in_a_statement_of_many_lines_counts_for_it(line: int) -> None:
    """Formatters move comments to where there is room."""
    rows = ["get(", "    url,", "    timeout=1,", ")", "other()"]
    rows[line - 1] += "  # fastapi-convert: ignore[FC102] reason"
    source = "\n".join(rows)
    assert hidden(source, direct(1), direct(5)) == [True, False]


def test_in_a_statement_of_many_lines_the_nearest_call_is_meant() -> None:
    """If there is one on the line itself, or on the next line of code."""
    source = """
        together(
            get(1),  # fastapi-convert: ignore[FC102] the first
            get(2),
            # fastapi-convert: ignore[FC102] the third

            get(3),
        )
    """
    assert hidden(source, direct(2), direct(3), direct(6)) == [True, False, True]


@pytest.mark.parametrize("line", [1, 2, 3, 4, 5])
def test_a_comment_at_the_async_def_counts_for_the_whole_function(line: int) -> None:
    """Also above it, above or at its decorators, and at the end of its header."""
    rows = ["#", '@router.get("/")', "async def view(", "    key: str,", ") -> None:", "    get()"]
    rows[line - 1] += "  # fastapi-convert: ignore[FC102] reason" if line > 1 else " fastapi-convert: ignore[FC102]"
    found = finding((PATH, 6, "get"), line=3)
    other = finding((PATH, 6, "get"), line=30, function="other")
    assert hidden("\n".join(rows), found, other) == [True, False]


def test_a_comment_on_any_call_of_the_chain_counts() -> None:
    """In whichever file it is; but not in another file on the same line."""
    found = finding((PATH, 12, "load"), ("app/repo.py", 40, "Repo.get"), ("app/http.py", 7, "requests.get"))
    says = "x()  # fastapi-convert: ignore[FC102] reason"
    for path, line in (("app/repo.py", 40), ("app/http.py", 7), (PATH, 12)):
        assert select([found], {path: comments_in("\n" * (line - 1) + says)}, ALL).suppressed == 1
    assert select([found], {"app/repo.py": comments_in("\n" * 6 + says)}, ALL).suppressed == 0


def test_comments_at_the_end_of_a_file_or_in_a_broken_one_lose_nothing() -> None:
    """The tokenizer gives up at what it cannot read."""
    assert [each.line for each in comments("x\n# fastapi-convert: ignore")] == [2]
    assert [each.line for each in comments("x # fastapi-convert: ignore\n'''\n")] == [1]
    assert comments("# fastapi-convert: ignore\n(((")[0].line == 1
    assert comments("text = '# fastapi-convert: ignore'\n") == ()


def test_lines_are_counted_as_python_counts_them() -> None:
    """CR LF and a lone CR end a line too."""
    assert comments_in("a\r\nb\rc  # fastapi-convert: ignore\n")[0].line == 3


@given(st.text(alphabet="#fastapi-convert: ignore[]\n\r\t()'\"\\@=d"), st.integers(0, 3))
def test_any_text_can_be_read_for_comments(text: str, copies: int) -> None:
    """Whatever the tokenizer thinks of it, and lines are in order."""
    for each in comments_in(text + "\n# fastapi-convert: ignore\n" * copies):
        assert each.first <= each.last
        assert each.line >= 1


# What it says


@pytest.mark.parametrize(
    "text,expected",
    [
        ("ignore[FC102] reason", Directive(("FC102",), "line")),
        ("ignore[FC102]", Directive(("FC102",), "line")),
        ("  ignore  [ fc102 , FC11 ]: why", Directive(("FC102", "FC11"), "line")),
        ("ignore[FC1]", Directive(("FC1",), "line")),
        ("ignore[FC102,FC102,]", Directive(("FC102",), "line")),
        ("ignore", Directive((), "line")),
        ("ignore for a reason", Directive((), "line")),
        ("ignore: FCC rules", Directive((), "line")),
        ("ignore-file[FC104] generated", Directive(("FC104",), "file")),
        ("ignore-file", Directive((), "file")),
    ],
)
def test_what_a_comment_may_say(text: str, expected: Directive) -> None:
    """Codes, beginnings of codes, or nothing for all."""
    assert parse(f"#fastapi-convert:{text}") == expected
    assert parse(f"# noqa: S113  # fastapi-convert: {text}") == expected


@pytest.mark.parametrize(
    "text,problem",
    [
        ("ignroe[FC102]", "'ignroe' is no word"),
        ("Ignore[FC102]", "'Ignore' is no word"),
        ("noqa", "'noqa' is no word"),
        ("", "'' is no word"),
        ("\x1b[31m", "no word"),
        ("ignore[FC102 reason", "not closed"),
        ("ignore[]", "no code in the brackets"),
        ("ignore[ , ]", "no code in the brackets"),
        ("ignore[FC999]", "'FC999' is no code"),
        ("ignore[F]", "'F' is no code"),
        ("ignore[S113]", "'S113' is no code"),
        ("ignore FC102 reason", "belong in brackets"),
        ("ignore: FC102", "belong in brackets"),
        ("ignore(FC102)", "belong in brackets"),
        ("ignore=FC102,FC103", "belong in brackets"),
    ],
)
def test_what_nobody_can_read_hides_nothing_and_is_told_with_the_codes(text: str, problem: str) -> None:
    """A typing error must not hide everything, nor go unnoticed."""
    said = selected(f"x()  # fastapi-convert: {text}\n", direct(1))
    assert len(said.findings) == 1
    (warned,) = said.warnings
    assert (warned.path, warned.line) == (PATH, 1)
    assert problem in warned.message
    assert all(code in warned.message for code in KNOWN)


def test_a_wrong_code_does_not_take_the_right_ones_with_it() -> None:
    """They hide, and the wrong one is told."""
    said = selected("x()  # fastapi-convert: ignore[FC102, FC999]\n", direct(1))
    assert said.suppressed == 1
    assert "'FC999' is no code" in said.warnings[0].message


@pytest.mark.parametrize("text", ["# see fastapi-convert: it finds this", "# TODO(fastapi-convert: x)"])
def test_a_comment_that_only_speaks_of_us_is_left_alone(text: str) -> None:
    """No warning either."""
    assert parse(text) is None


@given(st.text(max_size=200))
def test_any_comment_can_be_parsed(text: str) -> None:
    """And gives known codes only."""
    directive = parse(f"# fastapi-convert: ignore{text}")
    assert directive is not None
    assert all(any(known.startswith(code) for known in KNOWN) for code in directive.codes)


def test_a_hostile_comment_is_read_once() -> None:
    """A megabyte of brackets, commas or blanks."""
    for piece in ("[", ",", " ", "[FC102", "ignore[", "# fastapi-convert: "):
        parse("# fastapi-convert: ignore[" + piece * 1_000_000)
        parse("# fastapi-convert: ignore" + piece * 1_000_000)


# What it hides


def test_only_the_codes_that_it_names_are_hidden() -> None:
    """All of them, if it names none."""
    both = (direct(1, code="FC102"), direct(1, code="FC104"))
    assert hidden("x()  # fastapi-convert: ignore[FC104]\n", *both) == [False, True]
    assert hidden("x()  # fastapi-convert: ignore[FC104, FC102]\n", *both) == [True, True]
    assert hidden("x()  # fastapi-convert: ignore[FC1]\n", *both) == [True, True]
    assert hidden("x()  # fastapi-convert: ignore\n", *both) == [True, True]


def test_ignore_file_hides_all_that_passes_the_file() -> None:
    """From its top, after the docstring at the latest."""
    source = '''
        #!/usr/bin/env python
        """The view."""
        # fastapi-convert: ignore-file[FC102] generated
        import requests
    '''
    assert hidden(source, direct(5), direct(99), direct(99, code="FC104")) == [True, True, False]


@pytest.mark.parametrize("source", ["import x\n# {}\n", "import x  # {}\n", "@x\n# {}\ndef f(): pass\n"])
def test_ignore_file_below_the_top_is_told_and_hides_nothing(source: str) -> None:
    """Nobody would find it there."""
    said = selected(source.format("fastapi-convert: ignore-file"), direct(1), direct(2), direct(3))
    assert len(said.findings) == 3
    assert "move it to the top" in said.warnings[0].message


def test_a_stale_comment_is_told_with_what_to_do() -> None:
    """Code by code: one that still hides something stays silent."""
    said = selected("x()\ny()  # fastapi-convert: ignore[FC102, FC104] reason\n", direct(2))
    (warned,) = said.warnings
    assert (warned.path, warned.line) == (PATH, 2)
    assert warned.message.startswith("`FC104` hides nothing any more: remove it")
    assert "It hides nothing" in selected("x()  # fastapi-convert: ignore\n").warnings[0].message
    assert "in this file" in selected("# fastapi-convert: ignore-file\nx()\n").warnings[0].message


def test_a_comment_is_stale_only_if_it_hides_nothing_at_any_level() -> None:
    """Or by any setting: otherwise it would come and go with the command line."""
    noise = direct(1, level="all", code="FC112")
    for settings in (Settings(), Settings(select=("FC102",)), Settings(level="all", ignore=("FC112",))):
        said = selected("x()  # fastapi-convert: ignore[FC112]\n", noise, settings=settings)
        assert said == Selection((), said.suppressed, ())


def test_thousands_of_comments_in_one_statement_are_asked_once() -> None:
    """Each looks at the whole statement, if nothing is on its line."""
    rows = ["x(", *["    # fastapi-convert: ignore[FC102]", "    a,"] * 20_000, ")"]
    findings = [direct(1, code="FC102")] * 20_000
    said = selected("\n".join(rows), *findings)
    assert said.suppressed == 20_000
    assert said.warnings == ()


# Settings


def levels(settings: Settings, *findings: Finding) -> tuple[list[str], int]:
    said = select(findings, {}, settings)
    return [each.level for each in said.findings], said.suppressed


def test_a_level_takes_in_the_stronger_ones() -> None:
    """What is below it was not asked for, so nothing hides it."""
    findings = [direct(level=level) for level in ("error", "warn", "all")]
    assert levels(Settings(level="error"), *findings) == (["error"], 0)
    assert levels(Settings(), *findings) == (["error", "warn"], 0)
    assert levels(ALL, *findings) == (["error", "warn", "all"], 0)


def codes(settings: Settings, *found: str) -> list[str]:
    return [each.code for each in select([direct(code=code) for code in found], {}, settings).findings]


def test_codes_are_selected_and_ignored_by_their_beginning() -> None:
    """`ignore` hides, and is counted; what is not selected is not."""
    assert codes(Settings(select=("FC11",)), "FC101", "FC110", "FC111") == ["FC110", "FC111"]
    assert codes(Settings(ignore=("FC11",)), "FC101", "FC110", "FC111") == ["FC101"]
    assert codes(Settings(select=("FC11",), ignore=("FC110",)), "FC101", "FC110", "FC111") == ["FC111"]
    assert select([direct()], {}, Settings(ignore=("FC102",))).suppressed == 1
    assert select([direct()], {}, Settings(select=("FC101",))).suppressed == 0


def per_path(path: str, *rules: PathRule, base: str = "") -> Sequence[Finding]:
    found = [direct(path=path, code="FC102"), direct(path=path, code="FC104", level="warn")]
    return select(found, {}, Settings(per_path=rules, base=base)).findings


def test_rules_of_a_path_count_where_the_async_function_is() -> None:
    """The last rule that matches and says something wins; the general `ignore` stays."""
    scripts, old = PathRule("scripts/**", ignore=("FC102",)), PathRule("**/old/*.py", level="error")
    assert [each.code for each in per_path("scripts/a/b.py", scripts)] == ["FC104"]
    assert len(per_path("app/b.py", scripts, old)) == 2
    assert [each.code for each in per_path("app/old/b.py", scripts, old)] == ["FC102"]
    assert per_path("scripts/old/b.py", scripts, old) == ()
    last = PathRule("scripts/old/b.py", ignore=("FC104",), level="all")
    assert [each.code for each in per_path("scripts/old/b.py", scripts, old, last)] == ["FC102"]


def test_rules_of_a_path_begin_at_the_project_or_at_the_scanned_root() -> None:
    """`scan scripts` and `scan .` obey the same pyproject.toml."""
    rule = PathRule("scripts/**", ignore=("FC1",))
    assert per_path("a.py", rule, base="scripts") == ()
    assert len(per_path("a.py", rule, base="app")) == 2


def test_findings_and_warnings_keep_their_order_whatever_the_order_of_the_comments() -> None:
    """The same in every run."""
    given_comments = {path: comments("x()\ny()  # fastapi-convert: ignore[FC105]\n") for path in ("b.py", "a.py")}
    said = select([direct(9), direct(3)], given_comments, ALL)
    assert [each.blocking.line for each in said.findings] == [9, 3]
    assert [each.path for each in said.warnings] == ["a.py", "b.py"]
