"""Memory that does not grow with the upload: behind a real server, and for bodies larger than any network brings here.

`FC_UPLOAD_GB` is the size of the simulated body.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

import psutil
import pytest
from fastapi import FastAPI

from fastapi_convert.uploads import Upload, streamed, streamed_body
from tests.uploads.arriving import BOUNDARY, Client, exchange, part
from tests.uploads.raw_client import head
from tests.uploads.serving import BOTH, UploadServer, serving

MIB = 1 << 20
GIGABYTES = float(os.environ.get("FC_UPLOAD_GB", "10"))
#: Rows of 8 KiB: what is measured is memory, and short rows take Python long.
BLOCK = (b"x" * 8190 + b"y\n") * (MIB // 8192)
START = part(b"")[:-2]
END = f"\r\n--{BOUNDARY}--\r\n".encode()


@pytest.fixture(scope="module", params=BOTH, ids="-".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UploadServer]:
    with serving(tmp_path_factory.mktemp("memory"), *request.param) as server:
        yield server


def memory_of(pid: int, field: str) -> int:
    """What Linux says of a process: `VmRSS` is what it has, `VmHWM` the most that it has had."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def forget_peak(pid: int) -> None:
    """From now on `VmHWM` is the most since now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def send(server: UploadServer, way: str, mebibytes: int) -> int:
    request = head(f"/whole/{way}?tag={server.tag('memory')}", len(START) + mebibytes * MIB + len(END))
    with server.connect(request + START) as client:
        client.pump(itertools.repeat(BLOCK, mebibytes))
        client.send(END)
        answer = client.answer()
    assert answer is not None
    return answer.status


def send_all(server: UploadServer, way: str, mebibytes: int, clients: int) -> None:
    with ThreadPoolExecutor(clients) as threads:
        sending = [threads.submit(send, server, way, mebibytes) for _ in range(clients)]
    assert [sent.result() for sent in sending] == [200] * clients


def growth(server: UploadServer, way: str, mebibytes: int, clients: int = 1) -> int:
    """How much more memory the server ever has while so many clients send so much each; before, they send little."""
    send_all(server, way, 2, clients)
    forget_peak(server.pid)
    before = memory_of(server.pid, "VmRSS")
    send_all(server, way, mebibytes, clients)
    return memory_of(server.pid, "VmHWM") - before


@pytest.mark.parametrize("way", ["run", "save", "rows"])
def test_a_large_upload_takes_no_more_memory_than_a_small_one(server: UploadServer, way: str) -> None:
    """256 MiB, whoever consumes them."""
    assert growth(server, way, 256) < 24 * MIB


@pytest.mark.parametrize("way", ["run", "save"])
def test_many_uploads_take_a_window_or_so_each(server: UploadServer, way: str) -> None:
    """Sixteen at once, of 16 MiB each, through the windows of all."""
    assert growth(server, way, 16, clients=16) < 16 * 3 * MIB


def measure(file: BinaryIO) -> int:
    return sum(len(chunk) for chunk in iter(lambda: file.read(64 * 1024), b""))


def watched(chunks: Iterable[bytes], memory: list[int]) -> Iterator[bytes]:
    """The chunks; once in a while it is written down how much memory there is in use."""
    for number, chunk in enumerate(chunks):
        if number % 64 == 0:
            memory.append(psutil.Process().memory_info().rss)
        yield chunk


@pytest.mark.parametrize("kind", ["form", "body"])
async def test_a_body_larger_than_memory_is_counted_to_the_byte_in_a_window(kind: str) -> None:
    """The same mebibyte again and again: gigabytes without a network."""
    app = FastAPI()
    dependency = streamed("file") if kind == "form" else streamed_body()

    @app.post("/")
    async def endpoint(file: Upload = dependency) -> int:
        return await file.run(measure)

    count = int(GIGABYTES * 1000)
    memory: list[int] = []
    start, end = ([START], [END]) if kind == "form" else ([], [])
    client = Client(watched(itertools.chain(start, itertools.repeat(BLOCK, count), end), memory))
    answer = await exchange(app, client)
    assert (answer.status, answer.body) == (200, str(count * MIB).encode())
    assert max(memory) - memory[1] < 24 * MIB
