"""Uploads that are under way when their server ends: in order, they are an error; killed, they leave nothing for long.

`FC_UPLOAD_KILLS` is the number of servers that are killed.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.waiting import wait_until
from tests.uploads.arriving import form, part
from tests.uploads.raw_client import RawClient, head
from tests.uploads.saving_support import framed, part_files, state_of
from tests.uploads.serving import BOTH, DEADLINE, UploadServer, serving

KILLS = int(os.environ.get("FC_UPLOAD_KILLS", "1"))
WAYS = ["run", "save", "rows", "chunks", "seekable", "path"]
BODY = form(part(b"a,b\n" * 75_000))
HALF = len(BODY) // 2


@pytest.fixture(params=BOTH, ids="-".join)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UploadServer]:
    http, loop = request.param
    with serving(tmp_path, http, loop, grace=1) as server:
        yield server


def begin(server: UploadServer, clients: ExitStack, way: str, tag: str) -> RawClient:
    """A client that stalls half-way, and whose half was read."""
    request = head(f"/take/{way}?tag={tag}", len(BODY))
    client = clients.enter_context(server.connect(request + BODY[:HALF]))
    server.wait_for(tag, lambda entry: entry.get("received", 0) == HALF)
    return client


def test_a_shutdown_ends_uploads_that_do_not_end_in_time(server: UploadServer) -> None:
    """SIGTERM: the process ends, every consumer was told, and no file is left."""
    with ExitStack() as clients:
        stalled = {way: begin(server, clients, way, f"stalled-{way}-") for way in WAYS}
        finishing = begin(server, clients, "run", "finishing-")
        for client in (stalled["run"], finishing):
            client.send(BODY[HALF : HALF + 10])  # a chunk more than a window: their functions are reading
        server.wait_for("stalled-run-", lambda entry: "worker: begun" in entry["notes"])
        os.kill(server.pid, signal.SIGTERM)
        wait_until(lambda: "Shutting down" in server.server.logs(), timeout=DEADLINE)
        finishing.send(BODY[HALF + 10 :])
        answer = finishing.answer()
        code = server.server.terminate()
    assert answer is not None
    assert answer.status == 200
    assert code in {0, -signal.SIGTERM}
    logs = server.server.logs()
    assert "stalled-run- worker: UploadAborted" in logs
    assert "stalled-chunks- endpoint: CancelledError" in logs
    assert not any(f"stalled-{way}- endpoint: done" in logs for way in WAYS)
    assert list(server.temporary.iterdir()) == []
    assert part_files(server.folder) == []


def test_a_killed_server_leaves_whole_files_and_the_next_one_tidies_up(tmp_path: Path) -> None:
    """SIGKILL amid saves: a target is absent or whole, and the next server's first save removes the rest."""
    for number in range(KILLS):
        names = [f"{number}-{n}.bin" for n in range(40)]
        kill_while_saving(tmp_path, names[:4], names[4:])
        folder = tmp_path / "uploads"
        assert len(part_files(folder)) >= 4
        assert {state_of(folder / name) for name in names} == {"absent", "whole"}
    with serving(tmp_path, *BOTH[0]) as server:  # which saves
        assert part_files(server.folder) == []


def kill_while_saving(folder: Path, stalled: list[str], others: list[str]) -> None:
    """A server that is killed when some files are half-way for certain, and some more by chance."""
    with serving(folder, *BOTH[0]) as server, ThreadPoolExecutor(4) as threads, ExitStack() as clients:
        for name in stalled:
            content = form(part(framed(bytes(3_000_000)), filename=name))
            request = head(f"/whole/save?tag={name}", len(content))
            clients.enter_context(server.connect(request + content[:2_500_000]))
        wait_until(lambda: len(part_files(server.folder)) == len(stalled), timeout=DEADLINE)
        saving = [threads.submit(save, server, name) for name in others]
        wait_until(lambda: any((server.folder / name).exists() for name in others), timeout=DEADLINE)
        os.kill(server.pid, signal.SIGKILL)
        for one in saving:
            one.result()


def save(server: UploadServer, name: str) -> None:
    content = form(part(framed(random.randbytes(random.randrange(3_000_000))), filename=name))
    try:
        with server.connect(head(f"/whole/save?tag={name}", len(content)) + content) as client:
            client.answer()
    except ConnectionError:  # the server is dead
        return
