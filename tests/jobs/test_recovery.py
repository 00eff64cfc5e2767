"""Workers that die, stand still or leave something behind, and those that see to it."""

from __future__ import annotations

import dataclasses
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.model import JobState, NewJob, QueueTerms, new_job_id
from fastapi_convert.jobs.work import _upkeep
from fastapi_convert.jobs.work._presence import Presence
from tests.jobs import worker_bodies as bodies
from tests.jobs.worker_support import FOREIGN, FaultyLedger, Store, WorkerProcess, full_disk, opened, terms_of
from tests.support.waiting import wait_until


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path, *FOREIGN, terms_of(bodies.noop), kind=FaultyLedger) as store:
        yield store


def lines_of(path: Path) -> list[str]:
    return path.read_text().split() if path.exists() else []


def take(store: Store, presence: Presence, *names: str) -> list[str]:
    """Claim so many jobs as this worker would, and return their ids."""
    terms = [QueueTerms("default", (*store.terms, *names))]
    return [claim.id for claim in store.ledger.claim(presence.id, terms, 100).result()]


def let_it_look(store: Store, monkeypatch: pytest.MonkeyPatch, times: int = 3) -> None:
    """Wait until somebody has looked for dead workers so often."""
    looks: list[object] = []
    look = store.ledger.running_workers

    def counted() -> set[str]:
        looks.append(None)
        return look()

    with monkeypatch.context() as patch:
        patch.setattr(store.ledger, "running_workers", counted)
        wait_until(lambda: len(looks) >= times)


def test_the_jobs_of_a_killed_worker_run_again(store: Store, tmp_path: Path) -> None:
    """Those that had begun count a crash. The process of its own that a job ran in has died with its worker."""
    log = tmp_path / "log"
    with WorkerProcess(store) as other:
        job = store.submit(bodies.note_and_nap, log=log, seconds=3)
        wait_until(lambda: lines_of(log), timeout=15)
        assert store.record(job).worker == other.id
        here = store.worker()
        other.kill()
        wait_until(lambda: len(lines_of(log)) == 2, timeout=10)
        record = store.wait_for(job, JobState.SUCCEEDED)
    assert (record.attempt, record.tries, record.crashes) == (2, 1, 1)
    assert len(set(lines_of(log))) == 2
    wait_until(lambda: here.stats().completed == 1)


def test_the_jobs_of_a_worker_that_stands_still_are_not_taken(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long: it is alive, and goes on where it was."""
    log = tmp_path / "log"
    with WorkerProcess(store) as other:
        job = store.submit(bodies.note_and_nap, log=log, seconds=0.5)
        wait_until(lambda: lines_of(log), timeout=15)
        other.signal(signal.SIGSTOP)
        store.worker()
        let_it_look(store, monkeypatch, times=4)
        assert store.record(job).worker == other.id
        other.signal(signal.SIGCONT)
        assert store.wait_for(job, JobState.SUCCEEDED).attempt == 1
    assert len(lines_of(log)) == 1


def test_a_job_that_kills_every_worker_is_given_up(store: Store) -> None:
    """After as many deaths as its function may cause, whoever counts them."""
    job = store.submit(bodies.exit_process)
    for crashes in (1, 2):
        with WorkerProcess(store) as other:
            assert other.process.wait(30) == 3
        store.worker(start=False)._upkeep._recovery.recover()
        assert store.record(job).crashes == crashes
    record = store.record(job)
    assert (record.state, record.attempt) == (JobState.FAILED, 2)
    assert record.error is not None
    assert record.error.code == "worker-died"


def died(presence: Presence) -> None:
    """Leave this worker's file behind, as a kill does."""
    presence._file.close()


def test_jobs_that_had_not_begun_are_not_blamed(store: Store) -> None:
    """They were taken, and waited for a runner when their worker was killed."""
    presence = Presence(store.folders.workers)
    began, waited = store.submit(bodies.noop), store.submit(bodies.noop)
    assert len(take(store, presence)) == 2
    presence.begin(0, began)
    died(presence)
    store.worker()
    for job in (began, waited):
        store.wait_for(job, JobState.SUCCEEDED)
    assert (store.record(began).crashes, store.record(waited).crashes) == (1, 0)
    assert (store.record(began).tries, store.record(waited).tries) == (1, 1)


def test_each_function_has_its_own_bound_of_crashes(store: Store) -> None:
    """One in a process of its own is not to blame at all, and one that is not known here has a common bound."""
    store.register(
        dataclasses.replace(terms_of(bodies.noop), name="frail", max_crashes=1),
        dataclasses.replace(terms_of(bodies.noop, executor="process"), name="apart", max_crashes=None),
    )
    presence = Presence(store.folders.workers)
    jobs = {name: store.ledger.submit(NewJob(name, "{}")).result().id for name in ("noop", "frail", "apart", "foreign")}
    take(store, presence, "foreign")
    for place, job in enumerate(jobs.values()):
        presence.begin(place, job)
    died(presence)
    worker = store.worker()
    assert store.wait_for(jobs["noop"], JobState.SUCCEEDED).crashes == 1
    assert store.wait_for(jobs["apart"], JobState.SUCCEEDED).crashes == 0
    store.wait_for(jobs["frail"], JobState.FAILED)
    worker.stop()
    assert (store.record(jobs["foreign"]).state, store.record(jobs["foreign"]).crashes) == (JobState.QUEUED, 1)


def test_a_worker_without_a_file_is_gone(store: Store) -> None:
    """It has ended in peace, with a thread that would not: nobody is to blame."""
    presence = Presence(store.folders.workers)
    job = store.submit(bodies.noop)
    take(store, presence)
    presence.begin(0, job)
    presence.close()
    store.worker()
    record = store.wait_for(job, JobState.SUCCEEDED)
    assert (record.attempt, record.tries, record.crashes) == (2, 1, 0)


def test_a_worker_does_not_take_its_own_jobs_for_left_over(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if somebody has removed its file."""
    store.register(terms_of(bodies.held))
    worker = store.worker()
    job = store.submit(bodies.held, name="own")
    store.wait_for_begin(job)
    worker._presence.path.unlink()
    let_it_look(store, monkeypatch)
    bodies.gate.open()
    assert store.wait_for(job, JobState.SUCCEEDED).attempt == 1


def test_the_dead_are_seen_to_before_anything_is_claimed(store: Store) -> None:
    """So that their jobs stand in their places again."""
    presence = Presence(store.folders.workers)
    first = store.submit(bodies.noop)
    take(store, presence)
    died(presence)
    second = store.submit(bodies.noop)
    store.worker(workers=1)
    store.wait_for(second, JobState.SUCCEEDED)
    assert store.record(first).state is JobState.SUCCEEDED


def test_a_dead_worker_is_kept_until_its_jobs_are_queued(store: Store) -> None:
    """If the ledger cannot be written then, it is found again."""
    assert isinstance(store.ledger, FaultyLedger)
    presence = Presence(store.folders.workers)
    job = store.submit(bodies.noop)
    take(store, presence)
    presence.begin(0, job)
    died(presence)
    store.ledger.faults["end"] = full_disk()
    store.worker()
    wait_until(lambda: len(store.ledger.failed) >= 2)  # type: ignore[attr-defined]  # a FaultyLedger
    assert presence.path.exists()
    store.ledger.faults.clear()
    assert store.wait_for(job, JobState.SUCCEEDED).crashes == 1
    wait_until(lambda: not presence.path.exists())


def test_folders_of_the_dead_are_removed_and_those_of_the_living_stay(store: Store) -> None:
    """What a run has put into its folder is gone with it, also if its worker was killed."""
    root = store.folders.root
    with WorkerProcess(store) as other:
        running = store.submit(bodies.nap_in_folder, seconds=1.5)
        folder = root / "runs" / f"{running}-1"
        wait_until((folder / "half.txt").exists, timeout=15)
        stale = [
            root / "runs" / f"{new_job_id()}-1",
            root / "runs" / f"{running}-0",
            root / "seats" / "1-0123456789abcdef",
        ]
        for each in stale:
            each.mkdir(parents=True)
        store.worker()
        wait_until(lambda: not any(each.exists() for each in stale))
        assert folder.exists()
        store.wait_for(running, JobState.SUCCEEDED)
        wait_until(lambda: not folder.exists())
        assert other.process.poll() is None


def test_files_of_expired_jobs_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With their results; nothing is removed before its time."""
    monkeypatch.setattr(_upkeep, "PURGE_EVERY", 0.0)
    monkeypatch.setattr(_upkeep, "_MOST_PURGED", 2)
    clock = ManualClock()
    with opened(tmp_path, terms_of(bodies.noop), clock=clock) as store:
        store.worker()
        jobs = [store.submit(bodies.noop) for _ in range(5)]
        for job in jobs:
            store.wait_for(job, JobState.SUCCEEDED)
            store.folders.inputs_of(job).mkdir(parents=True)
        let_it_look(store, monkeypatch)
        assert len(list(store.folders.files.iterdir())) == 5
        clock.advance(86_401)
        wait_until(lambda: not list(store.folders.files.iterdir()))
        assert all(store.record(job).expired for job in jobs)


def test_upkeep_goes_on_after_an_error(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever went wrong is logged, and tried again."""
    errors: list[Any] = [OSError("no descriptor left")] * 2

    def broken(_: Path) -> list[Any]:
        if errors:
            raise errors.pop()
        return []

    monkeypatch.setattr("fastapi_convert.jobs.work._recovery.dead", broken)
    store.worker()
    wait_until(lambda: not errors)
    store.wait_for(store.submit(bodies.noop), JobState.SUCCEEDED)
    assert "no descriptor left" in caplog.text
