"""One warm worker process: what travels to it and back, how it dies, and that nothing of it stays."""

from __future__ import annotations

import asyncio
import functools
import multiprocessing
import operator
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastapi_convert.errors import CallableExited, NotPicklable, WorkerDied
from fastapi_convert.offloading import _arena, _session
from fastapi_convert.offloading._pickling import BIG
from fastapi_convert.offloading._process import Child
from tests.support import remote_functions as remote

ROOT = Path(__file__).resolve().parents[2]
LONG = 30.0  # longer than anything here takes, shorter than the test's own limit


@pytest.fixture
def child() -> Iterator[Child]:
    """A warm worker of the default start method."""
    child = Child("cpu")
    child.start()
    yield child
    child.close()


@pytest.fixture
def fifo(tmp_path: Path) -> str:
    """A named pipe by which a body in a worker and its test wait for each other."""
    path = str(tmp_path / "fifo")
    os.mkfifo(path)
    return path


@pytest.fixture
def caller() -> Iterator[ThreadPoolExecutor]:
    """A thread for the call that is still under way."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


def call(child: Child, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return child.call(fn, args, kwargs, deadline=time.monotonic() + LONG)


def begin(caller: ThreadPoolExecutor, child: Child, fifo: str, fn: Callable[[str], Any]) -> tuple[Future[Any], int]:
    """Start a call that never ends, and return when its body runs: its future, and the worker's pid."""
    future = caller.submit(child.call, fn, (fifo,), {})
    return future, int(Path(fifo).read_text())


def gone(pid: int) -> bool:
    """Whether no process has that id, not even a zombie."""
    return not Path(f"/proc/{pid}").exists()


def wait_for_death(pid: int) -> bool:
    """Wait for the end of a process that is not our child."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 10)[0])
    finally:
        os.close(handle)


# What a call is.


def test_a_call_runs_in_another_process_and_returns_its_result(child: Child) -> None:
    """Arguments and results travel; the process is not this one, and stays the same."""
    assert call(child, remote.add, 1, b=2) == 3
    assert call(child, remote.pid) == child.pid != os.getpid()
    assert (child.calls, child.alive) == (2, True)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_every_start_method_works(method: str) -> None:
    """Both serve calls, see to a death, and close."""
    child = Child("cpu", start_method=method)
    child.start()
    assert call(child, remote.add, 1) == 1
    with pytest.raises(WorkerDied, match="SIGKILL"):
        call(child, remote.kill_myself)
    child.start()
    assert call(child, remote.add, 2) == 2
    child.close()


def test_the_default_never_forks_this_process() -> None:
    """A fork would copy locks that other threads hold."""
    assert Child("cpu")._method == "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def test_nothing_starts_before_start() -> None:
    """A Child is free until it is started, and says what is missing when it is called."""
    child = Child("cpu")
    assert (child.pid, child.alive, child.calls) == (None, False, 0)
    with pytest.raises(WorkerDied, match="start"):
        call(child, remote.pid)


def test_start_on_a_running_worker_changes_nothing(child: Child) -> None:
    """The warm process stays."""
    before = child.pid
    child.start()
    assert child.pid == before


def test_preloaded_modules_are_there_before_the_first_call() -> None:
    """`preload` is imported while the worker warms up."""
    child = Child("cpu", preload=["wave"])
    child.start()
    assert call(child, remote.loaded, "wave")
    child.close()


def test_a_preload_that_fails_says_which_and_why() -> None:
    """The error of the import reaches the caller, and nothing is left."""
    child = Child("cpu", preload=["no_such_module"])
    with pytest.raises(WorkerDied, match=r"ModuleNotFoundError.*no_such_module"):
        child.start()
    assert not child.alive


def test_printing_does_no_harm(child: Child) -> None:
    """Standard output and error belong to the function."""
    assert call(child, remote.talk) == "said"
    assert call(child, remote.add, 1) == 1


def test_signals_in_a_worker(child: Child) -> None:
    """Ctrl-C is for the parent, SIGTERM ends a worker."""
    assert call(child, remote.signal_handling) == (True, True)


def test_a_function_may_start_processes_of_its_own(child: Child) -> None:
    """Python forbids it to daemons, which a worker therefore is not."""
    assert call(child, remote.run_processes_of_my_own) == [1, 2]
    assert call(child, remote.run_subprocess) == "out\n"


def test_a_daemonic_process_can_have_workers() -> None:
    """Some servers run the app in a daemonic process."""
    current = multiprocessing.current_process()
    current.daemon = True
    try:
        child = Child("cpu")
        child.start()
        assert current.daemon
        assert call(child, remote.add, 1) == 1
        child.close()
    finally:
        current.daemon = False


def test_several_threads_start_and_call_at_once(caller: ThreadPoolExecutor) -> None:
    """Different children do not get into each other's way."""

    def use(number: int) -> int:
        child = Child(f"cpu{number}")
        child.start()
        try:
            return sum(call(child, remote.add, number) for _ in range(20))
        finally:
            child.close()

    assert list(caller.map(use, range(4))) == [0, 20, 40, 60]


# Which functions travel.


def test_an_offloaded_function_is_found_behind_its_wrapper(child: Child) -> None:
    """The module holds the wrapper; its `.sync` is what runs."""
    assert call(child, remote.wrapped.sync, 3, b=4) == 304
    assert call(child, functools.partial(remote.wrapped.sync, 5), b=6) == 506


@pytest.mark.parametrize(
    "fn, args, result",
    [
        (functools.partial(remote.add, 1), (2,), 3),
        (remote.Counter(10).plus, (1,), 11),
        (remote.Counter.named, (), "Counter"),
        (remote.Counter.fixed, (), "fixed"),
        (remote.Counter(4), (3,), 12),
        (remote.Counter.__dict__["wrapped_plus"].sync, (remote.Counter(7), 1), 8),
        (remote.Counter.__dict__["wrapped_plus"].sync.__get__(remote.Counter(8)), (1,), 9),
        (len, ("abc",), 3),
        (operator.itemgetter(1), ("abc",), "b"),
    ],
    ids=["partial", "method", "class", "static", "callable", "wrapped-function", "wrapped-method", "builtin", "getter"],
)
def test_every_importable_callable_travels(child: Child, fn: Any, args: tuple[Any, ...], result: Any) -> None:
    """Partials, methods in any decoration, builtins and callable instances."""
    assert call(child, fn, *args) == result


def test_a_lambda_is_refused_with_the_cure(child: Child) -> None:
    """The message says what was wrong and what to do, and the worker is unharmed."""
    with pytest.raises(NotPicklable, match=r"<lambda>.*lambda has no name.*module level.*Pool of threads"):
        call(child, lambda: 1)
    assert call(child, remote.add, 1) == 1


def test_a_local_function_is_refused_by_name(child: Child) -> None:
    """So is what is defined inside a function, also within a partial."""

    def local() -> None: ...

    with pytest.raises(NotPicklable, match=r"local\(\).*inside another function"):
        call(child, local)
    with pytest.raises(NotPicklable, match=r"local\(\).*inside another function"):
        call(child, functools.partial(local))


@pytest.mark.parametrize(
    "args, kwargs, named", [((1, threading.Lock()), {}, "argument 2"), ((1,), {"b": threading.Lock()}, "'b'")]
)
def test_an_argument_that_cannot_travel_is_named(
    child: Child, args: tuple[Any, ...], kwargs: dict[str, Any], named: str
) -> None:
    """Position or keyword, type, function and cure."""
    with pytest.raises(NotPicklable, match=rf"add\(\).*{named}.*lock.*Pool of threads") as caught:
        call(child, remote.add, *args, **kwargs)
    assert isinstance(caught.value.__cause__, TypeError)
    assert call(child, remote.add, 1) == 1


def test_an_argument_that_cannot_be_rebuilt_is_an_error_of_the_call(child: Child) -> None:
    """The worker says why, and lives on."""
    with pytest.raises(NotPicklable, match=r"rebuilt in the worker process.*bad"):
        call(child, remote.echo, remote.Unloadable())
    assert call(child, remote.add, 1) == 1


def test_a_result_that_cannot_travel_is_named(child: Child) -> None:
    """Function, type and cure; the worker lives on."""
    with pytest.raises(NotPicklable, match=r"result of lock\(\), a lock.*Pool of threads"):
        call(child, remote.lock)
    with pytest.raises(NotPicklable, match=r"result of unloadable\(\) cannot be rebuilt"):
        call(child, remote.unloadable)
    assert call(child, remote.add, 1) == 1


# Exceptions.


@pytest.mark.parametrize("kind", ["value", "two", "doubling", "os", "timeout", "eof", "connection"])
def test_the_functions_own_exception_arrives(child: Child, kind: str) -> None:
    """Type, args, attributes and notes as raised, whatever its constructor takes; the traceback is a note."""
    original = remote.RAISERS[kind]()
    with pytest.raises(type(original)) as caught:
        call(child, remote.fail, kind, "a note")
    error = caught.value
    assert (type(error), error.args, str(error)) == (type(original), original.args, str(original))
    assert error.__notes__[0] == "a note"
    assert "remote_functions.py" in error.__notes__[1]
    assert "in fail" in error.__notes__[1]
    assert "_child.py" not in error.__notes__[1]
    assert vars(error).get("code") == vars(original).get("code")
    assert child.alive


def test_an_exception_group_arrives_whole(child: Child) -> None:
    """With the exceptions in it."""
    with pytest.raises(ExceptionGroup, match="several") as caught:
        call(child, remote.fail, "group")
    assert [type(error) for error in caught.value.exceptions] == [ValueError, remote.TwoArguments]


@pytest.mark.parametrize("kind, said", [("lock", r"HoldsLock\('locked'\)"), ("ugly", "UglyAndLocked")])
def test_an_exception_that_cannot_travel_is_told(child: Child, kind: str, said: str) -> None:
    """Its type, its text and its traceback, as an error of ours."""
    with pytest.raises(NotPicklable, match=rf"(?s)fail\(\) raised {said}.*cannot be pickled.*in fail"):
        call(child, remote.fail, kind)
    assert call(child, remote.add, 1) == 1


@pytest.mark.parametrize(
    "kind, cause",
    [
        ("exit", SystemExit),
        ("interrupt", KeyboardInterrupt),
        ("generator", GeneratorExit),
        ("cancelled", asyncio.CancelledError),
        ("stop", StopIteration),
    ],
)
def test_what_would_stop_an_event_loop_is_an_ordinary_error(
    child: Child, kind: str, cause: type[BaseException]
) -> None:
    """The original is its cause, and the worker lives on."""
    pid = child.pid
    with pytest.raises(CallableExited, match=rf"fail\(\) raised {cause.__name__}.*ordinary exception") as caught:
        call(child, remote.fail, kind)
    assert type(caught.value.__cause__) is cause
    assert call(child, remote.pid) == pid


# Big data.


@pytest.fixture(params=["shared", "inline"])
def carrier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A worker with shared memory, and one as on a platform that has none."""
    if request.param == "inline":
        _arena.supported.cache_clear()
        monkeypatch.delattr(os, "memfd_create")
    child = Child("cpu")
    child.start()
    yield child
    child.close()
    _arena.supported.cache_clear()


def test_the_carrier_is_what_its_name_says(carrier: Child, request: pytest.FixtureRequest) -> None:
    """The fallback tests do not test shared memory."""
    assert carrier._session is not None
    assert (carrier._session._link._arena is not None) == ("shared" in request.node.name)


@pytest.mark.parametrize("size", [0, 1, BIG - 1, BIG, 3_000_001])
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_bytes_arrive_as_what_they_were(carrier: Child, size: int, kind: type[bytes | bytearray]) -> None:
    """Real `bytes` and real `bytearray`, in both directions, of any size."""
    data = kind(os.urandom(size))
    assert call(carrier, remote.describe, data) == (kind.__name__, size)
    back = call(carrier, remote.echo, data)
    assert (type(back), back) == (kind, data)


@pytest.mark.parametrize("kind", ["bytes", "bytearray", "array", "memoryview", "tuple", "list"])
def test_big_results_arrive(carrier: Child, kind: str) -> None:
    """Alone or directly inside a tuple or list."""
    result, expected = call(carrier, remote.make, 2 * BIG, kind), remote.make(2 * BIG, kind)
    assert type(result) is type(expected)
    assert np.array_equal(result, expected) if kind == "array" else result == expected


@pytest.mark.parametrize(
    "array",
    [
        np.arange(1_250_000.0),
        np.arange(200_000).reshape(400, 500)[::2, ::3],
        np.asfortranarray(np.arange(200_000).reshape(400, 500)),
        np.zeros((0, 3)),
        np.array(5),
        np.array(["a", {}], dtype=object),
    ],
    ids=["big", "stepped", "fortran", "empty", "scalar", "objects"],
)
def test_arrays_of_every_layout_survive_the_round_trip(carrier: Child, array: np.ndarray[Any, Any]) -> None:
    """Content, shape and dtype."""
    back = call(carrier, remote.echo, array)
    assert (back.shape, back.dtype) == (array.shape, array.dtype)
    assert np.array_equal(back, array)


def test_arrays_are_as_writable_as_they_were(carrier: Child) -> None:
    """A function may work in place on its own copy; the caller's array does not change."""
    array, frozen = np.arange(200_000), np.arange(200_000)
    frozen.flags.writeable = False
    assert call(carrier, remote.writable, array)
    assert not call(carrier, remote.writable, frozen)
    doubled = call(carrier, remote.double, array)
    doubled += 1
    assert (array[-1], doubled[-1]) == (199_999, 399_999)


def test_a_memoryview_argument_travels(carrier: Child) -> None:
    """Small or big, read-only or not, with its format and shape."""
    matrix: Any = np.arange(6, dtype="i2").reshape(2, 3)
    view = memoryview(matrix)
    assert call(carrier, remote.view_facts, view) == ("memoryview", "h", (2, 3), False, [[0, 1, 2], [3, 4, 5]])
    assert not call(carrier, remote.writable, memoryview(bytes(BIG)))
    assert call(carrier, remote.writable, memoryview(bytearray(BIG)))


def test_an_argument_that_the_function_keeps_is_never_overwritten(carrier: Child) -> None:
    """Functions cache what they get; later calls must not write into it, nor run out of descriptors."""
    before = call(carrier, remote.descriptors)
    for value in range(30):
        call(carrier, remote.remember, np.full(BIG, value))
        call(carrier, remote.checksum, np.full(BIG, 99))
    assert call(carrier, remote.remembered) == list(range(30))
    assert call(carrier, remote.descriptors) - before <= 2 * _arena.MOST_PINNED + 4
    call(carrier, remote.forget)
    call(carrier, remote.checksum, np.zeros(BIG))
    assert call(carrier, remote.descriptors) - before <= 4


def test_a_result_that_the_caller_keeps_is_never_overwritten(carrier: Child) -> None:
    """Nor does it cost a descriptor."""
    before = remote.descriptors()
    kept = [call(carrier, remote.double, np.full(BIG, value)) for value in range(30)]
    assert [int(array[-1]) for array in kept] == [2 * value for value in range(30)]
    assert remote.descriptors() - before <= 4


def test_a_huge_argument_does_not_hold_memory_for_ever(child: Child) -> None:
    """What was lent for one huge call is unmapped after it."""
    huge = np.ones(_arena.KEEP + 1, "u1")
    assert call(child, remote.checksum, huge) == _arena.KEEP + 1
    assert call(child, remote.resident) < _arena.KEEP


# Death.


@pytest.mark.parametrize(
    "fn, args, how",
    [
        (remote.segfault, (), "killed by signal SIGSEGV while it ran segfault"),
        (remote.kill_myself, (), "killed by signal SIGKILL while it ran kill_myself"),
        (remote.exit_hard, (3,), "exited with code 3 while it ran exit_hard"),
        (remote.exit_hard, (0,), "exited with code 0"),
        (remote.close_every_descriptor, (), "close_every_descriptor"),
    ],
)
def test_a_death_fails_only_its_call_and_says_how(child: Child, fn: Any, args: tuple[Any, ...], how: str) -> None:
    """A crash is an error with its cause, and a new process serves the next call."""
    pid = child.pid
    assert pid is not None
    with pytest.raises(WorkerDied, match=how):
        call(child, fn, *args)
    assert (child.alive, child.pid, gone(pid)) == (False, None, True)
    child.start()
    assert call(child, remote.add, 1) == 1
    assert child.calls == 1


def test_a_sigkill_from_outside_ends_the_call(child: Child, caller: ThreadPoolExecutor, fifo: str) -> None:
    """The out-of-memory killer, for instance."""
    future, pid = begin(caller, child, fifo, remote.touch_and_wait)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(WorkerDied, match=r"SIGKILL.*out of memory"):
        future.result(LONG)


def test_a_worker_that_died_while_idle_is_noticed(child: Child) -> None:
    """`alive` says so, and a call does not hang."""
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert wait_for_death(pid)
    assert not child.alive
    with pytest.raises(WorkerDied):
        call(child, remote.add, 1)


def test_kill_from_another_thread_ends_the_call(child: Child, caller: ThreadPoolExecutor, fifo: str) -> None:
    """The caller gets its error at once, and the process is reaped."""
    future, pid = begin(caller, child, fifo, remote.touch_and_wait)
    child.kill()
    with pytest.raises(WorkerDied, match="killed by its pool while it ran touch_and_wait"):
        future.result(LONG)
    assert gone(pid)
    assert not child.alive


def test_kill_reaches_a_body_that_holds_the_gil(child: Child, caller: ThreadPoolExecutor, fifo: str) -> None:
    """No cooperation is asked for."""
    future, pid = begin(caller, child, fifo, remote.touch_and_hold_the_gil)
    child.kill()
    with pytest.raises(WorkerDied):
        future.result(LONG)
    assert gone(pid)


def test_kill_of_an_idle_worker_leaves_nothing(child: Child) -> None:
    """Without a call under way, kill() reaps by itself; twice is once."""
    pid = child.pid
    assert pid is not None
    child.kill()
    child.kill()
    assert gone(pid)
    with pytest.raises(WorkerDied, match="start"):
        call(child, remote.add, 1)


def test_close_ends_a_call_that_never_would(child: Child, caller: ThreadPoolExecutor, fifo: str) -> None:
    """Politeness has a limit."""
    future, pid = begin(caller, child, fifo, remote.touch_and_wait)
    child.close(0.05)
    with pytest.raises(WorkerDied):
        future.result(LONG)
    assert gone(pid)


def test_a_deadline_kills(child: Child, caller: ThreadPoolExecutor, fifo: str) -> None:
    """The builtin TimeoutError, and the process is really gone when it is raised."""
    future = caller.submit(child.call, remote.touch_and_wait, (fifo,), {}, deadline=time.monotonic() + 1)
    pid = int(Path(fifo).read_text())
    with pytest.raises(TimeoutError, match=r"touch_and_wait\(\) did not end"):
        future.result(LONG)
    assert gone(pid)
    assert not child.alive


def test_a_deadline_holds_while_the_worker_does_not_read(child: Child) -> None:
    """A stopped process takes no arguments: sending them must not outlast the deadline either."""
    pid = child.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(TimeoutError):
        child.call(remote.describe, ("x" * 5_000_000,), {}, deadline=time.monotonic() + 0.1)
    assert gone(pid)


def test_a_deadline_in_the_past_sends_nothing(child: Child) -> None:
    """The warm worker is not wasted on a call that nobody waits for."""
    pid = child.pid
    with pytest.raises(TimeoutError, match="was not sent"):
        child.call(remote.pid, (), {}, deadline=time.monotonic() - 1)
    assert (child.pid, child.calls) == (pid, 0)


def test_a_far_deadline_is_no_error(child: Child) -> None:
    """Longer than poll() can count."""
    assert child.call(remote.add, (1,), {}, deadline=time.monotonic() + 1e8) == 1


def test_fifty_deaths_in_a_row_heal(child: Child) -> None:
    """No death leaves anything that hinders the next start."""
    descriptors = None
    for number in range(50):
        with pytest.raises(WorkerDied):
            call(child, os._exit, 1)
        child.start()
        assert call(child, operator.add, number, 1) == number + 1
        descriptors = descriptors or remote.descriptors()
    assert remote.descriptors() == descriptors


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_grandchild_that_holds_the_socket_does_not_hide_a_death(method: str, fifo: str) -> None:
    """The death is seen on the process itself: the end of the file never comes."""
    child = Child("cpu", start_method=method)
    child.start()
    with pytest.raises(WorkerDied, match="SIGKILL"):
        call(child, remote.leave_grandchild, fifo, "die")
    Path(fifo).write_text("the grandchild may go")
    child.close()


def test_a_grandchild_that_lives_on_does_not_hold_up_close(child: Child, fifo: str) -> None:
    """close() waits for the worker, not for what the worker left."""
    grandchild = call(child, remote.leave_grandchild, fifo, "return")
    child.close()
    assert not gone(grandchild)
    Path(fifo).write_text("the grandchild may go")
    assert wait_for_death(grandchild)


def test_a_fork_that_comes_back_does_not_answer_too(child: Child) -> None:
    """The next call gets its own answer, not the second one of this call."""
    assert call(child, remote.fork_and_come_back) == "parent"
    assert call(child, remote.add, 5) == 5


def test_an_interrupted_call_does_not_leave_its_answer_behind(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the caller breaks the conversation, so the process is given up."""
    assert child._session is not None

    def interrupt(event: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(child._session._link, "_wait", interrupt)
    with pytest.raises(KeyboardInterrupt):
        call(child, remote.add, 1)
    assert not child.alive


def test_a_kill_that_comes_with_the_answer_leaves_nothing(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call has its result, and the thread that made it takes the process down."""
    session, pid = child._session, child.pid
    assert session is not None
    assert pid is not None
    exchange = session.exchange

    def late(packed: Any, deadline: float | None) -> Any:
        frame = exchange(packed, deadline)
        child.kill()
        return frame

    monkeypatch.setattr(session, "exchange", late)
    assert call(child, remote.add, 1) == 1
    assert gone(pid)


def test_close_is_polite_and_idempotent(child: Child) -> None:
    """The worker ends by itself; twice is once; and it can be started again."""
    session, pid = child._session, child.pid
    assert session is not None
    assert pid is not None
    child.close(LONG)
    child.close()
    assert gone(pid)
    assert not session._stopped
    child.start()
    assert call(child, remote.add, 1) == 1


def test_nothing_is_left_after_close_and_kill() -> None:
    """No descriptor, no process, no file in /dev/shm, after calls with big data in both directions."""

    def use(end: Callable[[Child], None]) -> None:
        child = Child("cpu")
        child.start()
        pid = child.pid
        assert pid is not None
        call(child, remote.double, np.ones(BIG))
        end(child)
        assert gone(pid)

    use(Child.close)  # starts multiprocessing's own helpers, which stay
    before = set(Path("/proc/self/fd").iterdir()), set(Path("/dev/shm").iterdir())
    use(Child.close)
    use(Child.kill)
    assert (set(Path("/proc/self/fd").iterdir()), set(Path("/dev/shm").iterdir())) == before


# The parent's end, and scripts.


def run(code: str, *args: str, path: Path | None = None, **kwargs: Any) -> subprocess.Popen[str]:
    """A Python program of its own, from a file if there is a path for one."""
    source = textwrap.dedent(code)
    if path is not None:
        path.write_text(source)
    command = [sys.executable, *(["-c", source] if path is None else [str(path)]), *args]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])}
    return subprocess.Popen(command, text=True, env=environment, stdout=-1, stderr=-1, **kwargs)


IN_MID_CALL = """
import sys
from fastapi_convert.offloading._process import Child
from tests.support import remote_functions as remote
if __name__ == "__main__":
    child = Child("cpu", start_method=sys.argv[1])
    child.start()
    child.call(getattr(remote, sys.argv[2]), (sys.argv[3],), {})
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
@pytest.mark.parametrize("body", ["touch_and_wait", "touch_and_hold_the_gil"])
@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM])
def test_a_worker_dies_with_its_parent(method: str, body: str, death: signal.Signals, fifo: str) -> None:
    """Even in the middle of a body, even one in C that lets no thread run."""
    with run(IN_MID_CALL, method, body, fifo) as parent:
        pid = int(Path(fifo).read_text())
        parent.send_signal(death)
        parent.wait(LONG)
        assert wait_for_death(pid)


def test_ctrl_c_ends_the_parent_without_noise_from_the_worker(fifo: str) -> None:
    """The terminal signals the whole group; only the parent reports."""
    with run(IN_MID_CALL, "forkserver", "touch_and_wait", fifo, start_new_session=True) as parent:
        pid = int(Path(fifo).read_text())
        os.killpg(parent.pid, signal.SIGINT)
        _, err = parent.communicate(timeout=LONG)
        assert wait_for_death(pid)
    assert err.count("Traceback (most recent call last)") == 1
    assert "KeyboardInterrupt" in err


def test_an_exit_in_mid_call_is_not_held_up(fifo: str) -> None:
    """The interpreter ends although a daemon thread still waits for a body, and that body ignores SIGTERM."""
    code = """
    import sys, threading
    from pathlib import Path
    from fastapi_convert.offloading._process import Child
    from tests.support import remote_functions as remote
    child = Child("cpu")
    child.start()
    child.call(remote.ignore_sigterm, (), {})
    threading.Thread(target=child.call, args=(remote.touch_and_wait, (sys.argv[1],), {}), daemon=True).start()
    print(Path(sys.argv[1]).read_text())
    """
    with run(code, fifo) as parent:
        out, _ = parent.communicate(timeout=LONG)
        assert wait_for_death(int(out))
    assert parent.returncode == 0


def test_a_fork_of_the_parent_leaves_the_worker_alone() -> None:
    """A copy of the process neither uses nor kills what it has not started, and can start its own."""
    code = """
    import os
    from fastapi_convert.offloading._process import Child
    from tests.support import remote_functions as remote
    child = Child("cpu")
    child.start()
    copy = os.fork()
    if copy == 0:
        assert not child.alive
        child.kill()
        child.close()
        child.start()
        assert child.call(remote.add, (20,), {}) == 20
        child.close()
        raise SystemExit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]), child.alive, child.call(remote.add, (1,), {}))
    child.close()
    """
    with run(code) as parent:
        out, err = parent.communicate(timeout=LONG)
    assert out.split() == ["7", "True", "1"], err


SCRIPT = """
from fastapi_convert.offloading._process import Child
def triple(n):
    return 3 * n
def main():
    import sys
    child = Child("cpu", start_method=sys.argv[1])
    child.start()
    print(child.call(triple, (4,), {}))
    child.close()
"""


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_function_of_a_guarded_script_runs(method: str, tmp_path: Path) -> None:
    """The worker imports the script as multiprocessing does."""
    with run(SCRIPT + 'if __name__ == "__main__":\n    main()\n', method, path=tmp_path / "script.py") as parent:
        out, err = parent.communicate(timeout=LONG)
    assert out == "12\n", err


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_a_default_socket_timeout_does_not_reach_the_conversation(method: str, tmp_path: Path) -> None:
    """A script that sets one for its clients sets it in its workers too, and those may be idle for longer."""
    script = "import socket\nsocket.setdefaulttimeout(0.05)\n" + SCRIPT.replace(
        "    print(", "    import time\n    time.sleep(0.3)  # the worker is idle\n    print("
    )
    with run(script + 'if __name__ == "__main__":\n    main()\n', method, path=tmp_path / "script.py") as parent:
        out, err = parent.communicate(timeout=LONG)
    assert out == "12\n", err


@pytest.mark.parametrize("method", ["forkserver", "spawn"])
def test_an_unguarded_script_gets_an_error_not_a_bomb(method: str, tmp_path: Path) -> None:
    """Workers that would start workers fail, and the first one's error is ours."""
    with run(SCRIPT + "main()\n", method, path=tmp_path / "script.py") as parent:
        _, err = parent.communicate(timeout=LONG)
    assert parent.returncode == 1
    assert "fastapi_convert.errors.WorkerDied" in err


def test_a_function_typed_on_the_command_line_is_refused() -> None:
    """`python -c` has no module that a worker could import; functions from elsewhere run."""
    code = """
    from fastapi_convert.offloading._process import Child
    from tests.support import remote_functions as remote
    def typed(): pass
    child = Child("cpu")
    child.start()
    print(child.call(remote.add, (1,), {}))
    try:
        child.call(typed, (), {})
    except Exception as error:
        print(type(error).__name__, "python -c" in str(error), child.alive)
    child.close()
    """
    with run(code) as parent:
        out, err = parent.communicate(timeout=LONG)
    assert out.split() == ["1", "NotPicklable", "True", "True"], err


def test_the_apps_own_forkserver_preload_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our module is preloaded only where the app has made no choice."""
    chosen: list[list[str]] = []
    server = multiprocessing.forkserver
    monkeypatch.setattr(server, "set_forkserver_preload", chosen.append)
    monkeypatch.setattr(server._forkserver, "_preload_modules", ["their.module"])
    _session.preload_forkserver("ours.too")
    assert chosen == []
    monkeypatch.setattr(server._forkserver, "_preload_modules", ["__main__"])
    _session.preload_forkserver()
    assert chosen[0][0] == "__main__"
    assert "fastapi_convert.offloading._child" in chosen[0]


def test_the_forkserver_preloads_what_rooms_above_ask_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them once, and a worker that is started afterwards takes nothing away."""
    server = multiprocessing.forkserver
    chosen: list[str] = []

    def choose(modules: list[str]) -> None:
        chosen[:] = modules

    monkeypatch.setattr(server, "set_forkserver_preload", choose)
    monkeypatch.setattr(server._forkserver, "_preload_modules", chosen)
    choose(["__main__"])
    for module in ("one.room", "another.room", "one.room"):
        _session.preload_forkserver(module)
        _session.preload_forkserver()
    assert chosen[-2:] == ["one.room", "another.room"]
    assert len(chosen) == len(set(chosen)) == 5


def test_a_worker_that_is_closed_while_it_starts_says_nothing(tmp_path: Path) -> None:
    """It finds nobody to tell that it is ready: that is how workers end, and no traceback in the log of a service."""
    (tmp_path / "slow_to_import.py").write_text("import time\ntime.sleep(0.3)\n")
    code = """
        import sys, threading, time
        from fastapi_convert.errors import WorkerDied
        from fastapi_convert.offloading._process import Child

        def start():
            try:
                child.start()
            except WorkerDied:
                print("closed")

        sys.path.insert(0, sys.argv[1])
        child = Child("unborn", preload=["slow_to_import"])
        thread = threading.Thread(target=start)
        thread.start()
        while child._session is None:
            time.sleep(0.001)
        child.close(10)
        thread.join()
    """
    with run(code, str(tmp_path)) as process:
        assert process.communicate(timeout=LONG) == ("closed\n", "")
