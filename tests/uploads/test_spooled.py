"""`adapt` and `detach`: what FastAPI has spooled, with the methods of an upload, and beyond its request."""

from __future__ import annotations

import asyncio
import csv
import gc
import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

import anyio
import pytest
from fastapi import FastAPI, UploadFile
from starlette.datastructures import (
    Headers,
    UploadFile as StarletteUploadFile,
)

from fastapi_convert import Pool
from fastapi_convert.errors import PoolFull, UploadTooLarge
from fastapi_convert.uploads import Upload, adapt, detach
from tests.support.waiting import wait_until_async
from tests.uploads.arriving import Client, collect, exchange, form, part, pieces, raw_upload

DATA = b"".join(b"row %d, of a table that is longer than a chunk\n" % n for n in range(10_000))
KINDS = {"in memory": 10_000_000, "on disk": 1000}
each_kind = pytest.mark.parametrize("spooled", KINDS, indirect=True)


@pytest.fixture
def spooled(request: pytest.FixtureRequest) -> Iterator[UploadFile]:
    """What FastAPI makes of a small file, and of one that it has put on the disk."""
    with SpooledTemporaryFile(max_size=KINDS[request.param]) as file:
        file.write(DATA)
        file.seek(0)
        yield upload_file(cast("BinaryIO", file))


def upload_file(file: BinaryIO, size: int | None = len(DATA)) -> UploadFile:
    return UploadFile(file, size=size, filename="../a.csv", headers=Headers({"content-type": "text/csv"}))


def read_all(file: BinaryIO) -> bytes:
    return file.read()


async def seekable(upload: Upload) -> bytes:
    async with upload.seekable() as file:
        return file.read()


async def path(upload: Upload) -> bytes:
    async with upload.path() as path:
        return path.read_bytes()


async def lines(upload: Upload) -> bytes:
    return b"".join([line.encode() + b"\n" async for line in upload.lines()])


WAYS: dict[str, Callable[[Upload], Any]] = {
    "run": lambda upload: upload.run(read_all),
    "chunks": lambda upload: collect(upload.chunks()),
    "read": lambda upload: upload.read(),
    "seekable": seekable,
    "path": path,
    "lines": lines,
}
each_way = pytest.mark.parametrize("way", WAYS)


@each_kind
@each_way
async def test_every_consumer_gets_the_whole_file(way: str, spooled: UploadFile) -> None:
    """And the next one again, wherever the one before has left the file."""
    upload = adapt(spooled)
    for _ in range(2):
        assert await WAYS[way](upload) == DATA
        assert await upload.read(100) == DATA[:100]


@each_kind
async def test_it_looks_like_any_upload(spooled: UploadFile) -> None:
    """Names, headers, and figures that are those of the last consumer."""
    upload = adapt(spooled)
    assert (upload.filename, upload.safe_name, upload.content_type) == ("../a.csv", "a.csv", "text/csv")
    assert (upload.name, upload.fields.multi_items()) == ("", [])
    assert (upload.received, upload.complete) == (0, False)
    await upload.read(10)
    await upload.run(read_all)
    assert (upload.received, upload.complete) == (len(DATA), True)


@each_kind
async def test_peek_and_drain_take_nothing_away(spooled: UploadFile) -> None:
    """Everything begins anew."""
    upload = adapt(spooled)
    assert await upload.peek(10) == DATA[:10]
    await upload.drain()
    assert (upload.complete, await upload.read()) == (True, DATA)


@each_kind
async def test_it_can_be_saved(spooled: UploadFile, tmp_path: Path) -> None:
    """More than once, each time with its size and digest."""
    upload = adapt(spooled, hash="sha256")
    for name in ("one", "two"):
        saved = await upload.save(tmp_path / name)
        assert (saved.size, saved.digest) == (len(DATA), hashlib.sha256(DATA).hexdigest())
        assert saved.path.read_bytes() == DATA


@each_kind
async def test_records_are_read_from_it(spooled: UploadFile) -> None:
    """`csv`, as from an upload that is still arriving."""
    expected = list(csv.DictReader(io.StringIO(DATA.decode(), newline=""), ["row", "rest"]))
    assert [row async for row in adapt(spooled).csv(fieldnames=["row", "rest"])] == expected


@pytest.mark.parametrize("spooled", ["on disk"], indirect=True)
async def test_a_consumer_is_not_moved_by_the_next_one(spooled: UploadFile) -> None:
    """After a `break` its generator still lives; whoever goes on with it gets the rest, not what another has left."""
    upload = adapt(spooled)
    chunks = upload.chunks()
    first = await anext(chunks)
    assert await upload.run(read_all) == DATA
    assert first + await collect(chunks) == DATA


# On a worker


@each_kind
async def test_a_function_has_the_file_on_a_worker_and_may_seek(spooled: UploadFile) -> None:
    """All of it is here, so nothing is refused."""
    caller = threading.get_ident()

    def consume(file: BinaryIO) -> tuple[int, bytes, bytes]:
        assert threading.get_ident() != caller
        assert (file.readable(), file.seekable(), file.tell()) == (True, True, 0)
        size = file.seek(0, io.SEEK_END)
        file.seek(-5, io.SEEK_CUR)
        tail = file.read()
        assert file.tell() == size
        file.seek(10)
        return size, tail, file.readline()

    expected = (len(DATA), DATA[-5:], DATA[10:].splitlines(keepends=True)[0])
    assert await adapt(spooled).run(consume) == expected


async def test_libraries_that_seek_read_it() -> None:
    """zipfile, which begins at the end."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("a.txt", DATA)

    def names(file: BinaryIO) -> list[str]:
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            return archive.namelist()

    upload = adapt(upload_file(raw, len(raw.getvalue())))
    assert [await upload.run(names) for _ in range(2)] == [["a.txt"]] * 2
    async with upload.seekable() as file:
        assert names(file) == ["a.txt"]


def read_one_line(file: BinaryIO) -> str:
    return io.TextIOWrapper(file, "utf-8").readline()  # closes the file when it is collected


def close(file: BinaryIO) -> str:
    file.close()
    return "closed"


@each_kind
@pytest.mark.parametrize("consume", [read_one_line, close])
async def test_a_function_that_closes_its_file_closes_only_that(
    consume: Callable[[BinaryIO], str], spooled: UploadFile
) -> None:
    """FastAPI's own file is not the function's to close."""
    upload = adapt(spooled)
    await upload.run(consume)
    async with upload.seekable() as file:
        consume(file)
    gc.collect()
    assert not spooled.file.closed
    assert await upload.read() == DATA
    await spooled.seek(0)
    assert await spooled.read() == DATA


async def test_a_file_that_was_kept_is_closed(spooled_in_memory: UploadFile) -> None:
    """Its function has ended, and another may be reading by now."""
    kept: list[BinaryIO] = []
    await adapt(spooled_in_memory).run(kept.append)
    with pytest.raises(ValueError, match="closed"):
        kept[0].read()


@pytest.fixture
def spooled_in_memory() -> UploadFile:
    return upload_file(io.BytesIO(DATA))


async def test_the_functions_own_error_is_kept(spooled_in_memory: UploadFile) -> None:
    """The same object; the file is there for another try."""
    mine = LookupError("row 3")

    def fail(file: BinaryIO) -> None:
        file.read(100)
        raise mine

    upload = adapt(spooled_in_memory)
    with pytest.raises(LookupError) as caught:
        await upload.run(fail)
    assert caught.value is mine
    assert not upload.complete
    assert await upload.run(read_all) == DATA


async def test_a_cancelled_run_ends_with_its_function(spooled_in_memory: UploadFile) -> None:
    """The request, which closes the file, does not end under its hands."""
    begun, gate, read = threading.Event(), threading.Event(), list[int]()

    def consume(file: BinaryIO) -> None:
        begun.set()
        gate.wait(20)
        read.append(len(file.read()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(adapt(spooled_in_memory).run, consume)
        await wait_until_async(begun.is_set)
        tasks.cancel_scope.cancel()
        gate.set()
    assert read == [len(DATA)]


async def test_two_consumers_at_once_are_refused(spooled_in_memory: UploadFile) -> None:
    """They would move each other's place in the file."""
    begun, gate = threading.Event(), threading.Event()

    def consume(file: BinaryIO) -> bytes:
        begun.set()
        gate.wait(20)
        return file.read()

    upload = adapt(spooled_in_memory)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload.run, consume)
        await wait_until_async(begun.is_set)
        assert upload.reading
        with pytest.raises(RuntimeError, match="being read already"):
            await upload.read()
        with pytest.raises(RuntimeError, match="being read already"):
            await upload.run(read_all)
        gate.set()
    assert await upload.read() == DATA


async def test_a_pool_of_ones_own_is_used(spooled_in_memory: UploadFile) -> None:
    """With its limits."""
    gate = threading.Event()
    async with Pool("tiny", threads=1, max_waiting=0) as tiny, anyio.create_task_group() as tasks:
        upload = adapt(spooled_in_memory, pool=tiny)
        assert await upload.run(read_all) == DATA
        tasks.start_soon(tiny.run, gate.wait, 20)
        await wait_until_async(lambda: tiny.stats().running == 1)
        with pytest.raises(PoolFull):
            await upload.run(read_all)
        gate.set()


# Limits, digest, progress


@pytest.mark.parametrize("way", sorted(WAYS.keys() - {"seekable"}))
async def test_the_digest_is_of_the_whole_file_each_time(way: str, spooled_in_memory: UploadFile) -> None:
    """And there is none while a consumer has only read a part."""
    upload = adapt(spooled_in_memory, hash="sha256")
    for _ in range(2):
        await WAYS[way](upload)
        assert upload.digest == hashlib.sha256(DATA).hexdigest()
        await upload.read(10)
        assert upload.digest is None


async def test_the_digest_of_a_function_that_seeks_is_of_the_file(spooled_in_memory: UploadFile) -> None:
    """Not of what it has read, in whatever order."""
    upload = adapt(spooled_in_memory, hash="md5")
    await upload.run(lambda file: (file.seek(100), file.read(10), file.seek(0), file.read(10)))
    assert upload.digest == hashlib.md5(DATA).hexdigest()


@pytest.mark.parametrize("size", [len(DATA), None])
@pytest.mark.parametrize("excess", [0, 1])
@each_way
async def test_max_size_holds(way: str, excess: int, size: int | None) -> None:
    """Told at once where the size is known; and for every consumer of a file whose maker has not said it."""
    file = upload_file(io.BytesIO(DATA), size)

    async def consume() -> bytes:
        found: bytes = await WAYS[way](adapt(file, max_size=len(DATA) - excess))
        return found

    if excess:
        with pytest.raises(UploadTooLarge, match="max_size"):
            await consume()
    else:
        assert await consume() == DATA


@pytest.mark.parametrize("way", ["run", "chunks", "read", "path", "lines"])
async def test_a_file_of_unknown_size_has_a_digest(way: str) -> None:
    """`UploadFile(io.BytesIO(...))`, as tests make it."""
    upload = adapt(upload_file(io.BytesIO(DATA), None), hash="sha1")
    assert await WAYS[way](upload) == DATA
    assert (upload.received, upload.complete) == (len(DATA), True)
    assert upload.digest == hashlib.sha1(DATA).hexdigest()


async def test_seekable_has_a_limit_of_its_own(spooled_in_memory: UploadFile) -> None:
    """As for an upload that is still arriving."""
    upload = adapt(spooled_in_memory)
    with pytest.raises(UploadTooLarge, match="more than 1000 bytes"):
        async with upload.seekable(max_size="1KB"):
            raise AssertionError("not reached")
    with pytest.raises(UploadTooLarge, match="more than 1000 bytes"):
        async with upload.path(max_size="1KB"):
            raise AssertionError("not reached")
    assert await upload.read() == DATA


async def test_progress_tells_the_size_of_the_file(spooled_in_memory: UploadFile) -> None:
    """It is known."""
    told: list[tuple[int, int | None]] = []
    await adapt(spooled_in_memory, progress=lambda *figures: told.append(figures)).drain()
    assert told[-1] == (len(DATA), len(DATA))


@pytest.mark.parametrize("options", [{"max_size": "many"}, {"max_size": -1}, {"hash": "sha257"}], ids=str)
def test_wrong_arguments_are_refused_at_once(options: dict[str, Any]) -> None:
    """Not by the consumer."""
    with pytest.raises(ValueError, match=next(iter(options))):
        adapt(upload_file(io.BytesIO(DATA)), **options)


# Beyond the request


@each_kind
async def test_a_detached_file_is_the_same_file(spooled: UploadFile) -> None:
    """Nothing is copied, and what the request closes is empty."""
    file = spooled.file
    owned = detach(spooled)
    assert owned.file is file
    assert (owned.filename, owned.size, owned.content_type) == (spooled.filename, len(DATA), "text/csv")
    assert await spooled.read() == b""
    await spooled.close()
    assert await owned.read() == DATA
    assert await adapt(owned).run(read_all) == DATA


@pytest.mark.parametrize("make", [UploadFile, StarletteUploadFile], ids=["fastapi", "starlette"])
async def test_fastapis_and_starlettes_files_are_taken(make: type[StarletteUploadFile]) -> None:
    """FastAPI's is a subclass."""
    assert await adapt(make(io.BytesIO(DATA), size=len(DATA))).read() == DATA
    assert await detach(make(io.BytesIO(DATA), size=len(DATA))).read() == DATA


@pytest.mark.parametrize("function", [adapt, detach])
def test_what_is_no_upload_file_is_refused(function: Callable[[Any], object]) -> None:
    """An `Upload` has nothing to detach, and needs no adapter."""
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\) takes an UploadFile, and this is an Upload"):
        function(raw_upload(Client([])))
    with pytest.raises(TypeError, match=rf"{function.__name__}\(\) takes an UploadFile, not BytesIO"):
        function(io.BytesIO())
    with pytest.raises(TypeError, match="not bytes"):
        function(DATA)


@pytest.mark.parametrize("size", [100, 3_000_000])
@pytest.mark.asyncio_only
async def test_a_detached_file_outlives_its_request(size: int) -> None:
    """A task reads it after the response, when FastAPI has closed what it had."""
    app, data = FastAPI(), bytes(range(256)) * (size // 256 + 1)
    answered, files, tasks = asyncio.Event(), list[UploadFile](), list[asyncio.Task[bytes]]()

    @app.post("/")
    async def endpoint(kept: UploadFile, file: UploadFile) -> str:
        async def later(owned: StarletteUploadFile) -> bytes:
            await answered.wait()
            try:
                return await adapt(owned).run(read_all)
            finally:
                await owned.close()

        files.append(kept)
        tasks.append(asyncio.create_task(later(detach(file))))
        return "taken"

    body = form(part(data, "kept"), part(data, "file"))
    assert (await exchange(app, Client(pieces(body, 65536)))).status == 200
    assert files[0].file.closed
    answered.set()
    assert await tasks[0] == data


async def test_a_native_endpoint_adapts_its_file() -> None:
    """One line in it, and nothing around it."""
    app = FastAPI()

    @app.post("/")
    async def endpoint(file: UploadFile) -> list[str]:
        return [hashlib.sha256(await adapt(file).run(read_all)).hexdigest(), str(file.filename)]

    answer = await exchange(app, Client(pieces(form(part(DATA)), 1000)))
    assert answer.body.decode() == f'["{hashlib.sha256(DATA).hexdigest()}","a.bin"]'
