"""Saving an upload: the whole file or none, under the right name, for the right eyes."""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import stat
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import (
    HealthCheck,
    given,
    settings,
    strategies as st,
)

from fastapi_convert import Pool, PoolFull
from fastapi_convert.errors import UploadExists
from fastapi_convert.uploads.saving import SavedFile, _folder, _partfile, sweep
from fastapi_convert.uploads.saving._atomic import AtomicFile, save_stream
from tests.offloading.bodies import Gate
from tests.support.waiting import wait_until, wait_until_async
from tests.uploads.saving_support import PART, each, framed, is_whole, names_in, opened, part_files, save, watch_calls

BATCHES = [[b"first ", b"batch, "], [b""], [b"second batch"]]
CONTENT = b"first batch, second batch"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls to the file system, in order."""
    made: list[str] = []
    watch_calls(made.append, monkeypatch.setattr)
    return made


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# What is saved


async def test_what_arrives_is_what_is_saved(tmp_path: Path) -> None:
    """Content, size and digest."""
    target = tmp_path / "file"
    async with Pool("saving", threads=2) as pool:
        saved = await save_stream(each(BATCHES), target, pool=pool, hasher=hashlib.new("sha256"))
    assert target.read_bytes() == CONTENT
    assert saved == SavedFile(target, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert names_in(tmp_path) == ["file"]


async def test_nothing_is_a_file_too(tmp_path: Path) -> None:
    """No batch at all is an empty file; without a hash there is no digest."""
    async with Pool("saving", threads=2) as pool:
        saved = await save_stream(each([]), tmp_path / "file", pool=pool)
    assert saved == SavedFile(tmp_path / "file", 0, None)
    assert (tmp_path / "file").read_bytes() == b""


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.binary(max_size=300))), most=st.integers(1, 100))
def test_every_byte_is_written_however_little_the_system_takes_at_once(
    tmp_path: Path, batches: list[list[bytes]], most: int
) -> None:
    """Short writes go on where they stopped."""
    content = b"".join(itertools.chain.from_iterable(batches))
    real_write = os.write
    with pytest.MonkeyPatch.context() as patch:
        file = opened(tmp_path / "file", fsync=False, hasher=hashlib.new("sha256"))
        patch.setattr(os, "write", lambda fd, data: real_write(fd, data[:most]))
        for batch in batches:
            file.write(batch)
        saved = file.commit()
    assert (tmp_path / "file").read_bytes() == content
    assert (saved.size, saved.digest) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_batch_of_crumbs_is_one_write(tmp_path: Path, calls: list[str]) -> None:
    """Who has the parser cut his upload to single bytes does not get a system call for each."""
    file = opened(tmp_path / "file", fsync=False)
    file.write([b"x"] * 10_000)
    assert calls.count("write") == 1
    assert file.commit().size == 10_000


def test_a_saved_file_opens_asynchronously(tmp_path: Path) -> None:
    """By aiofiles, with its arguments."""
    (tmp_path / "file").write_bytes("grüße".encode("latin-1"))
    saved = SavedFile(tmp_path / "file", 5, None)

    async def main() -> tuple[bytes, str]:
        async with saved.open() as binary, saved.open("r", encoding="latin-1") as text:
            return await binary.read(), await text.read()

    assert anyio.run(main) == ("grüße".encode("latin-1"), "grüße")


def test_aiofiles_is_loaded_by_those_who_open() -> None:
    """Not by those who save."""
    code = "import sys, fastapi_convert.uploads.saving._atomic; sys.exit('aiofiles' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# What it replaces


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """Whole each time, while the target is replaced again and again."""
    target = tmp_path / "file"
    save(target, framed(b"0"))
    seen: Counter[bool] = Counter()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen[is_whole(target.read_bytes())] += 1

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        save(target, framed(str(number).encode() * (1 + number * 1000)), fsync=False)
    done.set()
    reader.join()
    assert set(seen) == {True}


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """What it points to stays as it is."""
    outside, target = tmp_path / "outside", tmp_path / "file"
    outside.write_bytes(b"precious")
    target.symlink_to(outside)
    save(target, b"new")
    assert not target.is_symlink()
    assert (target.read_bytes(), outside.read_bytes()) == (b"new", b"precious")


def test_a_link_swapped_in_all_the_time_leads_nothing_outside(tmp_path: Path) -> None:
    """200 saves, while somebody else makes the target now a file, now a link to a file outside."""
    folder, outside = tmp_path / "uploads", tmp_path / "outside"
    target, bait = folder / "file", folder / "bait"
    folder.mkdir()
    outside.write_bytes(b"precious")
    done, swaps = threading.Event(), itertools.count()

    def swap() -> None:
        while not done.is_set():
            if next(swaps) % 2:
                bait.symlink_to(outside)
            else:
                bait.write_bytes(b"bait")
            bait.replace(target)

    attacker = threading.Thread(target=swap)
    attacker.start()
    try:
        wait_until(target.exists)
        for _ in range(200):
            save(target, b"uploaded", fsync=False)
    finally:
        done.set()
        attacker.join()
    assert next(swaps) > 10
    assert outside.read_bytes() == b"precious"
    assert names_in(tmp_path) == ["outside", "uploads"]
    assert part_files(folder) == []


def test_a_folder_swapped_for_a_link_redirects_nothing(tmp_path: Path) -> None:
    """The file arrives in the folder that was opened, wherever that is by now."""
    folder, moved, outside = tmp_path / "uploads", tmp_path / "moved", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    file = opened(folder / "file")
    folder.rename(moved)
    folder.symlink_to(outside)
    file.write([b"uploaded"])
    file.commit()
    assert (moved / "file").read_bytes() == b"uploaded"
    assert names_in(outside) == []


@pytest.mark.parametrize("name", ["inner", "inner/..", "..", "."])
def test_a_folder_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """By whatever name it goes, and it is told before anything is written."""
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(IsADirectoryError, match="cannot replace a folder: choose a name inside it"):
        AtomicFile(Path(name)).open()
    assert names_in(tmp_path) == ["inner"]


def test_a_folder_that_appears_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    """Nor is one that was made after the file was opened, and nothing is left."""
    file = opened(tmp_path / "inner")
    (tmp_path / "inner").mkdir()
    with pytest.raises(IsADirectoryError):
        file.commit()
    assert names_in(tmp_path) == ["inner"]


# Who is first, when it is exclusive


@pytest.mark.parametrize("kind", ["file", "dangling link"])
def test_exclusive_refuses_what_exists_before_anything_arrives(tmp_path: Path, kind: str) -> None:
    """A link to nowhere is something, too."""
    target = tmp_path / "file"
    target.write_bytes(b"first") if kind == "file" else target.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UploadExists, match=r"file' exists already. Choose another name, or save without exclusive"):
        AtomicFile(target, exclusive=True).open()
    assert names_in(tmp_path) == ["file"]


def test_of_twenty_who_want_the_same_name_one_gets_it(tmp_path: Path) -> None:
    """All have been told that it is free; the others are refused at the end, and leave nothing."""
    target = tmp_path / "file"
    contents = [framed(str(number).encode() * 50_000) for number in range(20)]
    barrier = threading.Barrier(len(contents))
    outcomes: list[bytes | None] = []

    def race(content: bytes) -> None:
        file = opened(target, exclusive=True)
        file.write([content])
        barrier.wait(20)
        try:
            file.commit()
        except UploadExists:
            outcomes.append(None)
        else:
            outcomes.append(content)

    threads = [threading.Thread(target=race, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (winner,) = [content for content in outcomes if content is not None]
    assert len(outcomes) == len(contents)
    assert target.read_bytes() == winner
    assert names_in(tmp_path) == ["file"]


# Who may read it


@pytest.mark.parametrize("mask", [0, 0o777])
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o440])
def test_only_the_owner_reads_it_before_it_is_complete(tmp_path: Path, mask: int, mode: int) -> None:
    """0600 until it has its name, then as asked for, whatever the umask."""
    with umask(mask):
        file = opened(tmp_path / "file", mode=mode)
        file.write([b"secret"])
        (part,) = part_files(tmp_path)
        assert mode_of(tmp_path / part) == 0o600
        file.commit()
    assert mode_of(tmp_path / "file") == mode


# What lasts


def test_the_file_is_on_the_disk_before_its_name_and_the_name_before_the_end(tmp_path: Path, calls: list[str]) -> None:
    """fsync, replace, fsync."""
    save(tmp_path / "file", b"content")
    assert [call for call in calls if call in {"write", "fsync", "replace"}] == ["write", "fsync", "replace", "fsync"]
    calls.clear()
    save(tmp_path / "other", b"content", exclusive=True)
    assert [call for call in calls if call in {"write", "fsync", "link"}] == ["write", "fsync", "link", "fsync"]


def test_fsync_is_of_the_file_and_of_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file under its part name, then the folder."""
    synced: list[str] = []
    real_fsync = os.fsync

    def fsync(fd: int) -> None:
        found = os.fstat(fd)
        synced.extend(path.name for path in [tmp_path, *tmp_path.iterdir()] if os.path.samestat(path.lstat(), found))
        real_fsync(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    file = opened(tmp_path / "file")
    (part,) = part_files(tmp_path)
    file.commit()
    assert synced == [part, tmp_path.name]


def test_without_fsync_an_error_of_the_last_bytes_is_still_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Network file systems report a full disk when a descriptor is closed: the file must not get its name then."""
    calls: list[str] = []

    def before(call: str) -> None:
        calls.append(call)
        if calls[-2:] == ["dup", "close"]:
            raise OSError(errno.EDQUOT, "Disk quota exceeded")

    watch_calls(before, monkeypatch.setattr)
    with pytest.raises(OSError, match="quota"):
        save(tmp_path / "file", b"content", fsync=False)
    assert "fsync" not in calls
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("number, fails", [(errno.EINVAL, False), (errno.EBADF, False), (errno.EIO, True)])
def test_file_systems_that_cannot_sync_a_folder_are_forgiven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, fails: bool
) -> None:
    """A disk that fails is not."""
    calls: list[str] = []

    def before(call: str) -> None:
        calls.append(call)
        if call == "fsync" and "replace" in calls:
            raise OSError(number, "injected")

    watch_calls(before, monkeypatch.setattr)
    if fails:
        with pytest.raises(OSError, match="injected"):
            save(tmp_path / "file", framed(b"content"))
    else:
        save(tmp_path / "file", framed(b"content"))
    assert is_whole((tmp_path / "file").read_bytes())
    assert names_in(tmp_path) == ["file"]


# What is refused


def test_a_missing_folder_is_told_with_the_cure(tmp_path: Path) -> None:
    """Which folder, and what to do."""
    with pytest.raises(FileNotFoundError, match=r"does not exist: create it when the application starts: '.*missing'"):
        AtomicFile(tmp_path / "missing" / "file").open()
    with pytest.raises(FileNotFoundError, match=r"does not exist: create it when the application starts: '.*missing'"):
        sweep(tmp_path / "missing")


def test_a_target_that_a_sweep_would_remove_is_refused(tmp_path: Path) -> None:
    """Saved today, gone tomorrow: better told now."""
    with pytest.raises(ValueError, match="named like a part file"):
        AtomicFile(tmp_path / PART).open()
    assert names_in(tmp_path) == []


def test_steps_out_of_order_are_refused(tmp_path: Path) -> None:
    """Before the file is opened, after it was committed, discarded or failed; discarding is always right."""
    file = AtomicFile(tmp_path / "file")
    file.discard()
    for step in (lambda: file.write([b"x"]), file.commit):
        with pytest.raises(ValueError, match=r"is not being written: it was never opened, or it has ended"):
            step()
    committed, discarded = opened(tmp_path / "committed"), opened(tmp_path / "discarded")
    committed.commit()
    for file in (committed, discarded):
        file.discard()
        file.discard()
        with pytest.raises(ValueError, match="is not being written"):
            file.commit()
    assert names_in(tmp_path) == ["committed"]


def test_a_file_that_could_not_be_written_to_the_end_is_never_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even if somebody asks for it."""
    file = opened(tmp_path / "file")
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", _fail)
        with pytest.raises(OSError, match="injected"):
            file.write([b"x"])
    assert names_in(tmp_path) == []
    with pytest.raises(ValueError, match="is not being written"):
        file.commit()


def _fail(*_args: object) -> int:
    raise OSError(errno.ENOSPC, "injected")


# What a system lacks


@pytest.mark.parametrize(
    "module, lacks", [(_folder, "HAS_DIR_FD"), (_partfile, "HAS_LOCKS"), (_partfile, "HAS_FCHMOD")]
)
@pytest.mark.parametrize("exclusive", [False, True])
def test_what_a_system_lacks_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: Any, lacks: str, exclusive: bool
) -> None:
    """No descriptors of folders, no locks, no fchmod: Windows has none of them."""
    monkeypatch.setattr(module, lacks, False)
    target = tmp_path / "file"
    save(target, b"old")
    if exclusive:
        with pytest.raises(UploadExists):
            save(target, b"new", exclusive=True)
        target.unlink()
    save(target, b"new", exclusive=exclusive)
    assert target.read_bytes() == b"new"
    file = opened(tmp_path / "other", exclusive=exclusive)
    file.write([b"x"])
    file.discard()
    with pytest.raises(FileNotFoundError, match="does not exist: create it"):
        AtomicFile(tmp_path / "missing" / "file").open()
    (tmp_path / PART).touch()
    assert sweep(tmp_path) == ([] if lacks == "HAS_LOCKS" else [tmp_path / PART])
    assert names_in(tmp_path) == ([PART, "file"] if lacks == "HAS_LOCKS" else ["file"])


def test_without_locks_a_file_is_closed_before_it_is_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: list[str]
) -> None:
    """Windows renames nothing that is open, and there is no lock to keep."""
    monkeypatch.setattr(_partfile, "HAS_LOCKS", False)
    save(tmp_path / "file", b"content")
    assert calls[calls.index("replace") - 1] == "close"


# On a pool


@pytest.mark.one_backend
async def test_a_refused_save_costs_nothing(tmp_path: Path) -> None:
    """PoolFull before anything was done is answered without a step to undo it."""
    gate = Gate()
    async with Pool("full", threads=1, max_waiting=0) as pool, anyio.create_task_group() as group:
        group.start_soon(pool.run, gate.body)
        await wait_until_async(gate.begun.is_set)
        with pytest.raises(PoolFull):
            await save_stream(each(BATCHES), tmp_path / "file", pool=pool)
        assert pool.stats().completed == 0
        gate.open()
    assert names_in(tmp_path) == []


@pytest.mark.one_backend
async def test_a_save_that_cannot_begin_needs_no_clean_up(tmp_path: Path) -> None:
    """One step, which has failed."""
    async with Pool("one", threads=1) as pool:
        with pytest.raises(FileNotFoundError):
            await save_stream(each(BATCHES), tmp_path / "missing" / "file", pool=pool)
        assert pool.stats().completed == 1


async def test_a_save_that_finds_no_worker_half_way_leaves_nothing(tmp_path: Path) -> None:
    """The clean-up is never refused."""
    gate = Gate()

    async def batches() -> Any:
        yield [b"begun"]
        group.start_soon(pool.run, gate.body)
        await wait_until_async(gate.begun.is_set)
        yield [b"refused"]

    async with Pool("full", threads=1, max_waiting=0) as pool, anyio.create_task_group() as group:
        async with aclosing(batches()) as source:
            with pytest.raises(PoolFull):
                await save_stream(source, tmp_path / "file", pool=pool)
        assert names_in(tmp_path) == []
        gate.open()


def test_a_file_is_live_from_the_first_moment_to_the_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who leaves in the middle of `open` must know that there is something to discard."""
    file = AtomicFile(tmp_path / "file")
    live: list[bool] = []
    watch_calls(lambda _call: live.append(file.live), monkeypatch.setattr)
    assert not file.live
    file.open()
    file.commit()
    assert set(live) == {True}
    assert not file.live


def test_discarding_waits_for_a_step_that_still_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A caller may have given up on a write that hangs: its descriptor must not become another file's."""
    gate, waits = Gate(), threading.Event()
    order: list[str] = []
    file = opened(tmp_path / "file")

    class Turn:
        """The file's lock, that tells of who waits for it."""

        lock = file._turn

        def __enter__(self) -> None:
            if self.lock.locked():
                waits.set()
            self.lock.acquire()

        def __exit__(self, *_error: object) -> None:
            self.lock.release()

    def before(call: str) -> None:
        if call == "write":
            gate.body()
        order.append(call)

    monkeypatch.setattr(file, "_turn", Turn())
    watch_calls(before, monkeypatch.setattr)
    writer = threading.Thread(target=file.write, args=([b"content"],))
    discarder = threading.Thread(target=file.discard)
    writer.start()
    wait_until(gate.begun.is_set)
    discarder.start()
    wait_until(waits.is_set)
    gate.open()
    writer.join()
    discarder.join()
    assert order[0] == "write"
    assert names_in(tmp_path) == []


@pytest.mark.one_backend
async def test_a_coroutine_that_is_closed_leaves_nothing(tmp_path: Path) -> None:
    """As at the end of a loop: it may not wait any more, but it cleans up."""

    async def stalled() -> Any:
        yield [b"begun"]
        await anyio.sleep_forever()

    async with Pool("closing", threads=1) as pool:
        batches = stalled()
        saving = save_stream(batches, tmp_path / "file", pool=pool)
        while pool.stats().completed < 2:  # opened, and the first batch written
            future = saving.send(None)
            await wait_until_async(lambda: future is None or future.done())  # noqa: B023 - called at once
        saving.close()
        await batches.aclose()
        assert names_in(tmp_path) == []
