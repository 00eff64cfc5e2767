"""The SQLite ledger by itself: what each method does to one job after another."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path

import pytest

from fastapi_convert.errors import JobKeyReused, JobQueueFull, NotStarted
from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.ledger import Ledger, SQLiteLedger, _reads
from fastapi_convert.jobs.model import Ending, JobState, NewJob, QueueTerms
from tests.jobs.ledger_support import (
    ERROR,
    PATIENCE,
    TERMS,
    begun,
    claimed,
    ended,
    kinds,
    opened,
    record,
    submitted,
    tampered,
)
from tests.support.waiting import wait_until

HOSTILE = ["", "\0", "a\0b", "'; DROP TABLE jobs; --", '"', "\u202e", "\U0001f600", "%", "?1", ":id", "x" * 100_000]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def ledger(tmp_path: Path, clock: ManualClock) -> Iterator[SQLiteLedger]:
    with opened(tmp_path / "jobs.db", clock=clock) as ledger:
        yield ledger


def test_it_is_a_ledger(ledger: SQLiteLedger) -> None:
    """The type checker holds it to the protocol; at run time it has every name of it."""
    kept: Ledger = ledger
    assert all(hasattr(kept, name) for name in dir(Ledger) if not name.startswith("_"))


# Submitting


def test_a_submitted_job_is_stored_as_it_was_given(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """Record and payload, at the clock's time."""
    job = NewJob("report", '{"year": 2026}', schema="s1", queue="q", priority=3, owner="ann", keep=60)
    submission = ledger.submit(job).result(PATIENCE)
    found = record(ledger, job.id)
    assert (submission.id, submission.created) == (job.id, True)
    assert (found.name, found.queue, found.priority, found.owner, found.state) == ("report", "q", 3, "ann", "queued")
    assert (found.created_at, found.attempt, found.tries, found.version) == (clock.now().wall, 0, 0, 1)
    assert (found.due_at, found.started_at, found.finished_at, found.expires_at) == (None, None, None, None)
    assert ledger.payload(job.id) == '{"year": 2026}'
    assert kinds(ledger, job.id) == ["queued"]


def test_a_full_queue_refuses_only_itself(ledger: SQLiteLedger) -> None:
    """Running jobs do not count, nor do other queues."""
    begun(ledger, queue="small", max_queued=1)
    submitted(ledger, queue="small", max_queued=1)
    with pytest.raises(JobQueueFull, match="'small' holds 1 queued jobs"):
        submitted(ledger, queue="small", max_queued=1)
    submitted(ledger, queue="other", max_queued=1)


def test_a_write_that_is_refused_spoils_nothing_for_its_neighbours(ledger: SQLiteLedger) -> None:
    """All of them may be in one batch."""
    good = [NewJob("report", "{}") for _ in range(20)]
    futures = []
    for job in good:
        futures.append(ledger.submit(job))
        futures.append(ledger.submit(replace(job, payload="again")))  # its id is in use
        futures.append(ledger.submit(NewJob("report", "{}", max_queued=0)))
    errors = [type(future.exception(PATIENCE)) for future in futures]
    assert errors == [type(None), ValueError, JobQueueFull] * len(good)
    assert {found.id for found in ledger.list()} == {job.id for job in good}
    assert ledger.payload(good[0].id) == "{}"


def test_a_key_leads_to_the_job_of_its_first_use(ledger: SQLiteLedger) -> None:
    """Whatever the state of that job; but not with another fingerprint."""
    first = NewJob("report", "{}", idempotency_key="k", fingerprint="f")
    assert ledger.submit(first).result(PATIENCE).created
    again = ledger.submit(NewJob("report", "{}", idempotency_key="k", fingerprint="f", max_queued=0)).result(PATIENCE)
    assert (again.id, again.created) == (first.id, False)
    with pytest.raises(JobKeyReused):
        submitted(ledger, idempotency_key="k", fingerprint="other")
    assert kinds(ledger, first.id) == ["queued"]


def test_a_key_counts_within_one_owner_and_one_name(ledger: SQLiteLedger) -> None:
    """Nobody and the owner with the empty name are two."""
    scopes = [(owner, name) for owner in (None, "", "ann") for name in ("report", "mail")]
    ids = {submitted(ledger, owner=owner, name=name, idempotency_key="k") for owner, name in scopes}
    again = {submitted(ledger, owner=owner, name=name, idempotency_key="k") for owner, name in scopes}
    assert len(ids) == len(scopes)
    assert again == ids


def test_a_hundred_submissions_of_one_key_make_one_job(ledger: SQLiteLedger) -> None:
    """From as many threads at once."""
    start, ids = threading.Barrier(100), []

    def submit() -> None:
        start.wait()
        ids.append(submitted(ledger, idempotency_key="k"))

    threads = [threading.Thread(target=submit) for _ in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(ids), len(set(ids)), len(ledger.list())) == (100, 1, 1)


@pytest.mark.parametrize("text", HOSTILE, ids=[str(n) for n in range(len(HOSTILE))])
def test_hostile_text_is_data(ledger: SQLiteLedger, text: str) -> None:
    """In every place that takes text, and back unchanged."""
    job = NewJob(text, text, id=text, queue=text, owner=text, schema=text, idempotency_key=text, fingerprint=text)
    ledger.submit(job).result(PATIENCE)
    (claim,) = claimed(ledger, text, [QueueTerms(text, (text,))])
    assert ledger.report(text, claim.attempt, 0.5, text).result(PATIENCE)
    assert (claim.id, claim.name, claim.queue, claim.payload, claim.schema) == (text,) * 5
    assert (record(ledger, text).message, record(ledger, text).worker) == (text, text)
    assert [found.id for found in ledger.list(owner=text)] == [text]
    assert (ledger.running_workers(), ledger.cancelling(text)) == ({text}, [])
    assert ended(ledger, claim, result=text)
    assert ledger.result(text) == text


@pytest.mark.parametrize("field", ["name", "payload", "id", "queue", "owner", "schema", "idempotency_key"])
def test_text_that_is_no_unicode_is_refused(ledger: SQLiteLedger, field: str) -> None:
    """With an error that says so, and nothing is stored."""
    with pytest.raises(ValueError, match="surrogate"):
        submitted(ledger, **{field: "a\ud800"})
    assert ledger.list(any_owner=True) == []
    submitted(ledger)


def test_a_number_that_is_too_large_is_refused(ledger: SQLiteLedger) -> None:
    """64 bits are what a store has."""
    with pytest.raises(ValueError, match="64 bits"):
        submitted(ledger, priority=2**63)


def test_what_is_no_unicode_is_nobodys_id(ledger: SQLiteLedger) -> None:
    """It may come in an address: it is unknown, not an error."""
    submitted(ledger, id="\\ud800")
    assert (ledger.get("\ud800"), ledger.payload("\ud800"), ledger.result("\ud800")) == (None, None, None)
    assert (ledger.cancel("\ud800").result(PATIENCE), ledger.retry("\ud800").result(PATIENCE)) == (None, None)
    assert (ledger.events("\ud800"), ledger.list(owner="\ud800")) == ([], [])
    assert ledger.promote(["\ud800"]).result(PATIENCE) == 0


def test_a_message_and_an_error_that_are_no_unicode_are_kept_legibly(ledger: SQLiteLedger) -> None:
    """A file name may be part of them, and the run must not suffer for it."""
    claim = begun(ledger)
    assert ledger.report(claim.id, 1, None, "file \udc80").result(PATIENCE)
    assert record(ledger, claim.id).message == r"file \udc80"
    assert ended(ledger, claim, "failed", error=replace(ERROR, reason="\udc80"))
    assert record(ledger, claim.id).error == replace(ERROR, reason="\udc80")


def test_a_write_whose_future_is_cancelled_in_time_is_never_done(ledger: SQLiteLedger) -> None:
    """The writer is busy telling the last change, so the next write still waits."""
    told, go_on = threading.Event(), threading.Event()

    def hold_up(_: frozenset[str]) -> None:
        told.set()
        go_on.wait()

    ledger.on_change(hold_up)
    first = ledger.submit(NewJob("report", "{}"))
    told.wait()
    second = ledger.submit(NewJob("report", "{}"))
    assert second.cancel()
    go_on.set()
    with pytest.raises(CancelledError):
        second.result(PATIENCE)
    third = submitted(ledger)
    assert {found.id for found in ledger.list()} == {first.result().id, third}


# Claiming


def test_claims_go_by_priority_then_age_across_queues(ledger: SQLiteLedger) -> None:
    """Of several queues and names, as if they were one line."""
    places = [("a", "report", 0), ("b", "report", 5), ("a", "mail", 0), ("a", "report", 5), ("b", "report", -1)]
    ids = [submitted(ledger, queue=queue, name=name, priority=priority) for queue, name, priority in places]
    terms = [QueueTerms("a", ("report", "mail")), QueueTerms("b", ("report",))]
    taken = [claim.id for _ in range(3) for claim in claimed(ledger, terms=terms, count=2)]
    assert taken == [ids[n] for n in (1, 3, 0, 2, 4)]


def test_a_worker_gets_only_what_it_asks_for(ledger: SQLiteLedger) -> None:
    """Neither another name of its queue, nor its name in another queue."""
    submitted(ledger, name="mail")
    submitted(ledger, queue="other")
    assert claimed(ledger) == []
    assert claimed(ledger, terms=[], count=5) == []


def test_a_limit_counts_what_runs_anywhere(ledger: SQLiteLedger) -> None:
    """With every worker, and in one claim with several names."""
    for name in ("report", "mail") * 3:
        submitted(ledger, name=name)
    terms = [QueueTerms("default", ("report", "mail", "report"), limit=3)]
    first = claimed(ledger, "one", terms, 2)
    second = claimed(ledger, "two", terms)
    assert (len(first), len(second), claimed(ledger, "three", terms)) == (2, 1, [])
    assert ended(ledger, first[0])
    assert len(claimed(ledger, "three", terms)) == 1


def test_a_claim_begins_a_run(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """The record tells who, when and how often; progress begins anew."""
    claim = begun(ledger, "first")
    ledger.report(claim.id, 1, 0.5, "half").result(PATIENCE)
    ended(ledger, claim, "retry", error=ERROR)
    clock.advance(5)
    (again,) = claimed(ledger, "second")
    found = record(ledger, claim.id)
    assert (again.attempt, again.tries, again.crashes) == (2, 2, 0)
    assert (found.state, found.worker, found.started_at) == ("running", "second", clock.now().wall)
    assert (found.fraction, found.message) == (None, "")
    assert kinds(ledger, claim.id) == ["queued", "running", "progress", "retrying", "running"]


def test_a_delayed_job_is_claimed_when_it_is_due(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """By the steady clock: the wall clock may be set to anything meanwhile."""
    job_id = submitted(ledger, delay=60)
    assert record(ledger, job_id).due_at == clock.now().wall + 60
    clock.set_wall(clock.now().wall + 86_400)
    assert claimed(ledger) == []
    clock.set_wall(0)
    clock.advance(60)
    assert [claim.id for claim in claimed(ledger)] == [job_id]


def test_promoted_jobs_run_now(ledger: SQLiteLedger) -> None:
    """Only delayed ones are counted, each once."""
    delayed, ready = submitted(ledger, delay=60), submitted(ledger)
    assert ledger.promote([delayed, delayed, ready, "unknown"]).result(PATIENCE) == 1
    assert record(ledger, delayed).due_at is None
    assert kinds(ledger, delayed) == ["queued", "queued"]
    assert {claim.id for claim in claimed(ledger)} == {delayed, ready}


# Runs


def test_the_ending_of_a_run_is_recorded_once(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """Success, with its result, and nothing after it."""
    claim = begun(ledger, keep=60)
    assert ended(ledger, claim, result="[1]")
    assert not ended(ledger, claim, "failed", error=ERROR)
    assert not ledger.report(claim.id, claim.attempt, 1.0, "late").result(PATIENCE)
    found = record(ledger, claim.id)
    assert (found.state, found.error, found.worker, found.finished_at) == ("succeeded", None, None, clock.now().wall)
    assert found.expires_at == clock.now().wall + 60
    assert ledger.result(claim.id) == "[1]"
    assert kinds(ledger, claim.id) == ["queued", "running", "succeeded"]


@pytest.mark.parametrize("kind", ["failed", "cancelled"])
def test_a_final_error_is_told_and_kept(ledger: SQLiteLedger, kind: str) -> None:
    """In the record and in the event; there is no result."""
    claim = begun(ledger)
    assert ended(ledger, claim, kind, error=ERROR, result="1")
    assert (record(ledger, claim.id).state, record(ledger, claim.id).error) == (kind, ERROR)
    assert (ledger.events(claim.id)[-1].type, ledger.events(claim.id)[-1].error) == (kind, ERROR)
    assert ledger.result(claim.id) is None


@pytest.mark.parametrize("kind", ["succeeded", "failed", "cancelled", "retry", "released", "crashed"])
def test_a_zombie_changes_nothing(ledger: SQLiteLedger, kind: str) -> None:
    """Its job was released and taken by another worker: whatever the run before says is refused."""
    zombie = begun(ledger)
    assert ended(ledger, zombie, "released")
    (alive,) = claimed(ledger, "other")
    before = record(ledger, alive.id)
    assert not ended(ledger, zombie, kind, error=ERROR, result="1")
    assert not ledger.report(zombie.id, zombie.attempt, 0.9, "undead").result(PATIENCE)
    assert record(ledger, alive.id) == before
    assert ended(ledger, alive)


def test_a_retry_waits_for_its_delay(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """Its error stands in the event, and the record has none until the job has failed."""
    claim = begun(ledger)
    assert ended(ledger, claim, "retry", error=ERROR, delay=30)
    found = record(ledger, claim.id)
    assert (found.state, found.due_at, found.error, found.worker) == ("queued", clock.now().wall + 30, None, None)
    assert (ledger.events(claim.id)[-1].type, ledger.events(claim.id)[-1].error) == ("retrying", ERROR)
    assert claimed(ledger) == []
    clock.advance(30)
    assert claimed(ledger)[0].tries == 2


def test_a_released_run_has_not_been_a_try(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """But its number is used, and never again; and it may have to wait."""
    claim = begun(ledger)
    assert ended(ledger, claim, "released", delay=60)
    assert claimed(ledger) == []
    clock.advance(60)
    (again,) = claimed(ledger)
    assert (again.attempt, again.tries, again.crashes) == (2, 1, 0)
    assert kinds(ledger, claim.id) == ["queued", "running", "queued", "running"]


def test_a_job_that_kills_its_process_fails_after_so_many_deaths(ledger: SQLiteLedger) -> None:
    """Each is counted by itself, not as a try."""
    job_id = submitted(ledger)
    for crashes in range(3):
        (claim,) = claimed(ledger)
        assert (claim.attempt, claim.tries, claim.crashes) == (crashes + 1, 1, crashes)
        assert ended(ledger, claim, "crashed", error=ERROR, max_crashes=3)
    found = record(ledger, job_id)
    assert (found.state, found.crashes, found.error) == ("failed", 3, ERROR)
    assert kinds(ledger, job_id) == ["queued", *["running", "retrying"] * 2, "running", "failed"]


def test_progress_is_the_newest_and_its_events_are_few(ledger: SQLiteLedger) -> None:
    """The oldest of them go; the events of states stay, and no number is used twice."""
    claim = begun(ledger)
    for step in range(120):
        ledger.report(claim.id, 1, step / 120, f"step {step}")
    assert ended(ledger, claim)
    events = ledger.events(claim.id)
    assert [event.type for event in events] == ["queued", "running", *["progress"] * 50, "succeeded"]
    assert [event.number for event in events] == [1, 2, *range(73, 123), 123]
    assert (events[-2].message, events[-2].fraction) == ("step 119", 119 / 120)
    assert record(ledger, claim.id).version == 123
    assert [event.number for event in ledger.events(claim.id, after=121)] == [122, 123]
    assert [event.number for event in ledger.events(claim.id, after=1, count=2)] == [2, 73]


def test_events_of_states_are_bounded_too(ledger: SQLiteLedger) -> None:
    """A job may be released for ever."""
    submitted(ledger)
    for _ in range(1100):
        claims = ledger.claim("worker", TERMS, 1)
        ended(ledger, claims.result(PATIENCE)[0], "released")
    assert len(ledger.events(ledger.list()[0].id, count=10_000)) == 2_000


def test_progress_that_is_no_number_is_unknown(ledger: SQLiteLedger) -> None:
    """NaN is nothing that a store keeps."""
    claim = begun(ledger)
    assert ledger.report(claim.id, 1, math.nan, "").result(PATIENCE)
    assert record(ledger, claim.id).fraction is None


# Cancelling, retrying, recovering


def test_a_queued_job_is_cancelled_at_once(ledger: SQLiteLedger) -> None:
    """And never runs."""
    job_id = submitted(ledger)
    answer = ledger.cancel(job_id).result(PATIENCE)
    assert answer == record(ledger, job_id)
    assert (answer.state, answer.cancel_requested, answer.finished_at is not None) == ("cancelled", True, True)
    assert kinds(ledger, job_id) == ["queued", "cancelled"]
    assert claimed(ledger) == []


def test_a_running_job_is_asked_to_end(ledger: SQLiteLedger) -> None:
    """Once, however often it is cancelled; its worker hears of it."""
    claim = begun(ledger)
    for _ in range(2):
        answer = ledger.cancel(claim.id).result(PATIENCE)
        assert answer is not None
        assert (answer.state, answer.cancel_requested) == ("running", True)
    assert kinds(ledger, claim.id) == ["queued", "running", "cancelling"]
    assert (ledger.cancelling("worker"), ledger.cancelling("other")) == ([claim.id], [])
    assert ended(ledger, claim, "cancelled")
    assert (ledger.cancelling("worker"), record(ledger, claim.id).state) == ([], "cancelled")


@pytest.mark.parametrize(
    "kind,state",
    [
        ("retry", "cancelled"),
        ("released", "cancelled"),
        ("crashed", "cancelled"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
    ],
)
def test_a_cancelled_run_is_never_begun_again(ledger: SQLiteLedger, kind: str, state: str) -> None:
    """But what it has achieved stands."""
    claim = begun(ledger)
    ledger.cancel(claim.id).result(PATIENCE)
    assert ended(ledger, claim, kind, error=ERROR, max_crashes=1)
    found = record(ledger, claim.id)
    assert (found.state, found.error) == (state, ERROR if state == "failed" else None)
    assert claimed(ledger) == []


def test_a_final_job_is_not_cancelled(ledger: SQLiteLedger) -> None:
    """Nor is one that does not exist."""
    claim = begun(ledger)
    ended(ledger, claim)
    before = record(ledger, claim.id)
    assert ledger.cancel(claim.id).result(PATIENCE) == record(ledger, claim.id) == before
    assert ledger.cancel("unknown").result(PATIENCE) is None


@pytest.mark.parametrize("kind", ["failed", "cancelled"])
def test_a_retried_job_begins_a_new_life(ledger: SQLiteLedger, kind: str) -> None:
    """Its attempts go on, all else is as it was at first."""
    claim = begun(ledger)
    ended(ledger, claim, "crashed", error=ERROR)
    (claim,) = claimed(ledger)
    ledger.cancel(claim.id).result(PATIENCE)
    ended(ledger, claim, kind, error=ERROR)
    answer = ledger.retry(claim.id).result(PATIENCE)
    assert answer == record(ledger, claim.id)
    assert (answer.state, answer.attempt, answer.tries, answer.crashes) == ("queued", 2, 0, 0)
    assert (answer.error, answer.finished_at, answer.expires_at, answer.cancel_requested) == (None, None, None, False)
    (again,) = claimed(ledger)
    assert (again.attempt, again.tries) == (3, 1)
    assert ended(ledger, again, result="1")
    assert ledger.result(claim.id) == "1"


def test_only_failed_and_cancelled_jobs_are_retried(ledger: SQLiteLedger) -> None:
    """The others stay as they are."""
    queued = submitted(ledger, queue="other")
    running = begun(ledger)
    finished = begun(ledger)
    ended(ledger, finished)
    before = ledger.list()
    for job_id in (queued, running.id, finished.id):
        assert ledger.retry(job_id).result(PATIENCE) == record(ledger, job_id)
    assert ledger.list() == before
    assert ledger.retry("unknown").result(PATIENCE) is None


def test_the_jobs_of_a_dead_worker_are_queued_again(ledger: SQLiteLedger) -> None:
    """Only its own; those that had begun count a crash, and fail if that was one too many."""
    begun_, waiting, other = begun(ledger, "dead"), begun(ledger, "dead"), begun(ledger, "alive")
    assert ledger.running_workers() == {"dead", "alive"}
    assert ledger.recover("dead", {begun_.id, other.id}, ERROR, 3).result(PATIENCE) == 2
    assert ledger.recover("dead", {begun_.id}, ERROR, 3).result(PATIENCE) == 0
    assert ledger.running_workers() == {"alive"}
    assert (record(ledger, begun_.id).crashes, record(ledger, waiting.id).crashes) == (1, 0)
    assert kinds(ledger, begun_.id)[-1] == "retrying"
    assert kinds(ledger, waiting.id)[-1] == "queued"
    claimed(ledger, "dead")
    assert ledger.recover("dead", {begun_.id}, ERROR, 2).result(PATIENCE) == 2
    assert (record(ledger, begun_.id).state, record(ledger, begun_.id).error) == ("failed", ERROR)


# Purging


def test_results_expire_first_and_records_after_as_long_again(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """By the steady clock. Files may go at either time: the first may have been missed."""
    claim = begun(ledger, keep=60, idempotency_key="k")
    ended(ledger, claim, "failed", error=ERROR)
    clock.set_wall(clock.now().wall + 86_400)
    assert ledger.purge(10).result(PATIENCE) == []
    version = record(ledger, claim.id).version
    clock.advance(60)
    assert ledger.purge(10).result(PATIENCE) == [claim.id]
    found = record(ledger, claim.id)
    assert (found.expired, found.error, found.state) == (True, ERROR, "failed")
    assert found.version > version
    assert (ledger.payload(claim.id), ledger.events(claim.id)) == (None, [])
    assert ledger.retry(claim.id).result(PATIENCE) == found
    assert submitted(ledger, idempotency_key="k") != claim.id
    clock.advance(59)
    assert ledger.purge(10).result(PATIENCE) == []
    clock.advance(1)
    assert ledger.purge(10).result(PATIENCE) == [claim.id]
    assert ledger.get(claim.id) is None


def test_a_result_expires(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """A succeeded job is still one."""
    claim = begun(ledger, keep=60)
    ended(ledger, claim, result="1")
    clock.advance(60)
    assert ledger.result(claim.id) == "1"
    ledger.purge(1).result(PATIENCE)
    assert (ledger.result(claim.id), record(ledger, claim.id).state) == (None, "succeeded")


def test_a_purge_is_bounded_and_leaves_live_jobs(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """The oldest expiry first."""
    ids = []
    for keep in (3, 1, 2):
        claim = begun(ledger, keep=keep)
        ended(ledger, claim)
        ids.append(claim.id)
    live = [submitted(ledger, queue="other", keep=0), begun(ledger, keep=0).id]
    clock.advance(3)
    assert ledger.purge(0).result(PATIENCE) == ledger.purge(-1).result(PATIENCE) == []
    assert ledger.purge(2).result(PATIENCE) == [ids[1], ids[2]]
    assert all(not record(ledger, job_id).expired for job_id in live)


# Reading


def test_a_list_is_paged_from_the_newest(ledger: SQLiteLedger) -> None:
    """With no job twice, and none left out."""
    ids = [submitted(ledger) for _ in range(7)]
    seen, before = [], None
    while page := ledger.list(before=before, count=3):
        seen += [found.id for found in page]
        before = page[-1].number
    assert seen == ids[::-1]
    assert ledger.list(count=-1) == ledger.list(count=0) == ledger.list(before=-(10**30)) == []
    assert len(ledger.list(before=10**30, count=10**30)) == 7


def test_a_list_is_of_one_owner_and_one_state(ledger: SQLiteLedger) -> None:
    """Nobody is an owner too, and not the one with the empty name."""
    ids = {owner: submitted(ledger, owner=owner, queue=f"of {owner}") for owner in (None, "", "ann")}
    claimed(ledger, terms=[QueueTerms("of ann", ("report",))])
    for owner, job_id in ids.items():
        assert [found.id for found in ledger.list(owner=owner)] == [job_id]
    assert [found.owner for found in ledger.list(any_owner=True)] == ["ann", "", None]
    assert [found.owner for found in ledger.list(any_owner=True, state=JobState.RUNNING)] == ["ann"]
    assert ledger.list(owner="ann", state=JobState.QUEUED) == ledger.list(owner="bob") == []


def test_counts_tell_what_is_queued_and_runs(ledger: SQLiteLedger) -> None:
    """By queue."""
    begun(ledger)
    ended(ledger, begun(ledger, queue="b"))
    for _ in range(3):
        submitted(ledger)
    queued, running = JobState.QUEUED, JobState.RUNNING
    assert ledger.counts() == {"default": {queued: 3, running: 1}, "b": {queued: 0, running: 0}}


def test_changes_tell_which_jobs_had_events(ledger: SQLiteLedger) -> None:
    """With the numbers of their newest ones; each mark is where the next question begins."""
    assert ledger.changes(-1) == (0, {})
    first, second = submitted(ledger), submitted(ledger, queue="other")
    mark, changed = ledger.changes(0)
    assert changed == {first: 1, second: 1}
    assert ledger.changes(mark) == (mark, {}) == ledger.changes(-1)
    claimed(ledger)
    assert ledger.changes(mark)[1] == {first: 2}
    assert ledger.changes(10**30)[1] == {}


def test_changes_come_in_pieces(ledger: SQLiteLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was away for long gets all of it by asking on."""
    monkeypatch.setattr(_reads, "LONGEST_ANSWER", 3)
    ids = [submitted(ledger) for _ in range(8)]
    mark, seen = 0, []
    while (answer := ledger.changes(mark))[1]:
        mark = answer[0]
        seen.append(len(answer[1]))
    assert seen == [3, 3, 2]
    assert len(ids) == sum(seen)


def test_marks_are_not_used_twice(ledger: SQLiteLedger, clock: ManualClock) -> None:
    """Not even when the newest event is purged."""
    ended(ledger, begun(ledger, keep=1))
    mark, _ = ledger.changes(-1)
    clock.advance(1)
    ledger.purge(1).result(PATIENCE)
    job_id = submitted(ledger)
    assert ledger.changes(mark) == (mark + 1, {job_id: 1})


def test_the_version_changes_with_every_commit(ledger: SQLiteLedger) -> None:
    """And with nothing else."""
    before = ledger.version()
    assert ledger.version() == before
    submitted(ledger)
    assert ledger.version() != before


def test_on_change_tells_the_ids_after_each_commit(ledger: SQLiteLedger) -> None:
    """What it raises is logged and harms nobody; what changed nothing is not told."""
    told: list[frozenset[str]] = []
    ledger.on_change(told.append)
    claim = begun(ledger)
    ledger.claim("worker", TERMS, 1).result(PATIENCE)
    assert ended(ledger, claim)
    wait_until(lambda: len(told) == 3)
    assert told == [{claim.id}] * 3


def test_an_error_of_on_change_is_logged(ledger: SQLiteLedger, caplog: pytest.LogCaptureFixture) -> None:
    """The writer goes on."""
    ledger.on_change(lambda _: 1 / 0)  # type: ignore[arg-type]  # what it returns is of no interest
    submitted(ledger)
    submitted(ledger)
    assert "on_change" in caplog.text


# Hostile rows


@pytest.mark.parametrize(
    "text",
    [
        "garbage",
        "[]",
        "null",
        "1",
        '{"code": "os.system"}',
        '{"code": 1, "status": 500, "detail": "", "reason": "", "traceback": ""}',
        '{"code": "", "status": 200, "detail": "", "reason": "", "traceback": ""}',
        "[" * 100_000,
    ],
)
def test_a_damaged_error_is_some_error(ledger: SQLiteLedger, text: str) -> None:
    """A list with it is still a list."""
    claim = begun(ledger)
    ended(ledger, claim, "failed", error=ERROR)
    tampered(ledger.path, "UPDATE errors SET error = ?", text)
    tampered(ledger.path, "UPDATE events SET error = ?", text)
    for error in (ledger.list()[0].error, ledger.events(claim.id)[0].error):
        assert error is not None
        assert (error.code, error.status) == ("job-failed", 500)


def test_the_name_of_a_function_in_an_error_is_a_text(ledger: SQLiteLedger) -> None:
    """Nothing is looked up."""
    claim = begun(ledger)
    hostile = replace(ERROR, code="os.system", detail="__import__('os')")
    ended(ledger, claim, "failed", error=hostile)
    assert record(ledger, claim.id).error == hostile


@pytest.mark.parametrize(
    "column", ["name", "state", "attempt", "created_wall", "fraction", "owner", "expired", "worker"]
)
@pytest.mark.parametrize("value", ["CAST(x'ff00fe' AS TEXT)", "x'00ff'", "'nonsense'", "-1e999"])
def test_a_damaged_row_is_still_a_record(ledger: SQLiteLedger, column: str, value: str) -> None:
    """Whatever somebody has written into it."""
    submitted(ledger)
    tampered(ledger.path, f"UPDATE jobs SET {column} = {value}")
    (found,) = ledger.list(any_owner=True)
    assert isinstance(found.name, str)
    assert found.state in set(JobState)


# Opening and closing


def test_a_closed_ledger_says_how_to_open_it(tmp_path: Path) -> None:
    """Before it is opened and after it was closed."""
    ledger = SQLiteLedger(tmp_path / "jobs.db")
    for _ in range(2):
        for call in (ledger.counts, ledger.version, lambda: ledger.cancel("x"), lambda: ledger.get("x")):
            with pytest.raises(NotStarted, match=r"call open\(\)"):
                call()
        ledger.open()
        ledger.close()
        ledger.close()


def test_it_is_opened_again_as_it_was(tmp_path: Path) -> None:
    """Nothing but the database and its lock files is left between."""
    ledger = SQLiteLedger(tmp_path / "jobs.db", clock=ManualClock())
    ledger.open()
    ledger.open()
    job_id = submitted(ledger)
    ledger.close()
    assert {path.name for path in tmp_path.iterdir()} == {"jobs.db", "jobs.db.lock", "jobs.db.next"}
    ledger.open()
    assert record(ledger, job_id).state == "queued"
    ledger.close()


def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    """Every future is done, and its job stored."""
    with opened(tmp_path / "jobs.db") as ledger:
        futures = [ledger.submit(NewJob("report", "{}")) for _ in range(2000)]
    assert all(future.done() and future.result().created for future in futures)
    with opened(tmp_path / "jobs.db") as ledger:
        assert ledger.counts()["default"][JobState.QUEUED] == 2000


@pytest.mark.parametrize("options", [{"durability": "none"}, {"timeout": 0}, {"timeout": math.nan}])
def test_options_that_mean_nothing_are_refused(tmp_path: Path, options: dict[str, object]) -> None:
    """When the ledger is made."""
    with pytest.raises(ValueError, match=r"durability|timeout"):
        SQLiteLedger(tmp_path / "jobs.db", **options)  # type: ignore[arg-type]  # on purpose


def test_an_ending_of_an_unknown_job_is_refused(ledger: SQLiteLedger) -> None:
    """As that of a run that is over."""
    assert not ledger.end("unknown", 1, Ending("succeeded")).result(PATIENCE)
    assert not ledger.report("unknown", 1, 0.5, "").result(PATIENCE)
