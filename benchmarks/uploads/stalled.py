"""Clients that began to upload and stopped, and what an unrelated `def` endpoint feels of them."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import in_turns, load
from benchmarks.uploads.client import Asking, connect, head
from benchmarks.uploads.forms import Form, binary
from benchmarks.uploads.sample import Sample, Scenario
from benchmarks.uploads.servers import serving

UPLOAD_FILE = "UploadFile"
NAIVE = "a shared thread for each upload"
PATHS = {UPLOAD_FILE: "/peer/read", NAIVE: "/peer/naive", OURS: "/ours/run"}

CLIENTS = 200
PATIENCE = load(4, 1)
#: Half of them stop at the first bytes, half beyond the window, where a function has been given a thread.
SENT = (10_000, load(2_000_000, 20_000))


def stalled_clients() -> Iterator[Scenario]:
    """200 of them; the endpoint is asked 300 times, one after another."""
    samples: dict[str, list[Sample]] = {name: [] for name in PATHS}
    with serving(PATHS) as servers:
        for name in in_turns(list(PATHS), load(3, 1)):
            samples[name].append(_beside_stalled(servers[name].port, PATHS[name]))
    scenario = Scenario.of(f"{CLIENTS} stalled uploads", "200 x 64 MB", samples)
    for peer in (UPLOAD_FILE, NAIVE):
        what = f"{CLIENTS} stalled uploads: def endpoint, p99"
        scenario.compare(what, "most", "ms", against=peer, goal=Goal(at_most=100))
    yield scenario


def _beside_stalled(port: int, path: str) -> Sample:
    form = binary(64_000_000)
    with ExitStack() as stack:
        for number in range(CLIENTS):
            sock = stack.enter_context(connect(port))
            _send_some(sock, path, form, SENT[number % len(SENT)])
        time.sleep(load(2000, 200) / 1000)  # by now the server has read what it wants to
        return _asked(port)


def _send_some(sock: socket.socket, path: str, form: Form, size: int) -> None:
    """As much of that as the server takes: a client that is held back has stalled as well."""
    pieces = form.pieces()
    start = head(path, form.size) + next(pieces)
    sock.sendall(start)
    sock.settimeout(0.02)
    try:
        for piece in pieces:
            sock.sendall(piece[:size])
            size -= len(piece)
            if size <= 0:
                return
    except TimeoutError:
        return


def _asked(port: int) -> Sample:
    latencies: list[float] = []
    with Asking(port, "/thread", PATIENCE) as other:
        for _ in range(load(300, 5)):
            try:
                latencies.append(other.milliseconds())
            except TimeoutError:
                return Sample().with_latencies([1000.0 * PATIENCE], gave_up=True)
    return Sample().with_latencies(latencies)
