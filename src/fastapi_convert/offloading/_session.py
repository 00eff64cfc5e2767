"""One worker process from its start to its reaping: the handles on it, its conversation, and how it ended.

Not thread-safe but for `kill()` and `running()`; `_process.Child` sees to it that one thread at a time has the rest.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.process
import os
import pickle
import select
import selectors
import signal
import socket
import threading
import time
import weakref
from collections.abc import Sequence
from typing import Any

from fastapi_convert.errors import WorkerDied
from fastapi_convert.offloading import _arena, _child, _wire
from fastapi_convert.offloading._pickling import Packed

_DAY = 86400.0  # poll() counts milliseconds in an int
_LAST_WORDS = 1.0  # how long a worker that closed its socket may take to end by itself, and so tell its exit code
_REAP = 10.0  # a killed process is gone at once, unless it hangs in the kernel: then nobody can wait for it

_starting = threading.Lock()
_living: weakref.WeakSet[Session] = weakref.WeakSet()


def default_start_method() -> str:
    """`forkserver` where there is one, else `spawn`. Never `fork`: it copies locks that other threads hold."""
    return "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"


def _forget_locks() -> None:
    global _starting  # noqa: PLW0603 -- in a fork, the thread that held it does not exist
    _starting = threading.Lock()
    for session in list(_living):
        session.forget_lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_locks)


@contextlib.contextmanager
def _not_a_daemon() -> Any:
    """Let a daemonic process (a Hypercorn worker) start ours too: they end with it even when it is killed."""
    current = multiprocessing.current_process()
    was = current.daemon
    if was:
        current.daemon = False
    try:
        yield
    finally:
        if was:
            current.daemon = True


def preload_forkserver(*modules: str) -> None:
    """Have the forkserver import what every worker needs, so that a new one takes milliseconds.

    FastAPI, which `errors` imports, is half a second of that, and most apps' functions need it too. Only where the app
    has not chosen a list of its own; the default list is `["__main__"]`.

    Args:
        modules: What the workers of a room above need beside that. It is in vain once the forkserver runs.
    """
    server = getattr(multiprocessing.forkserver, "_forkserver", None)
    chosen = getattr(server, "_preload_modules", None) or []
    ours = ["__main__", _child.__name__, WorkerDied.__module__]
    if chosen == ["__main__"] or chosen[: len(ours)] == ours:
        wanted = [*ours, *chosen[len(ours) :], *modules]
        multiprocessing.forkserver.set_forkserver_preload(list(dict.fromkeys(wanted)))


def _start(method: str, name: str, args: tuple[Any, ...]) -> Any:
    context: Any = multiprocessing.get_context(method)
    process = context.Process(target=_child.main, name=f"{name}-worker", args=args, daemon=True)
    with _starting, _not_a_daemon():
        if method == "forkserver":
            preload_forkserver()
        process.start()
        # What is in this set, multiprocessing polls from any thread that starts a process, waits for at exit even if it
        # ignores SIGTERM, and terminates when a fork of this process exits. Our workers end with us without its help.
        getattr(multiprocessing.process, "_children", set()).discard(process)
    return process


def _start_after_fork(method: str, name: str, args: tuple[Any, ...]) -> Any:
    try:
        return _start(method, name, args)
    except ChildProcessError:
        # This process is a fork of the one that owns the forkserver, and multiprocessing cannot start a second one.
        return _start("spawn", name, args)


class _Patience:
    """Waits for the socket, but no longer than the worker lives or the deadline allows."""

    def __init__(self, sock: socket.socket, death: int) -> None:
        # Neither epoll nor kqueue: they cost a descriptor per worker, and two handles need no index.
        self._selector = getattr(selectors, "PollSelector", selectors.SelectSelector)()
        self._sock = sock
        self._event = selectors.EVENT_READ
        self._selector.register(sock, self._event)
        self._selector.register(death, selectors.EVENT_READ)
        self._death = death
        self.deadline: float | None = None

    def __call__(self, event: int) -> None:
        if event != self._event:
            self._selector.modify(self._sock, event)
            self._event = event
        while True:
            left = None if self.deadline is None else self.deadline - time.monotonic()
            ready = self._selector.select(left if left is None else min(left, _DAY))
            if any(key.fd != self._death for key, _ in ready):
                return
            if ready:  # dead, and nothing left to read: the socket may still be open in a process that it started
                raise EOFError
            if left is not None and left <= 0:
                raise TimeoutError

    def close(self) -> None:
        self._selector.close()


class Session:
    """A running worker process. `__init__` starts it; it is warm when `hello()` returns."""

    def __init__(self, name: str, method: str, preload: Sequence[str]) -> None:
        self.name = name
        self._owner = os.getpid()
        self._lock = threading.Lock()  # between who signals the process and who closes the handles on it
        self._released = False
        self._stopped = False
        shared = _arena.supported()
        sock, theirs = socket.socketpair()
        try:
            with theirs:
                self._process = _start_after_fork(method, name, (theirs, tuple(preload), shared))
        except (OSError, EOFError) as error:
            sock.close()
            raise WorkerDied(
                f"A worker of pool {name!r} could not be started: {error!r}. If the program is a script, what it does"
                ' must stand under `if __name__ == "__main__":`, because workers import it.'
            ) from error
        except BaseException:
            sock.close()
            raise
        self.pid: int = self._process.pid
        self._pidfd = _open_pidfd(self.pid)
        self._death = self._process.sentinel if self._pidfd is None else self._pidfd
        sock.setblocking(False)
        self._sock = sock
        self._patience = _Patience(sock, self._death)
        self._link = _wire.Link(sock, shared=shared, wait=self._patience)
        _living.add(self)

    def forget_lock(self) -> None:
        """In a fork of this process: nobody holds the lock any more."""
        self._lock = threading.Lock()

    def here(self) -> bool:
        """Whether this process, and not the one it was forked from, has started the worker."""
        return self._owner == os.getpid()

    def hello(self) -> None:
        """Wait until the worker is warm."""
        try:
            frame = self._link.receive()
        except (EOFError, OSError) as error:
            raise self.obituary("while it started. Its standard error output says more") from error
        if frame.kind == _wire.NOT_READY:
            text = pickle.loads(frame.stream)  # noqa: S301 -- from our own worker
            self.end(_LAST_WORDS)
            raise WorkerDied(f"A worker of pool {self.name!r} could not start: {text}")

    def exchange(self, packed: Packed, deadline: float | None) -> _wire.Frame:
        """Send a call and wait for what comes of it. Whatever goes wrong on the way, the process is dead afterwards."""
        self._patience.deadline = deadline
        try:
            self._link.send(_wire.CALL, packed.stream, packed.buffers)
            return self._link.receive()
        except BaseException as error:
            # Half a conversation cannot be taken up again. Who died gets a moment to say of what.
            self.end(_LAST_WORDS if isinstance(error, EOFError | ConnectionError) else 0.0)
            raise

    def running(self) -> bool:
        """Whether the process lives."""
        with self._lock:
            return not self._released and not _readable(self._death, 0.0)

    def kill(self) -> None:
        """SIGKILL, from any thread."""
        with self._lock:
            if self._released or not self.here() or _readable(self._death, 0.0):
                return
            self._stopped = True
            with contextlib.suppress(ProcessLookupError):
                if self._pidfd is None:
                    self._process.kill()
                else:
                    signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def hang_up(self) -> None:
        """Tell the worker that no more calls will come."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)

    def end(self, grace: float) -> None:
        """See the process to its end: by itself within `grace` seconds, else by SIGKILL."""
        if not self._released:
            if not _readable(self._death, grace):
                self.kill()
            _readable(self._death, _REAP)

    def release(self) -> None:
        """Reap the process and close every handle on it. After a fork: only the handles of this copy."""
        with self._lock:
            if self._released:
                return
            self._released = True
        self._link.close()
        self._patience.close()
        if self._pidfd is not None:
            os.close(self._pidfd)
        if self.here():
            self._exit_code()
            with contextlib.suppress(ValueError):  # it cannot be reaped: it hangs in the kernel
                self._process.close()

    def _exit_code(self) -> int | None:
        code: int | None = self._process.exitcode
        if code is None:
            self._process.join(_REAP)  # the forkserver is the parent, and it tells a moment later
            code = self._process.exitcode
        return code

    def obituary(self, doing: str) -> WorkerDied:
        """The error that says how the process ended, and what helps."""
        self.end(_LAST_WORDS)
        who = f"A worker of pool {self.name!r} (process {self.pid})"
        if self._stopped:
            return WorkerDied(f"{who} was killed by its pool {doing}. Only this call failed.")
        code = self._exit_code()
        how, cure = _cause_of_death(code)
        if doing.startswith("while it started"):
            cure = 'A script that starts a ProcessPool needs the guard `if __name__ == "__main__":`.'
        died = WorkerDied(f"{who} {how} {doing}. Only this call failed. {cure}")
        died.exit_code = code
        return died


def _cause_of_death(code: int | None) -> tuple[str, str]:
    if code is None or code >= 0:
        cure = "Something called os._exit(), or closed what is not its own: raise an exception instead."
        return f"exited with code {code}", cure
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    if name == "SIGKILL":
        cure = "If nobody killed it, the machine ran out of memory: use fewer processes or smaller arguments."
    else:
        cure = "If nobody sent it, native code crashed: PYTHONFAULTHANDLER=1 shows where."
    return f"was killed by signal {name}", cure


def _open_pidfd(pid: int) -> int | None:
    """A handle that reports the death of that process alone: pipes stay open in the processes that it leaves behind."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


def _readable(fd: int, timeout: float) -> bool:
    if not hasattr(select, "poll"):
        return bool(select.select([fd], [], [], timeout)[0])
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(timeout * 1000))
