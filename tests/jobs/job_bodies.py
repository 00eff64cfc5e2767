"""Functions that run as jobs, here or in worker processes, which import them by these names."""

from __future__ import annotations

import asyncio
import ctypes
import hashlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from typing import Any, NoReturn

import anyio

from fastapi_convert.jobs.progress import Progress

mark: ContextVar[str] = ContextVar("mark", default="unset")


# Ordinary ones.


def add(a: int, b: int = 0) -> int:
    return a + b


def greet(*, name: str, progress: Progress) -> str:
    progress(0.5, f"greeting {name}")
    return f"hello {name}, attempt {progress.attempt} of {progress.job_id}"


def my_pid() -> int:
    return os.getpid()


def big(size: int) -> str:
    return "x" * size


def not_as_annotated() -> int:
    return "seven"  # type: ignore[return-value]  # that is what is tested


def set_mark(value: str) -> str:
    before = mark.get()
    mark.set(value)
    return before


# What they raise.


class HoldsLock(Exception):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


class Ugly(Exception):
    def __str__(self) -> str:
        raise KeyboardInterrupt("even this")


class TwoArguments(Exception):
    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code


def _recurse() -> None:
    _recurse()


RAISERS: dict[str, Callable[[], BaseException]] = {
    "value": lambda: ValueError("no such preset"),
    "two": lambda: TwoArguments(4, "four"),
    "timeout": lambda: TimeoutError("the function's own"),
    "lock": lambda: HoldsLock("locked"),
    "ugly": Ugly,
    "lines": lambda: ValueError("one\ntwo\x1b[31m\u2028\ud800"),
    "big": lambda: ValueError("x" * 10_000_000),
    "memory": MemoryError,
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "stop": lambda: StopIteration(7),
    "cancelled": asyncio.CancelledError,
    "group": lambda: BaseExceptionGroup("several", [ValueError(1), KeyboardInterrupt()]),
}


def fail(kind: str) -> NoReturn:
    error = RAISERS[kind]()
    raise error


def recurse() -> None:
    _recurse()


# What they do to their process.


def touch_and_sleep(path: str) -> None:
    Path(path).write_text(str(os.getpid()))
    time.sleep(600)


def touch_and_sum(path: str) -> int:
    """Stay in C, holding the GIL."""
    Path(path).write_text(str(os.getpid()))
    return sum(range(10**12))


def touch_and_hash(path: str) -> str:
    """Stay in C without the GIL."""
    block = bytes(1 << 26)
    Path(path).write_text(str(os.getpid()))
    found = hashlib.sha256()
    while True:
        found.update(block)


def touch_and_receive(path: str) -> bytes:
    """Wait for a peer that never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as peer:
        Path(path).write_text(str(os.getpid()))
        return peer.recv(1)


def start_subprocess(path: str, then: str) -> str:
    """Have a subprocess that outlives its parent unless somebody kills it, and tell its id."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    process.returncode = 0  # nobody waits for it
    if then == "return":
        return str(process.pid)
    Path(path).write_text(str(process.pid))
    if then == "die":
        os._exit(1)
    time.sleep(600)
    return ""


def exit_hard(code: int) -> None:
    os._exit(code)


def segfault() -> None:
    ctypes.string_at(0)


def kill_myself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fork_and_come_back(path: str, *, progress: Progress) -> Path:
    """The child of the fork returns the same file from the function, before its parent does."""
    file = write_file("report.txt", "one", progress=progress)
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    else:
        Path(path).write_text("child")
    return file


def close_stdout() -> None:
    print("before", flush=True)
    os.close(1)


def talk() -> str:
    print("to stdout", "x" * 100_000)
    print("to stderr", file=sys.stderr)
    os.write(1, b"raw to stdout\n")
    return "said"


def go_elsewhere(path: str) -> None:
    os.chdir(path)
    signal.alarm(1)


def where() -> tuple[str, float]:
    return str(Path.cwd()), signal.getitimer(signal.ITIMER_REAL)[0]


def leave_a_thread(path: str, *, progress: Progress) -> None:
    """Leave one behind that is no daemon, and that goes on telling. It notes why it was to stop, and does not."""

    def tell() -> None:
        while True:
            try:
                progress(0.25, "from the dead")
            except asyncio.CancelledError as error:
                Path(f"{path}.part").write_text(str(error))
                Path(f"{path}.part").replace(path)
            time.sleep(0.001)

    threading.Thread(target=tell).start()


def use_tempfile() -> tuple[str, str, str]:
    handle, name = tempfile.mkstemp()
    os.close(handle)
    said = subprocess.run(
        [sys.executable, "-c", "import tempfile; print(tempfile.gettempdir())"],
        check=True,
        capture_output=True,
        text=True,
    )
    return name, os.environ["TMPDIR"], said.stdout.strip()


def use_tempfile_and_die() -> None:
    with tempfile.NamedTemporaryFile(delete=False) as file:
        file.write(b"left")
    kill_myself()


def remove_tempdir(target: str) -> None:
    Path(tempfile.gettempdir()).rmdir()


def replace_tempdir(target: str) -> None:
    folder = Path(tempfile.gettempdir())
    folder.rmdir()
    folder.symlink_to(target)


def close_tempdir(target: str) -> None:
    Path(tempfile.mkdtemp(), "file").touch()
    Path(tempfile.gettempdir()).chmod(0)


def use_multiprocessing() -> list[int]:
    with multiprocessing.get_context("forkserver").Pool(1) as pool:
        return pool.map(abs, [-1, -2])


def shares_the_group() -> bool:
    return os.getpgid(0) == os.getpid()


# Progress.


def flood(seconds: float, *, progress: Progress) -> tuple[int, str]:
    """Tell at full speed. The last value told, and how many there were."""
    end, count = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        count += 1
        progress((count % 1000) / 1000, f"step {count}")
    return count, f"step {count}"


def tell(fraction: float | None, message: str, *, progress: Progress) -> None:
    progress(fraction, message)


def tell_and_die(*, progress: Progress) -> None:
    progress(0.5, "half")
    kill_myself()


def tell_and_wait(path: str, *, progress: Progress) -> None:
    """Tell once, then ask until somebody wants an end."""
    progress(0.5, "half")
    Path(path).write_text(str(os.getpid()))
    while True:
        progress.check()
        time.sleep(0.001)


def swallow_the_stop(path: str, *, progress: Progress) -> str:
    with suppress(asyncio.CancelledError):
        tell_and_wait(path, progress=progress)
    return "finished all the same"


def raise_when_stopped(path: str, *, progress: Progress) -> None:
    try:
        tell_and_wait(path, progress=progress)
    except asyncio.CancelledError:
        raise ValueError("the clean-up failed") from None


# Files.


def write_file(name: str, text: str, *, progress: Progress) -> Path:
    path = progress.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def give_path(path: str) -> Path:
    return Path(path)


def give_temporary(text: str) -> Path:
    with tempfile.NamedTemporaryFile("w", delete=False) as file:
        file.write(text)
    return Path(file.name)


def give_temporary_link(target: str) -> Path:
    link = Path(tempfile.gettempdir(), "link")
    link.symlink_to(target)
    return link


def give_temporary_through_a_link(text: str, *, progress: Progress) -> Path:
    link = progress.folder / "link"
    link.symlink_to(give_temporary(text))
    return link


def give_relative(name: str, *, progress: Progress) -> Path:
    os.chdir(progress.folder)
    Path(name).write_text("relative")
    return Path(name)


def give_link(target: str, *, progress: Progress) -> Path:
    link = progress.folder / "link"
    link.symlink_to(target)
    return link


def give_twin(other: str, *, progress: Progress) -> Path:
    """A file with a second name outside."""
    path = progress.folder / "twin.txt"
    path.write_text("twin")
    Path(other).hardlink_to(path)
    return path


# Coroutines.


async def add_later(a: int, b: int = 0) -> int:
    await anyio.sleep(0)
    return a + b


async def fail_later(kind: str) -> NoReturn:
    await anyio.sleep(0)
    error = RAISERS[kind]()
    raise error


async def sleep_for_ever(path: str, *, progress: Progress) -> None:
    progress(0.5, "half")
    Path(path).write_text("here")
    await anyio.sleep_forever()


async def swallow_once(path: str) -> None:
    Path(path).write_text("here")
    with suppress(anyio.get_cancelled_exc_class()):
        await anyio.sleep_forever()
    await anyio.sleep_forever()


async def swallow_and_return(path: str) -> str:
    Path(path).write_text("here")
    with suppress(anyio.get_cancelled_exc_class()):
        await anyio.sleep_forever()
    return "done"


async def sleep_in_a_task_group(path: str) -> None:
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anyio.sleep_forever)
        tasks.start_soon(anyio.sleep_forever)
        Path(path).write_text("here")


async def ask_in_a_loop(path: str, *, progress: Progress) -> None:
    Path(path).write_text("here")
    while True:
        progress.check()
        await anyio.sleep(0)


async def await_what_was_cancelled() -> None:
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    future.cancel()
    await future


async def write_file_later(name: str, text: str, *, progress: Progress) -> Path:
    await anyio.sleep(0)
    return write_file(name, text, progress=progress)
