"""`UploadForm`: each file in its turn, none lost, and no end before the form's."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Sequence
from typing import Annotated, Any, BinaryIO

import anyio
import pytest
from fastapi import FastAPI
from starlette.responses import Response

from fastapi_convert import Pool
from fastapi_convert.errors import ConvertError, UnsupportedUpload, UploadAborted, UploadTooLarge
from fastapi_convert.uploads import Upload, UploadForm, streamed_form
from fastapi_convert.uploads._body import BodyLimits
from fastapi_convert.uploads._content_types import TypeCheck
from fastapi_convert.uploads._intake import FormIntake, Terms
from fastapi_convert.uploads._multipart import FormLimits
from fastapi_convert.uploads._options import UploadOptions
from tests.support.waiting import wait_until_async
from tests.uploads.arriving import Client, Connection, collect, exchange, form, part, pieces, request_of

DATA = bytes(range(256)) * 100
CSV = "Content-Type: text/csv\r\n"
FILES = {"1.csv": b"a,b\n" * 5000, "2.csv": b"c\n", "3.csv": b"", "4.csv": b"d,e,f\n" * 3000}
WHOLE = form(
    part(b"x", "before", None),
    *(part(content, f"field {name}", name, CSV) for name, content in FILES.items()),
    part(b"y", "after", None),
)


async def form_of(
    client: Client, limits: FormLimits | None = None, types: Sequence[str] = (), **options: Any
) -> UploadForm:
    """What `streamed_form` hands to its endpoint."""
    terms = Terms(
        body=BodyLimits(),
        options=UploadOptions(**options),
        types=TypeCheck(types) if types else None,
        form=limits or FormLimits(),
    )
    return await FormIntake("files", terms).take(request_of(client), Response())


def read_all(file: BinaryIO) -> bytes:
    return file.read()


WAYS: dict[str, Callable[[Upload], Any]] = {
    "run": lambda upload: upload.run(read_all),
    "chunks": lambda upload: collect(upload.chunks()),
    "read": lambda upload: upload.read(),
}


# One after another


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("size", [100, 5000, 10**6])
@pytest.mark.parametrize("types", [(), ["text/csv"]])
async def test_files_come_in_their_order(way: str, size: int, types: list[str]) -> None:
    """Each whole, with its own name, field, type and digest; the fields around them as they arrive."""
    whole = await form_of(Client(pieces(WHOLE, size)), types=types, hash="md5", window=4096)
    seen = {}
    async for upload in whole:
        content = await WAYS[way](upload)
        assert (upload.name, upload.content_type) == (f"field {upload.filename}", "text/csv")
        assert (upload.complete, upload.received) == (True, len(content))
        assert upload.digest == hashlib.md5(content).hexdigest()
        assert upload.fields.multi_items() == whole.fields.multi_items() == [("before", "x")]
        seen[upload.filename] = content
    assert seen == FILES
    assert whole.fields.multi_items() == [("before", "x"), ("after", "y")]


async def test_the_end_of_the_form_is_told_again() -> None:
    """To whoever asks once more."""
    whole = await form_of(Client([WHOLE]))
    assert len([upload async for upload in whole]) == len(FILES)
    assert [upload async for upload in whole] == []


async def test_an_empty_form_has_no_files() -> None:
    """Nor one with only fields, or fields for files that were left empty."""
    for body in (form(), form(part(b"x", "a", None)), form(part(b"", "file", ""), part(b"", "file", ""))):
        assert [upload async for upload in await form_of(Client([body]))] == []


@pytest.mark.parametrize("read", [0, 1, 4999, 20_000])
async def test_what_was_not_consumed_is_skipped(read: int) -> None:
    """Nothing of a file, some of it, or all was read."""
    whole = await form_of(Client(pieces(WHOLE, 500)))
    seen = []
    async for upload in whole:
        seen.append((upload.filename, await upload.read(read)))
    assert seen == [(name, content[:read]) for name, content in FILES.items()]


async def test_a_part_is_over_when_the_next_one_is_asked_for() -> None:
    """Outside its turn it raises; it has no end, and none of the next one's bytes."""
    whole = await form_of(Client(pieces(WHOLE, 500)))
    uploads = [upload async for upload in whole]
    for upload in uploads:
        for way in WAYS.values():
            with pytest.raises(UploadAborted):
                await way(upload)


async def test_a_loop_may_be_left() -> None:
    """And gone on with; what nobody asks for is not read."""
    client = Client(pieces(WHOLE, 500))
    whole = await form_of(client)
    async for upload in whole:
        assert upload.filename == "1.csv"
        assert await upload.read(100) == FILES["1.csv"][:100]
        break
    assert client.sent < 2000
    assert await upload.read() == FILES["1.csv"][100:]
    assert [upload.filename async for upload in whole] == list(FILES)[1:]


@pytest.mark.parametrize("way", ["run", "read"])
async def test_a_part_that_is_being_read_is_not_passed_over(way: str) -> None:
    """Its bytes and the next one's come down the same line: one at a time, and both are told."""
    client = Client(pieces(WHOLE, 500), held=True)
    client.let(3)
    whole = await form_of(client, window=100)
    first = await anext(whole)
    found: list[bytes] = []

    async def read() -> None:
        found.append(await WAYS[way](first))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        await wait_until_async(lambda: client.asked == 4)
        with pytest.raises(RuntimeError, match="one at a time"):
            await anext(whole)
        client.let(1000)
    assert found == [FILES["1.csv"]]
    assert [upload.filename async for upload in whole] == list(FILES)[1:]


async def test_two_loops_over_one_form_share_it() -> None:
    """Each file goes to one of them."""
    whole = await form_of(Client(pieces(WHOLE, 500)))
    seen = []
    async for outer in whole:
        seen.append(outer.filename)
        async for inner in whole:
            seen.append(inner.filename)
    assert seen == list(FILES)


async def test_two_tasks_do_not_ask_at_once() -> None:
    """The second is refused: they would take each other's bytes, and put pieces of several files into one."""
    contents = {name: name.encode() * 50_000 for name in "abcd"}
    client = Connection(pieces(form(*(part(content, filename=name) for name, content in contents.items())), 20_000))
    whole, got, refused = await form_of(client), dict[str | None, bytes](), list[str]()

    async def loop() -> None:
        try:
            async for upload in whole:
                got[upload.filename] = await upload.read()
        except RuntimeError as error:
            refused.append(str(error))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(loop)
        tasks.start_soon(loop)
    assert len(refused) == 1
    assert got == contents


# Refusals


@pytest.mark.parametrize("excess", [0, 1])
async def test_max_size_is_for_each_file(excess: int) -> None:
    """All together may be more; the one that is larger is named."""
    body = form(part(bytes(1000), filename="a"), part(bytes(1000 + excess), filename="b"))
    whole = await form_of(Client(pieces(body, 100)), max_size=1000)
    assert len(await (await anext(whole)).read()) == 1000
    second = await anext(whole)
    if excess:
        with pytest.raises(UploadTooLarge, match="'b' has more than 1000 bytes"):
            await second.read()
    else:
        assert len(await second.read()) == 1000


@pytest.mark.parametrize("count, too_many", [(3, False), (4, True)])
async def test_files_are_counted(count: int, too_many: bool) -> None:
    """The one that is too many is never handed out."""
    whole, seen = await form_of(Client([form(*[part(b"x")] * count)]), FormLimits(max_files=3)), 0
    try:
        async for _ in whole:
            seen += 1
    except UploadTooLarge:
        assert too_many
    else:
        assert not too_many
    assert seen <= 3


@pytest.mark.parametrize(
    "headers, content",
    [("Content-Type: image/png\r\n", b"a,b\n"), (CSV, b"%PDF-1.7\n" + bytes(50))],
    ids=["header", "content"],
)
async def test_types_are_checked_for_each_file(headers: str, content: bytes) -> None:
    """By its header and its first bytes, before it is handed out; those before it were good."""
    body = form(part(b"a,b\n", filename="good", headers=CSV), part(content, filename="bad", headers=headers))
    whole = await form_of(Client(pieces(body, 100)), types=["text/csv"])
    assert await (await anext(whole)).read() == b"a,b\n"
    with pytest.raises(UnsupportedUpload):
        await anext(whole)


async def test_an_endpoint_may_go_on_behind_a_refused_file() -> None:
    """It has caught the error: the next file is the next one."""
    bad = part(b"x", filename="bad", headers="Content-Type: image/png\r\n")
    body = form(bad, part(b"a,b\n", filename="good", headers=CSV), bad)
    whole = await form_of(Client(pieces(body, 100)), types=["text/csv"])
    with pytest.raises(UnsupportedUpload):
        await anext(whole)
    assert (await anext(whole)).filename == "good"
    with pytest.raises(UnsupportedUpload):
        await anext(whole)
    with pytest.raises(StopAsyncIteration):
        await anext(whole)


async def test_an_error_of_a_consumer_leaves_the_form() -> None:
    """One bad file need not be the end of a batch."""
    whole, outcomes = await form_of(Client(pieces(WHOLE, 500)), window=1000), []

    def parse(file: BinaryIO) -> int:
        if not (head := file.read(1)):
            raise LookupError("empty")
        return len(head + file.read())

    async for upload in whole:
        try:
            outcomes.append(await upload.run(parse))
        except LookupError:
            outcomes.append(-1)
    assert outcomes == [len(content) or -1 for content in FILES.values()]


# Forms that break off


@pytest.mark.parametrize("then", ["end", "disconnect"])
@pytest.mark.parametrize("consume", [True, False])
@pytest.mark.parametrize("steps", range(0, 100, 7))
async def test_a_form_that_breaks_off_has_no_end(then: str, consume: bool, steps: int) -> None:
    """Wherever it does, and asked however often: the loop raises, even where every file was whole."""
    whole = await form_of(Client(pieces(WHOLE[: len(WHOLE) * steps // 100 + 30], 500), then=then))
    for _ in range(3):
        with pytest.raises(UploadAborted):
            async for upload in whole:
                if consume:
                    assert await upload.read() == FILES[str(upload.filename)]


@pytest.mark.parametrize("size", [1, 3, 20])
async def test_a_form_that_lacks_its_last_bytes_has_no_end(size: int) -> None:
    """All files had arrived."""
    whole = await form_of(Client([WHOLE[: -len(b"\r\n") - size]]))
    seen = []
    with pytest.raises(UploadAborted, match="closing boundary"):
        async for upload in whole:
            seen.append((upload.filename, await upload.read()))
    assert seen == list(FILES.items())


# Cancelled on the way


@pytest.mark.parametrize("types", [(), ["text/csv"]], ids=["any type", "types"])
@pytest.mark.parametrize("steps", range(0, 80, 4))
async def test_a_cancelled_anext_loses_no_file(steps: int, types: list[str]) -> None:
    """Who goes on is given all that was not, or is told: never the end of the form, as if there had been fewer."""
    chunks = pieces(WHOLE, 500)
    client = Client(chunks, held=True)
    whole = await form_of(client, types=types)
    seen: list[str | None] = []

    async def loop() -> None:
        async for upload in whole:
            seen.append(upload.filename)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(loop)
        client.let(steps)
        await wait_until_async(lambda: client.asked == min(steps, len(chunks) + 1) + 1 or len(seen) == len(FILES))
        tasks.cancel_scope.cancel()
    client.let(1000)
    try:
        await loop()
    except UploadAborted:
        return
    assert seen == list(FILES)


async def test_a_cancelled_look_at_the_last_file_does_not_end_the_form() -> None:
    """Its first bytes were on their way, to be checked, when the caller's time was over."""
    body = form(part(b"a,b\n" * 5000, headers=CSV))
    client = Client(pieces(body, 500), held=True)
    whole = await form_of(client, types=["text/csv"])
    client.let(3)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(anext, whole)
        await wait_until_async(lambda: client.asked == 4)
        tasks.cancel_scope.cancel()
    client.let(1000)
    try:
        upload = await anext(whole)
    except UploadAborted:
        return
    assert await upload.read() == b"a,b\n" * 5000


async def test_a_consumer_that_was_cancelled_leaves_the_next_file() -> None:
    """A time limit for each part: the rest of it is skipped."""
    client = Client(pieces(WHOLE, 500), held=True)
    whole, begun, seen = await form_of(client, window=1000), threading.Event(), []

    def slow(file: BinaryIO) -> None:
        begun.set()
        read_all(file)

    client.let(10)
    async with Pool("slow", threads=1):
        first = await anext(whole)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first.run, slow)
            await wait_until_async(begun.is_set)
            tasks.cancel_scope.cancel()
        client.let(1000)
        async for upload in whole:
            seen.append((upload.filename, await upload.read()))
    assert seen == list(FILES.items())[1:]


# In an app


async def answer_of(body: bytes, dependency: Any) -> tuple[int, Any]:
    app = FastAPI()

    async def endpoint(form: UploadForm = dependency) -> list[list[Any]]:
        return [[upload.filename, len(await upload.read())] async for upload in form]

    app.post("/")(endpoint)
    answer = await exchange(app, Client(pieces(body, 500)))
    return answer.status, json.loads(answer.body)


async def test_an_app_takes_many_files() -> None:
    """Any field, any number of them."""
    expected = [[name, len(content)] for name, content in FILES.items()]
    assert await answer_of(WHOLE, streamed_form()) == (200, expected)


@pytest.mark.parametrize(
    "options, status",
    [
        ({"max_files": 4, "max_size": 20_000, "max_total": len(WHOLE), "types": ["text/*"], "max_fields": 2}, 200),
        ({"max_files": 3}, 413),
        ({"max_size": 19_999}, 413),
        ({"max_total": len(WHOLE) - 1}, 413),
        ({"max_fields": 1}, 413),
        ({"types": ["image/*"]}, 415),
    ],
    ids=["all", "files", "size", "total", "fields", "types"],
)
async def test_an_app_refuses_what_is_too_much(options: dict[str, Any], status: int) -> None:
    """With the status of the limit, in the middle of the loop."""
    assert (await answer_of(WHOLE, streamed_form(**options)))[0] == status


async def test_a_form_is_over_with_its_request() -> None:
    """A part that was kept raises; so does the form's next one, instead of waiting for the client."""
    app, kept, forms = FastAPI(), list[Upload](), list[UploadForm]()

    @app.post("/")
    async def endpoint(form: Annotated[UploadForm, streamed_form()]) -> None:
        forms.append(form)
        kept.append(await anext(form))

    client = Client(pieces(WHOLE, 500))
    assert (await exchange(app, client)).status == 200
    with pytest.raises(UploadAborted, match="has ended"):
        await kept[0].read()
    asked = client.asked
    with pytest.raises(ConvertError):
        await anext(forms[0])
    assert client.asked == asked
