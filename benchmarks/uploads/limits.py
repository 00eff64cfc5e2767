"""A client that sends far more than it may, and does not look at the answer before it has: how much gets through?"""

from __future__ import annotations

import http.client
import socket
import statistics
from collections.abc import Iterator

from benchmarks.common.comparison import OURS, Comparison, Goal
from benchmarks.common.running import in_turns, load, tell
from benchmarks.uploads.client import answer, connect, head
from benchmarks.uploads.forms import Form, binary
from benchmarks.uploads.sample import Scenario
from benchmarks.uploads.servers import serving

PEER = "FastAPI, max_body_size"
PATHS = {PEER: "/peer/limited", OURS: "/ours/limited"}
WHAT = "client beyond 1 MB: could send"


def over_the_limit() -> Iterator[Scenario]:
    """300 MB where 1 MB is allowed: announced, and in chunks, where only counting tells."""
    form = binary(load(300, 20) * 1_000_000)
    with serving(PATHS) as servers:
        for size, chunked in (("300 MB", False), ("300 MB, chunked", True)):
            tries: dict[str, list[tuple[float, str]]] = {name: [] for name in PATHS}
            for name in in_turns(list(PATHS), load(5, 1)):
                tries[name].append(_push(servers[name].port, PATHS[name], form, chunked=chunked))
            figures = {name: statistics.median(megabytes for megabytes, _ in found) for name, found in tries.items()}
            for name, found in tries.items():
                answers = sorted({status for _, status in found})
                tell(size, WHAT, name, f"{figures[name]:.1f} MB, and then read {' or '.join(answers)}")
            yield Scenario(WHAT, size, {}, [Comparison(WHAT, size, PEER, "MB", figures, Goal(at_most=9))])


def _push(port: int, path: str, form: Form, *, chunked: bool) -> tuple[float, str]:
    sent = 0
    with connect(port) as sock:
        sock.sendall(head(path, None if chunked else form.size))
        try:
            for piece in _pieces(form, chunked=chunked):
                sock.sendall(piece)
                sent += len(piece)
        except ConnectionError:  # cut off
            pass
        return sent / 1e6, _status(sock)


def _pieces(form: Form, *, chunked: bool) -> Iterator[bytes]:
    for piece in form.pieces():
        for at in range(0, len(piece), 50_000):
            data = piece[at : at + 50_000]
            yield b"%x\r\n%b\r\n" % (len(data), data) if chunked else data
    if chunked:
        yield b"0\r\n\r\n"


def _status(sock: socket.socket) -> str:
    try:
        return str(answer(sock)[0])
    except (OSError, http.client.HTTPException):  # a reset takes away what had arrived
        return "nothing"
