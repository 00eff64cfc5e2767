"""`fastapi-convert`: exit codes, lines that can be grepped, and workers that are real processes."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import tempfile
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2
import pytest
from fastapi import FastAPI
from typer.testing import CliRunner, Result

from fastapi_convert.cli import tree
from fastapi_convert.errors import ConvertError
from fastapi_convert.jobs import Job, Jobs, JobState
from fastapi_convert.jobs._commands import UsageError, find_jobs
from tests.jobs.cli_app import build
from tests.support.server import serve
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[1]
APP = "tests.jobs.cli_app:jobs"
EVIL = "\x1b[31mmallory\x1b]0;owned\x07\nid:\tforged\u202e"
LINES = ("\x1b", "\x07", "\u202e", "forged\n", "\nid:\tforged")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the store of this test's app is."""
    path = tmp_path / "jobs.db"
    monkeypatch.setenv("FC_CLI_STORE", str(path))
    return path


@pytest.fixture
def jobs(store: Path, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    """The same store as the test's own process sees it, which `here:jobs` names."""
    here = types.ModuleType("here")
    here.jobs = build(store)  # type: ignore[attr-defined]  # that is what modules are for
    monkeypatch.setitem(sys.modules, "here", here)
    return here.jobs  # type: ignore[no-any-return]  # as above


def call(*arguments: str) -> Result:
    """In this process: nothing of a command needs one of its own but a worker."""
    return CliRunner().invoke(tree, ["jobs", *arguments])


def submit(jobs: Jobs, name: str, *args: Any, **options: Any) -> Job[Any]:
    return jobs.functions[name].options(**options).submit_sync(*args)


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fastapi_convert.cli", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=50, **{"cwd": ROOT, **options})


class Worker:
    """A `jobs worker` in its own process."""

    def __init__(self, process: subprocess.Popen[bytes], out: IO[bytes], err: IO[bytes]) -> None:
        self.process = process
        self._out, self._err = out, err

    @property
    def out(self) -> str:
        return _content(self._out)

    @property
    def err(self) -> str:
        return _content(self._err)

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.err
        return "worker ready" in self.out


def _content(file: IO[bytes]) -> str:
    return os.pread(file.fileno(), os.fstat(file.fileno()).st_size, 0).decode()


@contextmanager
def worker(*options: str) -> Iterator[Worker]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        command = [sys.executable, "-m", "fastapi_convert.cli", "jobs", "worker", APP, *options]
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        try:
            started = Worker(process, out, err)
            wait_until(started.is_ready, timeout=20, message="the start of the worker")
            yield started
        finally:
            process.kill()
            process.wait()


def until(condition: Callable[[], object]) -> None:
    wait_until(condition, timeout=20)


# The command itself


def test_the_console_script_tells_its_version() -> None:
    """As it was installed."""
    script = Path(sys.executable).with_name("fastapi-convert")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("fastapi-convert ")


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_one_line_says_what_to_install(missing: str) -> None:
    """Neither a traceback nor a half-working command."""
    code = f"import sys; sys.modules[{missing!r}] = None; from fastapi_convert.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == ['The command line needs typer and rich: pip install "fastapi-convert[cli]"']


def test_the_command_line_loads_no_room_before_it_needs_it() -> None:
    """Tools of this package that scan source need no web framework."""
    code = "import sys, fastapi_convert.cli; print({'fastapi', 'pydantic', 'anyio', 'sqlite3'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_help_is_plain_text_and_names_every_command() -> None:
    """No boxes, no colours."""
    assert CliRunner().invoke(tree, ["--help"]).output.isascii()
    text = CliRunner().invoke(tree, ["jobs", "--help"]).output
    assert text.isascii()
    assert all(f"\n  {name} " in text for name in ("worker", "list", "show", "cancel", "retry"))


def test_wrong_options_exit_with_two(jobs: Jobs) -> None:
    """As everywhere."""
    assert call("list").exit_code == 2
    assert call("list", "here:jobs", "--limit", "0").exit_code == 2
    assert call("worker", "here:jobs", "--workers", "0").exit_code == 2


# APP


def module(monkeypatch: pytest.MonkeyPatch, **content: Any) -> None:
    made = types.ModuleType("made")
    vars(made).update(content)
    monkeypatch.setitem(sys.modules, "made", made)


def test_app_names_a_jobs_anywhere_in_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nested attributes too, as with uvicorn."""
    jobs = Jobs("jobs.db")
    module(monkeypatch, jobs=jobs, state=types.SimpleNamespace(jobs=jobs))
    assert find_jobs("made:jobs") is jobs
    assert find_jobs("made:state.jobs") is jobs


def test_app_may_name_a_fastapi_app_beside_its_only_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has two names is one."""
    jobs = Jobs("jobs.db")
    module(monkeypatch, jobs=jobs, same=jobs, app=FastAPI())
    assert find_jobs("made:app") is jobs


@pytest.mark.parametrize(
    "spec,message",
    [
        ("made", "'made' is not module:attribute, such as app:jobs."),
        (":jobs", "':jobs' is not module:attribute"),
        ("made:", "'made:' is not module:attribute"),
        ("no_such_module:jobs", "There is no module 'no_such_module' in"),
        ("made.no:jobs", "There is no module 'made.no' in"),
        ("made:jobz", "Module 'made' has no 'jobz'; there is made:a, made:b."),
        ("made:a.b.c", "Module 'made' has no 'a.b.c'"),
        ("made:app", "'made:app' is a FastAPI, and no Jobs; there is made:a, made:b."),
        ("made:number", "'made:number' is a int, and no Jobs; there is made:a, made:b."),
        ("empty:app", "'empty:app' is a FastAPI, and no Jobs; the module has no Jobs at all."),
    ],
)
def test_an_app_that_names_no_jobs_is_told_what_there_is(
    monkeypatch: pytest.MonkeyPatch, spec: str, message: str
) -> None:
    """One line, and status 2."""
    module(monkeypatch, a=Jobs("a.db"), b=Jobs("b.db"), app=FastAPI(), number=1)
    empty = types.ModuleType("empty")
    empty.app = FastAPI()  # type: ignore[attr-defined]  # that is what modules are for
    monkeypatch.setitem(sys.modules, "empty", empty)
    with pytest.raises(UsageError) as caught:
        find_jobs(spec)
    assert str(caught.value).startswith(message)
    done = call("list", spec)
    assert done.exit_code == 2
    assert done.stderr.startswith(message)
    assert done.stderr.count("\n") == 1


def test_the_module_is_looked_for_where_one_is(tmp_path: Path) -> None:
    """And an error inside of it keeps its traceback."""
    (tmp_path / "shop.py").write_text("from fastapi_convert.jobs import Jobs\njobs = Jobs('jobs.db')\n")
    (tmp_path / "broken.py").write_text("import no_such_library\n")
    done = run("jobs", "list", "shop:jobs", cwd=tmp_path)
    assert done.returncode == 1
    assert "There is no job store" in done.stderr
    done = run("jobs", "list", "broken:jobs", cwd=tmp_path)
    assert done.returncode == 1
    assert 'broken.py", line 1' in done.stderr
    assert not (tmp_path / "jobs.db").exists()


# list and show


def test_list_shows_jobs_of_all_owners_the_newest_first(jobs: Jobs) -> None:
    """One line each, separated by tabs."""
    first = submit(jobs, "add", 1, owner="ada")
    second = submit(jobs, "encode", "x", owner=None)
    done = call("list", "here:jobs")
    assert done.exit_code == 0
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[:6] for row in rows] == [
        [second.id, "queued", "encode", "video", "-", "0"],
        [first.id, "queued", "add", "default", "ada", "0"],
    ]


def test_list_takes_a_status_and_a_limit(jobs: Jobs) -> None:
    """Also a limit of more than one page."""
    ids = [submit(jobs, "add", number).id for number in range(5)]
    jobs.get(ids[0]).cancel_sync()
    assert call("list", "here:jobs", "--status", "cancelled").stdout.split("\t")[0] == ids[0]
    assert len(call("list", "here:jobs", "--limit", "2").stdout.splitlines()) == 2
    done = call("list", "here:jobs", "--status", "done")
    assert done.exit_code == 2
    assert done.stderr.startswith("There is no status 'done': a job is queued, running,")


def test_list_reads_page_after_page(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """No job is left out, and none told twice."""
    monkeypatch.setattr("fastapi_convert.jobs._commands._PAGE", 2)
    ids = [submit(jobs, "add", number).id for number in range(5)]
    listed = [line.split("\t")[0] for line in call("list", "here:jobs").stdout.splitlines()]
    assert listed == ids[::-1]
    assert len(call("list", "here:jobs", "--limit", "3").stdout.splitlines()) == 3


def test_list_as_json_has_all_that_is_known(jobs: Jobs) -> None:
    """Times as machines write them."""
    job = submit(jobs, "add", 1, owner=EVIL)
    done = call("list", "here:jobs", "--json")
    (found,) = json.loads(done.stdout)
    assert (found["id"], found["owner"], found["state"]) == (job.id, EVIL, "queued")
    assert found["created_at"].endswith("+00:00")
    assert found["finished_at"] is None
    assert done.stdout.isascii()


def failed(jobs: Jobs, text: str, **options: Any) -> Job[Any]:
    """A job that has really failed."""
    job = submit(jobs, "fail", text, **options)
    with worker("--workers", "1"):
        until(lambda: job.status_sync().status is JobState.FAILED)
    return job


def test_show_tells_the_operator_why_and_keeps_the_arguments_to_itself(jobs: Jobs) -> None:
    """Unless they are asked for."""
    job = failed(jobs, EVIL, owner=EVIL)
    text = call("show", "here:jobs", job.id).stdout
    assert not [line for line in LINES if line in text]
    assert f"id:         {job.id}\n" in text
    assert "status:     failed\n" in text
    assert "error:      job-failed, HTTP 500\n" in text
    assert "reason:     ValueError: \\x1b[31mmallory" in text
    assert "owner:      \\x1b[31mmallory" in text
    assert "traceback:\n    Traceback (most recent call last):\n" in text
    assert "\tfailed\t" in text
    assert "payload" not in text
    assert 'payload:    {"text":' in call("show", "here:jobs", job.id, "--payload").stdout
    machine = json.loads(call("show", "here:jobs", job.id, "--json").stdout)
    assert "payload" not in machine
    assert [event["type"] for event in machine["events"]] == ["queued", "running", "failed"]
    assert "ValueError" in machine["error"]["traceback"]
    assert json.loads(call("show", "here:jobs", job.id, "--json", "--payload").stdout)["payload"] == {"text": EVIL}
    assert not [line for line in LINES if line in call("list", "here:jobs").stdout]


def test_a_terminal_gets_a_table_that_nobody_else_can_colour(jobs: Jobs) -> None:
    """Nor set its title, or add rows to it; and brackets are no markup."""
    submit(jobs, "add", 1, owner=EVIL)
    submit(jobs, "add", 1, owner="[red]x[/nonsense]")
    controller, terminal = pty.openpty()
    try:
        command = [sys.executable, "-m", "fastapi_convert.cli", "jobs", "list", APP]
        env = {**os.environ, "COLUMNS": "300", "TERM": "xterm"}
        subprocess.run(command, cwd=ROOT, env=env, stdout=terminal, check=True)
        text = os.read(controller, 100_000).decode()
    finally:
        os.close(terminal)
        os.close(controller)
    assert "owner" in text
    assert "[red]x[/nonsense]" in text
    assert "\\x1b[31mmallory" in text
    assert not [line for line in ("\x1b[31m", "\x1b]", "\x07", "\u202e") if line in text]
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize("command", ["show", "cancel", "retry"])
def test_an_unknown_job_exits_with_one(jobs: Jobs, command: str) -> None:
    """And one line."""
    submit(jobs, "add", 1)
    done = call(command, "here:jobs", "no\x1bsuch")
    assert done.exit_code == 1
    assert done.stderr.startswith("There is no job 'no\\x1bsuch'")
    assert done.stderr.count("\n") == 1


def test_an_error_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it quotes."""

    def fail(spec: str) -> Jobs:
        raise ConvertError(f"{spec} cannot be used")

    monkeypatch.setattr("fastapi_convert.jobs._commands.find_jobs", fail)
    done = call("list", EVIL)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert not [line for line in LINES if line in done.stderr]


@pytest.mark.parametrize("arguments", [["list"], ["show", "x"], ["cancel", "x"], ["retry", "x"]])
def test_looking_makes_no_store(jobs: Jobs, store: Path, arguments: list[str]) -> None:
    """In the wrong directory, an empty list would be a lie."""
    done = call(arguments[0], "here:jobs", *arguments[1:])
    assert done.exit_code == 1
    assert done.stderr.startswith("There is no job store")
    assert not store.exists()


def test_a_file_that_is_no_store_is_one_line(jobs: Jobs, store: Path) -> None:
    """Whatever the command."""
    store.write_text("not a database, and long enough to be read as one" * 100)
    done = call("list", "here:jobs")
    assert done.exit_code == 1
    assert done.stderr.startswith("The job store")
    assert done.stderr.count("\n") == 1


# cancel and retry


def test_cancel_and_retry_take_several_jobs(jobs: Jobs) -> None:
    """What is possible is done, and what is not is told."""
    ids = [submit(jobs, "add", number).id for number in range(2)]
    done = call("cancel", "here:jobs", ids[0], "unknown", ids[1])
    assert done.exit_code == 1
    assert done.stdout == f"{ids[0]}\tcancelled\n{ids[1]}\tcancelled\n"
    assert done.stderr.startswith("There is no job 'unknown'")
    done = call("retry", "here:jobs", *ids)
    assert done.exit_code == 0
    assert done.stdout == f"{ids[0]}\tqueued\n{ids[1]}\tqueued\n"
    done = call("retry", "here:jobs", ids[0])
    assert done.exit_code == 1
    assert "only a failed or cancelled one" in done.stderr


def test_a_running_job_is_cancelled_from_the_command_line(jobs: Jobs, tmp_path: Path) -> None:
    """Its process is killed by the worker that has it; what cannot be ended is refused."""
    begun, go = tmp_path / "begun", tmp_path / "go"
    with worker():
        job = submit(jobs, "block", str(begun), str(go))
        until(begun.exists)
        assert call("cancel", "here:jobs", job.id).stdout == f"{job.id}\tcancelling\n"
        until(lambda: job.status_sync().status is JobState.CANCELLED)
        stubborn = submit(jobs, "stay", str(tmp_path / "staying"))
        until((tmp_path / "staying").exists)
        done = call("cancel", "here:jobs", stubborn.id)
        assert done.exit_code == 1
        assert "cannot be ended" in done.stderr


# worker


def test_a_worker_says_when_it_is_ready_and_when_it_has_ended(jobs: Jobs) -> None:
    """On stdout; its log goes to stderr."""
    job = submit(jobs, "fail", "no such thing")
    with worker() as started:
        until(lambda: job.status_sync().status is JobState.FAILED)
        started.process.terminate()
        assert started.process.wait(20) == 0
        assert started.out.splitlines() == [
            "worker ready: jobs.db, 1 at once, queues default, video",
            "worker ended: jobs.db",
        ]
        assert "no such thing" in started.err
        assert "Traceback" not in started.err


def test_a_worker_serves_the_queues_that_it_is_told(jobs: Jobs) -> None:
    """Jobs of others wait for another worker."""
    other, mine = submit(jobs, "add", 1), submit(jobs, "encode", "x")
    with worker("--queues", "video", "--workers", "3") as started:
        assert started.out == "worker ready: jobs.db, 3 at once, queues video\n"
        assert mine.result_sync(20) == "x"
        assert other.status_sync().status is JobState.QUEUED


def test_queues_that_no_job_has_are_told(jobs: Jobs, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a worker would wait for ever."""
    done = call("worker", "here:jobs", "--queues", "video,vidoe")
    assert (done.exit_code, done.stderr) == (2, "No job has a queue 'vidoe'; there is default, video.\n")
    module(monkeypatch, jobs=Jobs("jobs.db"))
    done = call("worker", "made:jobs")
    assert done.exit_code == 2
    assert "No job is registered" in done.stderr


def test_a_worker_without_a_usable_store_says_why(tmp_path: Path) -> None:
    """One line and no traceback."""
    done = run("jobs", "worker", APP, env={**os.environ, "FC_CLI_STORE": str(tmp_path / "missing" / "jobs.db")})
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("The job store")
    assert "its folder does not exist" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_the_running_job_end_and_begins_no_other(
    jobs: Jobs, tmp_path: Path, number: signal.Signals
) -> None:
    """What has not begun is left to the next worker."""
    begun, go = tmp_path / "begun", tmp_path / "go"
    with worker("--workers", "1") as started:
        job = submit(jobs, "block", str(begun), str(go))
        until(begun.exists)
        started.process.send_signal(number)
        until(lambda: _is_draining(started))
        waiting = submit(jobs, "add", 1)
        go.touch()
        assert started.process.wait(20) == 0
        assert started.out.endswith("worker ended: jobs.db\n")
    assert job.result_sync(1) == 1
    assert waiting.status_sync().status is JobState.QUEUED


def _is_draining(started: Worker) -> bool:
    """It has no signal left to handle."""
    status = Path(f"/proc/{started.process.pid}/status").read_text()
    return all(int(line.split()[1], 16) == 0 for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd")))


def test_a_second_ctrl_c_ends_a_worker_at_once(jobs: Jobs, tmp_path: Path) -> None:
    """However long the grace is."""
    with worker("--workers", "1") as started:
        submit(jobs, "stay", str(tmp_path / "begun"))
        until((tmp_path / "begun").exists)

        def press() -> bool:
            started.process.send_signal(signal.SIGINT)
            return started.process.poll() is not None

        wait_until(press, timeout=10)
        assert started.process.returncode == 130
        assert "worker ended" not in started.out


def test_another_worker_takes_over_from_one_that_was_killed(jobs: Jobs, tmp_path: Path) -> None:
    """The job runs a second time, and has one outcome."""
    begun, go = tmp_path / "begun", tmp_path / "go"
    job = submit(jobs, "block", str(begun), str(go))
    with worker() as killed:
        until(begun.exists)
        killed.process.kill()
        killed.process.wait()
        with worker():
            until(lambda: begun.read_text().count("\n") == 2)
            go.touch()
            assert job.result_sync(20) == 2
    found = json.loads(call("show", "here:jobs", job.id, "--json").stdout)
    assert (found["attempt"], found["state"]) == (2, "succeeded")
    assert [event["type"] for event in found["events"]].count("succeeded") == 1


def test_a_worker_serves_a_live_server(jobs: Jobs) -> None:
    """Which only accepts jobs; three processes have the store open at once."""
    with serve("tests.jobs.cli_app:app") as server, worker("--workers", "2"), httpx2.Client() as client:
        wheres = [
            client.post(f"{server.url}/add", json={"a": number, "b": 1}).headers["Location"] for number in range(5)
        ]
        until(lambda: all(client.get(f"{server.url}{where}/result").status_code == 200 for where in wheres))
        assert [client.get(f"{server.url}{where}/result").json() for where in wheres] == [1, 2, 3, 4, 5]
        listed = call("list", "here:jobs", "--status", "succeeded").stdout.splitlines()
        assert [line.split("\t")[0] for line in listed] == [where.rsplit("/", 1)[1] for where in wheres[::-1]]
