"""Every test leaves the process as it found it: threads, tasks, descriptors, children and temporary files.

Only what is made once per process and then kept on purpose is let through, each by its name and with the reason.
"""

from __future__ import annotations

import functools
import gc
import inspect
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import multiprocessing.util
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import psutil
import pytest
import uvloop

__all__ = (
    "no_leaks",
    "pytest_configure",
    "pytest_pyfunc_call",
)

GRACE = 2.0  # what a thread, a socket or a child may take to be gone after it was told to go
OWN_DESCRIPTORS = Path("/proc/self/fd")  # Linux only: elsewhere descriptors are not compared

KEPT_THREADS = (
    "pytest_timeout ",  # the timer of the running test
    "Trio thread ",  # trio keeps idle threads for ten seconds
)
KEPT_FILES = (
    "pymp-",  # multiprocessing's own folder, one per process, removed at its end
)

Snapshot = dict[object, str]  # what identifies a thing -> what a reader is told about it


@pytest.fixture(autouse=True)
def no_leaks() -> Iterator[None]:
    """Fail the test that leaves something behind, and say what it left."""
    before = _snapshot()
    yield
    if leaked := _wait_for_the_end(lambda: _new(before, _snapshot())):
        pytest.fail("the test left behind:\n  " + "\n  ".join(sorted(leaked.values())), pytrace=False)


def _snapshot() -> Snapshot:
    return {**_threads(), **_descriptors(), **_children(), **_files()}


def _new(before: Snapshot, after: Snapshot) -> Snapshot:
    return {key: text for key, text in after.items() if key not in before}


def _wait_for_the_end(leaks: Callable[[], Snapshot]) -> Snapshot:
    """What is still there after the grace period; the collector is asked only if something is."""
    deadline = time.monotonic() + GRACE
    while (leaked := leaks()) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.01)
    return leaked


def _threads() -> Snapshot:
    named = {thread.ident: thread for thread in threading.enumerate()}
    found: Snapshot = {
        ("thread", id(thread)): f"thread {thread.name!r}{' (daemon)' if thread.daemon else ''}"
        for thread in named.values()
        if not thread.name.startswith(KEPT_THREADS)
    }
    for ident, frame in sys._current_frames().items():  # threads of `_thread`, that `threading` does not know
        if ident not in named:
            code = frame.f_code
            found["thread", ident] = f"thread {ident} at {code.co_filename}:{frame.f_lineno} in {code.co_qualname}"
    return found


def _descriptors() -> Snapshot:
    if not OWN_DESCRIPTORS.exists():
        return {}
    kept = _kept_descriptors()
    found: Snapshot = {}
    for entry in OWN_DESCRIPTORS.iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # the listing's own descriptor
            continue
        if int(entry.name) not in kept:
            found["descriptor", entry.name, target] = f"descriptor {entry.name} -> {target}"
    return found


def _kept_descriptors() -> set[int | None]:
    """The pipes that keep multiprocessing's two helpers alive. Both are started once, when they are first needed."""
    return {
        getattr(multiprocessing.resource_tracker._resource_tracker, "_fd", None),
        getattr(multiprocessing.forkserver._forkserver, "_forkserver_alive_fd", None),
    }


def _children() -> Snapshot:
    kept = {
        getattr(multiprocessing.resource_tracker._resource_tracker, "_pid", None),
        getattr(multiprocessing.forkserver._forkserver, "_forkserver_pid", None),
    }
    return {
        ("child", child.pid): f"child process {child.pid}: {_describe(child)}"
        for child in psutil.Process().children(recursive=True)
        if child.pid not in kept
    }


def _describe(child: psutil.Process) -> str:
    try:
        return " ".join(child.cmdline())[:200] or child.name()
    except psutil.ZombieProcess:
        return "a zombie: it ended, and nobody waited for it"
    except psutil.Error:
        return "ended while it was looked at"


def _files() -> Snapshot:
    folder = tempfile.gettempdir()
    return {
        ("file", entry.path): f"temporary file {entry.name}"
        for entry in os.scandir(folder)
        if not entry.name.startswith(KEPT_FILES)
    }


# Tasks end with their loop, so they must be looked for while it runs: inside the test.


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Let every async test compare the tasks of its loop before and after it."""
    test = pyfuncitem.obj
    if inspect.iscoroutinefunction(test):
        pyfuncitem.obj = _without_new_tasks(test)
    try:
        return (yield)
    finally:
        pyfuncitem.obj = test


def _without_new_tasks(test: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(test)
    async def checked(**arguments: Any) -> None:
        before = _tasks()
        await test(**arguments)
        deadline = anyio.current_time() + GRACE
        while (leaked := _new(before, _tasks())) and anyio.current_time() < deadline:
            gc.collect()
            await anyio.sleep(0.01)
        if leaked:
            pytest.fail("the test left behind:\n  " + "\n  ".join(sorted(leaked.values())), pytrace=False)

    return checked


def _tasks() -> Snapshot:
    return {("task", task.id): f"task {task.name!r}: {task.coro!r}" for task in anyio.get_running_tasks()}


# A folder of its own for each run, so that files of other programs are not taken for leaks.


def pytest_configure(config: pytest.Config) -> None:
    """Send this run's temporary files to a folder of its own; `tmp_path` stays where one looks after a failure."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    tempfile.tempdir = os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="fc-")
    _open_what_libuv_keeps()
    # After multiprocessing has removed its own folder in there, which it does with priority -100 when Python ends.
    multiprocessing.util.Finalize(
        None, shutil.rmtree, args=(tempfile.tempdir,), kwargs={"ignore_errors": True}, exitpriority=-200
    )


def _open_what_libuv_keeps() -> None:
    """The first uvloop of a process opens a pipe for signals that all later ones share: open it before any test."""
    loop = uvloop.new_event_loop()
    loop.run_until_complete(anyio.lowlevel.checkpoint())
    loop.close()
