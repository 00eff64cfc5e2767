"""A form of very many tiny files: parsing them is work of the event loop's."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from functools import partial

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import in_turns, load
from benchmarks.uploads.client import answer, connect, head
from benchmarks.uploads.forms import many_parts
from benchmarks.uploads.sample import Sample, Scenario
from benchmarks.uploads.servers import serving

PEER = "list[UploadFile]"
PATHS = {PEER: "/peer/parts", OURS: "/ours/parts"}
PART = 100


def ten_thousand_parts() -> Iterator[Scenario]:
    """Of 100 bytes each."""
    count = load(10_000, 100)
    body = many_parts(count, PART)
    samples: dict[str, list[Sample]] = {name: [] for name in PATHS}
    with serving(PATHS) as servers:
        for name, server in servers.items():
            small = many_parts(10, PART)
            server.settle(partial(_send, server.port, PATHS[name], small, 10 * PART))
        for name in in_turns(list(PATHS), load(7, 1)):
            send = partial(_send, servers[name].port, PATHS[name], body, count * PART)
            samples[name].append(servers[name].observe(count * PART, send))
    scenario = Scenario.of("form of 10 000 files", "10 000 x 100 B", samples)
    scenario.compare("10 000 tiny files: longest gap", "gap", "ms", against=PEER, goal=Goal(at_most=10))
    scenario.compare("10 000 tiny files: throughput", "rate", "MB/s", against=PEER)
    yield scenario


def _send(port: int, path: str, body: bytes, expected: int) -> float:
    with connect(port) as sock:
        began = time.perf_counter()
        sock.sendall(head(path, len(body)) + body)
        status, found = answer(sock)
        took = time.perf_counter() - began
    assert (status, json.loads(found)) == (200, expected), f"{path} answered {status}: {found!r}"
    return took
