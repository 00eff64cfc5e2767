"""One run of one function: every end that it can come to is an outcome, bounded and fit to be stored."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import (
    given,
    strategies as st,
)

from fastapi_convert.errors import CallableExited
from fastapi_convert.jobs.execution import _failures
from fastapi_convert.jobs.execution._body import run_async_body, run_body
from fastapi_convert.jobs.execution._memory import MemorySink
from fastapi_convert.jobs.execution.seats import Order, Outcome, Returned, Stopped, Unfit
from fastapi_convert.jobs.progress import Progress
from tests.jobs import job_bodies as bodies
from tests.jobs.orders import error_of, order_for

CANARY = "c4n4ry"


def progress_for(order: Order, sink: MemorySink | None = None) -> Progress:
    return Progress(sink or MemorySink(None), job_id=order.job_id, attempt=order.attempt, folder=order.folder)


def run(folder: Path, fn: Callable[..., Any], **kwargs: Any) -> Outcome:
    order = order_for(folder, fn, **kwargs)
    return run_body(order, progress_for(order))


# The call.


def test_the_result_is_json(tmp_path: Path) -> None:
    """Of the return annotation."""
    assert run(tmp_path, bodies.add, a=3, b=4) == Returned("7")
    assert run(tmp_path, bodies.add, a=3) == Returned("3")


def test_the_progress_is_filled_in(tmp_path: Path) -> None:
    """By its annotation, with the id and the attempt."""
    order, sink = order_for(tmp_path, bodies.greet, attempt=2, name="Ada"), MemorySink(None)
    assert run_body(order, progress_for(order, sink)) == Returned('"hello Ada, attempt 2 of j0b"')
    assert sink.told == (0.5, "greeting Ada")


@pytest.mark.parametrize("payload", ['{"a": "c4n4ry"}', '{"b": 1}', '{"a": 1, "c4n4ry": 2}', "c4n4ry", '["c4n4ry"]'])
def test_a_payload_that_does_not_fit_is_told_without_its_values(tmp_path: Path, payload: str) -> None:
    """It may hold secrets, and the function was not called."""
    outcome = run(tmp_path, bodies.add, payload=payload)
    assert isinstance(outcome, Unfit)
    assert outcome.reason
    assert CANARY not in outcome.reason


def test_a_function_that_was_stopped_before_it_began_does_not_begin(tmp_path: Path) -> None:
    """There is nothing to clean up then."""
    order, sink = order_for(tmp_path, bodies.fail, kind="value"), MemorySink(None)
    sink.reason = "enough"
    assert run_body(order, progress_for(order, sink)) == Stopped()


# What it raises.


@pytest.mark.parametrize(
    "kind, names, summary",
    [
        ("value", ["builtins.ValueError", "builtins.Exception"], "ValueError: no such preset"),
        ("two", ["tests.jobs.job_bodies.TwoArguments", "builtins.Exception"], "TwoArguments: 4: four"),
        ("timeout", ["builtins.TimeoutError", "builtins.OSError"], "TimeoutError: the function's own"),
        ("memory", ["builtins.MemoryError", "builtins.Exception"], "MemoryError"),
        ("ugly", ["tests.jobs.job_bodies.Ugly", "builtins.Exception"], "Ugly: (it has no text: its __str__ failed)"),
        ("lines", ["builtins.ValueError"], r"ValueError: one\ntwo\x1b[31m\u2028\ud800"),
    ],
)
def test_an_exception_is_told_in_names_and_one_line(tmp_path: Path, kind: str, names: list[str], summary: str) -> None:
    """And is there itself, with the place it was raised in, and no frame of ours above it."""
    outcome = error_of(run(tmp_path, bodies.fail, kind=kind))
    assert outcome.names[: len(names)] == names
    assert outcome.names[-2:] == ["builtins.BaseException", "builtins.object"]
    assert outcome.summary == summary
    assert type(outcome.error) is type(bodies.RAISERS[kind]())
    assert "in fail" in outcome.traceback
    assert "_body.py" not in outcome.traceback.replace("job_bodies.py", "")


@pytest.mark.parametrize("kind", ["exit", "interrupt", "generator", "stop", "cancelled", "group"])
def test_what_would_end_the_worker_is_an_ordinary_error(tmp_path: Path, kind: str) -> None:
    """With the original as its cause."""
    outcome = error_of(run(tmp_path, bodies.fail, kind=kind))
    cause = bodies.RAISERS[kind]()
    assert type(outcome.error) is CallableExited
    assert outcome.error.__cause__ is not None
    assert type(outcome.error.__cause__) is type(cause)
    assert outcome.names[0] == "fastapi_convert.errors.CallableExited"
    assert outcome.summary.startswith(f"CallableExited: fail() raised {type(cause).__qualname__}")
    assert "in fail" in outcome.traceback


def test_a_cancellation_that_nobody_asked_for_is_told_as_such(tmp_path: Path) -> None:
    """A legacy function may run a loop of its own."""
    assert "nobody had asked it to stop" in error_of(run(tmp_path, bodies.fail, kind="cancelled")).summary


def test_a_cancellation_that_was_asked_for_is_a_stop(tmp_path: Path) -> None:
    """The function let through what its progress raised."""
    order, sink = order_for(tmp_path, bodies.tell_and_wait, path=str(tmp_path / "here")), MemorySink(None)
    thread = threading.Timer(0, lambda: setattr(sink, "reason", "enough"))
    thread.start()
    assert run_body(order, progress_for(order, sink)) == Stopped()
    thread.join()


def test_a_recursion_without_end_is_an_error(tmp_path: Path) -> None:
    """Its traceback is short."""
    outcome = error_of(run(tmp_path, bodies.recurse))
    assert isinstance(outcome.error, RecursionError)
    assert "more times" in outcome.traceback


def test_texts_are_bounded(tmp_path: Path) -> None:
    """Ten megabytes of message; both ends of the traceback are there."""
    outcome = error_of(run(tmp_path, bodies.fail, kind="big"))
    assert len(outcome.summary) == _failures.MOST_SUMMARY
    assert _failures.MOST_TRACEBACK - 100 < len(outcome.traceback.encode()) <= _failures.MOST_TRACEBACK
    assert outcome.traceback.startswith("Traceback")
    assert "cut here" in outcome.traceback


def test_texts_can_be_stored(tmp_path: Path) -> None:
    """Lone surrogates cannot be written as UTF-8."""
    outcome = error_of(run(tmp_path, bodies.fail, kind="lines"))
    assert (outcome.summary + outcome.traceback).encode()


@given(st.text(alphabet=st.characters(), max_size=300) | st.text(alphabet="\n\x00\ud800\u202e", min_size=500))
def test_a_summary_is_one_printable_line(text: str) -> None:
    """Of any text."""
    line = _failures.one_line(ValueError(text))
    assert line.isprintable()
    assert len(line) <= _failures.MOST_SUMMARY


def test_a_traceback_that_cannot_be_formatted_still_names_the_places() -> None:
    """Notes are anything."""

    class Notes:
        def __iter__(self) -> Any:
            raise SystemExit

    error = ValueError("x")
    error.__notes__ = Notes()  # type: ignore[assignment]
    assert isinstance(_failures.told(error).traceback, str)


def test_a_result_that_does_not_fit_is_an_error(tmp_path: Path) -> None:
    """The annotation is the contract."""
    assert isinstance(error_of(run(tmp_path, bodies.not_as_annotated)).error, TypeError)


# Files.


def result_of(outcome: Outcome) -> Path:
    assert isinstance(outcome, Returned), outcome
    return Path(json.loads(outcome.result))


def test_a_returned_file_is_moved_out_of_the_folder_of_the_run(tmp_path: Path) -> None:
    """To the folder for results, under its own name, for its owner only."""
    path = result_of(run(tmp_path, bodies.write_file, name="report.txt", text="all is well"))
    assert path == tmp_path / "files" / "result" / "report.txt"
    assert path.read_text() == "all is well"
    assert [path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777] == [0o600, 0o700]
    assert list((tmp_path / "run" / "1").iterdir()) == []


def test_a_file_from_elsewhere_is_copied(tmp_path: Path) -> None:
    """It may be needed there."""
    source = tmp_path / "data.csv"
    source.write_text("a,b")
    path = result_of(run(tmp_path, bodies.give_path, path=str(source)))
    assert (path.name, path.read_text(), source.read_text()) == ("data.csv", "a,b", "a,b")
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["data.csv"]


def test_a_second_attempt_replaces_the_file_of_the_first(tmp_path: Path) -> None:
    """Also over what a killed copy has left."""
    source = tmp_path / "data.csv"
    for text in ("first", "second"):
        source.write_text(text)
        path = result_of(run(tmp_path, bodies.give_path, path=str(source)))
        (path.parent / ".part").write_text("half")
        assert path.read_text() == text


def test_a_relative_path_is_meant_where_the_function_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not where the worker is."""
    monkeypatch.chdir(tmp_path)
    path = result_of(run(tmp_path, bodies.give_relative, name="here.txt"))
    assert (path.is_absolute(), path.read_text()) == (True, "relative")


@pytest.mark.parametrize("name, kept", [(".hidden", "hidden"), ("a\nb.txt", "a_b.txt"), ("\u202egpj.exe", "gpj.exe")])
def test_the_name_is_a_safe_one(tmp_path: Path, name: str, kept: str) -> None:
    """It goes to clients."""
    assert result_of(run(tmp_path, bodies.write_file, name=name, text="x")).name == kept


def test_a_file_on_another_file_system_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a rename is refused."""
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "report.txt":
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    path = result_of(run(tmp_path, bodies.write_file, name="report.txt", text="x" * 3_000_000))
    assert path.read_text() == "x" * 3_000_000


def test_a_file_with_a_second_name_is_copied(tmp_path: Path) -> None:
    """Whoever has that name could change the result."""
    path = result_of(run(tmp_path, bodies.give_twin, other=str(tmp_path / "other")))
    (tmp_path / "other").write_text("changed")
    assert path.read_text() == "twin"


def test_a_full_disk_is_an_error_of_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And leaves no half of a file."""

    def full(source: Any, target: Any, length: int) -> None:
        target.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", full)
    source = tmp_path / "data.csv"
    source.write_text("a,b")
    assert "No space" in error_of(run(tmp_path, bodies.give_path, path=str(source))).summary
    assert list((tmp_path / "files" / "result").iterdir()) == []


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """That says so."""
    (tmp_path / "file").touch()
    for path in (tmp_path / "nowhere", tmp_path / "file" / "below"):
        outcome = error_of(run(tmp_path, bodies.give_path, path=str(path)))
        assert isinstance(outcome.error, TypeError)
        assert "no such file" in outcome.summary


@pytest.mark.parametrize("kind", ["folder", "pipe", "socket", "device"])
def test_what_is_no_regular_file_is_refused(tmp_path: Path, kind: str) -> None:
    """And nobody waits for the end of a pipe."""
    import socket

    path = tmp_path / "it"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))
    else:
        path = Path("/dev/zero")
    assert "not a regular file" in error_of(run(tmp_path, bodies.give_path, path=str(path))).summary


def test_a_link_does_not_lead_out_of_the_folder_of_the_run(tmp_path: Path) -> None:
    """An archive that the job unpacked may hold one."""
    (tmp_path / "secret").write_text(CANARY)
    outcome = error_of(run(tmp_path, bodies.give_link, target=str(tmp_path / "secret")))
    assert "leads out of the folder" in outcome.summary
    assert not (tmp_path / "files").exists()


def test_a_link_within_the_folder_gives_the_file(tmp_path: Path) -> None:
    """The file itself, under the name of the link."""
    order = order_for(tmp_path, bodies.give_link, target="real.txt")
    order.folder.mkdir(parents=True)
    (order.folder / "real.txt").write_text("real")
    path = result_of(run_body(order, progress_for(order)))
    assert (path.name, path.is_symlink(), path.read_text()) == ("link", False, "real")


# Coroutines.


async def run_async(folder: Path, fn: Callable[..., Any], **kwargs: Any) -> Outcome:
    order = order_for(folder, fn, **kwargs)
    return await run_async_body(order, progress_for(order))


async def test_a_coroutine_function_runs_on_the_loop(tmp_path: Path) -> None:
    """Its result is JSON, its payload is checked, its files are taken."""
    assert await run_async(tmp_path, bodies.add_later, a=3, b=4) == Returned("7")
    assert isinstance(await run_async(tmp_path, bodies.add_later, payload='{"a": "c4n4ry"}'), Unfit)
    outcome = await run_async(tmp_path, bodies.write_file_later, name="report.txt", text="x")
    assert result_of(outcome).read_text() == "x"


@pytest.mark.parametrize("kind", ["value", "exit", "interrupt", "generator", "group", "memory"])
async def test_what_a_coroutine_raises_is_told_in_the_same_way(tmp_path: Path, kind: str) -> None:
    """And the loop lives on."""
    outcome = error_of(await run_async(tmp_path, bodies.fail_later, kind=kind))
    assert "in fail_later" in outcome.traceback
    assert "_body.py" not in outcome.traceback.replace("job_bodies.py", "")
    assert isinstance(outcome.error, CallableExited) == (kind not in {"value", "memory"})


@pytest.mark.asyncio_only
async def test_a_cancellation_of_something_else_is_an_error(tmp_path: Path) -> None:
    """The task itself was not cancelled."""
    outcome = error_of(await run_async(tmp_path, bodies.await_what_was_cancelled))
    assert "nobody had asked it to stop" in outcome.summary


async def test_a_cancellation_from_around_passes(tmp_path: Path) -> None:
    """It belongs to whoever has cancelled; also through a task group of the function's."""
    for fn in (bodies.swallow_once, bodies.sleep_in_a_task_group):
        reached = False
        with anyio.move_on_after(0.05) as scope:
            await run_async(tmp_path, fn, path=str(tmp_path / "here"))
            reached = True
        assert (scope.cancelled_caught, reached) == (True, False)


@pytest.mark.asyncio_only
async def test_a_native_cancellation_passes(tmp_path: Path) -> None:
    """As when the loop ends."""
    task = asyncio.ensure_future(run_async(tmp_path, bodies.sleep_for_ever, path=str(tmp_path / "here")))
    while not (tmp_path / "here").exists():
        await asyncio.sleep(0.001)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_coroutine_that_lets_its_progress_stop_it_has_stopped(tmp_path: Path) -> None:
    """The exception is asyncio's on every loop."""
    order, sink = order_for(tmp_path, bodies.ask_in_a_loop, path=str(tmp_path / "here")), MemorySink(None)

    async def stop() -> None:
        while not (tmp_path / "here").exists():
            await anyio.sleep(0)
        sink.reason = "enough"

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop)
        assert await run_async_body(order, progress_for(order, sink)) == Stopped()
