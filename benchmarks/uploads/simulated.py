"""A file too large to be sent: the server's side only, in a process that gives the bytes to itself."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop
from starlette.types import Message

from benchmarks.common.driver import post
from benchmarks.common.running import load, tell
from benchmarks.uploads import proc
from benchmarks.uploads.forms import CONTENT_TYPE, Form, binary
from benchmarks.uploads.sample import Sample, Scenario
from benchmarks.uploads.servers import start
from benchmarks.uploads.single import CHUNKS, CONTENDERS, MEMORY, RUN, SAVE

METHODS = {"run()": RUN, "chunks()": CHUNKS, "save()": SAVE}
WHAT = "one upload, simulated"
#: What uvicorn hands over at a time, at the most.
CHUNK = 262_144
SIZE = load(10_000, 8) * 1_000_000


def ten_gigabytes() -> Iterator[Scenario]:
    """10 GB, which one of the methods writes to the disk."""
    with TemporaryDirectory(prefix="bench-uploads-") as name:
        folder = Path(name)
        methods = dict(METHODS)
        if shutil.disk_usage(folder).free < 2 * SIZE:
            tell("10 GB", WHAT, methods.pop("save()"), "left out: the disk is too full")
        samples = {method: [_in_a_process(CONTENDERS[method].path, folder)] for method in methods.values()}
    scenario = Scenario.of(WHAT, "10 GB", samples)
    for what, method in methods.items():
        scenario.compare(f"{what}: peak memory", "memory", "MB", ours=method, against=None, goal=MEMORY)
    yield scenario


def _in_a_process(path: str, folder: Path) -> Sample:
    with start("benchmarks.uploads.simulated", path, folder=folder, stdout=subprocess.PIPE) as child:
        output, _ = child.communicate()
    assert child.returncode == 0
    for saved in folder.iterdir():
        saved.unlink()
    return Sample(**json.loads(output))


def main() -> None:
    """In that process."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_measure(sys.argv[1]))))


async def _measure(path: str) -> dict[str, float]:
    for _ in range(3):
        await _upload(path, binary(65_536))
    proc.reset_peak(os.getpid())
    in_use = proc.peak_memory(os.getpid())
    began = time.perf_counter()
    await _upload(path, binary(SIZE))
    seconds = time.perf_counter() - began
    memory = max(proc.PAGE, proc.peak_memory(os.getpid()) - in_use)
    return {"rate": SIZE / seconds / 1e6, "memory": memory / 1e6}


async def _upload(path: str, form: Form) -> None:
    from benchmarks.uploads.app import app  # only in this process

    messages = _messages(form)

    async def receive() -> Message:
        await asyncio.sleep(0)  # as between two reads of a socket: what the loop puts off gets its turn
        return next(messages)

    headers = [(b"content-type", CONTENT_TYPE.encode()), (b"content-length", b"%d" % form.size)]
    assert int(await post(app, path, receive, headers)) == form.file_size


def _messages(form: Form) -> Iterator[Message]:
    for piece in form.pieces():
        for at in range(0, len(piece), CHUNK):
            # Each is a new object, so that what is held in memory is there.
            yield {"type": "http.request", "body": piece[at : at + CHUNK], "more_body": True}
    yield {"type": "http.request", "body": b"", "more_body": False}


if __name__ == "__main__":
    main()
