"""The worker process: it is sent the bytes of files, and answers with their facts.

It opens nothing, and knows neither the paths nor the project. Frames are a length and `marshal`led data.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import signal
import sys
from typing import IO, Any, Final

from ._reading import extract

#: What a worker says once it can work.
READY: Final = "ready"
_LENGTH: Final = 8
# What one worker may take: a file of ten megabytes can need more, and then it is left out, not the machine.
_MEMORY: Final = 3 << 30


def send(stream: IO[bytes], message: Any) -> None:
    """Write one frame."""
    body = marshal.dumps(message)
    stream.write(len(body).to_bytes(_LENGTH, "big"))
    stream.write(body)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one frame.

    Raises:
        EOFError: The other side has ended.
    """
    length = int.from_bytes(_exactly(stream, _LENGTH), "big")
    return marshal.loads(_exactly(stream, length))  # noqa: S302 -- from our own process, over a private pipe


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def main() -> None:
    """Answer until there is nobody left who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal sends it to all; it is the parent who ends us
    _limit_memory()
    gc.disable()  # trees have no cycles, and the collector would walk through them again and again
    gc.freeze()
    with contextlib.suppress(EOFError, OSError):
        _serve(sys.stdin.buffer, _private_output())


def _private_output() -> IO[bytes]:
    # Nothing that prints may get between the frames.
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def _serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    send(answers, READY)
    while True:
        chunk = receive(requests)
        send(answers, [tuple(extract(data)) for data in chunk])
        del chunk
        gc.collect()


def _limit_memory() -> None:
    try:
        import resource  # noqa: PLC0415 -- not everywhere
    except ImportError:
        return
    with contextlib.suppress(OSError, ValueError):
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)
        if soft == resource.RLIM_INFINITY or soft > _MEMORY:
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, hard))
