"""`Upload`: one stream of bytes, many ways to take it, and no way to mistake a broken one for a whole one."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import threading
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, BinaryIO

import anyio
import numpy as np
import pytest

from fastapi_convert import Pool, offload
from fastapi_convert.errors import (
    CpuBoundWarning,
    NotSeekable,
    PoolFull,
    UploadAborted,
    UploadStalled,
    UploadTooLarge,
)
from fastapi_convert.offloading._cpu import tell_hog
from fastapi_convert.uploads import upload_pool
from fastapi_convert.uploads._body import BodyLimits
from fastapi_convert.uploads._consume import _reading
from fastapi_convert.uploads._digest import Digest
from fastapi_convert.uploads._reader import UploadReader
from fastapi_convert.uploads._window import Window
from fastapi_convert.uploads.upload import Upload
from tests.support.waiting import wait_until_async
from tests.uploads.arriving import Client, collect, form, form_upload, part, pieces, raw_upload

KIB = 1024
DATA = bytes(range(256)) * 40  # 10 KiB, every byte


def read_all(file: BinaryIO) -> bytes:
    return file.read()


def measure(file: BinaryIO) -> int:
    return sum(len(chunk) for chunk in iter(lambda: file.read(64 * KIB), b""))


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("tests", threads=2, max_waiting=3) as pool:
        yield pool


# Consumers on a worker


@pytest.mark.parametrize("size", [1, 7, 4096, 100_000])
async def test_a_function_reads_the_file_off_the_loop(size: int) -> None:
    """Whole, in order, on another thread, however the bytes arrive."""
    seen: list[int] = []

    def consume(file: BinaryIO, prefix: bytes, *, suffix: bytes) -> bytes:
        seen.append(threading.get_ident())
        return prefix + file.read() + suffix

    upload = raw_upload(Client(pieces(DATA, size)))
    assert await upload.run(consume, b"<", suffix=b">") == b"<" + DATA + b">"
    assert seen != [threading.get_ident()]
    assert (upload.complete, upload.received) == (True, len(DATA))


async def test_an_empty_file_ends_at_once() -> None:
    """There is nothing to wait for."""
    assert await raw_upload(Client([])).run(read_all) == b""


async def test_no_worker_is_taken_before_there_is_a_window_of_work(pool: Pool) -> None:
    """A client that stalls with less than a full window holds no thread, nor does one that stalls right after it."""
    client = Client(pieces(bytes(40 * KIB), 4 * KIB), held=True)
    upload = raw_upload(client, window=16 * KIB, pool=pool)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload.run, measure)
        client.let(4)
        await wait_until_async(lambda: client.asked == 5)
        assert client.sent == 16 * KIB
        assert (pool.stats().running, pool.stats().completed) == (0, 0)
        client.let()
        await wait_until_async(lambda: pool.stats().running == 1)
        client.let(10)
    assert pool.stats().completed == 1


async def test_a_short_file_takes_a_worker_only_when_it_has_ended(pool: Pool) -> None:
    """The end is as good as a full window."""
    client = Client([b"half", b"half"], held=True)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(raw_upload(client, pool=pool).run, read_all)
        client.let(2)
        await wait_until_async(lambda: client.asked == 3)
        assert pool.stats().running == 0
        client.let()
    assert pool.stats().completed == 1


async def test_the_window_holds_a_fast_client_back() -> None:
    """While the function does not read, no more than the window and two chunks are taken from the client."""
    gate = threading.Event()
    client = Client(pieces(bytes(1000 * KIB), KIB))
    upload = raw_upload(client, window=16 * KIB)

    def slow(file: BinaryIO) -> int:
        gate.wait(20)
        return measure(file)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload.run, slow)
        await wait_until_async(lambda: client.sent > 16 * KIB)
        for _ in range(50):
            await anyio.sleep(0.001)
        assert client.sent <= 18 * KIB
        gate.set()
    assert client.sent == 1000 * KIB


async def test_a_broken_upload_is_an_error_in_the_function_and_for_its_caller() -> None:
    """Never an end of file: half a CSV must not be committed."""
    caught: list[BaseException] = []

    def consume(file: BinaryIO) -> None:
        try:
            file.read()
        except BaseException as error:
            caught.append(error)
            raise

    upload = raw_upload(Client(pieces(DATA, 1000), then="disconnect"), window=2000)
    with pytest.raises(UploadAborted, match="disconnected after 10240 bytes"):
        await upload.run(consume)
    assert [type(error) for error in caught] == [UploadAborted]


@pytest.mark.parametrize("outcome", ["swallow", "wrap", "keep"])
async def test_what_a_function_makes_of_a_broken_upload_does_not_count(outcome: str) -> None:
    """The caller hears the upload's own error, with its own status, whatever the function did with what it was told."""

    def consume(file: BinaryIO) -> str:
        try:
            file.read()
        except UploadAborted as error:
            if outcome == "wrap":
                raise ValueError("cannot parse") from error
            if outcome == "keep":
                raise
        return "done"

    upload = raw_upload(Client(pieces(DATA, 1000)), window=2000, max_size=5000)
    with pytest.raises(UploadTooLarge, match="more than 5000 bytes"):
        await upload.run(consume)


async def test_the_functions_own_error_is_kept() -> None:
    """The same object, with the traceback into the function."""
    mine = ValueError("row 3")

    def consume(file: BinaryIO) -> None:
        file.read(100)
        raise mine

    with pytest.raises(ValueError, match="row 3") as caught:
        await raw_upload(Client(pieces(DATA, 100)), window=200).run(consume)
    assert caught.value is mine
    assert caught.traceback[-1].name == "consume"


async def test_a_function_that_stops_early_does_not_wait_for_its_client() -> None:
    """A header is enough; the client may stall for ever behind it."""
    client = Client(pieces(DATA, 1000), then="stall")

    def header(file: BinaryIO) -> bytes:
        return file.read(5)

    with anyio.fail_after(10):
        assert await raw_upload(client, window=2000).run(header) == DATA[:5]


async def test_the_next_consumer_goes_on_where_the_first_has_stopped() -> None:
    """To the byte, across every kind of consumer."""
    upload = raw_upload(Client(pieces(DATA, 1000)), window=2000)
    assert await upload.run(lambda file: file.read(7)) == DATA[:7]
    assert await upload.run(lambda file: file.readline()) == DATA[7:11]
    assert await upload.read(1500) == DATA[11:1511]
    async with aclosing(upload.chunks()) as chunks:
        first = await anext(chunks)
    assert await upload.run(read_all) == DATA[1511 + len(first) :]
    assert await upload.read() == b""


@pytest.mark.asyncio_only  # trio closes no generator for those who break
async def test_a_break_out_of_chunks_leaves_the_upload_free() -> None:
    """Its generator may be closed later, as Python pleases."""
    upload = raw_upload(Client(pieces(DATA, 1000)))
    async for chunk in upload.chunks():
        assert chunk == DATA[:1000]
        break
    assert await upload.read() == DATA[1000:]


async def test_two_consumers_at_once_are_refused() -> None:
    """Each would get a part of the bytes."""
    client = Client([DATA], held=True)
    upload = raw_upload(client)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload.run, read_all)
        await wait_until_async(lambda: client.asked == 1)
        with pytest.raises(RuntimeError, match="being read already"):
            await upload.read()
        client.let(2)


async def test_the_file_is_closed_when_its_function_has_ended() -> None:
    """A reader that was kept says why it does not read."""
    kept: list[BinaryIO] = []
    upload = raw_upload(Client([DATA]))
    await upload.run(kept.append)
    with pytest.raises(ValueError, match="the function that it was given to has ended"):
        kept[0].read()
    assert kept[0].closed


async def test_a_full_pool_refuses_before_the_function_has_run() -> None:
    """503, and the upload is still there for another try."""
    gate = threading.Event()
    async with Pool("tiny", threads=1, max_waiting=0) as tiny, anyio.create_task_group() as tasks:
        tasks.start_soon(tiny.run, gate.wait, 20)
        await wait_until_async(lambda: tiny.stats().running == 1)
        upload = raw_upload(Client([DATA]), pool=tiny)
        with pytest.raises(PoolFull):
            await upload.run(read_all)
        gate.set()
        await wait_until_async(lambda: tiny.stats().running == 0)
        assert await upload.run(read_all) == DATA


@pytest.mark.parametrize("kind", ["coroutine", "async generator", "generator"])
async def test_only_functions_that_are_done_when_they_return_are_run(kind: str) -> None:
    """The others would read after the file is closed, or never."""

    async def coroutine(file: BinaryIO) -> None:
        return None

    async def async_generator(file: BinaryIO) -> AsyncIterator[bytes]:
        yield b""

    def generator(file: BinaryIO) -> Iterator[bytes]:
        yield from file

    functions: dict[str, Callable[[BinaryIO], Any]] = {
        "coroutine": coroutine,
        "async generator": async_generator,
        "generator": generator,
    }
    upload = raw_upload(Client([DATA]))
    with pytest.raises(TypeError, match=r"run\(\) takes"):
        await upload.run(functions[kind])
    assert await upload.read() == DATA


async def test_an_offloaded_function_is_run_as_its_original() -> None:
    """Who has decorated it already need not undo that."""
    size: Any = await raw_upload(Client([DATA])).run(offload(measure))  # typed as a coroutine, which it is not any more
    assert size == len(DATA)


# Cancellation


@pytest.mark.parametrize("steps", range(8))
async def test_a_cancelled_consumer_ends_with_its_function(steps: int, pool: Pool) -> None:
    """Wherever the cancellation comes: before the worker, while it waits for bytes, while it computes."""
    client = Client(pieces(bytes(7 * KIB), KIB), held=True)
    upload = raw_upload(client, window=4 * KIB, pool=pool)
    ends: list[str] = []

    def consume(file: BinaryIO) -> None:
        try:
            measure(file)
            ends.append("end of file")
        except UploadAborted:
            ends.append("aborted")
            raise

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload.run, consume)
        client.let(steps)
        await wait_until_async(lambda: client.asked == steps + 1 or client.sent == min(7, steps) * KIB)
        tasks.cancel_scope.cancel()
    assert ends in ([], ["aborted"])
    assert pool.stats().running == pool.stats().waiting == 0


@pytest.mark.asyncio_only
async def test_a_native_cancellation_ends_the_function_too() -> None:
    """`task.cancel()`, which goes through anyio's shields, does not leave the function waiting for its client."""
    import asyncio

    client = Client(pieces(bytes(8 * KIB), KIB), then="stall")
    ended = threading.Event()

    def consume(file: BinaryIO) -> None:
        try:
            measure(file)
        finally:
            ended.set()

    task = asyncio.create_task(raw_upload(client, window=2 * KIB).run(consume))
    await wait_until_async(lambda: client.sent == 8 * KIB)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set()


async def test_after_an_interrupted_consumer_the_rest_is_not_taken_for_the_file(tmp_path: Path) -> None:
    """`save` had bytes in hand when it was cancelled; what follows is not what the client sent."""
    client = Client(pieces(DATA, 1000), held=True)
    upload = raw_upload(client)
    with anyio.move_on_after(0.05):
        client.let(3)
        await upload.save(tmp_path / "a")
    client.let(100)
    with pytest.raises(UploadAborted, match="earlier consumer"):
        await upload.read()


# Limits and clients


@pytest.mark.parametrize("way", ["run", "chunks", "read", "save", "seekable", "path", "lines"])
@pytest.mark.parametrize("excess", [0, 1])
async def test_max_size_holds_for_every_consumer(way: str, excess: int, tmp_path: Path) -> None:
    """The last byte that is allowed passes, and the next one does not."""
    upload = raw_upload(Client(pieces(b"x" * (5000 + excess), 512)), max_size=5000)
    if not excess:
        assert await take(upload, way, tmp_path) == b"x" * 5000
        return
    with pytest.raises(UploadTooLarge, match="more than 5000 bytes"):
        await take(upload, way, tmp_path)
    with pytest.raises(UploadTooLarge):  # and again: it does not end after having failed
        await take(upload, way, tmp_path)
    assert list(tmp_path.iterdir()) == []


async def take(upload: Upload, way: str, folder: Path) -> bytes:
    if way == "save":
        return (await upload.save(folder / "saved")).path.read_bytes()
    if way == "lines":
        return "\n".join([line async for line in upload.lines()]).encode()
    if way == "seekable":
        async with upload.seekable() as file:
            return file.read()
    if way == "path":
        async with upload.path() as path:
            return path.read_bytes()
    ways: dict[str, Callable[[], Awaitable[bytes]]] = {
        "run": lambda: upload.run(read_all),
        "chunks": lambda: collect(upload.chunks()),
        "read": upload.read,
    }
    return await ways[way]()


@pytest.mark.parametrize("way", ["run", "chunks", "read", "save", "seekable", "path", "lines"])
async def test_a_client_that_goes_away_is_an_error_for_every_consumer(way: str, tmp_path: Path) -> None:
    """And nothing of the half file is left."""
    upload = raw_upload(Client(pieces(b"x" * 5000, 512), then="disconnect"), window=2000)
    with pytest.raises(UploadAborted):
        await take(upload, way, tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert not upload.complete


@pytest.mark.parametrize("way", ["run", "chunks", "read", "save", "seekable", "path", "lines"])
async def test_a_client_that_stalls_is_ended(way: str, tmp_path: Path) -> None:
    """408, whoever waits for it."""
    upload = raw_upload(Client(pieces(b"x" * 5000, 512), then="stall"), BodyLimits(idle_timeout=0.05), window=2000)
    with pytest.raises(UploadStalled, match=r"nothing for 0\.05 s"):
        await take(upload, way, tmp_path)


async def test_progress_is_told_from_the_first_to_the_last_byte() -> None:
    """At the end with all of them; never backwards."""
    told: list[int] = []
    upload = raw_upload(Client(pieces(DATA, 100)), progress=lambda received, expected: told.append(received))
    await upload.run(read_all)
    assert told == sorted(told)
    assert told[-1] == len(DATA)


async def test_progress_is_not_told_for_every_chunk() -> None:
    """Ten thousand of them are no reason to call ten thousand times."""
    told: list[int] = []
    await collect(raw_upload(Client([b"x"] * 10_000), progress=lambda *figures: told.append(1)).chunks())
    assert len(told) < 1000


@pytest.mark.parametrize("way", ["run", "chunks", "read", "save", "seekable", "path", "lines"])
async def test_the_digest_is_of_the_whole_file(way: str, tmp_path: Path) -> None:
    """Whoever consumed it; and not there before the end."""
    data = b"a line\n" * 1000
    upload = raw_upload(Client(pieces(data, 999)), window=2000, hash="sha256")
    assert upload.digest is None
    await take(upload, way, tmp_path)
    assert upload.digest == hashlib.sha256(data).hexdigest()


async def test_the_digest_counts_each_byte_once_across_consumers() -> None:
    """What one has left is hashed when the next has read it."""
    upload = raw_upload(Client(pieces(DATA, 1000)), window=2000, hash="md5")
    await upload.run(lambda file: (file.read(7), file.peek()))  # type: ignore[attr-defined]  # a reader has it
    await upload.read(10)
    assert upload.digest is None
    await upload.drain()
    assert upload.digest == hashlib.md5(DATA).hexdigest()


async def test_a_file_that_was_not_consumed_has_no_digest() -> None:
    """Rather none than one of a part."""
    upload = raw_upload(Client([DATA]), hash="sha256")
    await upload.run(lambda file: file.read(10))
    await upload.peek(len(DATA) + 1)
    assert upload.complete
    assert upload.digest is None


async def test_peek_takes_nothing_away() -> None:
    """The first bytes are looked at, and read by the consumer all the same."""
    upload = raw_upload(Client(pieces(DATA, 100)))
    assert await upload.peek(250) == DATA[:250]
    assert await upload.peek(10) == DATA[:10]
    assert await upload.read() == DATA
    assert await upload.peek(10) == b""


async def test_a_closed_upload_says_so() -> None:
    """A task that outlives its request is told, not given an end of file."""
    upload = raw_upload(Client(pieces(DATA, 100)))
    await upload.peek(10)
    upload.close()
    with pytest.raises(UploadAborted, match="has ended"):
        await upload.read()


# Files on disk


async def test_a_seekable_file_can_seek_and_is_gone_afterwards() -> None:
    """Small ones stay in memory, large ones lie in a nameless file; the leak check sees to the rest."""
    for size in (10, 3 * 1024 * KIB):
        data = os.urandom(size)
        async with raw_upload(Client(pieces(data, 64 * KIB))).seekable() as file:
            assert file.seek(0, io.SEEK_END) == size
            file.seek(size // 2)
            assert file.read() == data[size // 2 :]


async def test_seekable_has_a_limit_of_its_own() -> None:
    """What may be streamed need not all fit on the disk."""
    with pytest.raises(UploadTooLarge, match="more than 1000 bytes"):
        async with raw_upload(Client(pieces(DATA, 100))).seekable(max_size="1kB"):
            raise AssertionError("not reached")


async def test_a_path_is_private_keeps_its_suffix_and_is_removed() -> None:
    """0600 whatever the umask; functions look at suffixes."""
    upload = raw_upload(Client([DATA]))
    upload.filename = "../../Report.XLSX"
    before = os.umask(0)
    try:
        async with upload.path() as path:
            assert path.suffix == ".XLSX"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert path.read_bytes() == DATA
    finally:
        os.umask(before)
    assert not path.exists()


async def test_a_path_that_the_function_has_moved_away_is_no_error() -> None:
    """`shutil.move` is a way to keep it."""
    async with raw_upload(Client([DATA])).path() as path:
        target = path.with_name("moved")
        path.rename(target)
    assert target.read_bytes() == DATA
    target.unlink()


async def test_an_error_in_the_block_passes_and_removes_the_file() -> None:
    """As for every context manager."""
    with pytest.raises(ZeroDivisionError):
        async with raw_upload(Client([DATA])).path() as path:
            raise ZeroDivisionError
    assert not path.exists()


# Forms


async def test_fields_before_the_file_are_there_and_later_ones_follow() -> None:
    """What the form has sent is known, the rest when the file was read."""
    body = form(part(b"first", "a", None), part(DATA), part(b"later", "b", None), part(b"again", "a", None))
    upload = await form_upload(Client(pieces(body, 1000)))
    assert upload.fields.multi_items() == [("a", "first")]
    assert await upload.read() == DATA
    assert upload.fields.multi_items() == [("a", "first"), ("b", "later"), ("a", "again")]


async def test_the_file_ends_only_when_the_whole_form_has_arrived() -> None:
    """A form that breaks off behind its file was not sent to its end, and who knows what is missing."""
    body = form(part(DATA), part(b"later", "b", None))
    upload = await form_upload(Client([body[:-10]], then="end"))
    with pytest.raises(UploadAborted, match="closing boundary"):
        await upload.run(read_all)


# What people give it to


def test_the_defaults_of_the_pool_are_those_of_the_docs() -> None:
    """One pool for the process, with room to wait."""
    assert upload_pool() is upload_pool()
    stats = upload_pool().stats()
    assert (stats.name, stats.threads, stats.max_waiting) == ("uploads", 16, 200)


ROWS = [[f"name {n}", 'a "quoted",\nvalue', str(n)] for n in range(500)]


def csv_file() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(ROWS)
    return text.getvalue().encode()


def tar_file() -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as tar:
        entry = tarfile.TarInfo("a.txt")
        entry.size = len(DATA)
        tar.addfile(entry, io.BytesIO(DATA))
    return raw.getvalue()


def untar(file: BinaryIO) -> bytes:
    with tarfile.open(fileobj=file, mode="r|gz") as tar:
        entry = tar.next()
        assert entry
        content = tar.extractfile(entry)
        assert content
        return content.read()


def copy(file: BinaryIO) -> bytes:
    target = io.BytesIO()
    shutil.copyfileobj(file, target)
    return target.getvalue()


CONSUMERS: dict[str, tuple[bytes, Callable[[BinaryIO], Any], Any]] = {
    "csv": (csv_file(), lambda file: list(csv.reader(io.TextIOWrapper(file, "utf-8", newline=""))), ROWS),
    "lines": (csv_file(), list, csv_file().splitlines(keepends=True)),
    "readlines": (csv_file(), lambda file: file.readlines(), csv_file().splitlines(keepends=True)),
    "gzip": (gzip.compress(DATA), lambda file: gzip.GzipFile(fileobj=file).read(), DATA),
    "tar": (tar_file(), untar, DATA),
    "hashlib": (DATA, lambda f: hashlib.file_digest(f, "sha1").digest(), hashlib.sha1(DATA).digest()),  # type: ignore[arg-type]  # BinaryIO lacks readinto there
    "copyfileobj": (DATA, copy, DATA),
    "buffered": (DATA, lambda file: io.BufferedReader(file).read(), DATA),  # type: ignore[type-var]  # BinaryIO is no RawIOBase
    "numpy": (DATA, lambda file: np.frombuffer(file.read(), "u1").sum(), sum(DATA)),
}


@pytest.mark.parametrize("name", CONSUMERS)
@pytest.mark.parametrize("size", [3, 1000, 100_000])
@pytest.mark.one_backend
async def test_libraries_read_it_as_a_file(name: str, size: int) -> None:
    """All that need no seek."""
    data, consume, expected = CONSUMERS[name]
    assert await raw_upload(Client(pieces(data, size)), window=4096).run(consume) == expected


async def test_a_function_that_seeks_is_told_what_to_use() -> None:
    """Also by zipfile, which makes a misleading error of it."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as new:
        new.writestr("a", "b")
    data = archive.getvalue()
    with pytest.raises(NotSeekable, match="seekable"):
        await raw_upload(Client([data])).run(lambda file: file.seek(0))
    with pytest.raises(NotSeekable, match="seekable") as caught:
        await raw_upload(Client([data])).run(zipfile.ZipFile)
    assert isinstance(caught.value.__cause__, zipfile.BadZipFile)
    async with raw_upload(Client([data])).seekable() as file:
        assert zipfile.ZipFile(file).namelist() == ["a"]


async def test_other_errors_after_a_refused_seek_carry_a_note() -> None:
    """Their type is what an app maps to an answer, so it stays."""

    def consume(file: BinaryIO) -> None:
        try:
            file.seek(0)
        except OSError:
            raise LookupError("no picture") from None

    with pytest.raises(LookupError) as caught:
        await raw_upload(Client([DATA])).run(consume)
    assert "seekable" in caught.value.__notes__[0]


def computes(file: BinaryIO) -> int:
    return sum(range(1000))


def test_a_function_that_computes_is_told_of_by_its_own_name_and_place() -> None:
    """With a cure that is one for uploads: a file that still arrives cannot go to another process."""
    reading = _reading(computes, UploadReader(Window(1)))
    with pytest.warns(CpuBoundWarning, match=r"computes\(\) computed for 0\.50 s .* file\.path\(\)") as told:
        tell_hog(reading, 0.5, "uploads")
    assert told[0].filename == __file__


@pytest.mark.parametrize("way", ["run", "chunks", "read", "save", "seekable", "path", "lines"])
async def test_no_consumer_hashes_on_the_event_loop(way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half a millisecond for each chunk is the others' time."""
    threads: set[int] = set()
    update = Digest.update

    def watched(digest: Digest, data: bytes) -> None:
        threads.add(threading.get_ident())
        update(digest, data)

    monkeypatch.setattr(Digest, "update", watched)
    await take(raw_upload(Client(pieces(b"a line\n" * 1000, 999)), hash="sha256"), way, tmp_path)
    assert threads
    assert threading.get_ident() not in threads
