"""Uploads at once, and what a request for something else feels of them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from benchmarks.common.running import in_turns, load
from benchmarks.uploads.client import Asking, upload
from benchmarks.uploads.forms import Form, binary
from benchmarks.uploads.sample import Sample, Scenario
from benchmarks.uploads.servers import Server, serving
from benchmarks.uploads.single import CONTENDERS, COPY, SAVE, STREAM, Contender, settle

UPLOADS = 16
PAUSE = 0.005


def many_at_once() -> Iterator[Scenario]:
    """16 files of 48 MB, each on a connection of its own."""
    contenders = {name: CONTENDERS[name] for name in (STREAM, COPY, SAVE)}
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    form = binary(load(48, 1) * 1_000_000)
    with serving(contenders) as servers:
        settle(servers, contenders, binary(65_536))
        for name in in_turns(list(contenders), load(5, 1)):
            samples[name].append(_observed(servers[name], contenders[name], form))
    scenario = Scenario.of(f"{UPLOADS} uploads at once", "16 x 48 MB", samples)
    what = f"{UPLOADS} at once, save()"
    for name, figure, unit in (
        ("throughput", "rate", "MB/s"),
        ("peak memory", "memory", "MB"),
        ("other request, p50", "half", "ms"),
        ("other request, p99", "most", "ms"),
    ):
        scenario.compare(f"{what}: {name}", figure, unit, ours=SAVE, against=COPY)
    yield scenario


def _observed(server: Server, contender: Contender, form: Form) -> Sample:
    latencies: list[float] = []
    send = partial(upload, server.port, contender.path, form, contender.expected(form))
    sample = server.observe(form.file_size * UPLOADS, lambda: _all_at_once(send, server.port, latencies))
    return sample.with_latencies(latencies)


def _all_at_once(send: Any, port: int, latencies: list[float]) -> float:
    def ended() -> float:
        send()
        return time.perf_counter()

    with ThreadPoolExecutor(UPLOADS) as threads, Asking(port, "/loop") as other:
        began = time.perf_counter()
        uploads = [threads.submit(ended) for _ in range(UPLOADS)]
        while wait(uploads, timeout=PAUSE).not_done:
            latencies.append(other.milliseconds())
    return max(upload.result() for upload in uploads) - began
