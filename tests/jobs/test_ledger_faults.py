"""What goes wrong with the file of a ledger, and how it says so and goes on."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fastapi_convert.errors import JobStoreUnavailable, JobStoreUnusable, NotStarted
from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.ledger import SQLiteLedger, _filesystem, _inbox, _readers, _schema, _writer
from fastapi_convert.jobs.model import Ending, NewJob
from tests.jobs.ledger_support import (
    ERROR,
    PATIENCE,
    TERMS,
    begun,
    claimed,
    ended,
    integrity,
    opened,
    record,
    submitted,
)
from tests.support.waiting import wait_until


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SQLiteLedger]:
    with opened(path) as ledger:
        yield ledger


def writing(ledger: SQLiteLedger) -> sqlite3.Connection:
    """The connection that writes."""
    db = ledger._opened()._writer.db
    assert db is not None
    return db


def refused(path: Path, match: str) -> None:
    with pytest.raises(JobStoreUnusable, match=match):
        SQLiteLedger(path, clock=ManualClock(), timeout=1).open()


# Durability


class Watched:
    """The statements that the writer's connection runs, beside its level of syncing then."""

    def __init__(self, ledger: SQLiteLedger) -> None:
        self.commits: list[int] = []
        self._db = writing(ledger)
        self._level = int(self._db.execute("PRAGMA synchronous").fetchone()[0])
        self._db.set_trace_callback(self._see)

    def _see(self, statement: str) -> None:
        if statement.startswith("PRAGMA synchronous = "):
            self._level = {"FULL": 2, "NORMAL": 1}[statement.rsplit(maxsplit=1)[-1]]
        if statement == "COMMIT":
            self.commits.append(self._level)


def test_with_power_only_claims_and_progress_are_committed_without_a_sync(path: Path) -> None:
    """Losing one of those costs a second run. All that is promised is synced before its future is done."""
    with opened(path, durability="power") as ledger:
        watched = Watched(ledger)
        submitted(ledger)
        (claim,) = claimed(ledger)
        ledger.report(claim.id, 1, 0.5, "").result(PATIENCE)
        ended(ledger, claim, "failed", error=ERROR)
        ledger.retry(claim.id).result(PATIENCE)
        ledger.recover("worker", [], ERROR, 1).result(PATIENCE)
        ledger.cancel(claim.id).result(PATIENCE)
        ledger.purge(1).result(PATIENCE)
        assert watched.commits == [2, 1, 1, 2, 2, 2, 2, 2]
        assert writing(ledger).execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_mixed_batch_is_synced(path: Path) -> None:
    """A claim that shares its commit with a submission."""
    with opened(path, durability="power") as ledger:
        watched = Watched(ledger)
        told, go_on = threading.Event(), threading.Event()

        def hold_up(_: frozenset[str]) -> None:
            told.set()
            go_on.wait()

        ledger.on_change(hold_up)
        futures = [ledger.submit(NewJob("report", "{}"))]
        told.wait()
        futures += [ledger.claim("worker", TERMS, 1), ledger.submit(NewJob("report", "{}"))]  # type: ignore[list-item]  # any
        go_on.set()
        for future in futures:
            future.result(PATIENCE)
        assert watched.commits == [2, 2]


def test_with_process_nothing_waits_for_the_disk(path: Path) -> None:
    """But the WAL is there for every other process."""
    with opened(path, durability="process") as ledger:
        watched = Watched(ledger)
        submitted(ledger)
        assert watched.commits == [1]


def test_the_writer_keeps_its_own_checkpoints(ledger: SQLiteLedger) -> None:
    """SQLite's would be made without the lock."""
    db = writing(ledger)
    assert db.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_the_wal_is_carried_over_when_it_is_long(ledger: SQLiteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """So it does not grow for ever."""
    monkeypatch.setattr(_writer, "CHECKPOINT_AT", 100_000)
    ledger.close()
    ledger.open()
    for _ in range(100):
        submitted(ledger, payload="x" * 10_000)
    assert Path(f"{ledger.path}-wal").stat().st_size < 300_000
    assert ledger.path.stat().st_size > 1_000_000


# Writes that fail


def test_a_full_disk_refuses_all_and_ends_by_itself(ledger: SQLiteLedger) -> None:
    """Nothing of the batch is stored, and the next write after there is space is."""
    claim = begun(ledger)
    before = ledger.list()
    db = writing(ledger)
    ((pages,),) = db.execute("PRAGMA page_count")
    db.execute(f"PRAGMA max_page_count = {pages}")
    futures = [ledger.submit(NewJob("report", "x" * 10_000)) for _ in range(50)]
    for future in futures:
        error = future.exception(PATIENCE)
        assert isinstance(error, JobStoreUnavailable)
        assert "full" in str(error)
        assert isinstance(error.__cause__, sqlite3.Error)
    assert ledger.list() == before
    db.execute("PRAGMA max_page_count = 1000000")
    submitted(ledger, payload="x" * 10_000)
    assert ended(ledger, claim, result="1")
    assert integrity(ledger.path) == "ok"


def test_a_store_that_becomes_read_only_refuses(ledger: SQLiteLedger) -> None:
    """And goes on when it may be written again."""
    db = writing(ledger)
    db.execute("PRAGMA query_only = ON")
    with pytest.raises(JobStoreUnavailable, match="readonly"):
        submitted(ledger)
    db.execute("PRAGMA query_only = OFF")
    submitted(ledger)


def test_a_lock_of_another_program_makes_writes_fail(path: Path) -> None:
    """One that knows nothing of the mutex: somebody's SQLite shell."""
    with opened(path, timeout=0.2) as ledger, closing(sqlite3.connect(path, isolation_level=None)) as shell:
        shell.execute("BEGIN IMMEDIATE")
        with pytest.raises(JobStoreUnavailable, match="locked"):
            submitted(ledger)
        assert ledger.list() == []
        shell.execute("ROLLBACK")
        submitted(ledger)


def test_a_connection_that_is_of_no_more_use_is_replaced(ledger: SQLiteLedger) -> None:
    """Even its roll-back fails."""
    writing(ledger).close()
    with pytest.raises(JobStoreUnavailable):
        submitted(ledger)
    submitted(ledger)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_gone_is_not_written_to(ledger: SQLiteLedger, replaced: bool) -> None:
    """Nor is another one under its name; the jobs would be in no file, or in the wrong one."""
    submitted(ledger)
    aside = ledger.path.with_name("aside")
    ledger.path.rename(aside)
    if replaced:
        ledger.path.write_bytes(b"")
    with pytest.raises(JobStoreUnavailable, match=r"deleted or replaced|No such file"):
        submitted(ledger)
    aside.rename(ledger.path)
    submitted(ledger)


def test_a_damaged_page_is_told(path: Path) -> None:
    """Reads and writes that meet it fail with an error of the store; closing works."""
    with opened(path) as ledger:
        for _ in range(200):
            submitted(ledger, payload="x" * 2000)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * (path.stat().st_size - 4096))
    with pytest.raises((JobStoreUnusable, JobStoreUnavailable)), opened(path) as ledger:
        with pytest.raises(JobStoreUnavailable, match="could not be read"):
            ledger.list(any_owner=True)
        submitted(ledger)


def test_a_line_that_is_too_long_is_refused_at_once(ledger: SQLiteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting would not help those who came last."""
    monkeypatch.setattr(_inbox, "LONGEST_LINE", 2)
    told, go_on = threading.Event(), threading.Event()

    def hold_up(_: frozenset[str]) -> None:
        told.set()
        go_on.wait()

    ledger.on_change(hold_up)
    futures = [ledger.submit(NewJob("report", "{}"))]
    told.wait()
    futures += [ledger.submit(NewJob("report", "{}")) for _ in range(3)]
    with pytest.raises(JobStoreUnavailable, match="2 writes"):
        futures.pop().result(0)
    go_on.set()
    assert all(future.result(PATIENCE).created for future in futures)


# Opening


def test_the_file_is_for_its_owner_only(ledger: SQLiteLedger) -> None:
    """And so are its companions."""
    submitted(ledger)
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in ledger.path.parent.iterdir()}
    assert set(modes) == {"jobs.db", "jobs.db-wal", "jobs.db-shm", "jobs.db.lock", "jobs.db.next"}
    assert set(modes.values()) == {0o600}


def test_a_folder_that_is_missing_is_not_made(tmp_path: Path) -> None:
    """A wrong path must not become an empty store somewhere."""
    refused(tmp_path / "missing" / "jobs.db", "folder does not exist")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database, but long enough" * 200, b"SQLite format 3\0" + b"\xff" * 4080])
def test_what_is_no_database_is_refused(path: Path, content: bytes) -> None:
    """And is left as it was."""
    path.write_bytes(content)
    refused(path, "cannot be used")
    assert path.read_bytes() == content


def test_a_folder_in_place_of_the_file_is_refused(path: Path) -> None:
    """With the same error."""
    path.mkdir()
    refused(path, "cannot be used")


def test_the_database_of_another_program_is_refused(path: Path) -> None:
    """Nothing is added to it."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE jobs (x)")
    refused(path, "another program")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("jobs",)]


def test_a_newer_store_is_refused(path: Path) -> None:
    """An older release must not write what it does not understand."""
    with opened(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    refused(path, r"newer release.*version 99")


def test_a_store_is_migrated_in_one_step(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From each version to the next, and not at all if one of the statements fails."""
    with opened(path) as ledger:
        job_id = submitted(ledger)
    first = _schema.MIGRATIONS
    monkeypatch.setattr(_schema, "MIGRATIONS", (*first, ("ALTER TABLE jobs ADD note TEXT", "nonsense")))
    refused(path, "syntax error")
    monkeypatch.setattr(_schema, "MIGRATIONS", (*first, ("ALTER TABLE jobs ADD note TEXT",)))
    with opened(path) as ledger:
        assert record(ledger, job_id).state == "queued"
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT note FROM jobs").fetchall() == [(None,)]


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    """As a deployment may have made it for its permissions."""
    path.touch()
    with opened(path) as ledger:
        submitted(ledger)


def test_what_fails_to_open_leaves_nothing_open(path: Path) -> None:
    """It can be tried again; the fixture looks for descriptors."""
    ledger = SQLiteLedger(path.parent / "missing" / "jobs.db", clock=ManualClock())
    for _ in range(3):
        with pytest.raises(JobStoreUnusable):
            ledger.open()
    ledger.close()


class OtherBoot(ManualClock):
    """The same machine after a restart: its steady clock has begun anew."""

    def boot(self) -> str:
        return "other"


def test_after_a_restart_of_the_machine_times_mean_the_same(path: Path) -> None:
    """What was due or expires at some hour still is and does, whatever the steady clock says."""
    clock = ManualClock()
    clock.advance(1_000_000)
    with opened(path, clock=clock) as ledger:
        claim = begun(ledger, keep=300)
        ended(ledger, claim, "failed", error=ERROR)
        delayed, retried = submitted(ledger, delay=100), begun(ledger)
        ended(ledger, retried, "retry", delay=100)
    for _ in range(2):  # opening it once more changes nothing
        later = OtherBoot(wall=clock.now().wall + 40)
        with opened(path, clock=later) as ledger:
            later.advance(59)
            assert claimed(ledger) == []
            assert ledger.purge(10).result(PATIENCE) == []
    later = OtherBoot(wall=clock.now().wall + 40)
    with opened(path, clock=later) as ledger:
        later.advance(60)
        assert {each.id for each in claimed(ledger)} == {delayed, retried.id}
        later.advance(200)
        assert ledger.purge(10).result(PATIENCE) == [claim.id]
        later.advance(299)
        assert ledger.purge(10).result(PATIENCE) == []
        later.advance(1)
        assert ledger.purge(10).result(PATIENCE) == [claim.id]


# File systems

MOUNTS = r"""
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:30 / /srv rw shared:2 - nfs4 server:/export rw
31 30 0:31 / /srv/local\040disk rw - ext4 /dev/vdb rw
32 22 0:32 / /home/a rw - fuse.sshfs host: rw
33 22 0:33 / /mnt rw - fuse.mergerfs x rw
34 33 0:34 / /mnt rw master:1 propagate_from:2 - cifs //server/share rw
a line that nobody understands
"""


@pytest.mark.parametrize(
    "folder,kind",
    [
        ("/", "ext4"),
        ("/var/lib", "ext4"),
        ("/srv", "nfs4"),
        ("/srv/a/b", "nfs4"),
        ("/srvother", "ext4"),
        ("/srv/local disk/x", "ext4"),
        ("/home/a", "fuse.sshfs"),
        ("/mnt/x", "cifs"),
    ],
)
def test_the_file_system_of_a_folder_is_found(folder: str, kind: str) -> None:
    """That of the nearest mount point, and of two on one point the later."""
    assert _filesystem.filesystem_of(Path(folder), MOUNTS) == kind


@pytest.mark.parametrize("kind,allowed", [("nfs4", False), ("fuse.sshfs", False), ("9p", False), ("fuse.x", True)])
def test_a_network_file_system_is_refused(
    tmp_path: Path, path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, allowed: bool
) -> None:
    """Before anything is written there."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 0:1 / / rw - {kind} somewhere rw\n")
    monkeypatch.setattr(_filesystem, "_MOUNTS", mounts)
    if allowed:
        with opened(path):
            pass
    else:
        refused(path, rf"network file system \({kind}\)")
        assert not path.exists()


def test_where_mounts_cannot_be_read_nothing_is_refused(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS."""
    monkeypatch.setattr(_filesystem, "_MOUNTS", tmp_path / "missing")
    with opened(path) as ledger:
        assert ledger.end("unknown", 1, Ending("succeeded")).result(PATIENCE) is False


def test_a_link_to_the_file_is_the_file(path: Path, tmp_path: Path) -> None:
    """So both names share the locks."""
    with opened(path) as ledger:
        (tmp_path / "link.db").symlink_to(path)
        with opened(tmp_path / "link.db") as other:
            job_id = submitted(other)
        assert record(ledger, job_id).state == "queued"
    assert not (tmp_path / "link.db.lock").exists()


# The ends of threads


def test_closing_waits_for_reads_that_go_on(path: Path) -> None:
    """And those that come later are told that it is closed."""
    begun_, go_on, answers = threading.Event(), threading.Event(), []

    def question(db: sqlite3.Connection) -> int:
        begun_.set()
        go_on.wait()
        return int(db.execute("SELECT count(*) FROM jobs").fetchone()[0])

    with opened(path) as ledger:
        submitted(ledger)
        readers = ledger._opened().readers
        reading = threading.Thread(target=lambda: answers.append(readers.read(question)))
        reading.start()
        begun_.wait()
        closing_ = threading.Thread(target=ledger.close)
        closing_.start()
        wait_until(lambda: readers._closed)
        go_on.set()
        reading.join()
        closing_.join()
    assert answers == [1]
    for call in (readers.version, lambda: readers.read(question)):
        with pytest.raises(NotStarted, match="was closed"):
            call()


def test_reads_wait_for_a_connection_for_so_long_and_no_longer(path: Path) -> None:
    """There are only a few of them."""
    go_on, waiting = threading.Event(), threading.Semaphore(0)

    def question(_: sqlite3.Connection) -> None:
        waiting.release()
        go_on.wait()

    with opened(path, timeout=0.1) as ledger:
        threads = [threading.Thread(target=ledger._read, args=(question,)) for _ in range(_readers.READERS)]
        for thread in threads:
            thread.start()
            waiting.acquire()
        with pytest.raises(JobStoreUnavailable, match=r"going on for 0\.1 s"):
            ledger.list()
        go_on.set()
        for thread in threads:
            thread.join()
        assert ledger.list() == []


def test_a_writer_that_fails_leaves_nobody_waiting(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever waits or comes later fails, instead of hanging."""
    with opened(path, timeout=1) as ledger:
        monkeypatch.setattr(threading, "excepthook", lambda _: None)
        monkeypatch.setattr(ledger._opened()._writer, "_checkpoint_if_due", lambda: 1 / 0)
        told, go_on = threading.Event(), threading.Event()

        def hold_up(_: frozenset[str]) -> None:
            told.set()
            go_on.wait()

        ledger.on_change(hold_up)
        first = ledger.submit(NewJob("report", "{}"))
        told.wait()
        second = ledger.submit(NewJob("report", "{}"))
        go_on.set()
        assert first.result(PATIENCE).created
        assert isinstance(second.exception(PATIENCE), JobStoreUnavailable)
        assert isinstance(ledger.submit(NewJob("report", "{}")).exception(PATIENCE), JobStoreUnavailable)
