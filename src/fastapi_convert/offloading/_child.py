"""What runs inside a worker process: take a call from the socket, run it, send what came of it, until the end of file.

Nothing here uses stdin, stdout or stderr, so the functions may print. They run in the main thread, one at a time.
"""

from __future__ import annotations

import contextlib
import importlib
import multiprocessing
import multiprocessing.connection
import os
import pickle
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Sequence
from typing import Any

from fastapi_convert.offloading import _wire
from fastapi_convert.offloading._pickling import CURE, describe, name_of, pack_failure, pack_result

_Reply = tuple[int, bytes, list[memoryview]]


def main(sock: socket.socket, preload: Sequence[str], shared: bool) -> None:
    """Serve calls on `sock` until the other end closes it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C belongs to the parent, which then ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # Started as a daemon, so that no exit of the parent waits for it; but functions may want processes of their own.
    multiprocessing.current_process().daemon = False
    _die_with_parent()
    sock.setblocking(True)  # whatever the default timeout of this process is
    link = _wire.Link(sock, shared=shared, lend=True)
    try:
        for module in preload:
            importlib.import_module(module)
    except BaseException as error:
        text = f"{describe(error)} while it imported preload={list(preload)!r}\n{traceback.format_exc()}"
        link.send(_wire.NOT_READY, pickle.dumps(text))
        return
    _serve(link)


def _serve(link: _wire.Link) -> None:
    me = os.getpid()
    with contextlib.suppress(EOFError, OSError):  # the other end is gone: that is how a worker ends
        link.send(_wire.READY)
        while True:
            frame = link.receive()
            reply = _answer(frame.stream, frame.buffers)
            # Nothing may keep the arguments alive here, or they would look as if the function had kept them.
            del frame
            if os.getpid() != me:
                os._exit(0)  # the function forked and its child came back: only one of the two may answer
            _flush()
            link.send(*reply)


def _answer(stream: bytes | memoryview, buffers: list[Any]) -> _Reply:
    try:
        fn, args, kwargs = pickle.loads(stream, buffers=buffers)  # noqa: S301 -- from our parent, over a private socket
    except BaseException as error:
        return _refusal(
            f"The call cannot be rebuilt in the worker process: {describe(error)}. The function and its arguments"
            " must be importable there: what is defined in an interactive session or by `python -c` is not."
        )
    try:
        result = fn(*args, **kwargs)
    except BaseException as error:
        # The frame of this function says nothing to the reader of the traceback.
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        ordinary = isinstance(error, Exception) and not isinstance(error, StopIteration)
        return _wire.RAISED if ordinary else _wire.EXITED, pack_failure(error), []
    try:
        stream, buffers = pack_result(result)
    except Exception as error:
        return _refusal(
            f"The result of {name_of(fn)}(), a {type(result).__qualname__}, cannot be pickled: {error}. {CURE}"
        )
    return _wire.RESULT, stream, buffers


def _refusal(text: str) -> _Reply:
    return _wire.REFUSED, pickle.dumps(text), []


def _flush() -> None:
    # Buffered output would be lost when the worker is killed, and that may be its end on any later call.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    handles: list[Any] = [parent.sentinel]
    if hasattr(os, "pidfd_open") and parent.pid is not None:
        # A fork of the parent keeps its pipes open, and would keep us alive with them.
        with contextlib.suppress(OSError):
            handles.append(os.pidfd_open(parent.pid))
    threading.Thread(target=_watch, args=(handles,), name="parent-watch", daemon=True).start()
    _ask_kernel_to_kill(parent.sentinel)


def _watch(handles: list[Any]) -> None:
    multiprocessing.connection.wait(handles)
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def lead_into_death() -> None:
    """In a process that leads a group: let the group die with the parent too, which the functions have started."""
    parent = multiprocessing.parent_process()
    if sys.platform != "linux" or parent is None:
        return
    import fcntl  # noqa: PLC0415 -- not on every platform

    with contextlib.suppress(OSError):
        fcntl.fcntl(parent.sentinel, fcntl.F_SETOWN, -os.getpid())


def _ask_kernel_to_kill(sentinel: int) -> None:
    """Have the end of the parent's pipe signalled as SIGKILL: a body in C that holds the GIL stops every thread."""
    if sys.platform != "linux":
        return
    import fcntl  # noqa: PLC0415 -- not on every platform

    with contextlib.suppress(OSError):
        fcntl.fcntl(sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(sentinel, fcntl.F_SETSIG, signal.SIGKILL)
        fcntl.fcntl(sentinel, fcntl.F_SETFL, fcntl.fcntl(sentinel, fcntl.F_GETFL) | os.O_ASYNC)
