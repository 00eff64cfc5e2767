"""Uploads behind a real server: whole ones are whole, broken ones are errors, and neither leaves anything behind.

`FC_UPLOAD_ROUNDS` is the number of disconnects at random offsets.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.waiting import wait_until
from tests.uploads.arriving import BOUNDARY, form, part, pieces
from tests.uploads.raw_client import RawClient, chunked, head
from tests.uploads.serving import BOTH, DEADLINE, WARM, UploadServer, serving

ROUNDS = int(os.environ.get("FC_UPLOAD_ROUNDS", "100"))
WAYS = ["run", "save", "rows", "chunks", "seekable", "path"]
ROWS = b"name,text\n" + (b"Ada," + b"x" * 995 + b"\n") * 120  # 120 kB: some windows
LARGE = ROWS * 10
WHOLE = form(part(b"v", "note", None), part(ROWS))
CLOSING = len(f"\r\n--{BOUNDARY}--\r\n")


@pytest.fixture(scope="module", params=BOTH, ids="-".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UploadServer]:
    with serving(tmp_path_factory.mktemp("served"), *request.param) as server:
        yield server


def leave(client: RawClient, how: str) -> None:
    {"close": client.close, "reset": client.reset, "half-close": client.half_close}[how]()


# Whole uploads


@pytest.mark.parametrize("size", [1, 1023, 65_537, len(WHOLE)])
def test_the_same_bytes_whatever_the_segments(server: UploadServer, size: int) -> None:
    """With a length and in chunks, to every consumer, of a form and of a body that is the file."""
    sha = hashlib.sha256(ROWS).hexdigest()
    for way in WAYS:
        expected = b"120" if way == "rows" else f'"{sha}"'.encode()
        for kind, body in [("take", WHOLE), ("body", ROWS)]:
            cut = pieces(body, size) if size > 1 else [*pieces(body[:300], 1), body[300:]]
            path = f"/{kind}/{way}?tag={server.tag()}"
            for requests in ([head(path, len(body)), *cut], [head(path), *chunks_of(cut)]):
                with server.connect() as client:
                    client.pump(requests)
                    answer = client.answer()
                assert answer is not None
                assert (answer.status, answer.body, answer.headers.get("connection")) == (200, expected, None)


def chunks_of(cut: list[bytes]) -> list[bytes]:
    """A chunk for each piece, and the end of them."""
    return [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in cut), b"0\r\n\r\n"]


def test_a_connection_whose_upload_was_read_serves_the_next(server: UploadServer) -> None:
    """Nothing of the first body is taken for the second request."""
    with server.connect() as client:
        for way in WAYS:
            client.send(head(f"/take/{way}?tag={server.tag()}", len(WHOLE)) + WHOLE)
            answer = client.answer()
            assert answer is not None
            assert answer.status == 200
        client.send(head("/plain", 0, method="GET"))
        answer = client.answer()
    assert answer is not None
    assert answer.body == b'"plain"'


# Disconnects


PHASES = {
    "behind the head": 0,
    "in the first delimiter": 10,
    "in a field": 90,
    "in the headers of the file": WHOLE.index(b"filename") + 3,
    "behind the headers of the file": WHOLE.index(ROWS),
    "in the file": len(WHOLE) // 2,
    "behind the file": len(WHOLE) - CLOSING,
    "in the closing boundary": len(WHOLE) - CLOSING + 12,
    "in the last hyphens": len(WHOLE) - 3,
    "in the last line end": len(WHOLE) - 1,
}


@pytest.mark.parametrize("how", ["close", "reset", "half-close"])
def test_a_client_that_goes_away_is_an_error_for_every_consumer_at_every_phase(server: UploadServer, how: str) -> None:
    """Never a clean end, and nothing is left: no file, no descriptor, no task, no busy worker."""
    group = server.tag("phase")
    with server.leaving_nothing(), ExitStack() as clients:
        going: list[tuple[str, RawClient, int]] = []
        expected: dict[str, int] = {}
        for place in PHASES.values():
            for path in [*(f"/take/{way}" for way in WAYS), *(f"/form/{way}" for way in WAYS)]:
                tag = server.tag(group)
                client = clients.enter_context(server.connect(head(f"{path}?tag={tag}", len(WHOLE))))
                going.append((tag, client, place))
        for half in (0, 1):  # the second comes when the first was read: workers are at work
            for tag, client, place in going:
                client.send(WHOLE[place * half // 2 : place * (half + 1) // 2])
                expected[tag] = place * (half + 1) // 2
            wait_until(lambda: received(server, group) == expected, timeout=DEADLINE)
        for _, client, _ in going:
            leave(client, how)
        wait_until(lambda: all_are_over(server, group), timeout=DEADLINE)
    check_all_aborted(server, group, at_least=len(going))
    told = [entry["path"] for entry in server.ledger(group).values() if "worker: UploadAborted" in entry["notes"]]
    assert told.count("/take/run") == 5  # at the phases that are more than a window behind the start


def received(server: UploadServer, group: str) -> dict[str, int]:
    """How much of each body has reached the app."""
    return {tag: entry["received"] for tag, entry in server.ledger(group).items()}


def all_are_over(server: UploadServer, group: str) -> bool:
    return all(entry["over"] for entry in server.ledger(group).values())


def check_all_aborted(server: UploadServer, group: str, *, at_least: int) -> None:
    """Each was a 400, though nobody was there to read it, and what had begun has ended with an error."""
    entries = server.ledger(group)
    assert len(entries) >= at_least
    assert {entry["status"] for entry in entries.values()} == {400}
    for entry in entries.values():
        ended = {note for note in entry["notes"] if not note.endswith("begun")}
        if entry["path"].startswith("/form"):  # a file of it may have been whole
            ended.discard("worker: done")
        assert ended <= {"endpoint: UploadAborted", "worker: UploadAborted"}, entry


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_client_that_goes_away_in_the_head_was_never_there(server: UploadServer, how: str) -> None:
    """The app hears nothing of it."""
    group = server.tag("head")
    request = head(f"/take/run?tag={group}", len(WHOLE))
    with server.leaving_nothing():
        for end in range(0, len(request) - 1, 5):
            leave(server.connect(request[:end]), how)
    assert server.ledger(group) == {}


def test_disconnects_at_random_offsets_leave_nothing(server: UploadServer) -> None:
    """While workers read: large bodies, in order or by a reset, with a length or in chunks."""
    group = server.tag("random")
    body = form(part(LARGE))
    closed = 0  # in order: those come for certain, where a reset may be quicker than the server takes them up
    with server.leaving_nothing():
        for _ in range(ROUNDS):
            how, length = random.choice(["close", "reset"]), random.choice([len(body), None])
            path = f"/{random.choice(['take', 'form'])}/{random.choice(WAYS)}?tag={server.tag(group)}"
            data = body if length else chunked(*pieces(body, 100_000))
            client = server.connect(head(path, length) + data[: random.randrange(len(data))])
            leave(client, how)
            closed += how == "close"
        wait_until(lambda: len(server.ledger(group)) >= closed and all_are_over(server, group), timeout=DEADLINE)
    check_all_aborted(server, group, at_least=closed)
    assert (server.folder / "a.bin").read_bytes() in {WARM, ROWS, LARGE}  # never half of one


# Truncation


SMALL = form(part(b"0123456789"))
BODIES = {"form": ("/take/run", SMALL), "chunks": ("/take/run", chunked(SMALL[:70], SMALL[70:]))}
BODIES["body"] = ("/body/run", chunked(b"01234", b"56789"))


@pytest.mark.parametrize("kind", ["form", "chunks", "body"])
@pytest.mark.parametrize("how", ["close", "half-close"])
def test_a_body_that_breaks_off_at_any_byte_is_no_upload(server: UploadServer, kind: str, how: str) -> None:
    """Whatever the framing: there is no cut behind which a file looks whole."""
    group = server.tag("cut")
    path, body = BODIES[kind]
    with server.leaving_nothing(), ExitStack() as clients:
        for end in range(len(body)):
            request = head(f"{path}?tag={server.tag(group)}", len(body) if kind == "form" else None)
            client = clients.enter_context(server.connect(request + body[:end]))
            leave(client, how)
            if how == "half-close":
                answer = client.answer()
                assert answer is None or answer.status == 400
        wait_until(lambda: len(server.ledger(group)) == len(body) and all_are_over(server, group), timeout=DEADLINE)
    assert {entry["status"] for entry in server.ledger(group).values()} == {400}
    assert not any(note.endswith("done") for entry in server.ledger(group).values() for note in entry["notes"])


def test_a_form_that_is_cut_and_announced_as_it_is_is_no_upload(server: UploadServer) -> None:
    """The length is right and the connection stays: only the closing boundary tells."""
    group = server.tag("announced")
    for end in range(len(SMALL) - 2):  # the last line end may be missing
        answer = server.post(f"/take/run?tag={server.tag(group)}", SMALL[:end])
        assert (answer.status, answer.headers["connection"]) == (400, "close")
    answer = server.post(f"/take/run?tag={server.tag(group)}", SMALL[:-2])
    assert answer.status == 200
