"""Runs in a process of their own: what comes back, how they are ended, and that nothing of them stays."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import select
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from fastapi_convert.errors import CallableExited, NotPicklable, WorkerDied
from fastapi_convert.jobs.execution import _process_seat, _worker_process
from fastapi_convert.jobs.execution._cell import Cell
from fastapi_convert.jobs.execution._in_child import TEMPORARY
from fastapi_convert.jobs.execution._parcel import MOST_ERROR
from fastapi_convert.jobs.execution._process_seat import ProcessSeat
from fastapi_convert.jobs.execution.seats import Died, NotBegun, Outcome, Returned, Stopped, TimedOut, Unfit
from fastapi_convert.offloading._process import Child
from tests.jobs import job_bodies as bodies
from tests.jobs.orders import error_of, order_for
from tests.support.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
LONG = 30.0  # longer than anything here takes, shorter than the test's own limit


@pytest.fixture
def seat(tmp_path: Path) -> Iterator[ProcessSeat]:
    """A seat whose folder is empty again at the end."""
    seat = ProcessSeat("jobs", folder=tmp_path / "seat")
    yield seat
    seat.close()
    assert not (tmp_path / "seat").exists() or list((tmp_path / "seat").iterdir()) == []


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    """A named pipe by which a body and its test wait for each other."""
    path = str(tmp_path / "fifo")
    os.mkfifo(path)
    return path


@pytest.fixture
def runner() -> Iterator[ThreadPoolExecutor]:
    """The thread that runs belong to."""
    with ThreadPoolExecutor(1) as pool:
        yield pool


def run(seat: ProcessSeat, folder: Path, fn: Callable[..., Any], /, *, timeout: float = LONG, **kwargs: Any) -> Outcome:
    return seat.run(order_for(folder, fn, **kwargs), timeout)


def begin(
    runner: ThreadPoolExecutor, seat: ProcessSeat, folder: Path, fn: Callable[..., Any], path: str, **kwargs: Any
) -> tuple[Future[Outcome], int]:
    """Start a run that tells when it is under way; its future, and the id that it told."""
    future = runner.submit(seat.run, order_for(folder, fn, path=path, **kwargs), LONG)
    return future, int(Path(path).read_text())


def value_of(outcome: Outcome) -> Any:
    assert isinstance(outcome, Returned), outcome
    return json.loads(outcome.result)


def is_gone(pid: int) -> bool:
    """Whether the process has ended; a zombie that nobody has waited for yet has."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def process_of(seat: ProcessSeat) -> int:
    assert seat._process is not None
    assert seat._process.child.pid is not None
    return seat._process.child.pid


# What comes back.


def test_a_run_is_in_a_warm_process_of_its_own(seat: ProcessSeat, tmp_path: Path) -> None:
    """The same for the next run; nothing starts before the first."""
    assert seat._process is None
    first = value_of(run(seat, tmp_path, bodies.my_pid))
    assert value_of(run(seat, tmp_path, bodies.my_pid)) == first == process_of(seat) != os.getpid()
    assert run(seat, tmp_path, bodies.greet, name="Ada", attempt=2) == Returned('"hello Ada, attempt 2 of j0b"')
    assert seat.progress() == (0.5, "greeting Ada")


def test_the_forkserver_knows_what_runs_need() -> None:
    """So that a fresh process does not have to import it."""
    code = """
        import multiprocessing.forkserver
        from pathlib import Path
        from fastapi_convert.jobs.execution._process_seat import ProcessSeat

        ProcessSeat("jobs", folder=Path("nowhere"))
        print(multiprocessing.forkserver._forkserver._preload_modules[-1])
        """
    said = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "fastapi_convert.jobs.execution._in_child"


def test_a_payload_that_does_not_fit_is_told(seat: ProcessSeat, tmp_path: Path) -> None:
    """Without what is in it."""
    outcome = run(seat, tmp_path, bodies.add, payload='{"a": "c4n4ry"}')
    assert isinstance(outcome, Unfit)
    assert "c4n4ry" not in outcome.reason


@pytest.mark.parametrize("kind", ["value", "two", "memory", "timeout"])
def test_the_functions_own_exception_arrives(seat: ProcessSeat, tmp_path: Path, kind: str) -> None:
    """With its attributes and the traceback of its process; also a `TimeoutError`, which is no timeout of ours."""
    outcome, original = error_of(run(seat, tmp_path, bodies.fail, kind=kind)), bodies.RAISERS[kind]()
    assert outcome.error is not None
    assert (type(outcome.error), outcome.error.args) == (type(original), original.args)
    assert vars(outcome.error).get("code") == vars(original).get("code")
    assert outcome.names[0].endswith(type(original).__name__)
    assert "in fail" in outcome.traceback
    assert "in fail" in outcome.error.__notes__[-1]
    assert "/execution/" not in outcome.traceback


@pytest.mark.parametrize(
    "kind, name, summary",
    [
        ("lock", "tests.jobs.job_bodies.HoldsLock", "HoldsLock: locked"),
        ("big", "builtins.ValueError", "ValueError: xxx"),
    ],
)
def test_an_exception_that_cannot_travel_is_told(
    seat: ProcessSeat, tmp_path: Path, kind: str, name: str, summary: str
) -> None:
    """Its names, its text, its traceback; too big is a reason too."""
    outcome = error_of(run(seat, tmp_path, bodies.fail, kind=kind))
    assert (outcome.error, outcome.names[0]) == (None, name)
    assert outcome.summary.startswith(summary)
    assert "in fail" in outcome.traceback
    assert len(outcome.summary) + len(outcome.traceback) < MOST_ERROR


def test_an_exception_without_a_text_arrives(seat: ProcessSeat, tmp_path: Path) -> None:
    """Its `__str__` raises what is no `Exception`."""
    outcome = error_of(run(seat, tmp_path, bodies.fail, kind="ugly"))
    assert (type(outcome.error), outcome.summary) == (bodies.Ugly, "Ugly: (it has no text: its __str__ failed)")


@pytest.mark.parametrize("kind", ["exit", "interrupt", "generator", "stop", "cancelled"])
def test_what_would_end_the_process_is_an_ordinary_error(seat: ProcessSeat, tmp_path: Path, kind: str) -> None:
    """The process lives on, and the original is the cause."""
    before = value_of(run(seat, tmp_path, bodies.my_pid))
    error = error_of(run(seat, tmp_path, bodies.fail, kind=kind)).error
    assert type(error) is CallableExited
    assert type(error.__cause__) is type(bodies.RAISERS[kind]())
    assert value_of(run(seat, tmp_path, bodies.my_pid)) == before


def test_a_big_result_arrives(seat: ProcessSeat, tmp_path: Path) -> None:
    """Twenty megabytes."""
    assert value_of(run(seat, tmp_path, bodies.big, size=20_000_000)) == "x" * 20_000_000


def test_a_function_that_no_process_finds_is_an_error(seat: ProcessSeat, tmp_path: Path) -> None:
    """It says why, and what to do, and starts no process."""

    def local() -> None: ...

    outcome = error_of(run(seat, tmp_path, local))
    assert isinstance(outcome.error, NotPicklable)
    assert re.search(r"local\(\).*inside another function; move it to module level", outcome.summary)
    assert seat._process is None


def test_a_function_whose_module_cannot_be_imported_in_the_process_has_not_begun(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a deploy, mostly: it exists here alone. The next run gets a process that imports all anew."""
    import types

    module = types.ModuleType("only_here")
    exec("def lost() -> int:\n    return 1", vars(module))
    monkeypatch.setitem(sys.modules, "only_here", module)
    outcome = run(seat, tmp_path, module.lost)
    assert isinstance(outcome, NotBegun)
    assert "No module named 'only_here'" in outcome.reason
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_returned_file_is_taken(seat: ProcessSeat, tmp_path: Path) -> None:
    """Out of the folder of the run, by its relative path too, though the directory is restored."""
    path = Path(value_of(run(seat, tmp_path, bodies.give_relative, name="report.txt")))
    assert (path.parent, path.read_text()) == (tmp_path / "files" / "result", "relative")


# How it is ended.


@pytest.mark.parametrize("fn", [bodies.touch_and_sleep, bodies.touch_and_sum, bodies.touch_and_hash])
def test_a_stop_ends_whatever_it_does(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str, fn: Callable[..., Any]
) -> None:
    """Asleep, in C with the GIL, in C without it. The next run works."""
    future, pid = begin(runner, seat, tmp_path, fn, fifo)
    seat.stop("cancelled")
    assert future.result(10) == Stopped()
    assert is_gone(pid)
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_stop_ends_a_wait_for_a_silent_peer(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """A socket that nothing ever comes from."""
    future, pid = begin(runner, seat, tmp_path, bodies.touch_and_receive, fifo)
    seat.stop("cancelled")
    assert future.result(10) == Stopped()
    assert is_gone(pid)


def test_a_timeout_ends_it(seat: ProcessSeat, tmp_path: Path) -> None:
    """And the next run works."""
    here = tmp_path / "here"
    run(seat, tmp_path, bodies.add, a=1)
    assert run(seat, tmp_path, bodies.touch_and_sleep, path=str(here), timeout=0.3) == TimedOut()
    assert is_gone(int(here.read_text()))
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


@pytest.mark.parametrize(
    "fn, kwargs, reason",
    [
        (bodies.exit_hard, {"code": 137}, "worker died: exit code 137"),
        (bodies.exit_hard, {"code": 0}, "worker died: exit code 0"),
        (bodies.segfault, {}, "worker died: signal 11 (SIGSEGV)"),
        (bodies.kill_myself, {}, "worker died: signal 9 (SIGKILL)"),
    ],
    ids=["exit", "exit-0", "segfault", "kill"],
)
def test_a_death_is_told_with_its_cause(
    seat: ProcessSeat, tmp_path: Path, fn: Callable[..., Any], kwargs: dict[str, Any], reason: str
) -> None:
    """The next run has a new process."""
    assert run(seat, tmp_path, fn, **kwargs) == Died(reason)
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_kill_from_outside_is_a_death(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """Nobody had asked for it."""
    future, pid = begin(runner, seat, tmp_path, bodies.touch_and_sleep, fifo)
    os.kill(pid, signal.SIGKILL)
    assert future.result(10) == Died("worker died: signal 9 (SIGKILL)")


def test_a_process_that_died_between_runs_is_replaced(seat: ProcessSeat, tmp_path: Path) -> None:
    """No run has to suffer for it, not even one that begins while it is dying."""
    for _ in range(5):
        pid = value_of(run(seat, tmp_path, bodies.my_pid))
        os.kill(pid, signal.SIGKILL)
        assert value_of(run(seat, tmp_path, bodies.my_pid)) != pid


def test_a_module_that_kills_the_process_is_a_death(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At its import: that is not tried for ever, though the function never began."""
    import importlib

    code = """
        import multiprocessing, os
        if multiprocessing.parent_process():
            os._exit(3)
        def deadly() -> int:
            return 1
        """
    (tmp_path / "deadly_module.py").write_text(textwrap.dedent(code))
    monkeypatch.syspath_prepend(tmp_path)
    deadly = importlib.import_module("deadly_module").deadly
    assert run(seat, tmp_path, deadly) == Died("worker died: exit code 3")
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")
    assert run(seat, tmp_path, deadly) == Died("worker died: exit code 3")
    del sys.modules["deadly_module"]


def test_fifty_kills_in_a_row(seat: ProcessSeat, tmp_path: Path) -> None:
    """Each run gets a process, and nothing of the dead ones stays: the checks for leaks see to that."""
    for _ in range(50):
        assert run(seat, tmp_path, bodies.kill_myself) == Died("worker died: signal 9 (SIGKILL)")
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


@pytest.mark.parametrize("moment", ["before", "start", "call"])
def test_a_stop_before_the_function_began_counts(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Before the process is there, while it starts, and before the call is sent."""
    real = _worker_process.WorkerProcess

    class Early(real):  # type: ignore[misc, valid-type]  # a class all the same
        def __init__(self, name: str, folder: Path) -> None:
            if moment == "before":
                seat.stop("cancelled")
            super().__init__(name, folder)

        def start(self) -> None:
            if moment == "start":
                seat.stop("cancelled")
            super().start()

    class EarlyCell(Cell):
        def begin(self) -> None:
            super().begin()
            if moment == "call":
                seat.stop("cancelled")

    with monkeypatch.context() as patch:
        patch.setattr(_process_seat, "WorkerProcess", Early)
        patch.setattr(_worker_process, "Cell", EarlyCell)
        assert run(seat, tmp_path, bodies.touch_and_sleep, path=str(tmp_path / "here")) == Stopped()
    assert not (tmp_path / "here").exists()
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_stop_between_runs_does_nothing(seat: ProcessSeat, tmp_path: Path) -> None:
    """It neither kills the process nor the run that comes."""
    seat.stop("nothing to stop")
    pid = value_of(run(seat, tmp_path, bodies.my_pid))
    seat.stop("nothing to stop")
    seat.ask("nothing to ask")
    assert value_of(run(seat, tmp_path, bodies.my_pid)) == pid


def test_stops_at_any_moment_hit_their_own_run_only(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor
) -> None:
    """A run that is not stopped while it goes on is never ended by a stop that came too late for another."""
    for number in range(20):
        future = runner.submit(run, seat, tmp_path, bodies.add, a=number)
        time.sleep(number / 10_000)  # no wait for anything: each number is another moment to strike at
        seat.stop("cancelled")
        assert future.result(LONG) in (Stopped(), Returned(str(number)))
        assert run(seat, tmp_path, bodies.add, a=number) == Returned(str(number))


def test_a_function_can_be_asked_to_stop(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """Through its progress: its process lives on."""
    future, pid = begin(runner, seat, tmp_path, bodies.tell_and_wait, fifo)
    seat.ask("its worker is closing")
    assert future.result(10) == Stopped()
    assert process_of(seat) == pid


# What it leaves.


@pytest.mark.parametrize("then", ["sleep", "die"])
def test_a_subprocess_dies_with_its_run(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str, then: str
) -> None:
    """When it is stopped, and when its process dies."""
    future, grandchild = begin(runner, seat, tmp_path, bodies.start_subprocess, fifo, then=then)
    seat.stop("cancelled")
    assert future.result(10) in (Stopped(), Died("worker died: exit code 1"))
    wait_until(lambda: is_gone(grandchild))


def test_a_subprocess_dies_with_a_run_that_is_late(seat: ProcessSeat, tmp_path: Path) -> None:
    """The deadline is for all that it started."""
    run(seat, tmp_path, bodies.add, a=1)
    path = tmp_path / "here"
    assert run(seat, tmp_path, bodies.start_subprocess, path=str(path), then="sleep", timeout=1.0) == TimedOut()
    wait_until(lambda: is_gone(int(path.read_text())))


def test_a_subprocess_of_a_run_that_returned_dies_with_the_process_at_the_latest(tmp_path: Path) -> None:
    """It belongs to the group."""
    seat = ProcessSeat("jobs", folder=tmp_path / "seat")
    grandchild = int(value_of(run(seat, tmp_path, bodies.start_subprocess, path="", then="return")))
    assert not is_gone(grandchild)
    seat.close()
    wait_until(lambda: is_gone(grandchild))


def test_a_kernel_without_handles_on_groups_is_served_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """By the number of the group, once nobody else can have it."""
    monkeypatch.setattr(_worker_process.WorkerProcess, "_kill_by_handle", staticmethod(lambda handle: False))
    seat = ProcessSeat("jobs", folder=tmp_path / "seat")
    future, grandchild = begin(runner, seat, tmp_path, bodies.start_subprocess, fifo, then="sleep")
    seat.stop("cancelled")
    assert future.result(10) == Stopped()
    wait_until(lambda: is_gone(grandchild))
    seat.close()


def test_a_group_whose_number_is_taken_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number may be a stranger's by now: here it is that of this very process."""
    killed: list[int] = []
    monkeypatch.setattr(os, "killpg", lambda group, _: killed.append(group))
    process = _worker_process.WorkerProcess("jobs", tmp_path)
    process._pid = os.getpid()
    process.end()
    assert killed == []


def test_a_process_is_replaced_after_so_many_runs(tmp_path: Path) -> None:
    """The old one is gone before the next run begins."""
    seat = ProcessSeat("jobs", max_tasks=2, folder=tmp_path / "seat")
    pids = [value_of(run(seat, tmp_path, bodies.my_pid)) for _ in range(5)]
    assert [pids[0] == pids[1], pids[1] == pids[2], pids[2] == pids[3], pids[3] == pids[4]] == [
        True,
        False,
        True,
        False,
    ]
    assert is_gone(pids[0])
    seat.close()


def test_close_ends_a_run_and_can_be_called_twice(tmp_path: Path, runner: ThreadPoolExecutor, fifo: str) -> None:
    """No run begins after it."""
    seat = ProcessSeat("jobs", folder=tmp_path / "seat")
    future, pid = begin(runner, seat, tmp_path, bodies.touch_and_sleep, fifo)
    seat.close()
    assert is_gone(pid)
    assert future.result(10) == Stopped()
    seat.close()
    assert run(seat, tmp_path, bodies.add, a=1) == Died("worker died: its seat was closed")
    assert list((tmp_path / "seat").iterdir()) == []


def temporary_folder_of(seat: ProcessSeat) -> Path:
    assert seat._process is not None
    return seat._process.scratch / TEMPORARY


def test_temporary_files_lie_in_a_folder_of_the_process(seat: ProcessSeat, tmp_path: Path) -> None:
    """Also those of subprocesses, in each of its runs; it is empty after each, and nothing else is made."""
    for attempt in (1, 2):
        name, variable, theirs = value_of(run(seat, tmp_path, bodies.use_tempfile, attempt=attempt))
        folder = temporary_folder_of(seat)
        assert (Path(name).parent, variable, theirs) == (folder, str(folder), str(folder))
        assert folder.stat().st_mode & 0o777 == 0o700
        assert list(folder.iterdir()) == []
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("fn", [bodies.remove_tempdir, bodies.replace_tempdir, bodies.close_tempdir])
def test_a_folder_for_temporary_files_that_was_spoilt_is_made_anew(
    seat: ProcessSeat, tmp_path: Path, fn: Callable[..., Any]
) -> None:
    """Removed, made a link, made unreadable: the next run has one, and what the link leads to is left alone."""
    (tmp_path / "elsewhere").mkdir()
    for names in ([], ["precious"]):
        for name in names:
            (tmp_path / "elsewhere" / name).touch()
        run(seat, tmp_path, fn, target=str(tmp_path / "elsewhere"))
        path, _, _ = value_of(run(seat, tmp_path, bodies.use_tempfile))
        assert Path(path).parent == temporary_folder_of(seat)
        assert not temporary_folder_of(seat).is_symlink()
        assert [each.name for each in (tmp_path / "elsewhere").iterdir()] == names


def test_a_process_whose_temporary_files_cannot_be_removed_is_replaced(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that left them has ended well all the same."""

    def fail(self: _worker_process.WorkerProcess) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_worker_process.WorkerProcess, "tidy_up", fail)
        value_of(run(seat, tmp_path, bodies.use_tempfile))
    assert seat._process is None
    assert list((tmp_path / "seat").iterdir()) == []


def test_temporary_files_of_a_run_that_was_killed_are_removed(seat: ProcessSeat, tmp_path: Path) -> None:
    """With all that the process had."""
    outcome = run(seat, tmp_path, bodies.use_tempfile_and_die)
    assert outcome == Died("worker died: signal 9 (SIGKILL)")
    assert list((tmp_path / "seat").iterdir()) == []


def test_removing_temporary_files_is_no_time_of_the_functions(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has returned, so its deadline is nothing to it any more."""
    run(seat, tmp_path, bodies.add, a=1)
    tidied: list[bool] = []

    def tidy_up_late(process: _worker_process.WorkerProcess) -> None:
        assert process.child._session is not None
        deadline = process.child._session._patience.deadline
        assert deadline is not None
        wait_until(lambda: time.monotonic() > deadline)
        tidied.append(process.child.alive)

    monkeypatch.setattr(_worker_process.WorkerProcess, "tidy_up", tidy_up_late)
    assert isinstance(run(seat, tmp_path, bodies.use_tempfile, timeout=2.0), Returned)
    assert tidied == [True]


def test_a_file_among_the_temporary_ones_is_moved_too(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not copied: nothing is left that somebody has to remove."""
    tidied: list[bool] = []
    monkeypatch.setattr(_worker_process.WorkerProcess, "tidy_up", lambda _: tidied.append(True))
    path = Path(value_of(run(seat, tmp_path, bodies.give_temporary, text="temporary")))
    assert (path.parent, path.read_text()) == (tmp_path / "files" / "result", "temporary")
    assert tidied == []


def test_a_link_from_one_folder_of_the_run_into_the_other_is_followed(seat: ProcessSeat, tmp_path: Path) -> None:
    """Both are its own; one that leads elsewhere is not."""
    (tmp_path / "secret").write_text("secret")
    path = Path(value_of(run(seat, tmp_path, bodies.give_temporary_through_a_link, text="linked")))
    assert path.read_text() == "linked"
    outcome = error_of(run(seat, tmp_path, bodies.give_temporary_link, target=str(tmp_path / "secret")))
    assert "leads out of the folder" in outcome.summary


def test_the_next_run_is_where_the_first_one_was(seat: ProcessSeat, tmp_path: Path) -> None:
    """In the directory, and without the alarm that it had set."""
    before = value_of(run(seat, tmp_path, bodies.where))
    assert run(seat, tmp_path, bodies.go_elsewhere, path=str(tmp_path)) == Returned("null")
    assert value_of(run(seat, tmp_path, bodies.where)) == before


def test_multiprocessing_works_in_every_run(seat: ProcessSeat, tmp_path: Path) -> None:
    """Its server lives longer than what the run that started it has left."""
    for attempt in (1, 2):
        assert value_of(run(seat, tmp_path, bodies.use_multiprocessing, attempt=attempt)) == [1, 2]


def test_a_fork_that_comes_back_ends_there(seat: ProcessSeat, tmp_path: Path) -> None:
    """Only one of the two takes the file and answers."""
    outcome = run(seat, tmp_path, bodies.fork_and_come_back, path=str(tmp_path / "forked"))
    assert Path(value_of(outcome)).read_text() == "one"
    assert (tmp_path / "forked").read_text() == "child"
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_printing_and_closing_stdout_do_no_harm(seat: ProcessSeat, tmp_path: Path) -> None:
    """The answer goes another way."""
    assert value_of(run(seat, tmp_path, bodies.talk)) == "said"
    assert run(seat, tmp_path, bodies.close_stdout) == Returned("null")
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_thread_left_behind_tells_nothing_in_the_next_run(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """Its progress was that of another run, which is over, as it is told. Nor does it hold up the end."""
    assert run(seat, tmp_path, bodies.leave_a_thread, path=str(tmp_path / "told")) == Returned("null")
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")
    assert seat.progress() is None
    wait_until((tmp_path / "told").exists)
    assert (tmp_path / "told").read_text() == "its run is over"
    future, _ = begin(runner, seat, tmp_path, bodies.tell_and_wait, fifo)
    assert seat.progress() == (0.5, "half")
    seat.ask("enough")
    assert future.result(10) == Stopped()


def test_a_wish_to_stop_is_for_one_run_only(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """The next one in the same process tells and asks undisturbed."""
    future, pid = begin(runner, seat, tmp_path, bodies.tell_and_wait, fifo)
    seat.ask("enough")
    assert future.result(10) == Stopped()
    assert seat.progress() == (0.5, "half")
    assert run(seat, tmp_path, bodies.greet, name="Ada") == Returned('"hello Ada, attempt 1 of j0b"')
    assert process_of(seat) == pid


def test_what_a_run_told_is_known_after_its_process_has_died(seat: ProcessSeat, tmp_path: Path) -> None:
    """And is not taken for what the next one tells."""
    assert isinstance(run(seat, tmp_path, bodies.tell_and_die), Died)
    assert seat.progress() == (0.5, "half")
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")
    assert seat.progress() is None


# Progress.


def test_progress_is_seen_while_it_runs(
    seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor, fifo: str
) -> None:
    """By any thread."""
    future, _ = begin(runner, seat, tmp_path, bodies.tell_and_wait, fifo)
    assert seat.progress() == (0.5, "half")
    seat.stop("cancelled")
    assert future.result(10) == Stopped()
    assert seat.progress() == (0.5, "half")


def test_the_last_of_a_flood_is_what_is_seen(seat: ProcessSeat, tmp_path: Path, runner: ThreadPoolExecutor) -> None:
    """And on the way nothing but values that were told, in their order."""
    future = runner.submit(run, seat, tmp_path, bodies.flood, seconds=0.3)
    seen = 0
    while not future.done():
        if (told := seat.progress()) is not None:
            step = int(told[1].removeprefix("step "))
            assert told[0] == (step % 1000) / 1000
            assert step >= seen
            seen = step
    count, last = value_of(future.result())
    assert count > 1000
    assert seat.progress() == ((count % 1000) / 1000, last)


@pytest.mark.parametrize("message, arrives", [("a\ud800b", "a?b"), ("\U0001f3d4" * 600, "\U0001f3d4" * 500)])
def test_any_message_arrives(seat: ProcessSeat, tmp_path: Path, message: str, arrives: str) -> None:
    """As far as there is room."""
    payload = json.dumps({"fraction": None, "message": message})
    outcome = run(seat, tmp_path, bodies.tell, payload=payload)
    if isinstance(outcome, Unfit):  # JSON with half a character in it is refused before it gets so far
        assert "\ud800" in message
    else:
        assert seat.progress() == (None, arrives)


def test_with_a_full_disk_a_run_has_not_begun(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told as what it is, and the next run works."""

    def full(path: Path) -> Cell:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(_worker_process, "Cell", full)
        outcome = run(seat, tmp_path, bodies.add, a=1)
    assert isinstance(outcome, NotBegun)
    assert "No space left" in outcome.reason
    assert list((tmp_path / "seat").iterdir()) == []
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_folder_that_cannot_be_made_is_an_error_of_the_run(seat: ProcessSeat, tmp_path: Path) -> None:
    """Of one that uses it."""
    (tmp_path / "run").touch()
    outcome = error_of(run(seat, tmp_path, bodies.write_file, name="report.txt", text="one"))
    assert isinstance(outcome.error, NotADirectoryError)
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


# The sign of life.


def is_held(path: Path) -> bool:
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_the_process_holds_the_lock_of_its_worker(tmp_path: Path) -> None:
    """As long as it lives, and no longer."""
    seat = ProcessSeat("jobs", folder=tmp_path / "seat")
    run(seat, tmp_path, bodies.add, a=1)
    assert is_held(tmp_path / "worker.lock")
    seat.close()
    assert not is_held(tmp_path / "worker.lock")


def test_nothing_is_run_for_a_worker_that_is_gone(seat: ProcessSeat, tmp_path: Path) -> None:
    """Its jobs were given to others; also when the process had held its lock, and another file has the name."""
    order = order_for(tmp_path, bodies.add, a=1)
    order.presence.unlink()
    assert seat.run(order, LONG) == Died("worker is gone: its lock file was removed, so somebody thinks its jobs ended")
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")
    order.presence.unlink()
    assert isinstance(run(seat, tmp_path, bodies.add, a=1), Died)
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_the_process_dies_with_a_worker_that_is_killed(tmp_path: Path, fifo: str) -> None:
    """Though it sleeps, and with its lock."""
    script = f"""
        from pathlib import Path
        from fastapi_convert.jobs.execution._process_seat import ProcessSeat
        from tests.jobs import job_bodies as bodies
        from tests.jobs.orders import order_for

        if __name__ == "__main__":
            folder = Path({str(tmp_path)!r})
            seat = ProcessSeat("jobs", folder=folder / "seat")
            seat.run(order_for(folder, bodies.touch_and_sleep, path={fifo!r}), None)
        """
    path = tmp_path / "worker.py"
    path.write_text(textwrap.dedent(script))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen([sys.executable, str(path)], env=environment) as worker:
        pid = int(Path(fifo).read_text())
        handle = os.pidfd_open(pid)
        assert is_held(tmp_path / "worker.lock")
        worker.kill()
        assert select.select([handle], [], [], 2)[0]
        os.close(handle)
    wait_until(lambda: not is_held(tmp_path / "worker.lock"), timeout=2)


def test_a_process_that_cannot_be_started_is_not_the_job_s_fault(
    seat: ProcessSeat, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No descriptor is left, for example: nothing has run, and it is not a death of the job's process."""

    def fail(child: Child) -> None:
        raise WorkerDied("A worker of pool 'seat' could not be started: too many open files.")

    with monkeypatch.context() as patch:
        patch.setattr(Child, "start", fail)
        assert isinstance(run(seat, tmp_path, bodies.add, a=1), NotBegun)
    assert run(seat, tmp_path, bodies.add, a=1) == Returned("1")


def test_a_job_may_use_multiprocessing_wherever_the_store_lies(tmp_path: Path) -> None:
    """Its sockets have paths, which may have 107 bytes and no more."""
    folder = tmp_path / ("deep" * 20) / ("down" * 20)
    folder.mkdir(parents=True)
    seat = ProcessSeat("jobs", folder=folder)
    try:
        for _ in range(2):
            assert isinstance(run(seat, tmp_path, bodies.use_multiprocessing), Returned)
    finally:
        seat.close()
    assert list(folder.iterdir()) == []
