"""Slow consumers and slow clients behind a real server: each is held back or sent away, and nobody else notices."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.waiting import wait_until
from tests.uploads.arriving import form, part
from tests.uploads.raw_client import RawClient, head
from tests.uploads.serving import BOTH, DEADLINE, UploadServer, serving

KIB = 1024
MIB = 1024 * KIB
STALLED = 200
LIVE = 20
#: That of the endpoints for slow clients.
WINDOW = 64 * KIB


@pytest.fixture(scope="module", params=BOTH, ids="-".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UploadServer]:
    with serving(tmp_path_factory.mktemp("stalled"), *request.param) as server:
        yield server


def test_a_slow_consumer_holds_its_client_back(server: UploadServer) -> None:
    """The client cannot send more than the window and the buffers of two kernels; let go on, it loses nothing."""
    data = random.randbytes(24 * MIB)
    body = form(part(data))
    tag = server.tag("slow")
    with server.leaving_nothing(), server.connect(head(f"/gated?tag={tag}", len(body))) as client:
        rest = client.push(body, seconds=2)
        assert client.sent < 16 * MIB
        assert server.entry(tag)["received"] < 3 * MIB
        assert server.get("/plain") == "plain"
        server.get(f"/open?who={tag}")
        client.send(rest)
        answer = client.answer()
    assert answer is not None
    assert (answer.status, answer.body.decode()) == (200, f'"{hashlib.sha256(data[100:]).hexdigest()}"')


def begin(server: UploadServer, path: str, kind: str) -> RawClient:
    """A client that sends nothing of its body, a part of a window, or exactly a window, and then stalls."""
    start = part(b"")[:-2]
    sent = {"nothing": b"", "little": start + bytes(WINDOW // 3), "window": start + bytes(WINDOW)}[kind]
    return server.connect(head(path, 10 * MIB) + sent)


@contextmanager
def stalled_clients(server: UploadServer, endpoint: str, group: str) -> Iterator[list[RawClient]]:
    """Two hundred of them, whose bytes have all arrived."""
    kinds = itertools.cycle(["nothing", "little", "window"])
    with ExitStack() as clients:
        found = []
        for _ in range(STALLED):
            path = f"/{endpoint}?tag={server.tag(group)}"
            found.append(clients.enter_context(begin(server, path, next(kinds))))
        yield found


def have_arrived(server: UploadServer, group: str) -> bool:
    """Whether a third of the clients each have had nothing, a part of a window and a whole one taken off them."""
    sizes = sorted(entry["received"] for entry in server.ledger(group).values())
    start = len(part(b"")) - 2
    expected = [*[0] * 67, *[start + WINDOW // 3] * 67, *[start + WINDOW] * 66]
    return sizes == expected


def upload(server: UploadServer, body: bytes) -> int:
    return server.post(f"/patient?tag={server.tag('live')}", body).status


def test_stalled_clients_are_in_nobodys_way(server: UploadServer) -> None:
    """Two hundred of them on four threads: uploads go through, and a `def` endpoint goes on answering."""
    group = server.tag("stalled")
    body = form(part(random.randbytes(2 * MIB)))
    latencies: list[float] = []
    with server.leaving_nothing():
        with stalled_clients(server, "patient", group), ThreadPoolExecutor(LIVE) as threads:
            wait_until(lambda: have_arrived(server, group), timeout=DEADLINE)
            uploads = [threads.submit(upload, server, body) for _ in range(LIVE)]
            while len(latencies) < 100 or not all(upload.done() for upload in uploads):
                began = time.monotonic()
                assert server.get("/plain") == "plain"
                latencies.append(time.monotonic() - began)
            assert [upload.result() for upload in uploads] == [200] * LIVE
            assert not any(entry["over"] for entry in server.ledger(group).values())
            state = server.state()
            assert state["busy"] == 0
        wait_until(lambda: all(entry["over"] for entry in server.ledger(group).values()), timeout=DEADLINE)
    assert sorted(latencies)[len(latencies) * 99 // 100] < 1
    assert {entry["status"] for entry in server.ledger(group).values()} == {400}


def test_stalled_clients_are_told_and_sent_away(server: UploadServer) -> None:
    """After the idle timeout: a 408, and the connection is closed."""
    group = server.tag("strict")
    with server.leaving_nothing(), stalled_clients(server, "strict", group) as clients:
        for client in clients:
            answer = client.answer()
            assert answer is not None
            assert (answer.status, answer.headers["connection"]) == (408, "close")
            assert client.is_closed()
    entries = server.ledger(group).values()
    assert [entry["status"] for entry in entries] == [408] * STALLED
    assert not any(entry["notes"] for entry in entries)  # none has had a thread


def test_who_stalls_under_a_consumer_delays_others_no_longer_than_the_timeout(server: UploadServer) -> None:
    """Behind a window a client has a thread. Then its function gets an error, and the next upload gets the thread."""
    group = server.tag("under")
    body = form(part(bytes(MIB)))
    with server.leaving_nothing(), ExitStack() as clients, ThreadPoolExecutor(4) as threads:
        stalled = []
        for _ in range(4):
            tag = server.tag(group)
            client = clients.enter_context(begin(server, f"/strict?tag={tag}", "window"))
            server.wait_for(tag, lambda entry: entry.get("received", 0) > WINDOW)
            client.send(bytes(10))
            server.wait_for(tag, lambda entry: entry["notes"])
            stalled.append((tag, client))
        uploads = [threads.submit(upload, server, body) for _ in range(4)]
        for tag, client in stalled:
            answer = client.answer()
            assert answer is not None
            assert answer.status == 408
            assert server.wait_over(tag)["notes"] == ["worker: begun", "worker: UploadAborted"]
        assert [upload.result() for upload in uploads] == [200] * 4


def test_a_client_that_trickles_is_told_and_sent_away(server: UploadServer) -> None:
    """A byte now and then is no reason to wait for ever: it is below the least rate."""
    tag = server.tag("trickle")
    ended = threading.Event()
    with server.leaving_nothing(), server.connect(head(f"/brisk?tag={tag}", MIB) + part(b"")[:-2]) as client:

        def trickle() -> None:
            while not ended.wait(0.2) and client.send(b"x"):
                pass

        with ThreadPoolExecutor(1) as threads:
            trickling = threads.submit(trickle)
            try:
                answer = client.answer()
            finally:
                ended.set()
            trickling.result()
    assert answer is not None
    assert answer.status == 408
    assert server.wait_over(tag)["received"] < 100 * KIB
