"""The SQLite ledger against a simple model of it, through whatever order of calls hypothesis finds."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import (
    HealthCheck,
    settings,
    strategies as st,
)
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fastapi_convert.jobs._clock import ManualClock
from fastapi_convert.jobs.ledger import SQLiteLedger
from fastapi_convert.jobs.model import TERMINAL, Claim, Ending, JobEvent, JobState, NewJob, QueueTerms
from tests.jobs.ledger_support import CAMPAIGN, ERROR, PATIENCE

QUEUES, NAMES, WORKERS = ("a", "b"), ("x", "y"), ("one", "two")
LIMIT = 2  # of queue `b`
TERMS = [QueueTerms("a", NAMES), QueueTerms("b", NAMES, limit=LIMIT)]
MAX_CRASHES = 2
KEEP = 50.0


@dataclass
class Expected:
    """What the model knows of one job."""

    job: NewJob
    number: int
    due: float
    state: str = "queued"
    attempt: int = 0
    tries: int = 0
    crashes: int = 0
    cancel_requested: bool = False
    worker: str | None = None
    purge: float | None = None
    expired: bool = False
    events: list[str] = field(default_factory=lambda: ["queued"])

    def queue_again(self, event: str, due: float) -> None:
        self.state, self.worker, self.due = "queued", None, due
        self.events.append(event)

    def finish(self, state: str, now: float) -> None:
        self.state, self.worker, self.purge = state, None, now + KEEP
        self.events.append(state)


class LedgerMachine(RuleBasedStateMachine):
    """Every rule does the same to both, and every invariant compares them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.ledger = SQLiteLedger(Path(self.folder.name, "jobs.db"), durability="process", clock=self.clock)
        self.jobs: dict[str, Expected] = {}
        self.claims: list[Claim] = []
        self.numbers = 0

    @initialize()
    def begin(self) -> None:
        self.ledger.open()

    def teardown(self) -> None:
        self.ledger.close()
        self.folder.cleanup()

    @property
    def now(self) -> float:
        return self.clock.now().steady

    # Rules

    @rule(
        queue=st.sampled_from(QUEUES),
        name=st.sampled_from(NAMES),
        priority=st.integers(-1, 1),
        delay=st.sampled_from([0.0, 0.0, 10.0, 30.0]),
    )
    def submit(self, queue: str, name: str, priority: int, delay: float) -> None:
        job = NewJob(name, "{}", queue=queue, priority=priority, delay=delay, keep=KEEP)
        assert self.ledger.submit(job).result(PATIENCE).created
        self.numbers += 1
        self.jobs[job.id] = Expected(job, self.numbers, self.now + delay)

    @rule(worker=st.sampled_from(WORKERS), count=st.integers(0, 4))
    def claim(self, worker: str, count: int) -> None:
        claims = self.ledger.claim(worker, TERMS, count).result(PATIENCE)
        room = LIMIT - sum(each.state == "running" and each.job.queue == "b" for each in self.jobs.values())
        expected: list[Expected] = []
        for each in sorted(self.jobs.values(), key=lambda each: (-each.job.priority, each.number)):
            if each.state == "queued" and each.due <= self.now and len(expected) < count:
                if each.job.queue == "b" and room <= 0:
                    continue
                room -= each.job.queue == "b"
                expected.append(each)
        assert [claim.id for claim in claims] == [each.job.id for each in expected]
        for claim, each in zip(claims, expected, strict=True):
            each.state, each.worker = "running", worker
            each.attempt += 1
            each.tries += 1
            each.events.append("running")
            assert (claim.attempt, claim.tries, claim.crashes) == (each.attempt, each.tries, each.crashes)
        self.claims += claims

    def is_present(self, claim: Claim) -> bool:
        each = self.jobs.get(claim.id)
        return each is not None and each.state == "running" and each.attempt == claim.attempt

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), fraction=st.floats(0, 1))
    def report(self, data: st.DataObject, fraction: float) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        answer = self.ledger.report(claim.id, claim.attempt, fraction, "m").result(PATIENCE)
        assert answer == self.is_present(claim)
        if answer:
            self.jobs[claim.id].events.append("progress")

    @precondition(lambda self: self.claims)
    @rule(
        data=st.data(),
        kind=st.sampled_from(["succeeded", "failed", "cancelled", "retry", "released", "crashed"]),
        delay=st.sampled_from([0.0, 20.0]),
    )
    def end(self, data: st.DataObject, kind: str, delay: float) -> None:
        claim = data.draw(st.sampled_from(self.claims))
        present = self.is_present(claim)
        ending = Ending(kind, result="1", error=ERROR, delay=delay, max_crashes=MAX_CRASHES)  # type: ignore[arg-type]  # drawn
        assert self.ledger.end(claim.id, claim.attempt, ending).result(PATIENCE) == present
        if present:
            self.expect_end(self.jobs[claim.id], kind, delay)

    def expect_end(self, each: Expected, kind: str, delay: float = 0.0) -> None:
        each.tries -= kind in {"released", "crashed"}
        each.crashes += kind == "crashed"
        if kind in TERMINAL:
            each.finish(kind, self.now)
        elif each.cancel_requested:
            each.finish("cancelled", self.now)
        elif kind == "crashed" and each.crashes >= MAX_CRASHES:
            each.finish("failed", self.now)
        else:
            each.queue_again("queued" if kind == "released" else "retrying", self.now + delay)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        each = data.draw(st.sampled_from(list(self.jobs.values())))
        if each.state == "queued":
            each.cancel_requested = True
            each.finish("cancelled", self.now)
        elif each.state == "running" and not each.cancel_requested:
            each.cancel_requested = True
            each.events.append("cancelling")
        assert self.ledger.cancel(each.job.id).result(PATIENCE) == self.ledger.get(each.job.id)

    @precondition(lambda self: self.jobs)
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        each = data.draw(st.sampled_from(list(self.jobs.values())))
        if each.state in {"failed", "cancelled"} and not each.expired:
            each.tries = each.crashes = 0
            each.cancel_requested, each.purge = False, None
            each.queue_again("queued", self.now)
        assert self.ledger.retry(each.job.id).result(PATIENCE) == self.ledger.get(each.job.id)

    @rule(worker=st.sampled_from(WORKERS), data=st.data())
    def recover(self, worker: str, data: st.DataObject) -> None:
        running = [each for each in self.jobs.values() if each.worker == worker]
        began = {each.job.id for each in running if data.draw(st.booleans())}
        assert self.ledger.recover(worker, began, ERROR, MAX_CRASHES).result(PATIENCE) == len(running)
        for each in running:
            self.expect_end(each, "crashed" if each.job.id in began else "released")

    @rule()
    def promote(self) -> None:
        late = [each for each in self.jobs.values() if each.state == "queued" and each.due > self.now]
        self.ledger.promote([each.job.id for each in late]).result(PATIENCE)
        for each in late:
            each.queue_again("queued", self.now)

    @rule()
    def purge(self) -> None:
        gone = {job_id: each for job_id, each in self.jobs.items() if each.purge is not None and each.purge <= self.now}
        assert set(self.ledger.purge(1000).result(PATIENCE)) == set(gone)
        for job_id, each in gone.items():
            if each.expired:
                del self.jobs[job_id]
                assert self.ledger.get(job_id) is None
            else:
                assert each.purge is not None
                each.expired, each.purge = True, each.purge + KEEP

    @rule(seconds=st.sampled_from([1.0, 10.0, 60.0]))
    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @rule(seconds=st.sampled_from([-86_400.0, 86_400.0]))
    def set_wall_clock(self, seconds: float) -> None:
        self.clock.set_wall(self.clock.now().wall + seconds)

    @rule()
    def open_again(self) -> None:
        self.ledger.close()
        self.ledger.open()

    # What is always so

    @invariant()
    def records_are_as_expected(self) -> None:
        found = {record.id: record for record in self.ledger.list(any_owner=True, count=1000)}
        assert set(found) == set(self.jobs)
        for job_id, each in self.jobs.items():
            record = found[job_id]
            assert (record.state, record.worker, record.expired) == (each.state, each.worker, each.expired)
            assert (record.attempt, record.tries, record.crashes) == (each.attempt, each.tries, each.crashes)
            assert record.cancel_requested == each.cancel_requested
            assert (record.error is not None) >= (each.state == "failed")

    @invariant()
    def counts_are_as_expected(self) -> None:
        for queue, counted in self.ledger.counts().items():
            mine = [each.state for each in self.jobs.values() if each.job.queue == queue]
            assert counted == {JobState.QUEUED: mine.count("queued"), JobState.RUNNING: mine.count("running")}

    @invariant()
    def events_are_as_expected(self) -> None:
        for job_id, each in self.jobs.items():
            if each.expired:
                assert self.ledger.events(job_id) == []
            else:
                events = self.ledger.events(job_id)
                assert [event.type for event in events] == each.events
                check_events(events)
                record = self.ledger.get(job_id)
                assert record is not None
                assert record.version == events[-1].number

    @invariant()
    def results_are_there_for_as_long_as_they_should(self) -> None:
        for job_id, each in self.jobs.items():
            has_result = each.state == "succeeded" and not each.expired
            assert self.ledger.result(job_id) == ("1" if has_result else None)
            assert self.ledger.payload(job_id) == (None if each.expired else "{}")


def check_events(events: list[JobEvent]) -> None:
    """Numbered without a gap, and each life of a job ends once: after it only a retry goes on."""
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    for event, following in itertools.pairwise(events):
        assert event.type not in TERMINAL or following.type == "queued"


LedgerMachine.TestCase.settings = settings(
    max_examples=25 * CAMPAIGN,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


class TestLedgerMachine(LedgerMachine.TestCase):  # type: ignore[misc, valid-type]  # made by hypothesis at run time
    """Jobs and their model never part."""
