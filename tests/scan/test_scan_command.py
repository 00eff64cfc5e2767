"""`fastapi-convert scan` and `python -m fastapi_convert.scan`: exit codes, streams, files, what is typed wrongly."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from fastapi_convert.cli import tree
from fastapi_convert.mapping import TABLE
from fastapi_convert.scan import (
    __main__ as module,
    _command,
)
from fastapi_convert.scan._command import Options
from fastapi_convert.scan.errors import ScanError
from fastapi_convert.scan.findings import Report
from fastapi_convert.scan.settings import Settings
from tests.scan.handmade import EVIL, direct, evil_report, shop_report
from tests.scan.sarif_shape import faults

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: an empty project."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "app").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Scanner:
    """Stands in for the scan: remembers how it was called, and returns what it was told to."""

    def __init__(self) -> None:
        self.report = Report()
        self.error: BaseException | None = None
        self.paths: list[str] = []
        self.settings = Settings()

    def __call__(
        self,
        paths: Sequence[str | Path],
        settings: Settings | None = None,
        *,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        assert settings is not None
        self.paths, self.settings = [str(path) for path in paths], settings
        if on_progress is not None:
            on_progress(1, 2)
        if self.error is not None:
            raise self.error
        return self.report


@pytest.fixture
def scanner(monkeypatch: pytest.MonkeyPatch) -> Scanner:
    """What the command scans with in this test."""
    made = Scanner()
    monkeypatch.setattr(_command, "scan", made)
    return made


def call(*arguments: str) -> Result:
    return CliRunner().invoke(tree, ["scan", *arguments])


# Exit codes and streams


def test_a_clean_scan_exits_with_zero(scanner: Scanner) -> None:
    """And says so."""
    done = call()
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("Nothing blocks the event loop.\n")


def test_findings_exit_with_one_unless_told_otherwise(scanner: Scanner) -> None:
    """Warnings are no findings."""
    scanner.report = shop_report()
    done = call()
    assert done.exit_code == 1
    assert "2 blocking calls in 1 async function." in done.stdout
    assert call("--exit-zero").exit_code == 0
    scanner.report = Report(warnings=shop_report().warnings)
    assert call().exit_code == 0


def test_what_cannot_run_exits_with_two_and_one_line(scanner: Scanner) -> None:
    """Whatever the message quotes."""
    scanner.error = ScanError(f"{EVIL} does not exist.")
    done = call()
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert done.stderr[:-1].isprintable()


def test_a_fault_of_ours_exits_with_two_and_a_traceback(scanner: Scanner) -> None:
    """Exit code 1 would say that something blocks."""
    scanner.error = RuntimeError("a bug")
    done = call()
    assert done.exit_code == 2
    assert done.stderr.endswith("RuntimeError: a bug\n")


def test_ctrl_c_ends_quietly_with_130(scanner: Scanner) -> None:
    """No traceback."""
    scanner.error = KeyboardInterrupt()
    done = call()
    assert (done.exit_code, done.output) == (130, "")


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_a_document_on_the_standard_output_is_nothing_else(scanner: Scanner, form: str) -> None:
    """It can be parsed as it is."""
    scanner.report = evil_report()
    done = call("--format", form)
    document = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (1, "")
    assert len(document["findings"]) == 3 if form == "json" else faults(document) == []


def test_github_annotations_are_lines(scanner: Scanner) -> None:
    """One for each finding and warning."""
    scanner.report = evil_report()
    done = call("--format", "github")
    assert len(done.stdout.splitlines()) == 5
    assert all(line.startswith("::") for line in done.stdout.splitlines())


@pytest.mark.parametrize("form", ["text", "github", "sarif"])
def test_what_people_and_services_read_has_paths_from_the_current_folder(scanner: Scanner, form: str) -> None:
    """JSON has them from the scanned root, as the contract says."""
    scanner.report = Report((direct(path="a.py"),), root=Path("app").absolute())
    assert "app/a.py" in call("app", "--format", form).stdout
    assert "app/a.py" not in call("app", "--format", "json").stdout


def test_quiet_says_nothing_when_there_is_nothing(scanner: Scanner) -> None:
    """For scripts."""
    done = call("-q")
    assert (done.exit_code, done.output) == (0, "")


# What is typed


def test_what_is_typed_reaches_the_scan(scanner: Scanner) -> None:
    """Codes by comma or by repeating the option."""
    Path("other").mkdir()
    call(
        *("app", "other", "--level", "all", "--select", "FC101,fc102", "--select", "FC11", "--ignore", "FC112"),
        *("--exclude", "a/**", "--exclude", "b,c", "--baseline", "known.json", "--no-cache", "--cache-dir", "kept"),
        *("--processes", "3"),
    )
    assert scanner.paths == ["app", "other"]
    assert scanner.settings == Settings(
        level="all",
        select=("FC101", "FC102", "FC11"),
        ignore=("FC112",),
        exclude=("a/**", "b,c"),
        baseline=Path("known.json"),
        cache=False,
        cache_dir=Path("kept"),
        processes=3,
    )


def test_the_command_line_wins_over_the_configuration(scanner: Scanner, project: Path) -> None:
    """Option by option; what is not typed stays as it is configured."""
    text = "[tool.fastapi-convert.scan]\npaths = ['app']\nlevel = 'error'\nignore = ['FC112']\nbaseline = 'b.json'\n"
    (project / "pyproject.toml").write_text(text)
    call()
    assert scanner.paths == ["app"]
    configured = Settings(level="error", ignore=("FC112",), baseline=Path("b.json"), base="app")
    assert scanner.settings == configured
    call(".", "--level", "warn")
    assert scanner.paths == ["."]
    assert scanner.settings == Settings(ignore=("FC112",), baseline=Path("b.json"))


def test_the_configuration_is_that_of_the_first_path(scanner: Scanner, project: Path) -> None:
    """Of a file, that of its folder."""
    (project / "app" / "pyproject.toml").write_text("[tool.fastapi-convert.scan]\nlevel = 'all'\n")
    (project / "app" / "main.py").touch()
    for first, second, level in (("app/main.py", ".", "all"), (".", "app/main.py", "warn")):
        call(first, second)
        assert scanner.settings.level == level


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--format", "xml"], "There is no format 'xml': the formats are text, json, sarif, github."),
        (["--level", "loud"], "--level is 'loud': the levels are error, warn, all."),
        (["--select", "FC101,S113"], "--select names 'S113', which is no code. The codes are FC101,"),
        (["--ignore", "x"], "--ignore names 'X', which is no code."),
        (["--update-baseline"], "--update-baseline does not know which file: name it with --baseline FILE."),
        (["--explain", "FC999"], "There is no code 'FC999'. The codes are FC101,"),
        (["--processes", "0"], "--processes is 0: at least 1 is needed."),
        (["--output", "no/such/folder"], "'no/such/folder' cannot be written, No such file or directory"),
    ],
)
def test_what_means_nothing_exits_with_two_and_says_what_does(
    scanner: Scanner, arguments: list[str], message: str
) -> None:
    """The same from both commands."""
    done = call(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_both_commands_have_the_same_options() -> None:
    """And each option has a place in `Options`."""

    def options_of(parameters: Any) -> set[str]:
        return {name for parameter in parameters for name in parameter if name not in {"-h", "--help", "paths"}}

    command = typer.main.get_command(tree).commands["scan"]  # type: ignore[attr-defined]  # a group, as it has commands
    ours = options_of(action.option_strings for action in module.parser()._actions)
    assert options_of(parameter.opts for parameter in command.params) == ours
    assert vars(module.parser().parse_args([])).keys() == {field.name for field in fields(Options)}


# Files


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_output_writes_the_document_and_one_line_to_people(scanner: Scanner, project: Path, form: str) -> None:
    """The standard output stays empty."""
    scanner.report = shop_report()
    expected = call("--format", form).stdout
    done = call("--format", form, "--output", "report.txt")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "2 blocking calls in 1 async function. report.txt tells where.\n"
    written = (project / "report.txt").read_text()
    assert written.split() == expected.split()  # a file is wrapped as if it were a narrow terminal
    assert call("--output", "report.txt", "-q").stderr == ""


def test_update_baseline_writes_what_is_there_and_exits_with_zero(scanner: Scanner, project: Path) -> None:
    """It scans without the old one, which may be broken."""
    scanner.report = Report((direct(path="a.py"),), root=project / "app")
    (project / "known.json").write_text("broken")
    done = call("app", "--baseline", "known.json", "--update-baseline")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "known.json: 1 finding known from now on.\n"
    assert scanner.settings.baseline is None
    assert [*json.loads((project / "known.json").read_text())["findings"]] == [
        "FC102::app/a.py::view::app/a.py::requests.get"
    ]


def test_explain_scans_nothing(scanner: Scanner) -> None:
    """It only tells."""
    scanner.error = RuntimeError("scanned")
    done = call("--explain", "fc101")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "time.sleep" in done.stdout


# Real processes


def run(*command: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], check=False, capture_output=True, text=True, timeout=50, **options
    )


# Nothing of a real scan is needed here: the stand-in is put in place of it in the process.
STANDS_IN = """
import sys
from fastapi_convert.scan import _command
from tests.scan.handmade import direct, evil_report, shop_report
from fastapi_convert.scan.findings import Report
reports = {"shop": shop_report(), "evil": evil_report(), "many": Report(tuple(direct(n) for n in range(1, 20000)))}
report = reports[sys.argv.pop(1)]
def scan(paths, settings, on_progress=None):
    if on_progress:
        on_progress(1, 2)
    return report
_command.scan = scan
"""
AS_COMMAND = STANDS_IN + "from fastapi_convert.cli import main; main()"
AS_MODULE = STANDS_IN + "from fastapi_convert.scan.__main__ import main; sys.exit(main(sys.argv[2:]))"
EACH = pytest.mark.parametrize("code", [AS_COMMAND, AS_MODULE], ids=["command", "module"])


def environment(**more: str) -> dict[str, str]:
    here = os.environ.get("PYTHONPATH", "")
    return {**os.environ, "PYTHONPATH": f"{here}{os.pathsep}{ROOT}" if here else str(ROOT), **more}


@EACH
@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_reader_that_goes_away_is_no_error(code: str, form: str) -> None:
    """As with `| head -1`: nothing on the standard error, and the exit code is that of the findings."""
    command = [sys.executable, "-c", code, "many", "scan", "--format", form]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(), cwd=ROOT / "tests" / "scan"
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 1


@EACH
def test_both_commands_print_the_same_into_a_pipe(code: str) -> None:
    """Plain text."""
    done = run("-c", code, "shop", "scan", env=environment(COLUMNS="80"))
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.startswith("app/routes/users.py\n\n  app/routes/users.py:14  async def get_user  GET /users/")
    assert "\x1b" not in done.stdout


def on_a_terminal(report: str, **env: str) -> str:
    """What a terminal is sent, standard output and standard error."""
    controller, terminal = pty.openpty()
    try:
        command = [sys.executable, "-c", AS_COMMAND, report, "scan"]
        variables = environment(COLUMNS="80", TERM="xterm-256color", **env)
        variables.pop("NO_COLOR", None)
        subprocess.run(command, env=variables, stdout=terminal, stderr=terminal, check=False, timeout=50)
        return os.read(controller, 100_000).decode()
    finally:
        os.close(terminal)
        os.close(controller)


def test_a_terminal_gets_colours_that_nobody_else_can_set() -> None:
    """And no progress bar for what takes no time."""
    shop, evil = on_a_terminal("shop"), on_a_terminal("evil")
    assert "\x1b[1;31mrequests.get\x1b[0m" in shop
    assert "Reading files" not in shop
    assert "\\x1b[31m%red" in evil
    assert not [each for each in ("\x1b[31m%", "\u202e", "\x07", "\n::error") if each in evil]


def test_a_progress_bar_is_shown_when_a_scan_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal; it is gone when the scan ends."""
    code = AS_COMMAND.replace(
        "from fastapi_convert.cli import",
        "import fastapi_convert.cli as cli; cli._PATIENCE = -1\nfrom fastapi_convert.cli import",
    )
    monkeypatch.setitem(globals(), "AS_COMMAND", code)
    said = on_a_terminal("shop")
    assert "Reading files" in said
    assert "1/2" in said
    assert "Reading files" not in said.rpartition("\x1b[2K")[2]


def test_the_module_needs_neither_typer_nor_rich_nor_fastapi() -> None:
    """Nothing but Python itself: that is its point."""
    code = "import sys; names = ('typer', 'rich', 'fastapi', 'starlette', 'pydantic', 'anyio', 'httpx', 'click')\n"
    code += "sys.modules.update(dict.fromkeys(names))\n"
    done = run("-c", code + AS_MODULE, "shop", "scan", env=environment())
    assert (done.returncode, done.stderr) == (1, "")
    assert "requests.get" in done.stdout


def test_the_command_loads_no_web_framework() -> None:
    """A scan starts at once. (Typer itself may load pydantic.)"""
    code = AS_COMMAND.replace("main()", "\ntry: main()\nexcept SystemExit: pass\n")
    code += "print({'fastapi', 'anyio', 'starlette', 'httpx', 'sqlite3'} & set(sys.modules), file=sys.stderr)"
    assert run("-c", code, "shop", "scan", env=environment()).stderr == "set()\n"


def test_python_runs_the_module() -> None:
    """By its name, with help in plain text."""
    done = run("-m", "fastapi_convert.scan", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: python -m fastapi_convert.scan ")
    assert (
        run("-m", "fastapi_convert.scan", "--level", "loud").stderr
        == "--level is 'loud': the levels are error, warn, all.\n"
    )


def test_the_pre_commit_hook_runs_the_module_on_the_whole_project() -> None:
    """A changed helper blocks functions in files that were not changed."""
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    hook = dict(
        line.removeprefix("- ").strip().split(": ", 1) for line in text.splitlines() if not line.startswith("#")
    )
    assert hook["id"] == "fastapi-convert-scan"
    assert hook["entry"] == "python -P -m fastapi_convert.scan"  # -P: nothing of the project is imported
    assert (hook["language"], hook["pass_filenames"], hook["types"]) == ("python", "false", "[python]")
    assert "typer" not in str(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"])


# mapping


def mapping(*arguments: str) -> Result:
    return CliRunner().invoke(tree, ["mapping", *arguments])


def test_mapping_prints_every_row() -> None:
    """Into a pipe: a row a line, separated by tabs."""
    done = mapping()
    assert done.exit_code == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == [row.name for row in TABLE.rows]
    assert {len(row) for row in rows} == {6}


def test_mapping_prints_json_and_markdown() -> None:
    """With all that is known, and as the documentation has it."""
    found = json.loads(mapping("--format", "json", "--search", "TIME.sleep", "--code", "FC101").stdout)
    assert [(row["name"], row["code"], row["replacement"]) for row in found] == [
        ("time.sleep", "FC101", "asyncio.sleep")
    ]
    lines = mapping("--format", "markdown", "--search", "time.sleep").stdout.splitlines()
    assert lines[:2] == ["| blocks | code | level | instead | how | note |", "|---|---|---|---|---|---|"]
    assert lines[2].startswith("| `time.sleep` | FC101 | error | `asyncio.sleep` | native |")


def test_mapping_can_be_searched_by_code() -> None:
    """Or by its beginning."""
    assert {row["code"] for row in json.loads(mapping("--format", "json", "--code", "FC103").stdout)} == {"FC103"}


@pytest.mark.parametrize(
    "arguments,message",
    [
        (["--format", "xml"], "There is no format 'xml': the formats are table, json, markdown."),
        (["--code", "FC999"], "--code names 'FC999', which is no code."),
        (["--search", "no\x1bsuch"], "The mapping has no row with 'no\\x1bsuch'"),
    ],
)
def test_what_the_mapping_does_not_have_exits_with_two(arguments: list[str], message: str) -> None:
    """And one line."""
    done = mapping(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


# From a source to the exit code

SHOP = """\
import time

async def view():
    time.sleep(1)
    helper()

def helper():
    time.sleep(2)
"""


def scan_shop(project: Path, source: str, *arguments: str) -> tuple[int, list[int], list[str]]:
    """The exit code of a real scan, the lines of its findings, and its warnings."""
    (project / "app" / "views.py").write_text(source)
    done = call("app", "--no-cache", "--processes", "1", "--format", "json", *arguments)
    document = json.loads(done.stdout)
    lines = [finding["blocking"]["line"] for finding in document["findings"]]
    return done.exit_code, lines, [warned["message"] for warned in document["warnings"]]


def test_a_comment_in_a_source_hides_a_finding(project: Path) -> None:
    """And is told when it hides nothing any more."""
    assert scan_shop(project, SHOP) == (1, [4, 8], [])
    says = "  # fastapi-convert: ignore[FC101] short"
    assert scan_shop(project, SHOP.replace("(2)", f"(2){says}")) == (1, [4], [])
    assert scan_shop(project, SHOP.replace("view():", f"view():{says}")) == (0, [], [])
    code, lines, (warning,) = scan_shop(project, SHOP.replace("import time", f"import time{says}"))
    assert (code, lines) == (1, [4, 8])
    assert "hides nothing any more" in warning


@pytest.mark.parametrize("where", [".", "app", "app/old", "other"])
def test_what_is_configured_to_be_left_out_is_so_from_wherever(
    project: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Globs of pyproject.toml begin at its folder, whatever is scanned and whichever folder is the current one."""
    (project / "pyproject.toml").write_text("[tool.fastapi-convert.scan]\nexclude = ['app/old/**', 'app/*/gen.py']\n")
    for path in ("app/new", "app/old", "other"):
        (project / path).mkdir()
    for path in ("app/views.py", "app/old/views.py", "app/new/gen.py", "app/new/views.py"):
        (project / path).write_text(SHOP)
    monkeypatch.chdir(project / where)

    def files(*arguments: str) -> list[str]:
        document = json.loads(call(*arguments, "--no-cache", "--processes", "1", "--format", "json").stdout)
        return sorted({finding["blocking"]["path"] for finding in document["findings"]})

    assert files(str(project)) == ["app/new/views.py", "app/views.py"]
    assert files(os.path.relpath(project / "app")) == ["new/views.py", "views.py"]
    assert files(str(project / "app" / "new")) == ["views.py"]
    assert files(str(project / "app" / "old")) == ["views.py"]  # it is named
    assert files(str(project / "app"), "--exclude", "app/new/**") == ["old/views.py", "views.py"]
    assert files(str(project / "app"), "--exclude", "new") == ["old/views.py", "views.py"]


def test_a_baseline_lets_only_what_is_new_through(project: Path) -> None:
    """In a project that starts with what it has."""
    (project / "app" / "views.py").write_text(SHOP)
    assert call(".", "--no-cache", "--processes", "1", "--baseline", "known.json", "--update-baseline").exit_code == 0
    assert scan_shop(project, "\n\n" + SHOP, "--baseline", "known.json") == (0, [], [])
    more = SHOP + "\nasync def other():\n    helper()\n"
    assert scan_shop(project, more, "--baseline", "known.json") == (1, [8], [])
    code, lines, (warning,) = scan_shop(project, SHOP.partition("    helper")[0], "--baseline", "known.json")
    assert (code, lines) == (0, [])
    assert warning.startswith("1 of the known findings no longer occurs")
