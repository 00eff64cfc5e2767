"""`jobs.testing()`: a store of its own, and the test decides when jobs run."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from fastapi_convert.errors import (
    JobCancelled,
    JobFailed,
    JobKeyReused,
    JobNotFound,
    JobQueueFull,
    JobResultExpired,
)
from fastapi_convert.jobs import Jobs, JobState, Progress, Retry
from fastapi_convert.jobs._inline import MOST_DEEP, Here
from fastapi_convert.jobs.model import Claim
from tests.support.waiting import wait_until, wait_until_async

place: ContextVar[str] = ContextVar("place", default="nowhere")


def in_process() -> int:
    return os.getpid()


class Shop:
    """Functions as jobs of one store, and what they have seen."""

    shout: Any
    whisper: Any
    flaky: Any
    steps: Any
    nest: Any
    nest_async: Any
    wait_for_go: Any
    sleep_for_ever: Any
    too_long: Any

    def __init__(self, path: Path, **options: Any) -> None:
        self.jobs = Jobs(path, **{"workers": 2, "owner": lambda: "ada", **options})
        self.runs: list[Any] = []
        self.go = threading.Event()
        self.pid = self.jobs.job()(in_process)
        for register in (self._speak, self._try, self._nest, self._stay):
            register()

    def job(self, **options: Any) -> Callable[[Callable[..., Any]], Any]:
        """As `jobs.job`, for functions whose progress no test passes."""
        return self.jobs.job(**options)

    def _speak(self) -> None:
        @self.job(executor="thread", errors={ValueError: 422}, keep=100)
        def shout(text: str) -> str:
            self.runs.append(text)
            if not text:
                raise ValueError("nothing to shout")
            return text.upper()

        @self.job()
        async def whisper(text: str) -> str:
            await anyio.lowlevel.checkpoint()
            self.runs.append((text, threading.get_ident()))
            return text.lower()

        self.shout, self.whisper = shout, whisper

    def _try(self) -> None:
        @self.job(executor="thread", retries=Retry(3, on=ConnectionError, wait_initial=10, wait_jitter=0))
        def flaky(failures: int, *, progress: Progress) -> int:
            self.runs.append(progress.attempt)
            if progress.attempt <= failures:
                raise ConnectionError("down")
            return progress.attempt

        @self.job(executor="thread")
        def steps(count: int, *, progress: Progress) -> str:
            for step in range(count):
                progress(step / count, f"step {step}")
            (progress.folder / "scratch").write_text("gone after the run")
            return str(progress.folder)

        self.flaky, self.steps = flaky, steps

    def _nest(self) -> None:
        @self.job(executor="thread")
        def nest(depth: int) -> Any:
            return 0 if depth == 0 else 1 + self.nest.submit_sync(depth - 1).result_sync()

        @self.job()
        async def nest_async(depth: int) -> Any:
            return 0 if depth == 0 else 1 + await (await self.nest_async.submit(depth - 1)).result()

        self.nest, self.nest_async = nest, nest_async

    def _stay(self) -> None:
        @self.job(executor="thread")
        def wait_for_go(*, progress: Progress) -> None:
            self.runs.append("began")
            while not self.go.wait(0.005):
                progress.check()

        @self.job()
        async def sleep_for_ever() -> None:
            self.runs.append("began")
            await anyio.sleep_forever()

        @self.job(timeout=0.02)
        async def too_long() -> None:
            await anyio.sleep_forever()

        self.wait_for_go, self.sleep_for_ever, self.too_long = wait_for_go, sleep_for_ever, too_long

    def app(self) -> FastAPI:
        app = FastAPI(lifespan=self.jobs.lifespan)
        app.include_router(self.jobs.router, prefix="/jobs")
        app.post("/shout", **self.shout.route)(self.shout.endpoint)
        return app


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Its real store must not come to be."""
    yield Shop(tmp_path / "jobs.db")
    assert list(tmp_path.iterdir()) == []


# Inline


def test_inline_runs_a_job_before_submit_returns(shop: Shop) -> None:
    """And its result is in the store, as an argument and a result that were JSON."""
    with shop.jobs.testing():
        job = shop.shout.submit_sync("hey")
        assert shop.runs == ["hey"]
        assert job.status_sync().status == "succeeded"
        assert job.result_sync() == "HEY"


async def test_inline_runs_for_async_callers_too(shop: Shop) -> None:
    """A function on a thread, a coroutine on the caller's own loop; neither sees the caller's context variables."""
    here = threading.get_ident()

    @shop.job(executor="thread")
    def where() -> tuple[int, str]:
        return threading.get_ident(), place.get()

    @shop.job()
    async def where_async() -> tuple[int, str]:
        await anyio.lowlevel.checkpoint()
        found = place.get()
        place.set("left behind")
        return threading.get_ident(), found

    with shop.jobs.testing():
        place.set("a test")
        thread, context = await (await where.submit()).result()
        assert (thread != here, context) == (True, "nowhere")
        assert await (await where_async.submit()).result() == (here, "nowhere")
        assert place.get() == "a test"


async def test_the_loop_runs_on_while_a_function_runs_inline(shop: Shop) -> None:
    """It would wait for ever otherwise: this loop lets the function end."""
    with shop.jobs.testing():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(shop.wait_for_go.submit)
            await wait_until_async(lambda: shop.runs)
            shop.go.set()


def test_a_coroutine_submitted_from_synchronous_code_runs_on_a_loop_of_its_own(shop: Shop) -> None:
    """Also where the caller's thread has a loop that is busy with the caller."""
    with shop.jobs.testing():
        assert shop.whisper.submit_sync("HEY").result_sync() == "hey"
    with shop.jobs.testing():

        async def main() -> Any:
            await anyio.lowlevel.checkpoint()
            return await shop.whisper.submit_sync("HO").result()

        assert anyio.run(main) == "ho"
    assert all(thread != threading.get_ident() for _, thread in shop.runs)


def test_inline_jobs_over_http(shop: Shop) -> None:
    """Status, result, mapped error and events answer as in production."""
    with shop.jobs.testing() as test, TestClient(shop.app()) as client:
        answer = client.post("/shout", json={"text": "hey"})
        assert answer.status_code == 202
        where = answer.headers["Location"]
        assert client.get(where).json()["status"] == "succeeded"
        assert client.get(f"{where}/result").json() == "HEY"
        assert "event: succeeded" in client.get(f"{where}/events").text
        where = client.post("/shout", json={"text": ""}).headers["Location"]
        assert client.get(f"{where}/result").status_code == 422
        assert [each.owner for each in test.submitted] == ["ada", "ada"]


def test_a_forgotten_lifespan_is_no_error_in_a_test(shop: Shop) -> None:
    """Somebody runs the jobs all the same."""
    serving = [shop.jobs.serving]
    with shop.jobs.testing():
        serving.append(shop.jobs.serving)
        where = TestClient(shop.app()).post("/shout", json={"text": "hey"}).headers["Location"]
        assert TestClient(shop.app()).get(f"{where}/result").json() == "HEY"
    serving.append(shop.jobs.serving)
    assert serving == [False, True, False]


@pytest.mark.parametrize("mode", ["inline", "captured"])
def test_a_lifespan_starts_no_worker_in_a_test(shop: Shop, mode: Any) -> None:
    """What is captured stays captured."""
    with shop.jobs.testing(mode), TestClient(shop.app()):
        assert not shop.jobs.has_worker


def test_retries_run_at_once(shop: Shop) -> None:
    """Without the clock having moved; every run is counted and told."""
    with shop.jobs.testing() as test:
        job = shop.flaky.submit_sync(2)
        assert job.result_sync() == 3
        assert shop.runs == [1, 2, 3]
        assert test.clock.now().steady == 0
        assert [each.type for each in shop.jobs.ledger.events(job.id)].count("retrying") == 2
        assert test.failures == []


def test_a_failure_is_recorded_and_told(shop: Shop) -> None:
    """The exception itself, once for each job, however often it was retried."""
    with shop.jobs.testing() as test:
        with pytest.raises(JobFailed, match="ConnectionError: down"):
            shop.flaky.submit_sync(9).result_sync()
        with pytest.raises(JobFailed, match="nothing to shout") as caught:
            shop.shout.submit_sync("").result_sync()
        assert caught.value.status_code == 422
        assert [(each.name, type(each.error)) for each in test.failures] == [
            (shop.flaky.name, ConnectionError),
            (shop.shout.name, ValueError),
        ]
        assert "nothing to shout" in (shop.jobs.ledger.get(test.failures[1].id).error.traceback)  # type: ignore[union-attr]  # it has failed


async def test_raises_lets_a_failure_out_of_submit(shop: Shop) -> None:
    """As well as recording it."""
    with shop.jobs.testing(raises=True) as test:
        with pytest.raises(ValueError, match="nothing to shout"):
            await shop.shout.submit("")
        with pytest.raises(ConnectionError):
            shop.flaky.submit_sync(3)
        assert await (await shop.flaky.submit(2)).result() == 3
        assert [(await shop.jobs.get(each.id).status()).status for each in test.submitted] == [
            "failed",
            "failed",
            "succeeded",
        ]


async def test_a_coroutine_that_takes_too_long_is_ended(shop: Shop) -> None:
    """With the error that production has for it."""
    with shop.jobs.testing() as test:
        job = await shop.too_long.submit()
        error = (await job.status()).error
        assert error is not None
        assert error.code == "job-timeout"
        assert isinstance(test.failures[0].error, JobFailed)


def test_an_interrupt_ends_the_test_and_not_only_the_job(shop: Shop) -> None:
    """It hits whatever runs in the main thread. Other exits are the job's failure, as in production."""

    @shop.job(executor="thread")
    def leave(interrupted: bool) -> None:
        raise KeyboardInterrupt if interrupted else SystemExit(3)

    with shop.jobs.testing() as test:
        with pytest.raises(KeyboardInterrupt):
            leave.submit_sync(interrupted=True)
        leave.submit_sync(interrupted=False)
        assert len(test.failures) == 2


def test_a_process_job_runs_in_this_process(shop: Shop) -> None:
    """On a thread: a debugger and a mock of the test reach it."""
    with shop.jobs.testing():
        assert shop.pid.submit_sync().result_sync() == os.getpid()


async def test_a_running_coroutine_is_cancelled(shop: Shop) -> None:
    """By whoever asks for it while it runs inline."""
    with shop.jobs.testing() as test:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(shop.sleep_for_ever.submit)
            await wait_until_async(lambda: shop.runs)
            await shop.jobs.get(test.submitted[0].id).cancel()
        with pytest.raises(JobCancelled):
            await shop.jobs.get(test.submitted[0].id).result()


def test_a_running_function_is_cancelled_when_it_asks(shop: Shop) -> None:
    """As in a thread of a worker."""
    with shop.jobs.testing() as test:
        thread = threading.Thread(target=shop.wait_for_go.submit_sync)
        thread.start()
        wait_until(lambda: shop.runs)
        shop.jobs.get(test.submitted[0].id).cancel_sync()
        thread.join()
        assert shop.jobs.get(test.submitted[0].id).status_sync().status == "cancelled"


def test_a_job_that_is_cancelled_as_it_begins_does_not_run(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between being taken and being known here."""

    class CancelledHere(Here):
        def __init__(self, claim: Claim, *rest: Any) -> None:
            super().__init__(claim, *rest)
            shop.jobs.ledger.cancel(claim.id).result()

    monkeypatch.setattr("fastapi_convert.jobs._bench.Here", CancelledHere)
    with shop.jobs.testing():
        assert shop.shout.submit_sync("hey").status_sync().status == "cancelled"
        assert shop.runs == []


async def test_a_caller_that_is_cancelled_leaves_the_job_in_the_queue(shop: Shop) -> None:
    """As if its worker had shut down: it can still be run."""
    with shop.jobs.testing() as test:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(shop.sleep_for_ever.submit)
            await wait_until_async(lambda: shop.runs)
            tasks.cancel_scope.cancel()
        job = shop.jobs.get(test.submitted[0].id)
        assert (await job.status()).status == "queued"
        await job.cancel()


async def test_jobs_submit_jobs_inline(shop: Shop) -> None:
    """From functions and from coroutines; each waits for the one that it has submitted."""
    with shop.jobs.testing():
        assert await (await shop.nest.submit(5)).result() == 5
        assert await (await shop.nest_async.submit(5)).result() == 5


async def test_jobs_that_submit_each_other_for_ever_are_refused(shop: Shop) -> None:
    """With what to do about it, before the stack is at its end."""
    with shop.jobs.testing() as test:
        for function in (shop.nest_async, shop.nest):
            with pytest.raises(JobFailed):
                await (await function.submit(10**6)).result()
            assert (len(test.submitted), len(test.failures)) == (MOST_DEEP, MOST_DEEP)
            assert isinstance(test.failures[0].error, RuntimeError)
            assert "captured" in str(test.failures[0].error)
            test.clear()


async def test_many_jobs_at_once_run_inline(shop: Shop) -> None:
    """Each runs once and before its own submission returns, on a bounded number of threads."""
    seen: list[bool] = []
    most = 0

    async def submit(number: int) -> None:
        nonlocal most
        job = await shop.shout.submit(f"a{number}")
        most = max(most, threading.active_count())
        seen.append(shop.jobs.ledger.get(job.id).state is JobState.SUCCEEDED)  # type: ignore[union-attr]  # it is there

    before = threading.active_count()
    with shop.jobs.testing():
        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(submit, number)
        assert seen == [True] * 100
        assert sorted(shop.runs) == sorted(f"a{number}" for number in range(100))
    assert most - before < 45


def test_a_thousand_jobs_run_inline(shop: Shop) -> None:
    """A test may load a table with them."""
    with shop.jobs.testing() as test:
        for number in range(1000):
            shop.shout.submit_sync(f"a{number}")
        assert len(shop.runs) == len(test.submitted) == 1000
        assert len(shop.jobs.ledger.list(any_owner=True, state=JobState.SUCCEEDED, count=2000)) == 1000


async def test_progress_is_recorded_step_by_step(shop: Shop) -> None:
    """A test sees what a patient follower would, and the temporary folder is gone after the run."""
    with shop.jobs.testing():
        job = await shop.steps.submit(4)
        events = [event async for event in job.events()]
        assert [event.type for event in events] == ["queued", "running", *["progress"] * 4, "succeeded"]
        assert [event.message for event in events if event.type == "progress"] == [f"step {n}" for n in range(4)]
        assert not Path(await job.result()).exists()
        many = await shop.steps.submit(500)
        assert [event.message async for event in many.events() if event.type == "progress"][-1] == "step 499"


def test_an_idempotency_key_runs_a_job_once(shop: Shop) -> None:
    """The second submission is the first one's job; with other arguments it is refused."""
    with shop.jobs.testing() as test:
        first = shop.shout.options(key="k", owner="ada").submit_sync("hey")
        assert shop.shout.options(key="k", owner="ada").submit_sync("hey").id == first.id
        assert shop.runs == ["hey"]
        assert [each.key for each in test.submitted] == ["k"]
        with pytest.raises(JobKeyReused):
            shop.shout.options(key="k", owner="ada").submit_sync("ho")


async def test_a_retried_job_runs_at_once(shop: Shop) -> None:
    """Whoever retries a failed job in this mode need not run it himself."""
    with shop.jobs.testing():
        job = shop.flaky.submit_sync(3)
        assert (await job.retry()).status == "succeeded"
        other = shop.flaky.submit_sync(4)
        assert other.retry_sync().status == "succeeded"
        assert other.retry_sync().status == "succeeded"  # nothing to retry any more


def test_a_delay_is_skipped_inline(shop: Shop) -> None:
    """And is told."""
    with shop.jobs.testing() as test:
        assert shop.shout.options(delay="10m").submit_sync("hey").result_sync() == "HEY"
        assert test.submitted[0].delay == 600


# Captured


def test_captured_jobs_run_when_the_test_says_so(shop: Shop) -> None:
    """Until then they wait, and tell what they were submitted with."""
    with shop.jobs.testing("captured") as test:
        job = shop.shout.options(key="k", owner="ada", priority=5).submit_sync("hey")
        other = shop.whisper.submit_sync(text="HO")
        assert [(each.id, each.name, each.args, each.kwargs) for each in test.submitted] == [
            (job.id, shop.shout.name, ("hey",), {}),
            (other.id, shop.whisper.name, ("HO",), {}),
        ]
        assert (test.submitted[0].key, test.submitted[0].owner, test.submitted[0].priority) == ("k", "ada", 5)
        assert job.status_sync().status == "queued"
        assert shop.runs == []
        assert test.run_pending() == 2
        assert (job.result_sync(), other.result_sync()) == ("HEY", "ho")
        assert test.run_pending() == 0


async def test_captured_jobs_run_on_the_loop_of_the_test(shop: Shop) -> None:
    """Highest priority first."""
    with shop.jobs.testing("captured") as test:
        await shop.whisper.submit("A")
        await shop.whisper.options(priority=1).submit("B")
        assert await test.run_pending_async() == 2
        assert shop.runs == [("B", threading.get_ident()), ("A", threading.get_ident())]


def test_a_delayed_job_runs_when_the_clock_has_moved(shop: Shop) -> None:
    """And not a second before."""
    with shop.jobs.testing("captured") as test:
        job = shop.shout.options(delay="10m").submit_sync("hey")
        test.clock.advance(599)
        assert test.run_pending() == 0
        test.clock.advance(1)
        assert test.run_pending() == 1
        assert job.result_sync() == "HEY"


def test_retries_wait_for_the_clock(shop: Shop) -> None:
    """Backoff is tested without waiting."""
    with shop.jobs.testing("captured") as test:
        job = shop.flaky.submit_sync(2)
        assert test.run_pending() == 1
        assert test.run_pending() == 0
        test.clock.advance(10)
        assert test.run_pending() == 1
        test.clock.advance(10)
        assert test.run_pending() == 0
        test.clock.advance(10)
        assert test.run_pending() == 1
        assert job.result_sync() == 3


def test_results_expire_by_the_clock(shop: Shop) -> None:
    """First the result, after as long again the record."""
    with shop.jobs.testing("captured") as test:
        job = shop.shout.submit_sync("hey")
        test.run_pending()
        test.clock.advance(99)
        test.run_pending()
        assert job.result_sync() == "HEY"
        test.clock.advance(1)
        test.run_pending()
        with pytest.raises(JobResultExpired):
            job.result_sync()
        test.clock.advance(100)
        test.run_pending()
        with pytest.raises(JobNotFound):
            job.status_sync()


def test_a_captured_job_can_be_cancelled(shop: Shop) -> None:
    """Then it never runs."""
    with shop.jobs.testing("captured") as test:
        job = shop.shout.submit_sync("hey")
        assert job.cancel_sync().status == "cancelled"
        assert test.run_pending() == 0
        assert shop.runs == []


def test_captured_jobs_over_http(shop: Shop) -> None:
    """The test moves the job while a client looks on."""
    with shop.jobs.testing("captured") as test, TestClient(shop.app()) as client:
        where = client.post("/shout", json={"text": "hey"}).headers["Location"]
        assert client.get(f"{where}/result").status_code == 202
        test.run_pending()
        assert client.get(f"{where}/result").json() == "HEY"
        other = client.post("/shout", json={"text": "ho"}).headers["Location"]
        assert client.post(f"{other}/cancel").json()["status"] == "cancelled"


def test_a_full_queue_refuses_captured_jobs(tmp_path: Path) -> None:
    """So that a test can see its 503."""
    shop = Shop(tmp_path / "jobs.db", max_queued=1)
    with shop.jobs.testing("captured") as test:
        shop.shout.submit_sync("hey")
        with pytest.raises(JobQueueFull):
            shop.shout.submit_sync("ho")
        assert len(test.submitted) == 1


def test_clear_forgets_and_cancels(shop: Shop) -> None:
    """For a test of two parts."""
    with shop.jobs.testing("captured") as test:
        shop.shout.submit_sync("")
        test.run_pending()
        job = shop.shout.submit_sync("hey")
        test.clear()
        assert (test.submitted, test.failures, test.run_pending()) == ([], [], 0)
        assert job.status_sync().status == "cancelled"


def test_what_a_captured_job_submits_is_captured_and_run(shop: Shop) -> None:
    """By the same `run_pending`."""

    @shop.job(executor="thread")
    def submits() -> None:
        shop.shout.submit_sync("hey")

    with shop.jobs.testing("captured") as test:
        submits.submit_sync()
        assert test.run_pending() == 2
        assert shop.runs == ["hey"]
        assert len(test.submitted) == 2


def test_jobs_that_submit_themselves_for_ever_are_found_out(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """`run_pending` does not go on for ever."""
    monkeypatch.setattr("fastapi_convert.jobs._testing.MOST_RUNS", 20)

    @shop.job(executor="thread")
    def again() -> None:
        again.submit_sync()

    with shop.jobs.testing("captured") as test:
        again.submit_sync()
        with pytest.raises(RuntimeError, match="for ever"):
            test.run_pending()


async def test_raises_lets_a_failure_out_of_run_pending(shop: Shop) -> None:
    """One after the other."""
    with shop.jobs.testing("captured", raises=True) as test:
        shop.shout.submit_sync("")
        shop.shout.submit_sync("")
        shop.shout.submit_sync("hey")
        with pytest.raises(ValueError, match="nothing"):
            test.run_pending()
        with pytest.raises(ValueError, match="nothing"):
            await test.run_pending_async()
        assert test.run_pending() == 1


# With the real worker


def test_the_real_worker_runs_jobs_in_processes(shop: Shop) -> None:
    """Without a lifespan too; one is started when the first job is submitted."""
    seen = []
    with shop.jobs.testing("worker"):
        seen.append(shop.jobs.has_worker)
        assert shop.pid.submit_sync().result_sync(30) != os.getpid()
        seen.append(shop.jobs.has_worker)
    seen.append(shop.jobs.has_worker)
    assert seen == [False, True, False]


async def test_the_real_worker_of_a_lifespan_is_used(shop: Shop) -> None:
    """So that coroutines run on the loop of the app, as in production."""
    with shop.jobs.testing("worker") as test:
        async with shop.jobs.lifespan():
            assert await (await shop.whisper.submit("HEY")).result(10) == "hey"
            assert shop.runs == [("HEY", threading.get_ident())]
            job = await shop.sleep_for_ever.submit()
            await wait_until_async(lambda: len(shop.runs) == 2)
            await job.cancel()
            with pytest.raises(JobCancelled):
                await job.result(10)
        assert len(test.submitted) == 2
        with pytest.raises(RuntimeError, match="clock"):
            _ = test.clock
        with pytest.raises(RuntimeError, match="real workers"):
            test.run_pending()


@pytest.mark.one_backend
async def test_a_jobs_without_workers_has_one_in_a_test(tmp_path: Path) -> None:
    """Its jobs run elsewhere in production, and where else in a test."""
    shop = Shop(tmp_path / "jobs.db", workers=0)
    with shop.jobs.testing("worker"):
        assert await (await shop.shout.submit("hey")).result(10) == "HEY"


@pytest.mark.parametrize("mode", ["inline", "worker"])
async def test_an_error_inside_a_lifespan_is_raised_as_it_is(shop: Shop, mode: Any) -> None:
    """Not in a group of the library's making."""
    with shop.jobs.testing(mode), pytest.raises(KeyError):
        async with shop.jobs.lifespan():
            raise KeyError


# The store


def test_the_modes_are_named_in_the_error(shop: Shop) -> None:
    """For who misspells one."""
    with pytest.raises(ValueError, match="inline, captured, worker"):
        shop.jobs.testing("Inline")  # type: ignore[arg-type]  # what is tested


def test_it_cannot_be_entered_twice(shop: Shop) -> None:
    """The outer one goes on."""
    with shop.jobs.testing() as test:
        with pytest.raises(RuntimeError, match="already"), shop.jobs.testing():
            pass
        shop.shout.submit_sync("hey")
        assert len(test.submitted) == 1


def test_two_stores_are_independent(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nested, each with its mode."""
    other = Shop(tmp_path_factory.mktemp("other") / "jobs.db")
    with shop.jobs.testing("captured") as outer, other.jobs.testing() as inner:
        shop.shout.submit_sync("hey")
        other.shout.submit_sync("ho")
        assert (shop.runs, other.runs) == ([], ["ho"])
        assert (len(outer.submitted), len(inner.submitted)) == (1, 1)


def test_all_is_as_before_after_an_error(shop: Shop) -> None:
    """Also when the test fails; and the next one begins with nothing."""
    before = vars(shop.jobs).copy()
    with pytest.raises(KeyError), shop.jobs.testing():
        job = shop.shout.submit_sync("hey")
        raise KeyError
    assert vars(shop.jobs) == before
    with shop.jobs.testing() as test:
        assert test.submitted == []
        with pytest.raises(JobNotFound):
            shop.jobs.get(job.id).status_sync()


def test_a_store_in_use_is_not_replaced(tmp_path: Path) -> None:
    """A lifespan that was entered outside has its worker and its followers on the real store."""
    shop = Shop(tmp_path / "jobs.db")
    with TestClient(shop.app()):
        with pytest.raises(RuntimeError, match="before the lifespan"), shop.jobs.testing():
            pass
        assert shop.shout.submit_sync("hey").result_sync(10) == "HEY"


def test_a_lifespan_that_outlives_the_test_mode_is_told(shop: Shop) -> None:
    """It would go on with a store that is gone."""
    with ExitStack() as outlives, pytest.raises(RuntimeError, match="end the lifespan"), shop.jobs.testing():
        outlives.enter_context(TestClient(shop.app()))


def test_files_of_jobs_lie_in_the_temporary_store(shop: Shop) -> None:
    """A file that is returned can be read during the test, and is gone after it."""

    @shop.job(executor="thread")
    def make(*, progress: Progress) -> Path:
        path = progress.folder / "report.txt"
        path.write_text("made")
        return path

    with shop.jobs.testing():
        path = make.submit_sync().result_sync()
        assert path.read_text() == "made"
    assert not path.exists()


def test_a_pytest_fixture_of_it_works(pytester: pytest.Pytester) -> None:
    """As the documentation has it."""
    pytester.makepyfile(
        """
        import pytest
        from fastapi_convert.jobs import Jobs

        jobs = Jobs("jobs.db")

        @jobs.job()
        def double(number: int) -> int:
            return 2 * number

        @pytest.fixture
        def captured_jobs():
            with jobs.testing("captured") as test:
                yield test

        def test_one(captured_jobs):
            job = double.submit_sync(4)
            captured_jobs.run_pending()
            assert job.result_sync() == 8

        def test_two(captured_jobs):
            assert captured_jobs.submitted == []
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)
