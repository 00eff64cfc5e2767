"""A warm worker process as a plain blocking object: call a function in it, kill it, close it.

There is no event loop here. A process pool gives each of its threads one `Child`.
"""

from __future__ import annotations

import contextlib
import pickle
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastapi_convert.errors import CallableExited, NotPicklable, WorkerDied
from fastapi_convert.offloading import _wire
from fastapi_convert.offloading._pickling import Failure, Packed, blame, name_of, pack_call, revive
from fastapi_convert.offloading._session import Session, default_start_method


class Child:
    """One worker process that runs one call at a time.

    Creating the object starts nothing. After a death or a `kill()`, `start()` makes a fresh process.

    Workers never fork from this process: they import the modules that the functions live in. A function of a script
    works too, but then the script is imported in every worker, so what it does must stand under
    `if __name__ == "__main__":`; without it, it would run again in each of them, and `start()` raises `WorkerDied`.

    Args:
        name: The pool's name, for messages.
        start_method: `"forkserver"` (default where there is one) or `"spawn"`.
        preload: Modules that the worker imports before it is ready.
    """

    def __init__(self, name: str, *, start_method: str | None = None, preload: Sequence[str] = ()) -> None:
        self.name = name
        self.calls = 0
        self._method = start_method or default_start_method()
        self._preload = tuple(preload)
        self._session: Session | None = None
        self._turn = threading.Lock()  # held while a thread talks to the process, or takes its handles down
        self._killed = False

    @property
    def pid(self) -> int | None:
        """The process id while the process runs."""
        session = self._session
        return session.pid if session is not None and self.alive else None

    @property
    def alive(self) -> bool:
        """Whether the process runs, as far as one can know."""
        session = self._session
        return session is not None and session.here() and session.running()

    def start(self) -> None:
        """Start the process, and return when it is warm. Does nothing if it is.

        Raises:
            WorkerDied: It did not get that far. The message says why.
        """
        with self._exclusive():
            if self.alive:
                return
            self._retire()
            self._killed = False
            self.calls = 0
            self._session = session = Session(self.name, self._method, self._preload)
            if self._killed:  # a kill() that came before there was anything to kill
                session.kill()
            try:
                session.hello()
            except BaseException:
                session.kill()
                self._retire()
                raise

    def call(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float | None = None,
    ) -> Any:
        """Run `fn(*args, **kwargs)` in the process and return what it returns.

        Args:
            fn: A function that the worker can import by its name.
            args: Positional arguments. Big bytes and arrays travel through shared memory.
            kwargs: Keyword arguments.
            deadline: On the clock of `time.monotonic()`. When it passes, the process is killed; when it has passed
                before the call was sent, nothing is.

        Raises:
            TimeoutError: The deadline passed.
            NotPicklable: The function, an argument, the result or the exception cannot travel.
            CallableExited: The function raised SystemExit or another exception that is not for callers.
            WorkerDied: The process died, was killed, or does not run.
            Exception: What the function raised, with the traceback of the worker process as a note.
        """
        kwargs = kwargs or {}
        try:
            packed = pack_call(fn, args, kwargs)
        except Exception as error:
            raise NotPicklable(blame(fn, args, kwargs, error)) from error
        if deadline is not None and time.monotonic() >= deadline:
            raise TimeoutError(f"{name_of(fn)}() was not sent to a worker process: its deadline had passed")
        with self._exclusive():
            frame = self._exchange(fn, packed, deadline)
            self.calls += 1
        if frame.kind == _wire.RESULT:
            return _load_result(fn, frame)
        raise _error_of(fn, frame)

    def _exchange(self, fn: Callable[..., Any], packed: Packed, deadline: float | None) -> _wire.Frame:
        session = self._session
        if session is None or not session.here():
            raise WorkerDied(
                f"{name_of(fn)}() was not run: pool {self.name!r} has no process for it. It was killed, or never"
                " started in this process; start() makes a new one."
            )
        try:
            return session.exchange(packed, deadline)
        except TimeoutError as error:
            self._retire()
            text = f"{name_of(fn)}() did not end before its deadline; its process {session.pid} was killed"
            raise TimeoutError(text) from error
        except (EOFError, ConnectionError) as error:
            died = session.obituary(f"while it ran {name_of(fn)}()")
            self._retire()
            raise died from error
        except BaseException:
            self._retire()
            raise

    def kill(self) -> None:
        """End the process with SIGKILL, from any thread. A call that is under way raises `WorkerDied` at once."""
        self._killed = True
        session = self._session
        if session is not None:
            session.kill()
        self._bury()

    def close(self, timeout: float = 1.0) -> None:
        """End the process: politely, and after `timeout` seconds by SIGKILL. Harmless when it has ended.

        In a fork of this process it only closes the descriptors that the fork has copied.
        """
        self._killed = True
        session = self._session
        if session is None:
            return
        if not session.here():
            self._retire()
            return
        session.hang_up()
        if not self._turn.acquire(timeout=timeout):
            session.kill()
            self._turn.acquire()
        try:
            self._retire(timeout)
        finally:
            self._turn.release()

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        try:
            with self._turn:
                yield
        finally:
            if self._killed:
                self._bury()

    def _bury(self) -> None:
        # Either nobody talks to the process and it is taken down here, or whoever does sees `_killed` at his end.
        if self._session is not None and self._turn.acquire(blocking=False):
            try:
                if self._killed:
                    self._retire()
            finally:
                self._turn.release()

    def _retire(self, grace: float = 0.0) -> None:
        session, self._session = self._session, None
        if session is not None:
            if session.here():
                session.end(grace)
            session.release()


def _load_result(fn: Callable[..., Any], frame: _wire.Frame) -> Any:
    try:
        return pickle.loads(frame.stream, buffers=frame.buffers)  # noqa: S301 -- from our own worker, over a private socket
    except Exception as error:
        raise NotPicklable(
            f"The result of {name_of(fn)}() cannot be rebuilt from its pickle: {error!r}. Return plain data, or use a"
            " Pool of threads."
        ) from error


def _error_of(fn: Callable[..., Any], frame: _wire.Frame) -> BaseException:
    told = pickle.loads(frame.stream)  # noqa: S301 -- from our own worker, over a private socket
    if frame.kind == _wire.REFUSED:
        return NotPicklable(told)
    failure = Failure(*told)
    error = revive(failure)
    if frame.kind == _wire.EXITED:
        exited = CallableExited(
            f"{name_of(fn)}() raised {failure.summary} in a worker process; raise an ordinary exception instead"
        )
        exited.__cause__ = error
        return exited
    return error or NotPicklable(
        f"{name_of(fn)}() raised {failure.summary} in a worker process, but that exception cannot be pickled. Keep only"
        f" plain data in it.\nTraceback in the worker process:\n{failure.traceback}"
    )
