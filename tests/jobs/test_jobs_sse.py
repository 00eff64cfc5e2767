"""Server-sent events: nothing lost, nothing twice, nothing forged, and no server that cannot stop."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient

from fastapi_convert.errors import JobStoreUnavailable
from fastapi_convert.jobs.http import _stream
from fastapi_convert.jobs.model import Ending, JobEvent, NewJob, QueueTerms
from tests.jobs.http_support import Shop, listening, read_events, token
from tests.support.server import Server, serve
from tests.support.waiting import wait_until_async

Served = tuple[Shop, Any, TestClient]


@pytest.fixture
def served() -> Iterator[Served]:
    shop = Shop()
    with shop.serving() as (test, client):
        yield shop, test, client


@asynccontextmanager
async def _shop() -> AsyncIterator[tuple[Shop, Any]]:
    """A shop on this event loop."""
    shop = Shop()
    with shop.jobs.testing("captured") as test:
        async with shop.jobs.lifespan():
            yield shop, test


async def _submitted(shop: Shop, **fields: Any) -> str:
    """A job that waits until the test plays its worker."""
    async with shop.jobs.open_async() as station:
        return (await station.submit(NewJob(name="add", payload='{"a": 1}', **fields))).id


async def _claim(shop: Shop) -> None:
    queues = [QueueTerms("default", tuple(shop.jobs.terms))]
    await asyncio.wrap_future(shop.jobs.ledger.claim("w", queues, 1))


async def _report(shop: Shop, job_id: str, fraction: float, message: str = "") -> None:
    assert await asyncio.wrap_future(shop.jobs.ledger.report(job_id, 1, fraction, message))


async def _end(shop: Shop, job_id: str) -> None:
    assert await asyncio.wrap_future(shop.jobs.ledger.end(job_id, 1, Ending("succeeded", result="1")))


def _done(client: TestClient, test: Any) -> dict[str, Any]:
    job: dict[str, Any] = client.post("/add", json={"a": 1}).json()
    test.run_pending()
    return job


# One job


def test_a_job_is_told_from_its_beginning_to_its_end(served: Served) -> None:
    """Every event with its number, name and data; then the stream ends."""
    _, test, client = served
    answer = client.get(_done(client, test)["links"]["events"])
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    events = read_events(answer.text)
    assert [(event["id"], event["event"]) for event in events] == [
        ("1", "queued"),
        ("2", "running"),
        ("3", "succeeded"),
    ]
    for event in events:
        assert set(event["data"]) == {"number", "type", "at", "attempt", "progress", "message", "error"}
        assert (str(event["data"]["number"]), event["data"]["type"]) == (event["id"], event["event"])
        assert event["data"]["at"].endswith("Z")


def test_a_failure_is_told_without_its_reason(served: Served) -> None:
    """What a client may know: status, code, detail."""
    _, test, client = served
    job = client.post("/refuse", json={"secret": "s3cret"}).json()
    test.run_pending()
    answer = client.get(job["links"]["events"])
    error = read_events(answer.text)[-1]["data"]["error"]
    assert error == {"status": 404, "code": "lookup-error", "detail": "No such preset."}
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("how", ["header", "query", "both"])
def test_a_client_goes_on_where_it_was(served: Served, how: str) -> None:
    """By `Last-Event-ID` or `after`; the header goes first, since the browser adds it to an old address."""
    _, test, client = served
    url = _done(client, test)["links"]["events"]
    headers = {} if how == "query" else {"Last-Event-ID": "1"}
    query = {} if how == "header" else {"after": 1 if how == "query" else 0}
    events = read_events(client.get(url, headers=headers, params=query).text)
    assert [event["id"] for event in events] == ["2", "3"]


@pytest.mark.parametrize("last", ["x", "", "-1", "1.5", "²", "9" * 5000, "4", "1\x00"])
def test_a_last_event_id_that_is_none_is_a_new_beginning(served: Served, last: str) -> None:
    """A browser could not correct it, and would otherwise stop for good; nothing is left out."""
    _, test, client = served
    url = _done(client, test)["links"]["events"]
    events = read_events(client.get(url, headers={b"Last-Event-ID": last.encode()}).text)
    assert [event["id"] for event in events] == ["1", "2", "3"]


@pytest.mark.parametrize("after", ["x", "-1", "1.5", "9" * 30])
def test_an_after_that_is_none_is_refused(served: Served, after: str) -> None:
    """Whoever writes it can correct it: 422."""
    _, test, client = served
    assert client.get(_done(client, test)["links"]["events"], params={"after": after}).status_code == 422


def test_who_has_seen_everything_is_not_to_come_again(served: Served) -> None:
    """204, by which browsers stop reconnecting; a retried job has more to tell."""
    _, test, client = served
    job = client.post("/crash", json={"secret": "s"}).json()
    test.run_pending()
    assert client.get(job["links"]["events"], headers={"Last-Event-ID": "3"}).status_code == 204
    client.post(f"/jobs/{job['id']}/retry")
    test.run_pending()
    events = read_events(client.get(job["links"]["events"], headers={"Last-Event-ID": "3"}).text)
    assert [event["event"] for event in events] == ["queued", "running", "failed"]


@pytest.mark.one_backend
async def test_a_client_that_was_away_too_long_gets_a_snapshot_first() -> None:
    """The whole status, without a number; then what is kept, with all changes of state."""
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        await _claim(shop)
        for n in range(120):
            await _report(shop, job_id, n / 120, f"step {n}")
        await _end(shop, job_id)
        async with listening(shop.app, f"/jobs/{job_id}/events", last_event_id="3") as client:
            await wait_until_async(lambda: client.over)
        first, *others = client.events
        assert (first["event"], first["data"]["status"], "id" in first) == ("snapshot", "succeeded", False)
        assert first["data"]["links"]["result"] == f"/jobs/{job_id}/result"
        numbers = [int(event["id"]) for event in others]
        assert (numbers, numbers[0] > 4, others[-1]["event"]) == (sorted(set(numbers)), True, "succeeded")
        assert len(numbers) < 100


def test_a_job_whose_events_are_gone_is_a_snapshot(served: Served) -> None:
    """After `keep` the record is still there, and the stream ends with it."""
    _, test, client = served
    job = _done(client, test)
    test.clock.advance(86_401)
    test.run_pending()
    events = read_events(client.get(job["links"]["events"]).text)
    assert [(event["event"], event["data"]["status"]) for event in events] == [("snapshot", "succeeded")]


@pytest.mark.one_backend
@pytest.mark.parametrize(
    "message", ["a\nid: 9\nevent: succeeded\ndata: {}\n\n", "a\r\n\r\ndata: x", "a\rid: 7\r", "\u2028", "\0"]
)
async def test_text_of_a_job_cannot_forge_events(message: str) -> None:
    """Line ends of a message stay inside its JSON."""
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        await _claim(shop)
        await _report(shop, job_id, 0.5, message)
        await _end(shop, job_id)
        async with listening(shop.app, f"/jobs/{job_id}/events") as client:
            await wait_until_async(lambda: client.over)
        assert [event["event"] for event in client.events] == ["queued", "running", "progress", "succeeded"]
        assert client.events[2]["data"]["message"] == message


@pytest.mark.one_backend
async def test_reconnecting_at_random_loses_and_doubles_nothing() -> None:
    """Every change of state exactly once, numbers strictly increasing, however often the client comes back."""
    chance = random.Random(4711)
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        seen: list[tuple[int, str]] = []

        async def follow() -> None:
            while not seen or seen[-1][1] != "succeeded":
                last = {"last_event_id": str(seen[-1][0])} if seen else {}
                enough = chance.randrange(1, 6)
                async with listening(shop.app, f"/jobs/{job_id}/events", **last) as client:
                    await wait_until_async(lambda c=client, n=enough: c.over or len(c.events) >= n)  # type: ignore[misc]
                    client.leave()
                seen.extend((int(event["id"]), event["event"]) for event in client.events if "id" in event)

        async with anyio.create_task_group() as group:
            group.start_soon(follow)
            for run in range(20):
                await _claim_attempt(shop, job_id, run)
    numbers = [number for number, _ in seen]
    assert numbers == sorted(set(numbers))
    states = [kind for _, kind in seen if kind != "progress"]
    assert states == ["queued", *(["running", "retrying"] * 19), "running", "succeeded"]


async def _claim_attempt(shop: Shop, job_id: str, run: int) -> None:
    await _claim(shop)
    ledger = shop.jobs.ledger
    await asyncio.wrap_future(ledger.report(job_id, run + 1, run / 20, str(run)))
    ending = Ending("succeeded", result="1") if run == 19 else Ending("retry")
    assert await asyncio.wrap_future(ledger.end(job_id, run + 1, ending))


@pytest.mark.one_backend
async def test_a_thousand_listeners_cost_one_read_for_each_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """The store is asked once, and all are told."""
    async with _shop() as (shop, _), AsyncExitStack() as stack:
        job_id = await _submitted(shop)
        first = await stack.enter_async_context(listening(shop.app, f"/jobs/{job_id}/events"))
        await wait_until_async(lambda: first.events)
        path = f"/jobs/{job_id}/events"
        clients = [first, *[await stack.enter_async_context(listening(shop.app, path)) for _ in range(999)]]
        await wait_until_async(lambda: all(len(client.events) == 1 for client in clients), timeout=30)
        reads = _counted_reads(shop, monkeypatch)
        await _claim(shop)
        await wait_until_async(lambda: all(len(client.events) == 2 for client in clients), timeout=30)
        for n in range(5):
            await _report(shop, job_id, n / 5)
            await wait_until_async(lambda n=n: all(len(c.events) == 3 + n for c in clients), timeout=30)  # type: ignore[misc]
        await _end(shop, job_id)
        await wait_until_async(lambda: all(client.over for client in clients), timeout=30)
        changes = 7
        # A change that is read while the next one comes may be looked at twice; a listener of its own it has not.
        assert changes <= len(reads) <= 3 * changes
    assert {tuple(event["id"] for event in client.events) for client in clients} == {tuple(map(str, range(1, 9)))}


def _counted_reads(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    reads: list[int] = []
    ledger = shop.jobs.ledger
    events = ledger.events

    def counting(job_id: str, after: int = 0, count: int = 1000) -> list[JobEvent]:
        reads.append(after)
        return events(job_id, after, count)

    monkeypatch.setattr(ledger, "events", counting)
    return reads


@pytest.mark.one_backend
async def test_a_slow_reader_holds_up_nobody_and_is_not_stored_for() -> None:
    """It takes nothing for a thousand changes; others see them all, and it ends with what is kept, in order."""
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        await _claim(shop)
        path = f"/jobs/{job_id}/events"
        async with listening(shop.app, path) as slow, listening(shop.app, path) as fast:
            await wait_until_async(lambda: len(slow.events) == 2 and len(fast.events) == 2)
            slow.reading.clear()
            for n in range(1000):
                await _report(shop, job_id, n / 1000, str(n))
            await _end(shop, job_id)
            await wait_until_async(lambda: fast.over, timeout=20)
            assert len(slow.events) == 2
            slow.reading.set()
            await wait_until_async(lambda: slow.over, timeout=20)
        for client in (slow, fast):
            numbers = [int(event["id"]) for event in client.events]
            assert numbers == sorted(set(numbers))
            assert client.events[-1]["event"] == "succeeded"
        # What was not wanted in time was dropped or stays in the store: of a thousand, a few are ever in memory.
        assert len(slow.events) <= 300


@pytest.mark.one_backend
async def test_a_listener_that_leaves_leaves_nothing() -> None:
    """Hundred times: no follower is left in the hub."""
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        for path in [f"/jobs/{job_id}/events", "/jobs/events"] * 50:
            async with listening(shop.app, path) as client:
                await wait_until_async(lambda c=client: c.status)  # type: ignore[misc]
        async with shop.jobs.following() as hub:
            await wait_until_async(lambda: hub.followers == 0)


@pytest.mark.one_backend
async def test_streams_end_when_the_service_stops() -> None:
    """Without a final event: whoever comes again goes on."""
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        async with listening(shop.app, f"/jobs/{job_id}/events") as one, listening(shop.app, "/jobs/events") as every:
            await wait_until_async(lambda: one.events and every.status)
            async with shop.jobs.following() as hub:
                hub.stop()
            await wait_until_async(lambda: one.over and every.over)
        assert [event["event"] for event in one.events] == ["queued"]


@pytest.mark.one_backend
async def test_silence_is_broken_by_comments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proxies see that the connection is alive; clients see nothing, and no event is broken by it."""
    monkeypatch.setattr(_stream, "PING_EVERY", 0.01)
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        async with listening(shop.app, f"/jobs/{job_id}/events") as client:
            await wait_until_async(lambda: client.body.count(b": ping\n\n") > 2)
            await _claim(shop)
            await _end(shop, job_id)
            await wait_until_async(lambda: client.over)
        assert [event["event"] for event in client.events] == ["queued", "running", "succeeded"]


@pytest.mark.one_backend
async def test_a_stream_ends_where_the_store_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an error in the log: the client comes again, and goes on where it was."""
    async with _shop() as (shop, _):
        job_id = await _submitted(shop)
        async with listening(shop.app, f"/jobs/{job_id}/events") as client:
            await wait_until_async(lambda: client.events)

            def unreadable(*_: object) -> list[JobEvent]:
                raise JobStoreUnavailable("the disk is gone")

            monkeypatch.setattr(shop.jobs.ledger, "events", unreadable)
            await _claim(shop)
            await wait_until_async(lambda: client.over)
            monkeypatch.undo()


# All jobs


@pytest.mark.one_backend
async def test_all_changes_are_told_to_who_may_see_them() -> None:
    """The owner's own jobs with their status and links; nobody sees none."""
    shop = Shop(token)
    with shop.jobs.testing("captured"):
        async with shop.jobs.lifespan(), AsyncExitStack() as stack:
            names: list[dict[str, str]] = [{"authorization": "ada"}, {"authorization": "bob"}, {}]
            streams = [await stack.enter_async_context(listening(shop.app, "/jobs/events", **each)) for each in names]
            await _all_listen(shop, 3)
            ids = {owner: await _submitted(shop, owner=owner) for owner in ("ada", "bob", None)}
            ada, bob, nobody = streams
            await wait_until_async(lambda: ada.events and bob.events)
            last = await _submitted(shop, owner="ada")
            await wait_until_async(lambda: ada.events[-1]["data"]["id"] == last)
            assert nobody.events == []
            assert {event["data"]["id"] for event in bob.events} == {ids["bob"]}
            assert {event["data"]["id"] for event in ada.events} == {ids["ada"], last}
            for event in ada.events:
                assert (event["event"], event["data"]["links"]["self"]) == ("job", f"/jobs/{event['data']['id']}")


async def _all_listen(shop: Shop, count: int) -> None:
    async with shop.jobs.following() as hub:
        await wait_until_async(lambda: hub.followers == count)


@pytest.mark.one_backend
async def test_very_many_changes_are_told_as_one() -> None:
    """Three hundred jobs at once: look at the list."""
    async with _shop() as (shop, _), listening(shop.app, "/jobs/events") as client:
        await _all_listen(shop, 1)
        futures = [shop.jobs.ledger.submit(NewJob(name="add", payload="{}")) for _ in range(2000)]
        for future in futures:
            await asyncio.wrap_future(future)
        await wait_until_async(lambda: any(event["event"] == "many" for event in client.events))


@pytest.mark.one_backend
async def test_a_stream_says_nothing_before_it_is_allowed_to() -> None:
    """A foreign job: an ordinary 404, and no stream."""
    shop = Shop(token)
    with shop.jobs.testing("captured"):
        async with shop.jobs.lifespan():
            job_id = await _submitted(shop, owner="ada")
            async with listening(shop.app, f"/jobs/{job_id}/events", authorization="bob") as client:
                await wait_until_async(lambda: client.over)
    assert (client.status, client.body) == (404, b'{"detail":"Job not found."}')
    assert dict(client.headers)[b"content-type"] == b"application/json"


@pytest.mark.one_backend
@pytest.mark.parametrize("strange", ["\udcff", "\ud800" * 32, "\x00", "\x1b[0m", "a" * 100_000])
async def test_an_id_that_no_text_can_be_is_unknown(strange: str) -> None:
    """Servers may pass on what is not even UTF-8: no 500."""
    async with _shop() as (shop, _), listening(shop.app, f"/jobs/{strange}/events") as client:
        await wait_until_async(lambda: client.over)
    assert (client.status, client.body) == (404, b'{"detail":"Job not found."}')


# A real server


def _streamed(server: Server, path: str) -> socket.socket:
    """A client that listens and has got the first event."""
    client = socket.create_connection(("127.0.0.1", server.port), 10)
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    received = b""
    wanted = b"HTTP/1.1 200" if path == "/jobs/events" else b"event: "
    while wanted not in received:
        data = client.recv(65536)
        assert data, received
        received += data
    return client


def _read_to_the_end(client: socket.socket) -> bytes:
    received = b""
    with client:
        while data := client.recv(65536):
            received += data
    return received


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_server_stops_while_clients_listen(tmp_path: Path, loop: Literal["asyncio", "uvloop"]) -> None:
    """SIGTERM: streams end whole, the jobs get their grace of one second, and uvicorn is gone."""
    env = {"JOBS_PATH": str(tmp_path / "jobs.db")}
    with serve("tests.jobs.jobs_app:make_app", factory=True, loop=loop, grace=20, env=env) as server:
        with httpx.Client(base_url=server.url) as client:
            job = client.post("/wait", json={"path": str(tmp_path / "never")}).json()
        streams = [_streamed(server, job["links"]["events"]), _streamed(server, "/jobs/events")]
        # uvicorn's own patience is 20 seconds, so it is the streams that have to end. Then it raises the signal again.
        code = server.terminate(timeout=5)
        ends = [_read_to_the_end(stream) for stream in streams]
        assert (code, [end[-5:] for end in ends]) == (-signal.SIGTERM, [b"0\r\n\r\n"] * 2), server.logs()
        assert "Traceback" not in server.logs()


def test_a_client_reads_a_real_stream_while_the_job_runs(tmp_path: Path) -> None:
    """Progress arrives before the end does, over a socket."""
    env = {"JOBS_PATH": str(tmp_path / "jobs.db")}
    go = tmp_path / "go"
    with serve("tests.jobs.jobs_app:make_app", factory=True, env=env) as server, httpx.Client() as client:
        job = client.post(f"{server.url}/wait", json={"path": str(go)}).json()
        kinds = []
        with client.stream("GET", f"{server.url}{job['links']['events']}") as stream:
            for line in stream.iter_lines():
                if line.startswith("event: "):
                    kinds.append(line.removeprefix("event: "))
                    if kinds[-1] == "progress":
                        go.touch()
        assert kinds[:2] == ["queued", "running"]
        assert "progress" in kinds
        assert kinds[-1] == "succeeded"
