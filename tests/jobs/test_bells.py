"""`Bells`: processes wake each other, and nothing that somebody puts into the folder does harm."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastapi_convert.jobs.work import _bells
from fastapi_convert.jobs.work._bells import Bells
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


@contextmanager
def opened(folder: Path, count: int) -> Iterator[list[Bells]]:
    bells = [Bells(folder) for _ in range(count)]
    try:
        yield bells
    finally:
        for bell in bells:
            bell.close()


def test_a_ring_wakes_all_others_and_not_oneself(tmp_path: Path) -> None:
    """Several rings are one."""
    with opened(tmp_path, 3) as (one, two, three):
        for _ in range(3):
            one.ring_others()
        assert (one.wait(0), two.wait(0), three.wait(0)) == (False, True, True)
        assert (two.wait(0), three.wait(0)) == (False, False)


def test_who_comes_later_is_rung_too(tmp_path: Path) -> None:
    """Also within the same tick of the file system's clock, and after the list was cached; who has gone is not."""
    with opened(tmp_path, 1) as (one,):
        for _ in range(30):
            with opened(tmp_path, 2) as others:
                one.ring_others()
                assert [bell.wait(0) for bell in others] == [True, True]
        os.utime(tmp_path, (1, 1))
        one.ring_others()
        with opened(tmp_path, 1) as (late,):
            one.ring_others()
            assert late.wait(0)


def test_two_changes_of_the_folder_in_one_tick_are_both_seen(tmp_path: Path) -> None:
    """A coarse clock gives them the same time, so that a list which was just made may be out of date."""
    with opened(tmp_path, 1) as (one,):
        now = time.time_ns()
        os.utime(tmp_path, ns=(now, now))
        one.ring_others()
        with opened(tmp_path, 1) as (two,):
            os.utime(tmp_path, ns=(now, now))
            one.ring_others()
            assert two.wait(0)


def test_the_folder_is_read_again_only_when_it_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ring costs as many system calls as there are others, not a listing."""
    listings = 0
    scandir = os.scandir

    def count(path: str) -> object:
        nonlocal listings
        listings += 1
        return scandir(path)

    with opened(tmp_path, 2) as (one, two):
        os.utime(tmp_path, (1, 1))
        monkeypatch.setattr(os, "scandir", count)
        for _ in range(10):
            one.ring_others()
        assert two.wait(0)
    assert listings == 1


def test_our_own_ring_wakes_from_any_thread(tmp_path: Path) -> None:
    """Or keeps the waiter from going to sleep; thousands of them are one."""
    with opened(tmp_path, 1) as (bell,):
        for _ in range(70_000):
            bell.ring()
        assert bell.wait(30)
        assert not bell.wait(0.001)
        thread = threading.Thread(target=bell.ring)
        thread.start()
        assert bell.wait(30)
        thread.join()


def test_a_bell_that_is_full_is_no_hindrance(tmp_path: Path) -> None:
    """Its process stands still; nobody waits for it."""
    with opened(tmp_path, 2) as (one, two):
        for _ in range(70_000):
            one.ring_others()
        assert two.wait(0)
        assert not two.wait(0)


def test_another_process_hears_it(tmp_path: Path) -> None:
    """And when it has been killed its bell is removed by the next one who rings."""
    command = [sys.executable, "-m", "tests.jobs.machine_processes", "listen", str(tmp_path)]
    with opened(tmp_path, 1) as (one,):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as listener:
            assert listener.stdout is not None
            assert listener.stdout.readline() == "ready\n"
            one.ring_others()
            assert listener.stdout.readline() == "rung\n"
            listener.kill()
        assert len(list(tmp_path.iterdir())) == 2
        one.ring_others()
        assert len(list(tmp_path.iterdir())) == 1


def test_close_sends_the_waiter_away(tmp_path: Path) -> None:
    """At once, whatever its timeout, and leaves nothing; later calls do nothing."""
    bell = Bells(tmp_path)
    waiter = threading.Thread(target=bell.wait, args=(60.0,))
    waiter.start()
    bell.close()
    waiter.join(5)
    assert not waiter.is_alive()
    assert list(tmp_path.iterdir()) == []
    bell.close()
    bell.ring()
    assert bell.wait(60)


def test_a_long_path_is_no_hindrance(tmp_path: Path) -> None:
    """Pipes have no limit of a hundred characters, as sockets do."""
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    with opened(folder, 2) as (one, two):
        one.ring_others()
        assert two.wait(0)


def test_nothing_else_is_written_to(tmp_path: Path) -> None:
    """A file, a link to a file or to a pipe, a folder, a socket, other names: none is touched, none is in the way."""
    target, pipe = tmp_path / "target", tmp_path / "pipe"
    target.write_text("untouched")
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    folder = tmp_path / "bells"
    folder.mkdir()
    for digit, source in enumerate((target, pipe)):
        (folder / f"1-{digit:016x}.bell").symlink_to(source)
    (folder / f"2-{0:016x}.bell").write_text("untouched")
    (folder / f"3-{0:016x}.bell").mkdir()
    (folder / "other.bell").write_text("untouched")
    with socket.socket(socket.AF_UNIX) as server, opened(folder, 2) as (one, two):
        server.bind(os.path.relpath(folder / f"4-{0:016x}.bell"))
        before = sorted(folder.iterdir())
        one.ring_others()
        assert two.wait(0)
        assert sorted(folder.iterdir()) == before
    assert os.read(reader, 10) == b""
    os.close(reader)
    assert (
        target.read_text()
        == (folder / "other.bell").read_text()
        == (folder / f"2-{0:016x}.bell").read_text()
        == "untouched"
    )


def test_what_a_killed_starter_has_left_is_removed_later(tmp_path: Path) -> None:
    """After a minute; a young one may be that of a process that starts now."""
    old, young = tmp_path / f"1-{0:016x}.new", tmp_path / f"2-{0:016x}.new"
    for path in (old, young):
        os.mkfifo(path)
    os.utime(old, (1, 1))
    with opened(tmp_path, 1) as (one,):
        one.ring_others()
        assert not old.exists()
        assert young.exists()


def test_a_start_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a pipe nor a descriptor."""

    def fail(path: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(PermissionError):
        Bells(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """When the bell is made, and when others are to be rung."""
    with pytest.raises(FileNotFoundError):
        Bells(tmp_path / "missing")
    bell = Bells(tmp_path)
    tmp_path.rename(tmp_path.with_name("moved"))
    with pytest.raises(FileNotFoundError):
        bell.ring_others()
    bell.close()


def test_a_signal_handler_may_ring(tmp_path: Path) -> None:
    """Also while its own thread rings."""
    with opened(tmp_path, 1) as (bell,):
        before = signal.signal(signal.SIGALRM, lambda *_: bell.ring())
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
            end = time.monotonic() + 0.2
            while time.monotonic() < end:
                bell.ring()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        assert bell.wait(0)


def test_a_system_without_named_pipes_hears_its_own_rings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits, is woken by itself, and leaves no file."""
    monkeypatch.delattr(os, "mkfifo")
    bell, other = Bells(tmp_path), Bells(tmp_path)
    bell.ring_others()
    assert not other.wait(0)
    bell.ring()
    bell.ring()
    assert bell.wait(30)
    assert not bell.wait(0.001)
    thread = threading.Thread(target=bell.wait, args=(60.0,))
    thread.start()
    bell.close()
    thread.join(5)
    assert not thread.is_alive()
    assert bell.wait(60)
    bell.close()
    other.close()
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_does_not_touch_the_bell(tmp_path: Path) -> None:
    """It neither eats a ring nor removes the pipe, nor answers for its dead parent."""
    with opened(tmp_path, 2) as (one, two):
        one.ring_others()
        child = os.fork()
        if not child:
            two.wait(0)
            two.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert two.wait(0)
        one.ring_others()
        assert two.wait(0)


def test_names_are_what_the_others_look_for(tmp_path: Path) -> None:
    """Or nobody would ring."""
    with opened(tmp_path, 1):
        [path] = tmp_path.iterdir()
        assert _bells._NAME.fullmatch(path.name)
    wait_until(lambda: not list(tmp_path.iterdir()))
