"""`Body`: all that a client sends, no more than it may, and no other end than its own."""

from __future__ import annotations

from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)
from starlette.requests import Request
from starlette.types import Message

from fastapi_convert.errors import InvalidUpload, UnsupportedUpload, UploadAborted, UploadStalled, UploadTooLarge
from fastapi_convert.uploads import _body
from fastapi_convert.uploads._body import Body, BodyLimits, _Pace
from tests.uploads.arriving import Client, pieces, request_of

DATA = bytes(range(256)) * 4
FREE = BodyLimits()


def body_of(chunks: Iterable[bytes], limits: BodyLimits = FREE, *, then: str = "end", length: str = "") -> Body:
    headers = {"content-length": length} if length else {}
    return Body(request_of(Client(chunks, then=then), headers), limits)


def scripted(messages: Iterable[Message], *headers: tuple[str, str]) -> Request:
    """A request with these headers, whose server hands over these messages."""
    remaining = iter(messages)

    async def receive() -> Message:
        return next(remaining)

    raw = [(name.encode(), text.encode("latin-1")) for name, text in headers]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


def message(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def read(body: Body) -> bytes:
    found = []
    while chunk := await body.more():
        found.append(chunk)
    return b"".join(found)


# The bytes


@pytest.mark.parametrize("size", [1, 100, 10_000])
async def test_a_body_is_what_the_client_sends(size: int) -> None:
    """Counted, and at its end for good."""
    body = body_of(pieces(DATA, size))
    assert await read(body) == DATA
    assert (body.received, body.ended, body.declared) == (len(DATA), True, None)
    assert await body.more() == b""


async def test_messages_without_bytes_are_no_end() -> None:
    """Nor is the last one, when it has some."""
    request = scripted([message(b""), message(b"a"), message(b""), message(b""), message(b"b", more=False)])
    body = Body(request, FREE)
    seen = [(await body.more(), body.ended) for _ in range(3)]
    assert seen == [(b"a", False), (b"b", True), (b"", True)]


async def test_messages_may_leave_out_what_has_a_default() -> None:
    """ASGI has `body` empty and `more_body` false where they are not there."""
    body = Body(scripted([{"type": "http.request", "more_body": True}, {"type": "http.request", "body": b"x"}]), FREE)
    assert await read(body) == b"x"


@pytest.mark.parametrize("chunks", [[], [b"abc"], [b"a", b"", b"b"]])
async def test_the_end_is_told_once(chunks: list[bytes]) -> None:
    """When the last byte has arrived, and not again."""
    body = body_of(chunks)
    told: list[int] = []
    body.on_end.append(lambda: told.append(body.received))
    await read(body)
    await read(body)
    assert told == [sum(map(len, chunks))]


@pytest.mark.parametrize("then", ["disconnect", "stall"])
async def test_a_body_that_breaks_off_has_no_end(then: str) -> None:
    """Asked again, it fails again."""
    body = body_of([DATA], BodyLimits(idle_timeout=0.02), then=then)
    told: list[int] = []
    body.on_end.append(lambda: told.append(1))
    assert await body.more() == DATA
    for _ in range(2):
        with pytest.raises(UploadAborted if then == "disconnect" else UploadStalled):
            await body.more()
    assert (body.ended, told) == (False, [])


async def test_a_client_that_goes_away_is_told_with_what_it_has_sent() -> None:
    """For the log."""
    body = body_of([DATA[:100], DATA[100:300]], then="disconnect")
    with pytest.raises(UploadAborted, match="disconnected after 300 bytes"):
        await read(body)


# What the client has announced


@pytest.mark.parametrize("length, declared", [("0", 0), ("1024", 1024), ("0001024", 1024), ("9" * 18, 10**18 - 1)])
def test_a_length_that_is_announced_is_known(length: str, declared: int) -> None:
    """Before anything has arrived."""
    assert body_of([], length=length).declared == declared


@pytest.mark.parametrize(
    "length",
    ["", " ", "-1", "+5", "5.0", "1e3", "0x10", "1_000", "5,5", "5, 5", "five", "5 5", "5;", "\xb2", "\xbd", "9" * 19],
)
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    """Also what `int` would take."""
    with pytest.raises(InvalidUpload, match="Content-Length is"):
        Body(scripted([], ("content-length", length)), FREE)


def test_two_lengths_are_refused_unless_they_are_the_same() -> None:
    """RFC 9110 allows either; two different ones are how requests are smuggled."""
    assert Body(scripted([], ("content-length", "5"), ("content-length", "5")), FREE).declared == 5
    with pytest.raises(InvalidUpload):
        Body(scripted([], ("content-length", "5"), ("content-length", "6")), FREE)


@pytest.mark.parametrize("length", ["5", "x"])
async def test_a_length_beside_a_transfer_encoding_does_not_count(length: str) -> None:
    """RFC 9112: the encoding says where the body ends."""
    headers = [("transfer-encoding", "chunked"), ("content-length", length)]
    body = Body(scripted([message(DATA, more=False)], *headers), FREE)
    assert body.declared is None
    assert await read(body) == DATA


@pytest.mark.parametrize("sent", [0, 99, 101, 1024])
async def test_a_body_that_is_not_the_announced_one_has_no_end(sent: int) -> None:
    """Neither a shorter nor a longer one."""
    body = body_of(pieces(DATA[:sent], 50), length="100")
    with pytest.raises(UploadAborted, match=f"announced 100 bytes and sent {sent}"):
        await read(body)
    assert not body.ended


async def test_a_body_that_is_the_announced_one_ends() -> None:
    """To the byte."""
    body = body_of(pieces(DATA, 50), length="1024")
    assert await read(body) == DATA
    assert body.ended


# Limits


@pytest.mark.parametrize("excess", [0, 1])
@pytest.mark.parametrize("size", [1, 10, 10_000])
async def test_what_arrives_is_limited(size: int, excess: int) -> None:
    """The last byte that is allowed passes, and the next one does not, also in the same message."""
    client = Client(pieces(bytes(1000 + excess), size) + [bytes(1)] * 500 * excess)
    body = Body(request_of(client), BodyLimits(max_total=1000))
    if not excess:
        assert len(await read(body)) == 1000
        return
    with pytest.raises(UploadTooLarge, match="1000 are allowed"):
        await read(body)
    assert client.sent == 1001


@pytest.mark.parametrize("length, too_large", [("1000", False), ("1001", True), ("9" * 18, True)])
def test_what_is_announced_is_limited(length: str, too_large: bool) -> None:
    """Not one byte is asked for then."""
    client = Client([DATA])
    request = request_of(client, {"content-length": length})
    if too_large:
        with pytest.raises(UploadTooLarge, match="1000 are allowed"):
            Body(request, BodyLimits(max_total=1000))
    else:
        Body(request, BodyLimits(max_total=1000))
    assert client.asked == 0


async def test_a_limit_of_nothing_allows_an_empty_body() -> None:
    """Zero is a limit, not none."""
    assert await read(body_of([], BodyLimits(max_total=0))) == b""
    with pytest.raises(UploadTooLarge):
        await read(body_of([b"x"], BodyLimits(max_total=0)))


# Clients that are slow


class Clock:
    """Stands still until it is put forward."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(_body, "time", SimpleNamespace(monotonic=clock.monotonic))
    return clock


def slow_body(clock: Clock, waits: Iterable[float], size: int, limits: BodyLimits) -> Body:
    """Of a client that lets the server wait before each message."""
    remaining = iter(waits)

    async def receive() -> Message:
        wait = next(remaining, None)
        clock.now += wait or 0.0
        return message(bytes(size if wait is not None else 0), more=wait is not None)

    return Body(Request({"type": "http", "method": "POST", "path": "/", "headers": []}, receive), limits)


async def test_a_client_that_sends_nothing_is_ended() -> None:
    """After that time, and with it in the log."""
    body = body_of([DATA], BodyLimits(idle_timeout=0.05), then="stall")
    assert await body.more() == DATA
    with pytest.raises(UploadStalled, match=r"nothing for 0\.05 s"):
        await body.more()


async def test_a_client_that_is_too_slow_is_ended(clock: Clock) -> None:
    """It keeps the idle timeout with a byte now and then, and not the rate."""
    body = slow_body(clock, [1.0] * 100, 10, BodyLimits(idle_timeout=30, min_rate=100))
    with pytest.raises(UploadStalled, match="less than 100 bytes/s"):
        await read(body)
    assert 10 * 10 < body.received <= 12 * 10  # ten seconds of grace, and what 110 bytes are worth


async def test_a_client_that_keeps_the_rate_may_take_its_time(clock: Clock) -> None:
    """A day of it."""
    body = slow_body(clock, [10.0] * 8640, 1000, BodyLimits(idle_timeout=30, min_rate=100))
    assert len(await read(body)) == 8_640_000


async def test_messages_without_bytes_do_not_keep_the_rate(clock: Clock) -> None:
    """Nor do they hold the upload open for ever."""
    body = slow_body(clock, [1.0] * 100, 0, BodyLimits(idle_timeout=30, min_rate=100))
    with pytest.raises(UploadStalled):
        await read(body)
    assert clock.now == 1011


async def test_the_time_of_a_slow_consumer_does_not_count(clock: Clock) -> None:
    """While nobody asks the client for bytes, it is not the client who is slow."""
    body = slow_body(clock, [0.0] * 100, 1, BodyLimits(idle_timeout=30, min_rate=1000))
    while await body.more():
        clock.now += 3600
    assert (body.received, body.ended) == (100, True)


RATE, IDLE = 1000, 30.0


def pace(idle_timeout: float | None = IDLE, min_rate: int = RATE) -> _Pace:
    return _Pace(BodyLimits(idle_timeout=idle_timeout, min_rate=min_rate))


@pytest.mark.parametrize("idle_timeout, grace", [(30.0, 10.0), (6.0, 2.0), (None, 10.0)])
def test_a_new_client_has_a_third_of_the_idle_timeout(idle_timeout: float | None, grace: float) -> None:
    """Without a byte; and not a bit longer."""
    pace(idle_timeout).note(grace, 0)
    with pytest.raises(UploadStalled):
        pace(idle_timeout).note(grace + 0.01, 0)


def test_a_client_that_was_fast_may_pause_for_the_idle_timeout() -> None:
    """However fast it was: what it has sent is not saved up for hours."""
    fast = pace()
    fast.note(0.0, 10**12)
    fast.note(IDLE, 0)
    with pytest.raises(UploadStalled):
        fast.note(0.01, 0)


def test_no_rate_is_no_limit() -> None:
    """The idle timeout remains."""
    slow = pace(min_rate=0)
    for _ in range(1000):
        slow.note(3600.0, 0)


waits = st.floats(0, IDLE, allow_nan=False)


@given(st.lists(waits, min_size=1, max_size=50), st.floats(0, 2))
@settings(deadline=None)
def test_who_keeps_the_rate_in_each_wait_is_never_ended(times: list[float], surplus: float) -> None:
    """Whatever the waits are, as long as none is the whole of the grace."""
    client = pace()
    for time in times:
        wait = time / 3
        client.note(wait, int(wait * RATE * (1 + surplus)) + 1)


@given(st.lists(st.tuples(waits, st.integers(0, 60_000)), min_size=1, max_size=50))
@settings(deadline=None)
def test_who_is_behind_by_more_than_can_be_saved_up_is_ended(steps: list[tuple[float, int]]) -> None:
    """Over any stretch: no pattern of bursts and pauses gets past it."""
    client, behind = pace(), False
    try:
        for wait, size in steps:
            client.note(wait, size)
    except UploadStalled:
        return
    for start in range(len(steps)):
        stretch = steps[start:]
        behind = behind or sum(wait * RATE - size for wait, size in stretch) > RATE * IDLE + 1
    assert not behind


# Who has read it before, and who wants to afterwards


@pytest.mark.parametrize("data", [DATA, b""])
async def test_a_body_that_was_kept_is_given_out_again(data: bytes) -> None:
    """A dependency or middleware has called `request.body()`: the server has nothing any more."""
    client = Client([data] if data else [])
    request = request_of(client)
    await request.body()
    asked = client.asked
    body = Body(request, BodyLimits(max_total=len(data)))
    told: list[int] = []
    body.on_end.append(lambda: told.append(1))
    assert await read(body) == data
    assert (body.received, body.ended, told, client.asked) == (len(data), True, [1], asked)
    assert await request.body() == data


async def test_a_body_that_was_kept_is_limited_all_the_same() -> None:
    """And must be as long as announced."""
    request = request_of(Client([DATA]))
    await request.body()
    with pytest.raises(UploadTooLarge):
        await read(Body(request, BodyLimits(max_total=len(DATA) - 1)))
    announced = request_of(Client([DATA]), {"content-length": "5"})
    await announced.body()
    with pytest.raises(UploadAborted, match="announced 5 bytes"):
        await read(Body(announced, FREE))


async def test_a_body_is_taken_once() -> None:
    """The second one would wait for bytes that went to the first."""
    request = request_of(Client([DATA]))
    Body(request, FREE)
    with pytest.raises(RuntimeError, match=r"streamed_form\(\)"):
        Body(request, FREE)


async def test_a_body_that_was_streamed_away_is_not_taken() -> None:
    """Somebody else has had its bytes."""
    request = request_of(Client([DATA]))
    async for _ in request.stream():
        pass
    with pytest.raises(RuntimeError, match="read already"):
        Body(request, FREE)


@pytest.mark.parametrize("way", ["body", "stream", "form"])
async def test_nobody_else_waits_for_the_bytes_of_a_taken_body(way: str) -> None:
    """They are told, even before it was read."""
    client = Client([DATA])
    request = request_of(client)
    Body(request, FREE)
    with pytest.raises(RuntimeError, match="Stream consumed"):
        await ask(request, way)
    assert client.asked == 0


async def ask(request: Request, way: str) -> None:
    if way == "stream":
        async for _ in request.stream():
            pass
    elif way == "form":
        await request.form()
    else:
        await request.body()


@pytest.mark.parametrize("coding", ["identity", "Identity", " identity "])
async def test_a_plain_body_may_say_that_it_is(coding: str) -> None:
    """That is the name of no encoding."""
    assert await read(Body(request_of(Client([DATA]), {"content-encoding": coding}), FREE)) == DATA


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "zstd", "GZIP", "identity, gzip", "x"])
def test_an_encoded_body_is_refused(coding: str) -> None:
    """Its bytes would be taken for the file's, or its size for theirs."""
    client = Client([DATA])
    with pytest.raises(UnsupportedUpload, match="Content-Encoding"):
        Body(request_of(client, {"content-encoding": coding}), FREE)
    assert client.asked == 0
