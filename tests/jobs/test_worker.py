"""`Worker`: jobs that succeed, fail, are retried, cancelled and killed, and the end of the worker itself."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import start_blocking_portal

from fastapi_convert.errors import Errors
from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.execution._thread_seat import ThreadSeat
from fastapi_convert.jobs.execution.seats import Order, Outcome
from fastapi_convert.jobs.ledger.sqlite import SQLiteLedger
from fastapi_convert.jobs.model import Claim, Ending, JobState, NewJob, new_job_id
from fastapi_convert.jobs.retries import Retry
from fastapi_convert.jobs.work import (
    _dispatch,
    _outbox,
    worker as worker_module,
)
from fastapi_convert.jobs.work._endings import RELEASED
from fastapi_convert.jobs.work._outbox import Outbox
from fastapi_convert.jobs.work._runs import Run, Runs
from fastapi_convert.jobs.work._seats import Seats
from fastapi_convert.jobs.work.worker import Worker
from tests.jobs import worker_bodies as bodies
from tests.jobs.worker_support import FaultyLedger, Store, full_disk, opened, terms_of
from tests.support.waiting import wait_until

NOT_YET = Retry(5, on=OSError, wait_initial=0.001, wait_jitter=0)
DAY = 86_400.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path, terms_of(bodies.noop), terms_of(bodies.held), terms_of(bodies.count)) as store:
        yield store


# What becomes of jobs


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_a_job_runs_and_its_result_is_stored(store: Store, executor: str) -> None:
    """With its arguments, in a thread and in a process."""
    store.register(terms_of(bodies.add, executor=executor))
    worker = store.worker()
    job = store.submit(bodies.add, a=2, b=40)
    assert store.result(job) == 42
    assert (store.record(job).attempt, store.record(job).tries) == (1, 1)
    wait_until(lambda: worker.stats().unwritten == 0)
    assert (worker.stats().completed, worker.stats().running, worker.stats().failed) == (1, 0, 0)


def test_a_coroutine_runs_on_the_loop_of_the_portal(store: Store) -> None:
    """And jobs for it are left alone where there is none."""
    store.register(terms_of(bodies.add_later, executor="async"))
    job = store.submit(bodies.add_later, a=1, b=2)
    store.worker()
    assert store.result(store.submit(bodies.count, name="x")) == 1
    assert store.record(job).attempt == 0
    with start_blocking_portal() as portal:
        worker = store.worker(portal=portal)
        assert store.result(job) == 3
        worker.stop()


def test_a_job_that_raises_has_failed_as_its_errors_say(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """The client's part of the error, the operator's, and one line in the log that no text can forge."""
    store.register(terms_of(bodies.fail, errors=Errors({ValueError: (422, "No such preset.")})))
    store.worker()
    job = store.submit(bodies.fail, text="bad\nCRITICAL forged")
    error = store.wait_for(job, JobState.FAILED).error
    assert error is not None
    assert (error.status, error.code, error.detail) == (422, "value-error", "No such preset.")
    assert "worker_bodies.py" in error.traceback
    (line,) = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert job in line
    assert "\\nCRITICAL" in line
    assert "\n" not in line


def test_a_job_is_retried_until_it_succeeds(store: Store) -> None:
    """Every run has an attempt and a try."""
    store.register(terms_of(bodies.fail_until, retry=NOT_YET))
    store.worker()
    job = store.submit(bodies.fail_until, name="third", run=3)
    assert store.result(job) == 3
    assert (store.record(job).attempt, store.record(job).tries) == (3, 3)


def test_a_job_is_not_retried_for_ever(store: Store) -> None:
    """Then its last error stays."""
    store.register(terms_of(bodies.fail_until, retry=NOT_YET))
    store.worker()
    job = store.submit(bodies.fail_until, name="never", run=100)
    assert store.wait_for(job, JobState.FAILED).tries == 5
    assert bodies.runs["never"] == 5


def test_the_wall_clock_does_not_move_a_retry(tmp_path: Path) -> None:
    """Set a day ahead and a day back: neither sooner nor later."""
    clock = ManualClock()
    retry = Retry(2, wait_initial=10, wait_jitter=0)
    with opened(tmp_path, terms_of(bodies.fail_until, retry=retry), clock=clock) as store:
        worker = store.worker()
        job = store.submit(bodies.fail_until, name="clock", run=2)
        wait_until(lambda: store.record(job).due_at is not None)
        for wall in (clock.now().wall + DAY, clock.now().wall - DAY):
            clock.set_wall(wall)
            let_it_look(worker)
            assert store.record(job).state is JobState.QUEUED
        clock.advance(10.5)
        assert store.result(job) == 2


def let_it_look(worker: Worker) -> None:
    """Wait until the worker has asked for jobs anew, and has its answer."""
    claims, asked = worker._claims, []
    ask = claims._ledger.claim

    def counted(*args: Any) -> Any:
        asked.append(ask(*args))
        return asked[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims._ledger, "claim", counted)
        worker.wake()
        wait_until(lambda: asked and all(future.done() for future in asked))


def test_a_delayed_retry_comes_without_being_looked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker knows when its own retries come due, and does not depend on looking now and then."""
    monkeypatch.setattr(_dispatch, "LOOK_EVERY", 3600)
    store.register(terms_of(bodies.fail_until, retry=Retry(2, wait_initial=0.2, wait_jitter=0)))
    store.worker()
    assert store.result(store.submit(bodies.fail_until, name="soon", run=2)) == 2


def test_what_comes_due_unheard_of_is_found(store: Store) -> None:
    """A delay that somebody else has given."""
    store.worker()
    assert store.result(store.submit(bodies.count, name="later", delay=0.2)) == 1


def test_a_job_that_does_not_end_in_time_is_killed(store: Store) -> None:
    """And is a 504."""
    store.register(terms_of(bodies.nap, executor="process", timeout=0.5))
    store.worker()
    error = store.wait_for(store.submit(bodies.nap, seconds=600), JobState.FAILED).error
    assert error is not None
    assert (error.code, error.status) == ("job-timeout", 504)


def test_a_payload_of_another_version_fails_cleanly(store: Store) -> None:
    """The function has other parameters than it had."""
    store.register(terms_of(bodies.add))
    store.worker()
    error = store.wait_for(store.submit(bodies.add, first=1), JobState.FAILED).error
    assert error is not None
    assert error.code == "job-outdated"


@pytest.mark.parametrize("body", [bodies.exit_process, bodies.crash])
def test_a_job_that_kills_its_process_is_given_up(store: Store, body: Any) -> None:
    """After as many deaths as it may have; its neighbours finish, and the worker goes on."""
    store.register(terms_of(body, executor="process", max_crashes=2), terms_of(bodies.add, executor="process"))
    worker = store.worker(workers=2)
    neighbours = [store.submit(bodies.add, a=n, b=n) for n in range(5)]
    job = store.submit(body)
    record = store.wait_for(job, JobState.FAILED)
    assert (record.crashes, record.attempt, record.tries) == (2, 2, 0)
    assert record.error is not None
    assert record.error.reason.startswith("worker died: ")
    assert [store.result(each) for each in neighbours] == [0, 2, 4, 6, 8]
    wait_until(lambda: worker.stats().crashed == 2)


def test_a_seat_that_is_broken_costs_the_job_and_not_the_runner(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug of ours counts as a death, so that the job does not go round for ever."""
    worker = store.worker(workers=1)
    with monkeypatch.context() as broken:
        broken.setattr(Seats, "seat_for", lambda *_: 1 / 0)
        assert store.wait_for(store.submit(bodies.noop), JobState.FAILED).crashes == 3
    assert store.result(store.submit(bodies.count, name="next")) == 1
    assert worker.stats().running == 0


def test_a_seat_that_was_broken_is_not_used_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run has a new one."""

    class Broken(ThreadSeat):
        closed = False

        def run(self, order: Order, timeout: float | None) -> Outcome:
            raise RuntimeError("a bug")

        def close(self) -> None:
            self.closed = True

    broken, make = Broken(), Seats._make
    seats = iter([broken])
    monkeypatch.setattr(Seats, "_make", lambda self, terms: next(seats, None) or make(self, terms))
    store.worker(workers=1)
    job = store.submit(bodies.count, name="again")
    assert store.result(job) == 1
    assert store.record(job).crashes == 1
    assert broken.closed


def test_functions_that_are_not_known_are_left_to_others(store: Store) -> None:
    """Until they are: more may be registered while the worker works."""
    worker = store.worker()
    job = store.submit(bodies.add, a=1, b=1)
    let_it_look(worker)
    assert store.record(job).attempt == 0
    store.register(terms_of(bodies.add))
    assert store.result(job) == 2


def test_a_process_is_replaced_after_its_tasks(store: Store) -> None:
    """Every function has its own bound; the rest goes on in the process that is there."""
    store.register(terms_of(bodies.add, executor="process", max_tasks_per_process=1))
    store.worker(workers=1)
    assert [store.result(store.submit(bodies.add, a=n, b=0)) for n in range(3)] == [0, 1, 2]


# Progress


def test_the_last_progress_is_stored_before_the_end(store: Store) -> None:
    """However short the job is, and however much it tells: few writes, and the final value among them."""
    store.register(terms_of(bodies.tell))
    store.worker()
    job = store.submit(bodies.tell, times=20_000)
    store.wait_for(job, JobState.SUCCEEDED)
    events = store.ledger.events(job)
    told = [event for event in events if event.type == "progress"]
    assert (told[-1].fraction, told[-1].message) == (1.0, "step 20000")
    assert len(told) < 100
    assert events[-1].type == "succeeded"


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_progress_is_told_while_the_job_runs(store: Store, executor: str) -> None:
    """From either."""
    terms = terms_of(bodies.nap_in_folder, executor=executor)
    store.register(terms)
    store.worker()
    job = store.submit(bodies.nap_in_folder, seconds=0.5)
    wait_until(lambda: store.record(job).fraction == 0.5, timeout=15)
    assert store.record(job).message == "napping"
    store.wait_for(job, JobState.SUCCEEDED)


# Cancelling


def cancel(store: Store, job: str) -> None:
    store.ledger.cancel(job).result()
    store.wait_for(job, JobState.CANCELLED)


def test_a_blocked_process_is_killed_when_its_job_is_cancelled(store: Store) -> None:
    """With its temporary folder; neighbours go on, and the next job has a process again."""
    store.register(terms_of(bodies.nap_in_folder, executor="process"), terms_of(bodies.add, executor="process"))
    store.worker(workers=2)
    neighbour = store.submit(bodies.nap_in_folder, seconds=1.5)
    job = store.submit(bodies.nap_in_folder, seconds=600)
    folder = store.folders.root / "runs" / f"{job}-1"
    wait_until((folder / "half.txt").exists, timeout=15)
    cancel(store, job)
    assert not folder.exists()
    assert store.result(store.submit(bodies.add, a=1, b=2)) == 3
    store.wait_for(neighbour, JobState.SUCCEEDED)


@pytest.mark.parametrize("body", [bodies.cooperate, bodies.ignore_all_but_errors])
def test_a_thread_that_asks_its_progress_is_cancelled(store: Store, body: Any) -> None:
    """Also if the function makes an error of its own of it."""
    store.register(terms_of(body, retry=Retry(3)))
    store.worker()
    job = store.submit(body)
    store.wait_for_begin(job)
    cancel(store, job)
    assert store.record(job).attempt == 1


def test_a_coroutine_is_cancelled_at_its_next_await(store: Store) -> None:
    """It need not ask."""
    store.register(terms_of(bodies.nap_async, executor="async"))
    with start_blocking_portal() as portal:
        worker = store.worker(portal=portal)
        job = store.submit(bodies.nap_async, seconds=600)
        store.wait_for_begin(job)
        cancel(store, job)
        worker.stop()


def test_another_process_need_not_ring_for_a_cancellation(store: Store) -> None:
    """Whoever has missed the news looks at the ledger's version."""
    store.register(terms_of(bodies.cooperate))
    worker = store.worker()
    job = store.submit(bodies.cooperate)
    wait_until(lambda: store.record(job).message)
    store.ledger.on_change(lambda _: None)
    wait_until(lambda: not worker._dispatcher._cancels_wanted)
    cancel(store, job)


def test_a_job_that_waits_here_is_cancelled_without_running(store: Store) -> None:
    """It was taken ahead, and no runner was free."""
    worker = greedy(store)
    first, *rest = [store.submit(bodies.held, name=name) for name in "abcd"]
    worker.start()
    store.wait_for_begin(first)
    for job in rest:
        store.ledger.cancel(job).result()
    for job in rest:
        store.wait_for(job, JobState.CANCELLED)
    bodies.gate.open()
    assert store.result(first) == "a"
    assert bodies.gate.begun == ["a"]


# Who runs when


def greedy(store: Store) -> Worker:
    """A worker with one runner that takes many jobs ahead, as after very short ones. Not started."""
    worker = store.worker(workers=1, start=False)
    for _ in range(100):
        worker._claims._ahead.note(0.0)
    return worker


def test_jobs_that_wait_behind_a_long_one_are_given_back(store: Store) -> None:
    """Another worker may be free. The run that was not counts for nothing."""
    worker = greedy(store)
    first, *rest = [store.submit(bodies.held, name=str(n)) for n in range(20)]
    worker.start()
    store.wait_for_begin(first)
    wait_until(lambda: all(store.record(job).state is JobState.QUEUED and store.record(job).attempt for job in rest))
    let_it_look_in_vain(worker)
    assert worker.stats().claimed_ahead == 0
    assert {(store.record(job).attempt, store.record(job).tries) for job in rest} == {(1, 0)}
    bodies.gate.open()
    assert [store.result(job) for job in rest] == [str(n) for n in range(1, 20)]


def test_room_is_told_as_soon_as_there_is_some() -> None:
    """When a body has ended, and not only when that is on the disk."""
    calls: list[int] = []
    runs = Runs(2, lambda: calls.append(len(runs)))
    runs.call_below = 2
    runs.add(Run(Claim(str(n), "noop", "default", "{}", "", 1, 1, 0), terms_of(bodies.noop)) for n in range(3))
    taken = [runs.take(0), runs.take(1)]
    for run in taken:
        assert run is not None
        runs.over(run)
    assert calls == [1]


def test_nothing_is_taken_ahead_of_a_runner_at_first(store: Store) -> None:
    """Nobody knows yet how long these jobs take."""
    worker = store.worker(workers=2)
    jobs = [store.submit(bodies.held, name=str(n)) for n in range(10)]
    wait_until(lambda: worker.stats().running == 2)
    let_it_look_in_vain(worker)
    assert sum(store.record(job).attempt for job in jobs) == 2


def let_it_look_in_vain(worker: Worker) -> None:
    """Wait until the dispatcher has had its turn."""
    turns = worker._dispatcher
    before = turns._polled_at
    wait_until(lambda: turns._polled_at > before)


def test_a_limit_holds_over_all_workers_and_starves_nobody(store: Store) -> None:
    """At most two of a thousand at once, and a free queue behind them is not held up."""
    store.register(terms_of(bodies.held, name="held", queue="narrow", limit=2))
    futures = [store.ledger.submit(NewJob("held", '{"name": "x"}', queue="narrow")) for _ in range(1000)]
    jobs = [future.result().id for future in futures]
    workers = [store.worker(workers=3), store.worker(workers=3)]
    wait_until(lambda: bodies.gate.now == 2)
    free = [store.submit(bodies.count, name="free") for _ in range(50)]
    for job in free:
        store.wait_for(job, JobState.SUCCEEDED)
    assert bodies.gate.now == 2
    bodies.gate.open()
    wait_until(lambda: store.ledger.counts()["narrow"][JobState.QUEUED] < 900, timeout=30)
    assert bodies.gate.peak == 2
    for worker in workers:
        worker.stop()
    assert all(store.record(job).crashes == 0 for job in jobs[:10])


def test_a_queue_with_a_limit_is_not_starved_by_one_without(store: Store) -> None:
    """Jobs that are taken ahead leave no runner free, so now and then none are."""
    store.register(terms_of(bodies.blink), terms_of(bodies.count, name="count", queue="narrow", limit=1))
    worker = greedy(store)
    flood = [store.ledger.submit(NewJob("blink", "{}")) for _ in range(2000)]
    flood[-1].result()
    worker.start()
    wait_until(lambda: worker.stats().completed > 100)
    store.wait_for(store.submit(bodies.count, name="narrow", priority=1), JobState.SUCCEEDED)
    assert store.ledger.counts()["default"][JobState.QUEUED] > 0


def test_the_highest_priority_runs_first_then_the_oldest(store: Store) -> None:
    """Over all that wait."""
    bodies.gate.open()
    jobs = [store.submit(bodies.held, name=name, priority=int(name[0])) for name in ("0a", "2a", "1a", "2b", "0b")]
    store.worker(workers=1)
    for job in jobs:
        store.wait_for(job, JobState.SUCCEEDED)
    assert bodies.gate.begun == ["2a", "2b", "1a", "0a", "0b"]


def test_three_thousand_short_jobs_run_once_each(store: Store) -> None:
    """With claims ahead, given back or not, and two workers that compete for them."""
    futures = [store.ledger.submit(NewJob("count", f'{{"name": "{n}"}}')) for n in range(3000)]
    futures[-1].result()
    workers = [store.worker(workers=4), store.worker(workers=4)]
    wait_until(lambda: sum(worker.stats().completed for worker in workers) == 3000, timeout=50)
    assert len(bodies.runs) == 3000
    assert set(bodies.runs.values()) == {1}


# A store that cannot be written


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Store]:
    with opened(tmp_path, terms_of(bodies.count), terms_of(bodies.held), kind=FaultyLedger) as store:
        yield store


def faults_of(store: Store) -> FaultyLedger:
    assert isinstance(store.ledger, FaultyLedger)
    return store.ledger


def test_an_end_that_cannot_be_stored_is_stored_later(faulty: Store) -> None:
    """The disk is full for a while: the run is over, its runner goes on, and nothing is lost."""
    ledger = faults_of(faulty)
    worker = faulty.worker(workers=1)
    ledger.faults["end"] = full_disk()
    jobs = [faulty.submit(bodies.count, name="full") for _ in range(3)]
    wait_until(lambda: worker.stats().unwritten == 3 and ledger.failed.count("end") > 6)
    assert worker.stats().running == 0
    del ledger.faults["end"]
    assert [faulty.result(job) for job in jobs] == [1, 2, 3]
    assert bodies.runs["full"] == 3
    wait_until(lambda: worker.stats().unwritten == 0)


def test_claims_that_fail_are_made_again(faulty: Store) -> None:
    """Not in a hot loop: the pauses grow."""
    ledger = faults_of(faulty)
    ledger.faults["claim"] = full_disk()
    job = faulty.submit(bodies.count, name="claim")
    worker = faulty.worker()
    wait_until(lambda: worker._claims._pause > 0.1)
    assert len(ledger.failed) < 10
    del ledger.faults["claim"]
    assert faulty.result(job) == 1


def test_nothing_more_is_run_while_too_many_ends_wait(faulty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be recorded would have been run in vain."""
    monkeypatch.setattr(_outbox, "MOST_UNWRITTEN", 2)
    ledger = faults_of(faulty)
    ledger.faults["end"] = full_disk()
    worker = faulty.worker(workers=1)
    jobs = [faulty.submit(bodies.count, name="bounded") for _ in range(10)]
    wait_until(lambda: worker.stats().unwritten == 2)
    let_it_look_in_vain(worker)
    assert bodies.runs["bounded"] == 2
    del ledger.faults["end"]
    for job in jobs:
        faulty.wait_for(job, JobState.SUCCEEDED)


def test_an_end_does_not_wait_for_the_long_job_behind_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends are committed together while there is more to do, but within milliseconds."""
    monkeypatch.setattr(_dispatch, "LOOK_EVERY", 3600)
    worker = greedy(store)
    short, long = store.submit(bodies.count, name="short"), store.submit(bodies.held, name="long")
    worker.start()
    store.wait_for_begin(long)
    assert store.result(short) == 1
    assert bodies.gate.begun == ["long"]


def test_ends_of_short_jobs_are_committed_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """They wait for others for some milliseconds, until nothing more is to come."""
    sent: list[str] = []
    end = store.ledger.end

    def noted(job: str, attempt: int, ending: Ending) -> Any:
        sent.append(job)
        return end(job, attempt, ending)

    monkeypatch.setattr(store.ledger, "end", noted)
    outbox = Outbox(store.ledger, lambda _: None, lambda: None)
    claims = [Claim(new_job_id(), "noop", "default", "{}", "", 1, 1, 0) for _ in range(4)]
    assert outbox.pause(time.monotonic()) is None
    outbox.put(claims[0], RELEASED, more_to_come=True)
    outbox.put(claims[1], RELEASED, more_to_come=True)
    pause = outbox.pause(time.monotonic())
    assert pause is not None
    assert pause < 0.1
    assert sent == []
    outbox.send(time.monotonic() + 0.1)
    assert sent == [claim.id for claim in claims[:2]]
    outbox.put(claims[2], RELEASED, more_to_come=True)
    outbox.put(claims[3], RELEASED)
    assert sent == [claim.id for claim in claims]
    assert outbox.wait_until_empty(15) == 0


def test_an_end_that_the_ledger_refuses_is_replaced(faulty: Store) -> None:
    """Whatever is wrong with it: the job does not stay `running`."""
    ledger = faults_of(faulty)
    ledger.faults["end"] = ValueError("no store can hold this")
    faulty.worker()
    job = faulty.submit(bodies.count, name="odd")
    wait_until(lambda: ledger.failed)
    del ledger.faults["end"]
    error = faulty.wait_for(job, JobState.FAILED).error
    assert error is not None
    assert (error.code, error.reason) == ("job-failed", "its end could not be stored: ValueError")


def test_a_worker_ends_though_its_store_cannot_be_written(faulty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the ledger, and not for ever; another worker runs the job again."""
    monkeypatch.setattr(worker_module, "_LAST_WRITES", 0.1)
    ledger = faults_of(faulty)
    ledger.faults["end"] = full_disk()
    worker = faulty.worker()
    job = faulty.submit(bodies.count, name="lost")
    wait_until(lambda: worker.stats().unwritten == 1)
    worker.stop()
    del ledger.faults["end"]
    faulty.worker()
    assert faulty.result(job) == 2
    assert (faulty.record(job).tries, faulty.record(job).crashes) == (1, 0)


# The end of a worker


def test_short_jobs_end_and_long_ones_are_given_back(store: Store) -> None:
    """In threads, processes and on the loop. The run of those that were stopped counts for nothing."""
    store.register(
        terms_of(bodies.cooperate),
        terms_of(bodies.nap, executor="process"),
        terms_of(bodies.nap_async, executor="async"),
    )
    with start_blocking_portal() as portal:
        worker = store.worker(workers=4, portal=portal)
        short = store.submit(bodies.nap, seconds=0.4)
        long = [
            store.submit(bodies.cooperate),
            store.submit(bodies.nap, seconds=600),
            store.submit(bodies.nap_async, seconds=600),
        ]
        for job in (short, *long):
            store.wait_for_begin(job)
        worker.drain()
        late = store.submit(bodies.count, name="late")
        worker.stop(3.0)
    assert store.record(short).state is JobState.SUCCEEDED
    for record in map(store.record, long):
        assert (record.state, record.attempt, record.tries, record.crashes) == (JobState.QUEUED, 1, 0, 0)
    assert store.record(late).attempt == 0


def test_what_waits_for_a_runner_is_given_back_at_once(store: Store) -> None:
    """A drain needs no `stop` for that, and begins nothing more."""
    worker = greedy(store)
    jobs = [store.submit(bodies.held, name=str(n)) for n in range(5)]
    worker.start()
    store.wait_for_begin(jobs[0])
    worker.drain()
    wait_until(lambda: all(store.record(job).state is JobState.QUEUED for job in jobs[1:]))
    bodies.gate.open()
    assert store.result(jobs[0]) == "0"
    worker.stop()
    assert bodies.gate.begun == ["0"]


def test_a_thread_that_does_not_stop_is_left_behind(
    store: Store, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for it, its job runs again elsewhere, and what it comes to in the end is nobody's."""
    monkeypatch.setattr(worker_module, "_LAST_MOMENT", 0.05)
    monkeypatch.setattr(worker_module, "_LAST_JOIN", 0.05)
    worker = store.worker()
    job = store.submit(bodies.held, name="stubborn")
    store.wait_for_begin(job)
    worker.stop(0)
    assert f"Job {job} (held) does not end" in caplog.text
    assert store.record(job).state is JobState.RUNNING
    store.worker()
    wait_until(lambda: len(bodies.gate.begun) == 2, timeout=15)
    bodies.gate.open()
    assert store.result(job) == "stubborn"
    assert (store.record(job).tries, store.record(job).crashes) == (1, 0)
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "jobs-runner-1"])


def test_a_worker_can_be_stopped_twice_and_before_it_was_started(store: Store) -> None:
    """From several threads, too."""
    store.worker(start=False).stop()
    worker = store.worker()
    threads = [threading.Thread(target=worker.stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.start()
    assert worker.stats().running == 0


def test_a_worker_that_is_idle_asks_little(tmp_path: Path) -> None:
    """Two looks a second and no more, whatever it looks for."""
    calls: list[str] = []

    class Counting(SQLiteLedger):
        def _read(self, question: Any) -> Any:
            calls.append("read")
            return super()._read(question)

        def _write(self, *args: Any, **options: Any) -> Any:
            calls.append("write")
            return super()._write(*args, **options)

        def version(self) -> int:
            calls.append("version")
            return super().version()

    with opened(tmp_path, terms_of(bodies.noop), kind=Counting) as store:
        worker = store.worker()
        store.wait_for(store.submit(bodies.noop), JobState.SUCCEEDED)
        let_it_look_in_vain(worker)
        calls.clear()
        began = time.monotonic()
        wait_until(lambda: calls.count("version") >= 4)
        looks = (time.monotonic() - began) / _dispatch.LOOK_EVERY
        assert looks > 2.5
        assert len(calls) <= 5 * (looks + 1)


def test_nothing_is_left_of_a_worker(store: Store) -> None:
    """No thread, process, descriptor or folder, after jobs of every kind and a kill."""
    store.register(terms_of(bodies.add, executor="process"), terms_of(bodies.exit_process, executor="process"))
    before = threading.active_count()
    worker = store.worker()
    store.result(store.submit(bodies.add, a=1, b=1))
    store.wait_for(store.submit(bodies.exit_process), JobState.FAILED)
    worker.stop()
    gc.collect()
    assert threading.active_count() == before
    assert store.left_over() == []


def test_a_worker_has_at_least_one_runner(store: Store) -> None:
    """Nought is for the owner to decide, by making none."""
    with pytest.raises(ValueError, match="at least one"):
        store.worker(workers=0)
