"""Who is alive on this machine: real processes that are killed, stopped, forked and reaped."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fastapi_convert.jobs.work._presence import MOST_PLACES, Presence, dead, is_alive, share
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]
A, B, C = ("a" * 32, "b" * 32, "0123456789abcdef" * 2)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a body of `machine_processes`; whatever is left of it at the end is killed."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.jobs.machine_processes", *map(str, arguments)]
        pipe = subprocess.PIPE
        processes.append(subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def words(process: subprocess.Popen[str]) -> list[str]:
    assert process.stdout is not None
    return process.stdout.readline().split()


def found(folder: Path) -> list[str]:
    """Ids of the dead, left where they are."""
    workers = dead(folder)
    for worker in workers:
        worker.leave()
    return [worker.id for worker in workers]


def test_a_killed_worker_is_dead_and_what_it_had_begun_is_known(tmp_path: Path, start: Start) -> None:
    """What it has finished, and what it was never asked to do, is not among it."""
    worker = start("work", tmp_path, A, f"-{B}", C)
    [worker_id] = words(worker)
    assert dead(tmp_path) == []
    worker.kill()
    wait_until(lambda: found(tmp_path) == [worker_id], timeout=1)
    assert is_alive(tmp_path, worker_id)
    with dead(tmp_path)[0] as lost:
        assert (lost.id, lost.began) == (worker_id, frozenset({A, C}))
        assert dead(tmp_path) == []
        lost.bury()
        lost.bury()
    assert not is_alive(tmp_path, worker_id)
    assert list(tmp_path.iterdir()) == []


def test_a_worker_that_ends_in_peace_leaves_nothing(tmp_path: Path, start: Start) -> None:
    """Nobody has anything to clean up after it."""
    worker = start("work", tmp_path, A)
    words(worker)
    worker.communicate()
    assert list(tmp_path.iterdir()) == []


def test_a_stopped_worker_is_alive(tmp_path: Path, start: Start) -> None:
    """However long it stands still; its lock is what counts."""
    worker = start("work", tmp_path)
    [worker_id] = words(worker)
    worker.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, worker.pid, os.WSTOPPED | os.WNOWAIT)
    os.utime(tmp_path / f"{worker_id}.lock", (0, 0))
    assert dead(tmp_path) == []
    worker.send_signal(signal.SIGCONT)
    worker.communicate()


def test_a_process_that_works_for_it_keeps_it_alive(tmp_path: Path, start: Start) -> None:
    """Its jobs must not begin anew while one of them still runs."""
    worker = start("work_with_helper", tmp_path)
    worker_id, helper = words(worker)
    try:
        assert words(worker) == ["helping"]
        worker.kill()
        worker.wait()
        assert dead(tmp_path) == []
    finally:
        os.kill(int(helper), signal.SIGKILL)
    wait_until(lambda: found(tmp_path) == [worker_id], timeout=1)


def test_what_it_forks_and_executes_does_not_keep_it_alive(tmp_path: Path, start: Start) -> None:
    """Nor does a forked child take away its parent's file or bell, or write into it."""
    worker = start("fork_and_wait", tmp_path)
    said = [words(worker), words(worker)]
    said.remove(["closed"])
    worker_id, *children = said[0]
    try:
        assert {path.suffix for path in tmp_path.iterdir()} == {".lock", ".bell"}
        assert dead(tmp_path) == []
        worker.kill()
        wait_until(lambda: found(tmp_path) == [worker_id], timeout=1)
        with dead(tmp_path)[0] as lost:
            assert lost.began == frozenset()
    finally:
        for child in children:
            os.kill(int(child), signal.SIGKILL)


def test_of_many_reapers_exactly_one_buries(tmp_path: Path, start: Start) -> None:
    """Twenty look at the same moment."""
    worker = start("work", tmp_path, A)
    [worker_id] = words(worker)
    worker.kill()
    worker.wait()
    reapers = [start("reap", tmp_path, time.monotonic() + 3) for _ in range(20)]
    said = [reaper.communicate()[0].split() for reaper in reapers]
    assert [worker_id] in said
    assert said.count([]) == 19


def test_who_begins_is_never_taken_for_dead(tmp_path: Path, start: Start) -> None:
    """However fast workers come and go while somebody reaps."""
    comers = [start("come_and_go", tmp_path, 400) for _ in range(2)]
    buried = []
    while any(comer.poll() is None for comer in comers):
        for worker in dead(tmp_path):
            buried.append(worker.id)
            worker.bury()
    assert [words(comer) for comer in comers] == [["0"], ["0"]]
    assert buried == []


def test_our_own_is_never_dead(tmp_path: Path) -> None:
    """Not even to this very process; and closing twice is fine."""
    presence = Presence(tmp_path)
    assert presence.path == tmp_path / f"{presence.id}.lock"
    assert dead(tmp_path) == []
    assert is_alive(tmp_path, presence.id)
    presence.close()
    presence.close()
    presence.begin(0, A)
    assert not is_alive(tmp_path, presence.id)
    assert list(tmp_path.iterdir()) == []


def test_nothing_but_ids_comes_out_of_a_damaged_file(tmp_path: Path) -> None:
    """Whatever somebody has written there."""
    path = tmp_path / "1-0123456789abcdef.lock"
    records = [
        b"\0" * 64,
        A.encode().ljust(64),
        b"../../etc/passwd".ljust(64),
        B.upper().encode().ljust(64),
        b"\xff" * 64,
    ]
    path.write_bytes(b"".join(records) + C.encode()[:20])
    with dead(tmp_path)[0] as worker:
        assert worker.began == {A}
    path.write_bytes(b"")
    with dead(tmp_path)[0] as worker:
        assert worker.began == frozenset()


def test_what_is_no_lock_file_is_left_alone(tmp_path: Path) -> None:
    """Other names, folders, pipes that would block, links to other files."""
    (tmp_path / "other.lock").touch()
    (tmp_path / "1-0123456789abcde0.lock").mkdir()
    os.mkfifo(tmp_path / "1-0123456789abcde1.lock")
    (tmp_path / "1-0123456789abcde2.lock").symlink_to(tmp_path / "other.lock")
    before = sorted(tmp_path.iterdir())
    assert dead(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == before
    assert dead(tmp_path / "missing") == []


@pytest.mark.parametrize("worker_id", ["", "../1-0123456789abcdef", "1-0123456789abcdef\n", "1-0123456789ABCDEF", "1"])
def test_no_path_can_be_asked_for_as_a_worker(tmp_path: Path, worker_id: str) -> None:
    """An id from a damaged store names no file outside the folder."""
    folder = tmp_path / "workers"
    folder.mkdir()
    (tmp_path / "1-0123456789abcdef.lock").touch()
    assert not is_alive(folder, worker_id)


def test_what_a_killed_starter_has_left_is_removed_later(tmp_path: Path) -> None:
    """When it is old, and nobody has it locked."""
    old, young = tmp_path / "1-0123456789abcdef.new", tmp_path / "2-0123456789abcdef.new"
    locked = tmp_path / "3-0123456789abcdef.new"
    for path in (old, young, locked):
        path.touch()
    holder = share(locked)
    for path in (old, locked):
        os.utime(path, (1, 1))
    assert dead(tmp_path) == []
    assert sorted(tmp_path.iterdir()) == [young, locked]
    holder.close()
    assert dead(tmp_path) == []
    assert list(tmp_path.iterdir()) == [young]


def test_a_starter_that_was_taken_for_left_over_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a minute's standstill in the wrong moment."""
    ids = iter(["1" * 16, "2" * 16])
    write = os.write

    def write_and_lose(fd: int, data: bytes) -> int:
        for path in tmp_path.glob("*-1111111111111111.new"):
            path.unlink()
        return write(fd, data)

    monkeypatch.setattr(secrets, "token_hex", lambda _: next(ids))
    monkeypatch.setattr(os, "write", write_and_lose)
    presence = Presence(tmp_path)
    assert presence.id.endswith("2" * 16)
    presence.close()


def test_a_full_disk_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start fails, and later ones find nothing of it."""

    def fail(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    with pytest.raises(OSError, match="No space"):
        Presence(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_places_and_ids_are_checked(tmp_path: Path) -> None:
    """A record is as long as it is, and the file has a bound."""
    presence = Presence(tmp_path)
    for place, job_id in ((-1, A), (MOST_PLACES, A), (0, "short"), (0, "g" * 32), (0, A + "\n")):
        with pytest.raises(ValueError, match=r"place|id of a job"):
            presence.begin(place, job_id)
    presence.begin(MOST_PLACES - 1, A)
    presence.begin(0, B)
    presence.begin(0, C)
    copy = tmp_path / "1-0123456789abcdef.lock"
    copy.write_bytes(presence.path.read_bytes())
    with dead(tmp_path)[0] as worker:
        assert worker.began == {A, C}
    presence.close()


def test_nobody_works_for_a_worker_that_is_gone(tmp_path: Path) -> None:
    """Neither while it is being reaped nor after."""
    path = tmp_path / "1-0123456789abcdef.lock"
    path.touch()
    with dead(tmp_path)[0] as worker:
        with pytest.raises(FileNotFoundError, match="has ended"):
            share(path)
        worker.bury()
    with pytest.raises(FileNotFoundError):
        share(path)


def test_the_dead_come_in_bounded_numbers(tmp_path: Path) -> None:
    """Each holds a descriptor, so the rest waits for the next time."""
    for number in range(100):
        (tmp_path / f"{number}-0123456789abcdef.lock").touch()
    counts = []
    while workers := dead(tmp_path):
        counts.append(len(workers))
        for worker in workers:
            worker.bury()
    assert counts == [64, 36]
