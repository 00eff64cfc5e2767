"""`Form` and `FormFile`: a form's files one after another, its fields beside them, and one failure for good."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby

import anyio
import pytest

from fastapi_convert.errors import ConvertError, InvalidUpload, UploadAborted, UploadTooLarge
from fastapi_convert.uploads import _sources
from fastapi_convert.uploads._body import Body, BodyLimits
from fastapi_convert.uploads._multipart import Event, FormLimits
from fastapi_convert.uploads._sources import Form, FormFile
from tests.support.waiting import wait_until_async
from tests.uploads.arriving import MULTIPART, Client, form, part, pieces, request_of

DATA = bytes(range(256)) * 10
WHOLE = form(
    part(b"1", "first", None),
    part(DATA, "a", "a.bin"),
    part(b"2", "second", None),
    part(b"", "b", "b.bin"),
    part(DATA[::-1], "c", "c.bin"),
    part(b"3", "third", None),
)
FILES = [("a", DATA), ("b", b""), ("c", DATA[::-1])]
FIELDS = [("first", "1"), ("second", "2"), ("third", "3")]


def form_of(client: Client, limits: FormLimits | None = None, *, length: int | None = None) -> Form:
    headers = {} if length is None else {"content-length": str(length)}
    return Form(Body(request_of(client, headers), BodyLimits()), MULTIPART, limits or FormLimits())


async def contents(source: FormFile) -> bytes:
    found = []
    while chunk := await source.more():
        found.append(chunk)
    return b"".join(found)


async def files_of(form_: Form) -> list[tuple[str, bytes]]:
    found = []
    while begin := await form_.next_file():
        found.append((begin.name, await contents(FormFile(form_, alone=False))))
    return found


# Files in their order


@pytest.mark.parametrize("size", [1, 7, 100, 1000, 100_000])
async def test_files_come_in_their_order_and_fields_beside_them(size: int) -> None:
    """However the body arrives; an empty file is one too."""
    whole = form_of(Client(pieces(WHOLE, size)))
    assert await files_of(whole) == FILES
    assert whole.fields == FIELDS
    assert whole.body.ended
    assert await whole.next_file() is None


async def test_fields_are_known_when_they_have_arrived() -> None:
    """Those before a file with it, later ones when the form has gone on."""
    whole = form_of(Client(pieces(WHOLE, 50)))
    seen = []
    while await whole.next_file():
        seen.append(len(whole.fields))
    assert seen == [1, 2, 2]
    assert whole.fields == FIELDS


@pytest.mark.parametrize("read", [0, 1, 3])
async def test_what_is_left_of_a_file_is_skipped(read: int) -> None:
    """Nothing of it, some of it or nearly all was read."""
    whole = form_of(Client(pieces(WHOLE, 100)))
    names = []
    while begin := await whole.next_file():
        names.append(begin.name)
        file = FormFile(whole, alone=False)
        for _ in range(read):
            await file.more()
    assert names == ["a", "b", "c"]


async def test_the_form_ends_when_the_request_does() -> None:
    """What follows the closing boundary is read and dropped, so that the connection can stay open."""
    client = Client([WHOLE, b"an", b"epi", b"logue"])
    whole = form_of(client)
    assert await files_of(whole) == FILES
    assert client.sent == len(WHOLE) + len(b"anepilogue")
    assert whole.body.ended


async def test_a_file_of_several_ends_with_itself() -> None:
    """Its client may take a break before the next one."""
    ahead = len(form(part(b"1", "first", None), part(DATA, "a", "a.bin")))
    client = Client([WHOLE[:ahead]], then="stall")
    whole = form_of(client)
    await whole.next_file()
    with anyio.fail_after(5):
        assert await contents(FormFile(whole, alone=False)) == DATA
    assert client.asked == 1


async def test_a_file_alone_ends_with_its_form() -> None:
    """Then all fields are known; other files are passed over."""
    client = Client(pieces(WHOLE, 100))
    whole = form_of(client)
    await whole.next_file()
    file = FormFile(whole, alone=True)
    assert await contents(file) == DATA
    assert whole.fields == FIELDS
    assert (client.sent, whole.body.ended) == (len(WHOLE), True)
    assert await file.more() == b""


# One failure for good

BROKEN: dict[str, tuple[list[bytes], str, type[ConvertError]]] = {
    "malformed": ([WHOLE[:500], b"\r\n" + part(b"x")[:30] + b"\0: \r\n\r\n"], "end", InvalidUpload),
    "cut off": ([WHOLE[:500]], "end", UploadAborted),
    "gone": ([WHOLE[:500]], "disconnect", UploadAborted),
    "too many fields": ([form(*[part(b"", "f", None)] * 50)], "end", UploadTooLarge),
    "no form": ([b"x"], "end", InvalidUpload),
}


@pytest.mark.parametrize("kind", BROKEN)
async def test_a_form_that_has_failed_goes_on_failing(kind: str) -> None:
    """With the same error, without asking the client: a parser that has failed would go on with anything."""
    chunks, then, expected = BROKEN[kind]
    client = Client(chunks, then=then)
    whole = form_of(client, FormLimits(max_fields=10))
    caught = []
    for _ in range(3):
        with pytest.raises(expected) as info:
            await files_of(whole)
        caught.append((info.value, client.asked))
    assert len(set(caught)) == 1


@pytest.mark.parametrize("alone", [True, False])
async def test_a_file_that_has_failed_goes_on_failing(alone: bool) -> None:
    """It has no end, and the form no next file."""
    client = Client([WHOLE[:1000]])
    whole = form_of(client)
    await whole.next_file()
    file = FormFile(whole, alone=alone)
    for _ in range(3):
        with pytest.raises(UploadAborted, match="closing boundary"):
            await contents(file)
    with pytest.raises(UploadAborted, match="closing boundary"):
        await whole.next_file()


async def test_what_had_arrived_before_the_failure_is_passed_on() -> None:
    """The files that were whole, and then the error."""
    second = len(form(part(b"1", "first", None), part(DATA, "a", "a.bin"), part(b"2", "second", None)))
    whole = form_of(Client(pieces(WHOLE[:second], 64)))
    begin = await whole.next_file()
    assert begin
    assert await contents(FormFile(whole, alone=False)) == DATA
    with pytest.raises(UploadAborted):
        await whole.next_file()


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("failure", ["disconnect", "length"])
async def test_a_request_that_fails_behind_its_form_goes_on_failing(failure: str, alone: bool) -> None:
    """The form was whole and the request was not: asked again, it neither ends nor waits for the client."""
    client = Client([WHOLE], then="disconnect" if failure == "disconnect" else "end")
    whole = form_of(client, length=len(WHOLE) + 9 if failure == "length" else None)
    await whole.next_file()
    file = FormFile(whole, alone=alone)
    with pytest.raises(UploadAborted):
        await (contents(file) if alone else files_of(whole))
    asked = client.asked
    with pytest.raises(UploadAborted):
        await whole.next_file()
    assert client.asked == asked


# Many small parts


def fed_to(form_: Form, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sizes of the pieces that go to the form's parser."""
    sizes: list[int] = []
    feed: Callable[[bytes], list[Event]] = form_._parser.feed

    def counted(data: bytes) -> list[Event]:
        sizes.append(len(data))
        return feed(data)

    monkeypatch.setattr(form_._parser, "feed", counted)
    return sizes


async def test_pieces_are_small_while_they_hold_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """And large again for the file that follows."""
    large, small = _sources._PIECE, _sources._SMALL_PIECE
    fields = [part(b"x", "f", None)] * 5000
    body = form(*fields, part(bytes(3 * large)), *fields)
    whole = form_of(Client([body]), FormLimits(max_fields=10_000))
    sizes = fed_to(whole, monkeypatch)
    while await whole.next_file():
        pass
    assert sum(sizes) == len(body)
    assert [size for size, _ in groupby(sizes[:-1])] == [small, large, small]


async def test_a_large_file_goes_to_the_parser_as_it_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has shown that it is large, a message is one piece, and the file's bytes are not copied."""
    chunk = bytes(_sources._PIECE)
    head, tail = form(part(b"|")).split(b"|")
    whole = form_of(Client([head, chunk, chunk, chunk, tail]))
    sizes = fed_to(whole, monkeypatch)
    await whole.next_file()
    assert await whole.file_bytes() + await whole.file_bytes() == chunk
    assert await whole.file_bytes() is chunk
    assert await whole.file_bytes() is chunk
    assert await whole.file_bytes() == b""
    assert sizes[3:5] == [len(chunk), len(chunk)]


async def test_one_huge_message_of_tiny_parts_leaves_the_loop_to_others() -> None:
    """10 MB at once, as `request.body()` keeps them: another task has its turn every 16 KiB."""
    tiny = part(b"", "f", "")
    body = form(*[tiny] * (10_000_000 // len(tiny)))
    whole = form_of(Client([body]), FormLimits(max_files=10**6))
    turns, files = 0, 0

    async def others() -> None:
        nonlocal turns
        while True:
            await anyio.sleep(0)
            turns += 1

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(others)
        while await whole.next_file():
            files += 1
        tasks.cancel_scope.cancel()
    assert files == 10_000_000 // len(tiny)
    assert turns > 0.9 * len(body) / _sources._SMALL_PIECE


# Cancelled on the way


@pytest.mark.parametrize("steps", range(12))
async def test_a_cancelled_next_file_loses_nothing(steps: int) -> None:
    """Wherever the client stood, whoever asks again goes on from there."""
    chunks = pieces(WHOLE, len(WHOLE) // 10)
    client = Client(chunks, held=True)
    whole = form_of(client)
    names: list[str] = []

    async def collect() -> None:
        while begin := await whole.next_file():
            names.append(begin.name)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(collect)
        client.let(steps)
        await wait_until_async(lambda: client.asked == min(steps, len(chunks) + 1) + 1 or whole.body.ended)
        tasks.cancel_scope.cancel()
    client.let(100)
    await collect()
    assert names == ["a", "b", "c"]
    assert whole.fields == FIELDS


@pytest.mark.parametrize("cancelled", [1, 2, 5])
async def test_a_cancellation_between_two_pieces_loses_nothing(cancelled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message is parsed in several turns, and each may be the last one of its caller."""
    monkeypatch.setattr(_sources, "_PIECE", 64)
    monkeypatch.setattr(_sources, "_SMALL_PIECE", 64)
    whole = form_of(Client([WHOLE]))
    whole._piece = 64
    names: list[str] = []
    for turn in range(1000):
        with anyio.CancelScope() as scope:
            if turn % (cancelled + 1):
                scope.cancel()
            if (begin := await whole.next_file()) is None:
                break
            names.append(begin.name)
    assert names == ["a", "b", "c"]
    assert whole.fields == FIELDS
