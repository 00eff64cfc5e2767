"""Several processes on one file: they share it fairly, and what one of them acknowledged outlives its death."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from fastapi_convert.errors import JobStoreUnavailable, JobStoreUnusable
from fastapi_convert.jobs._clock import Clock
from fastapi_convert.jobs.ledger import SQLiteLedger
from fastapi_convert.jobs.ledger._mutex import Mutex
from fastapi_convert.jobs.model import JobState, NewJob
from tests.jobs.ledger_support import CAMPAIGN, PATIENCE, integrity, opened, record, submitted
from tests.support.waiting import wait_until


@contextmanager
def started(*command: object, output: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process of `ledger_processes`, killed at the end of the block if it still lives."""
    words = [sys.executable, "-m", "tests.jobs.ledger_processes", *map(str, command)]
    target = subprocess.PIPE if output is None else output.open("w")
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=target, stderr=subprocess.PIPE, text=True)
    if not isinstance(target, int):
        target.close()
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def finished(process: subprocess.Popen[str]) -> str:
    """What it said, if it ended well."""
    output, errors = process.communicate(timeout=50)
    assert process.returncode == 0, errors
    return output


def said(*command: object) -> str:
    with started(*command) as process:
        return finished(process)


def test_jobs_of_two_processes_are_claimed_once_by_two_others(tmp_path: Path) -> None:
    """And this process sees each of them; nobody meets a locked database."""
    path, each = tmp_path / "jobs.db", 100 * CAMPAIGN
    with (
        opened(path, clock=Clock()) as ledger,
        started("submit", path, each) as first,
        started("submit", path, each) as second,
        started("work", path, 2 * each) as third,
        started("work", path, 2 * each) as fourth,
    ):
        submitted_ids = (finished(first) + finished(second)).split()
        ended_ids = [word for word in (finished(third) + finished(fourth)).split() if word != "ready"]
        assert Counter(ended_ids) == Counter(submitted_ids)
        assert all(record(ledger, job_id).attempt == 1 for job_id in ended_ids)
        assert ledger.counts()["default"] == {JobState.QUEUED: 0, JobState.RUNNING: 0}
    assert integrity(path) == "ok"


def test_the_version_and_the_changes_tell_of_other_processes(tmp_path: Path) -> None:
    """That is how one process learns what another has done."""
    with opened(tmp_path / "jobs.db", clock=Clock()) as ledger:
        mark, _ = ledger.changes(-1)
        version = ledger.version()
        ids = set(said("submit", ledger.path, 10).split())
        assert ledger.version() != version
        assert set(ledger.changes(mark)[1]) == ids


def test_what_was_acknowledged_outlives_kill_9(tmp_path: Path) -> None:
    """Of several processes that checkpoint all the time: where old SQLites lose commits when they are left alone."""
    path = tmp_path / "jobs.db"
    for number in range(2 * CAMPAIGN):
        outputs = [tmp_path / f"{number}-{each}" for each in range(3)]
        with (
            started("submit_for_ever", path, 30_000, output=outputs[0]) as first,
            started("submit_for_ever", path, 60_000, output=outputs[1]),
            started("submit_for_ever", path, 100_000, output=outputs[2]),
        ):
            wait_for_lines(outputs, 50)
            first.kill()
            wait_for_lines(outputs[1:2], lines(outputs[1]) + random.randrange(1, 200))
        assert integrity(path) == "ok"
    acknowledged = {line for file in tmp_path.glob("*-*") for line in whole_lines(file) if line != "ready"}
    with opened(path, clock=Clock()) as ledger:
        missing = [job_id for job_id in acknowledged if ledger.get(job_id) is None]
    assert missing == []


def wait_for_lines(files: Sequence[Path], count: int) -> None:
    wait_until(lambda: all(lines(file) > count for file in files), timeout=30)


def lines(file: Path) -> int:
    return file.read_bytes().count(b"\n")


def whole_lines(file: Path) -> list[str]:
    """Without what a killed process had half written."""
    return [line.rstrip() for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]


def test_a_holder_of_the_lock_makes_writes_fail_in_time_and_reads_go_on(tmp_path: Path) -> None:
    """It may be stopped or stuck. When it lets go, writes go on by themselves."""
    with opened(tmp_path / "jobs.db", clock=Clock(), timeout=0.3) as ledger:
        job_id = submitted(ledger)
        with started("hold", ledger.path) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            futures = [ledger.submit(NewJob("report", "{}")) for _ in range(600)]
            for future in futures:
                with pytest.raises(JobStoreUnavailable, match=r"waited for 0\.3 s"):
                    future.result(PATIENCE)
            assert record(ledger, job_id).state == "queued"
            with pytest.raises(JobStoreUnusable, match="holds its lock"):
                SQLiteLedger(ledger.path, timeout=0.1).open()
        submitted(ledger)


def test_a_ledger_can_be_closed_while_another_holds_the_lock(tmp_path: Path) -> None:
    """Its writes fail; nothing of it is left behind."""
    with opened(tmp_path / "jobs.db", clock=Clock(), timeout=0.2) as ledger, started("hold", ledger.path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        future = ledger.submit(NewJob("report", "{}"))
        ledger.close()
        assert isinstance(future.exception(), JobStoreUnavailable)


def test_a_lock_file_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    """Two processes must not each hold a file of that name."""
    with opened(tmp_path / "jobs.db", clock=Clock(), timeout=0.3) as ledger:
        submitted(ledger)
        (tmp_path / "jobs.db.lock").unlink()
        submitted(ledger)
        with started("hold", ledger.path) as holder:
            assert holder.stdout is not None
            assert holder.stdout.readline() == "held\n"
            with pytest.raises(JobStoreUnavailable):
                submitted(ledger)


def test_nobody_overtakes_who_waits_for_the_lock(tmp_path: Path) -> None:
    """One that takes it again at once, always, leaves the other as many turns, more or less."""
    greedy, patient = Mutex(tmp_path / "x"), Mutex(tmp_path / "x")
    greedy.open()
    patient.open()
    end, turns = threading.Event(), 0

    def grab() -> None:
        nonlocal turns
        while not end.is_set():
            assert greedy.acquire(time.monotonic() + PATIENCE)
            turns += 1
            time.sleep(0.001)
            greedy.release()

    thread = threading.Thread(target=grab)
    thread.start()
    for _ in range(50):
        assert patient.acquire(time.monotonic() + PATIENCE)
        patient.release()
    end.set()
    thread.join()
    greedy.close()
    patient.close()
    assert turns < 50 * 10


def test_a_forked_child_leaves_its_parents_ledger_alone(tmp_path: Path) -> None:
    """It has nothing open, holds no lock, and cannot open that file: SQLite would lose its locks over it."""
    path = tmp_path / "jobs.db"
    assert said("fork", path) == "codes 0 0 0 0 0\n"
    assert integrity(path) == "ok"


def test_a_ledger_that_is_opened_after_a_fork_is_everybodys(tmp_path: Path) -> None:
    """As servers do that load the app once and fork their workers."""
    assert said("fork_before", tmp_path / "jobs.db") == "code 0\n"
    with opened(tmp_path / "jobs.db", clock=Clock()) as ledger:
        assert len(ledger.list()) == 2


def test_a_disk_without_space_refuses_and_then_takes(tmp_path: Path) -> None:
    """As the system tells it: a write beyond the limit fails."""
    path = tmp_path / "jobs.db"
    refused, stored = said("fill", path).splitlines()
    assert refused.startswith("refused ")
    assert "could not be written" in refused
    count = int(stored.split()[1])
    assert count > 1
    assert integrity(path) == "ok"
    with opened(path, clock=Clock()) as ledger:
        assert len(ledger.list(count=1000)) == count


def test_a_store_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    """At once, when it is opened; root drops its rights for this."""
    with opened(tmp_path / "jobs.db"):
        pass
    for file in tmp_path.iterdir():
        file.chmod(0o444)
    tmp_path.chmod(0o755)
    assert said("open_without_leave", tmp_path).startswith("refused The job store 'jobs.db' cannot be used: ")
