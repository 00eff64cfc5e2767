"""Clients that mean no good, behind a real server: endless bodies, lies about lengths, names, parts by the thousand."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from fastapi_convert.uploads import safe_name
from tests.uploads.arriving import BOUNDARY, form, part
from tests.uploads.raw_client import Answer, RawClient, chunked, head
from tests.uploads.serving import BOTH, UploadServer, serving

MB = 1_000_000
MIB = 1 << 20
#: What a client gets rid of beside what was read: the buffers of two kernels.
BUFFERS = 8 * MIB
SIZE = 64 * MIB
BLOCK = bytes(64 * 1024)
START = part(b"")[:-2]
END = f"\r\n--{BOUNDARY}--\r\n".encode()
LENGTH = len(START) + SIZE + len(END)


@pytest.fixture(scope="module", params=BOTH, ids="-".join)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UploadServer]:
    with serving(tmp_path_factory.mktemp("hostile"), *request.param) as server:
        yield server


def is_alive(server: UploadServer) -> bool:
    return bool(server.get("/plain") == "plain")


def send_64_mib(client: RawClient, framing: str, kind: str = "form") -> None:
    """The body of a head that was sent: blocks until there are enough, or until the server closes."""
    start, end = (START, END) if kind == "form" else (b"", b"")
    blocks = itertools.chain([start], itertools.repeat(BLOCK, SIZE // len(BLOCK)), [end])
    client.pump(blocks if framing == "length" else (chunked(block)[:-5] for block in blocks if block))
    if framing == "chunks":
        client.send(b"0\r\n\r\n")


# Consumers that have seen enough


@pytest.mark.parametrize(
    "how, status",
    [
        ("plain", 200),
        ("response", 200),
        ("refused", 409),
        ("error", 500),
        ("handled", 422),
        ("invalid?number=many", 422),
        ("unauthorised", 401),
    ],
)
def test_whoever_is_not_read_any_more_is_answered_and_cut_off(server: UploadServer, how: str, status: int) -> None:
    """Whatever ends the reading. Without it the client would send all of its 64 MiB for nothing."""
    with server.leaving_nothing(), server.connect(head(f"/early/{how}", LENGTH)) as client:
        send_64_mib(client, "length")
        assert client.cut_off
        assert client.sent < MIB + BUFFERS
        answer = client.answer()
    assert answer is not None
    assert answer.status == status
    if how != "error":  # which uvicorn closes by itself
        assert answer.headers["connection"] == "close"


# Limits


@pytest.mark.parametrize("framing", ["length", "chunks"])
@pytest.mark.parametrize("way", ["run", "save", "chunks", "seekable"])
@pytest.mark.parametrize("kind", ["form", "body"])
def test_a_body_over_the_limit_is_a_413_and_its_client_is_cut_off(
    server: UploadServer, kind: str, way: str, framing: str
) -> None:
    """Announced or not. It may read why."""
    tag = server.tag("over")
    length = None if framing == "chunks" else LENGTH if kind == "form" else SIZE
    with server.leaving_nothing():
        with server.connect(head(f"/limited/{kind}/{way}?tag={tag}", length)) as client:
            send_64_mib(client, framing, kind)
            assert client.cut_off
            assert client.sent < MB + BUFFERS
            answer = client.answer()
        entry = server.wait_over(tag)
    assert answer is not None
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert entry["received"] < MB + MIB
    assert (entry["received"] == 0) == (framing == "length")


def expecting(server: UploadServer, path: str, length: int | None) -> RawClient:
    return server.connect(head(path, length, {"Expect": "100-continue"}))


@pytest.mark.parametrize("kind", ["form", "body"])
def test_who_asks_first_is_told_before_sending_anything(server: UploadServer, kind: str) -> None:
    """Refused by what was announced: no `100 Continue`, so not one byte of the body comes."""
    with expecting(server, f"/limited/{kind}/run?tag={server.tag()}", LENGTH) as client:
        said = b"".join(iter(client.receive, b""))
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"100 Continue" not in said


def test_who_asks_first_is_told_to_go_on(server: UploadServer) -> None:
    """Within the limit by what was announced; and counted all the same where nothing was."""
    small = form(part(bytes(1000)))
    for length, body, status in [(len(small), small, 200), (None, chunked(small), 200), (None, None, 413)]:
        with expecting(server, f"/limited/form/run?tag={server.tag()}", length) as client:
            assert client.receive(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
            if body is None:
                send_64_mib(client, "chunks")
            else:
                client.send(body)
            answer = client.answer()
        assert answer is not None
        assert answer.status == status


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_limit_is_exact(server: UploadServer, framing: str) -> None:
    """To the byte, whichever way it was sent."""
    for size, status in [(MB - 1, 200), (MB, 200), (MB + 1, 413)]:
        for kind, body in [("form", form(part(bytes(size)))), ("body", bytes(size))]:
            request = head(f"/limited/{kind}/run?tag={server.tag()}", None if framing == "chunks" else len(body))
            with server.connect(request) as client:
                client.send(body if framing == "length" else chunked(body))
                answer = client.answer()
            assert answer is not None
            assert answer.status == status


# Lies


BODY = form(part(b"0123456789" * 1000))
FIELD = "Content-Length"
ABSURD = ["-1", "+5", "1e3", "0x10", "5, 6", "5 6", "", "five", "9" * 20, "9" * 400, "\uff15"]
FRAMINGS: dict[str, list[str]] = {
    "too long": [f"{FIELD}: {len(BODY) + 1}"],
    "far too long": [f"{FIELD}: 9000000000000000000"],
    "too short": [f"{FIELD}: {len(BODY) - 3}"],
    "far too short": [f"{FIELD}: 100"],
    "none": [],
    "none but a close": ["Connection: close"],
    "two that differ": [f"{FIELD}: {len(BODY)}", f"{FIELD}: 5"],
    "two that differ, the first short": [f"{FIELD}: 5", f"{FIELD}: {len(BODY)}"],
    "length and coding": [f"{FIELD}: {len(BODY)}", "Transfer-Encoding: chunked"],
    "coding and length": ["Transfer-Encoding: chunked", f"{FIELD}: 5"],
    "unknown coding": ["Transfer-Encoding: brotli"],
    "unknown coding before": ["Transfer-Encoding: brotli, chunked"],
    "coding twice": ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
    "coding with a tab": ["Transfer-Encoding:\tchunk\x0bed"],
    **{f"length {length[:20]!r}": [f"{FIELD}: {length}"] for length in ABSURD},
}
LAST = b"0\r\n\r\n"
CHUNKS: dict[str, bytes] = {
    "no size": b"\r\n" + BODY + b"\r\n" + LAST,
    "no number": b"size\r\n" + BODY + b"\r\n" + LAST,
    "negative": b"-5\r\n" + BODY + b"\r\n" + LAST,
    "beyond 64 bits": b"F" * 17 + b"\r\n" + BODY,
    "beyond all bits": b"F" * 2000 + b"\r\n" + BODY,
    "hexadecimal prefix": b"0x%x\r\n%b\r\n" % (len(BODY), BODY) + LAST,
    "too long": b"%x\r\n%b\r\n" % (len(BODY) + 10, BODY) + LAST,
    "too short": b"%x\r\n%b\r\n" % (len(BODY) - 10, BODY) + LAST,
    "without its line end": b"%x\r\n%b" % (len(BODY), BODY) + LAST,
    "never ended": b"%x\r\n%b\r\n" % (len(BODY), BODY),
    "extension without end": b"5;" + b"x" * MIB + b"\r\n01234\r\n" + LAST,
    "trailers without end": chunked(BODY)[:-2] + b"X: y\r\n" * 200_000,
}


def exchange_raw(server: UploadServer, fields: list[str], body: bytes) -> tuple[str, Answer | None]:
    """What is answered to such a request, by a server that is told that no more will come."""
    tag = server.tag("lie")
    lines = [
        f"POST /take/run?tag={tag} HTTP/1.1",
        "Host: test",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
    ]
    with server.connect("\r\n".join([*lines, *fields, "", ""]).encode()) as client:
        client.send(body)
        if not client.cut_off:
            client.half_close()
        return tag, client.answer()


def check_refused(server: UploadServer, tag: str, answer: Answer | None) -> None:
    assert answer is None or 400 <= answer.status < 500
    entry = server.entry(tag)
    if entry:  # the server itself did not refuse it
        assert server.wait_over(tag)["status"] == 400
    assert is_alive(server)


@pytest.mark.parametrize("lie", FRAMINGS)
def test_a_length_that_lies_is_refused(server: UploadServer, lie: str) -> None:
    """By the server or by us, never with a 5xx, and never taken for an upload."""
    with server.leaving_nothing():
        check_refused(server, *exchange_raw(server, FRAMINGS[lie], BODY))


@pytest.mark.parametrize("lie", CHUNKS)
def test_chunks_that_lie_are_refused(server: UploadServer, lie: str) -> None:
    """The same."""
    with server.leaving_nothing():
        check_refused(server, *exchange_raw(server, ["Transfer-Encoding: chunked"], CHUNKS[lie]))


def test_garbage_is_refused(server: UploadServer) -> None:
    """Random bytes for a body, in an honest frame: a 400 each."""
    with server.leaving_nothing():
        for _ in range(20):
            garbage = random.randbytes(random.randrange(2000))
            for body in (garbage, BODY[:50] + garbage, garbage.join([BODY[:50], BODY[50:200]])):
                assert server.post(f"/take/run?tag={server.tag()}", body).status == 400
    assert is_alive(server)


# Heads and parts


def test_a_part_whose_headers_have_no_end_is_refused(server: UploadServer) -> None:
    """A megabyte of one header, of its name, or of many; and the client is cut off."""
    for headers in (f"X: {'y' * MB}\r\n", f"{'X' * MB}: y\r\n", "X: y\r\n" * 200_000, "X: y\r\n" * 20):
        answer = server.post(f"/take/run?tag={server.tag()}", form(part(b"content", headers=headers)))
        assert answer.status in {400, 413}
        assert answer.headers["connection"] == "close"


def test_a_request_whose_head_has_no_end_does_no_harm(server: UploadServer) -> None:
    """A megabyte of it: what the server takes, and what it does not."""
    for name, value in [("X-Long", "y" * MB), ("Content-Type", f"multipart/form-data; boundary={'y' * MB}")]:
        with server.connect(head(f"/take/run?tag={server.tag()}", len(BODY), {name: value})) as client:
            client.send(BODY)
            answer = client.answer()
        assert answer is None or answer.status in {200, 400, 431}
        if name == "Content-Type":
            assert answer is None or answer.status != 200
    assert is_alive(server)


def test_ten_thousand_small_files_leave_the_loop_to_others(server: UploadServer) -> None:
    """All are taken, and while they are, the loop goes on turning."""
    body = form(*[part(b"x" * 100, filename=f"{n}.txt") for n in range(10_000)])
    answer = server.post("/many", body)
    assert answer.status == 200
    found = json.loads(answer.body)
    assert (found["files"], found["bytes"]) == (10_000, 1_000_000)
    assert found["gap"] < 0.25


@pytest.mark.parametrize("kind", ["files", "fields"])
def test_more_parts_than_allowed_are_refused(server: UploadServer, kind: str) -> None:
    """100 files and 1000 fields, unless more were asked for."""
    filename = "f" if kind == "files" else None
    body = form(*[part(b"x", filename=filename) for _ in range(20_000)])
    answer = server.post(f"/form/run?tag={server.tag()}", body)
    assert (answer.status, answer.headers["connection"]) == (413, "close")


# Names

NAMES = [
    *(
        "../../etc/passwd",
        "..",
        ".",
        "../",
        "/",
        "//",
        "/etc/passwd",
        "a/../../b",
        "....//....//a",
        "..;/a",
        "~/a",
        "~root",
    ),
    *("..\\..\\a", "C:\\a", "C:a", "c:/windows/a", "\\\\server\\share\\a", "\\\\?\\C:\\a", "a:stream", "a::$DATA"),
    *("CON", "nul.txt", "com1", "LPT9.tar.gz", "aux.", "a.", "a ", " a", ".htaccess", "-rf", "--help", "", " "),
    *("%2e%2e%2fa", "..%2fa", "%252e%252e%252fa", "..%c0%afa", "%00", "a%0d%0aX: y", "a\0.txt", "a\x1b[2Jb", "a\tb"),
    *("\u202egnp.exe", "\u2215etc\u2215passwd", "\uff0e\uff0e\uff0fa", "a\u200b", "\ufeffa", "\U0001f600.txt", "é.txt"),
    *(
        ".0123456789abcdef.fc-upload.part",
        "a" * 255,
        "a" * 5000,
        "é" * 300 + ".tar.gz",
        "a/" * 2000 + "b",
        'a"b',
        "a'b",
    ),
]


def disposition(name: str, how: str) -> bytes:
    plain = name.replace("\\", "\\\\").replace('"', '\\"')
    found = {
        "filename": f'filename="{plain}"',
        "filename*": f"filename*=UTF-8''{quote(name, safe='')}",
        "both": f"filename=\"good.txt\"; filename*=UTF-8''{quote(name, safe='')}",
        "unquoted": f"filename={name}",
    }
    return f'Content-Disposition: form-data; name="file"; {found[how]}'.encode()


@pytest.mark.parametrize("how", ["filename", "filename*", "both", "unquoted"])
def test_no_name_leads_out_of_the_folder(server: UploadServer, how: str) -> None:
    """A file is in the folder under a safe name, or it was refused; and nothing is anywhere else.

    RFC 7578 forbids `filename*`: it names no file, and where both are there it does not count.
    """
    outside = everything(server.folder.parent.parent) - everything(server.folder)
    header = part(b"").split(b"\r\n")[1]
    taken = 0
    for name in NAMES:
        before = set(server.folder.iterdir())
        answer = server.post("/named", form(part(b"content").replace(header, disposition(name, how))))
        made = set(server.folder.iterdir()) - before
        assert answer.status in ({400, 422} if how == "filename*" else {200, 400, 422}), (name, answer)
        if answer.status == 200:
            taken += 1
            kept = json.loads(answer.body)
            assert safe_name(kept) == kept
            assert made <= {server.folder / kept}
            assert (server.folder / kept).read_bytes() == b"content"
            assert kept == "good.txt" or how != "both"
        else:
            assert not made
    assert everything(server.folder.parent.parent) - everything(server.folder) == outside
    assert taken > len(NAMES) * 3 // 4 or how == "filename*"


def everything(folder: Path) -> set[Path]:
    return set(folder.rglob("*"))
