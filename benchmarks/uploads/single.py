"""One upload at a time: discarded, hashed, saved, in memory as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from benchmarks.common.comparison import OURS, Goal
from benchmarks.common.running import in_turns, load
from benchmarks.uploads.client import upload
from benchmarks.uploads.forms import Form, binary
from benchmarks.uploads.sample import Sample, Scenario
from benchmarks.uploads.servers import Server, serving

STREAM = "request.stream()"
STREAM_SHA256 = "request.stream(), sha256 on the loop"
READ = "UploadFile, await read()"
COPY = "UploadFile, copyfileobj in def"
RUN = f"{OURS} run()"
CHUNKS = f"{OURS} chunks()"
SHA256 = f'{OURS} run(), hash="sha256"'
SAVE = f"{OURS} save(), no fsync"
SAVE_FSYNC = f"{OURS} save()"

#: What a window of 1 MiB and 4 MB for all else leave, rounded down.
MEMORY = Goal(at_most=5)


@dataclass(frozen=True, slots=True)
class Contender:
    """An endpoint, and what it answers if it has done its work."""

    path: str
    expected: Callable[[Form], Any]


def _file_size(form: Form) -> int:
    return form.file_size


CONTENDERS: Mapping[str, Contender] = {
    STREAM: Contender("/peer/stream", lambda form: form.size),
    RUN: Contender("/ours/run", _file_size),
    CHUNKS: Contender("/ours/chunks", _file_size),
    STREAM_SHA256: Contender("/peer/stream-sha256", lambda form: form.sha256),
    SHA256: Contender("/ours/sha256", lambda form: form.file_sha256),
    READ: Contender("/peer/read", _file_size),
    COPY: Contender("/peer/copy", _file_size),
    SAVE: Contender("/ours/save", _file_size),
    SAVE_FSYNC: Contender("/ours/save-fsync", _file_size),
}


def one_at_a_time() -> Iterator[Scenario]:
    """Files of 64 MB and of 512 MB, for each contender to a server of its own."""
    with serving(CONTENDERS) as servers:
        settle(servers, CONTENDERS, binary(65_536))
        for size, megabytes, rounds in (("64 MB", load(64, 1), load(9, 1)), ("512 MB", load(512, 2), load(5, 1))):
            samples = take_turns(servers, CONTENDERS, binary(megabytes * 1_000_000), rounds)
            scenario = Scenario.of("one upload", size, samples)
            _against_goals(scenario)
            yield scenario


def settle(servers: Mapping[str, Server], contenders: Mapping[str, Contender], form: Form) -> None:
    """Three small uploads for each."""
    for name, contender in contenders.items():
        servers[name].settle(partial(upload, servers[name].port, contender.path, form, contender.expected(form)))


def take_turns(
    servers: Mapping[str, Server], contenders: Mapping[str, Contender], form: Form, rounds: int
) -> dict[str, list[Sample]]:
    """Upload the form once to everybody in each round."""
    samples: dict[str, list[Sample]] = {name: [] for name in contenders}
    expected = {name: contender.expected(form) for name, contender in contenders.items()}
    for name in in_turns(list(contenders), rounds):
        server = servers[name]
        send = partial(upload, server.port, contenders[name].path, form, expected[name])
        samples[name].append(server.observe(form.file_size, send))
    return samples


def _against_goals(scenario: Scenario) -> None:
    compare = scenario.compare
    compare("run(), discarded: throughput", "rate", "MB/s", ours=RUN, against=STREAM, goal=Goal(share=0.5))
    compare(
        "sha256 as it arrives: throughput", "rate", "MB/s", ours=SHA256, against=STREAM_SHA256, goal=Goal(share=0.8)
    )
    compare("save(), no fsync: throughput", "rate", "MB/s", ours=SAVE, against=COPY, goal=Goal(times=1.5))
    compare("save(): bytes written", "written", "x the file", ours=SAVE, against=COPY, goal=Goal(at_most=1.01))
    compare("save(): peak memory", "memory", "MB", ours=SAVE_FSYNC, against=COPY, goal=MEMORY)
    compare("run(): peak memory", "memory", "MB", ours=RUN, against=READ, goal=MEMORY)
    compare("chunks(): peak memory", "memory", "MB", ours=CHUNKS, against=READ, goal=MEMORY)
