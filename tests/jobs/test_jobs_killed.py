"""kill -9 of any process at any moment: every accepted job runs, and one end of it is recorded.

`FC_JOB_KILLS` is how often a server is killed, `FC_JOBS` how many jobs there are meanwhile.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.jobs.campaign import Campaign, client, post, runs, status, wait_for_all
from tests.support.waiting import wait_until

KILLS = int(os.environ.get("FC_JOB_KILLS", "3"))
JOBS = int(os.environ.get("FC_JOBS", "60"))

pytestmark = pytest.mark.timeout(60 + 5 * KILLS + JOBS)


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return Campaign(tmp_path)


@pytest.mark.parametrize("kind", ["effect", "thread_effect"])
def test_every_accepted_job_runs_through_kills_of_the_server(campaign: Campaign, kind: str) -> None:
    """Submitted over HTTP, killed at random, started again: each has succeeded, and none ran more often than it may."""
    chance = random.Random(4)
    ids: list[str] = []
    for kill in range(KILLS):
        with campaign.server() as server, client(server) as http:
            with suppress(httpx.TransportError):
                ids += [post(http, kind, tag=f"{kill}-{number}") for number in range(JOBS // KILLS)]
            time.sleep(chance.uniform(0.0, 0.4))
            os.kill(server.pid, signal.SIGKILL)
    with campaign.server() as server, client(server) as http:
        states = wait_for_all(http, ids)
    assert Counter(states) == {"succeeded": len(ids)}
    ended = Counter(entry["job"] for entry in campaign.entries(what="ended"))
    assert set(ids) <= set(ended)
    attempts = [entry["attempt"] for entry in campaign.entries(what="begun")]
    assert max(attempts) <= KILLS + 1
    assert campaign.is_sound()


def test_a_job_that_was_killed_with_its_server_is_not_to_blame(campaign: Campaign) -> None:
    """In a process of its own it cannot have been the cause, however often that happens."""
    with campaign.server(workers=0) as server, client(server) as http:
        job_id = post(http, "effect", tag="often")
    for kill in range(4):  # one more than a job may kill its own process
        with campaign.server(step=30) as server:
            campaign.wait_for(kill + 1, what="begun")
            os.kill(server.pid, signal.SIGKILL)
    with campaign.server() as server, client(server) as http:
        assert wait_for_all(http, [job_id]) == ["succeeded"]
    assert campaign.record(job_id).crashes == 0


def test_the_processes_of_jobs_die_with_their_server(campaign: Campaign) -> None:
    """And what they have started: nothing goes on behind the back of the next server, beside a second run."""
    with campaign.server() as server, client(server) as http:
        post(http, "blocked", kind="sleep")
        (entry,) = campaign.wait_for(1, what="begun")
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda: not (runs(entry["pid"]) or runs(entry["child"])), timeout=10)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_client_that_saw_no_answer_sends_its_key_again(campaign: Campaign, moment: str) -> None:
    """Killed before or after the commit: it is one job in the end."""
    key = {"Idempotency-Key": "order-1"}
    dying = campaign.server("tests.jobs.dying_app:app", dies=moment, workers=0)
    with dying as server, client(server) as http, pytest.raises(httpx.TransportError):
        http.post("/effect", json={"tag": "once"}, headers=key)
    with campaign.server() as server, client(server) as http:
        answers = [http.post("/effect", json={"tag": "once"}, headers=key) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202] * 3
        (job_id,) = {answer.json()["id"] for answer in answers}
        assert wait_for_all(http, [job_id]) == ["succeeded"]
    assert len(campaign.read(lambda ledger: ledger.list(any_owner=True))) == 1
    assert len(campaign.entries(what="ended")) == 1


def test_three_processes_share_one_store(campaign: Campaign) -> None:
    """Two servers and a worker of the command line: each job runs once, each server sees all of them at once."""
    with ExitStack() as stack:
        servers = [stack.enter_context(campaign.server(step=0.001)) for _ in range(2)]
        stack.enter_context(campaign.worker())
        clients = [stack.enter_context(client(server)) for server in servers]
        ids = []
        for number in range(JOBS):
            ids.append(post(clients[number % 2], "thread_effect", tag=str(number)))
            assert status(clients[1 - number % 2], ids[-1])
        assert Counter(wait_for_all(clients[0], ids)) == {"succeeded": JOBS}
        logs = "".join(server.logs() for server in servers)
    runs = Counter(entry["job"] for entry in campaign.entries(what="begun"))
    assert runs == dict.fromkeys(ids, 1)
    assert "locked" not in logs
    assert campaign.is_sound()


def test_a_limit_holds_over_all_processes(campaign: Campaign) -> None:
    """Two at once, whoever runs them; and they keep nobody waiting who is not in their queue."""
    with ExitStack() as stack:
        servers = [stack.enter_context(campaign.server(step=0.03)) for _ in range(2)]
        http = stack.enter_context(client(servers[0]))
        ids = [post(http, "limited", tag=str(number)) for number in range(20)]
        free = post(http, "thread_effect", tag="free")
        wait_for_all(http, [*ids, free])
    entries = campaign.entries()
    running, most = set[str](), 0
    limited = {entry["job"] for entry in entries} - {free}
    for entry in sorted(entries, key=lambda entry: entry["at"]):
        if entry["job"] in limited:
            (running.add if entry["what"] == "begun" else running.discard)(entry["job"])
            most = max(most, len(running))
    assert most <= 2
    order = [entry["job"] for entry in entries if entry["what"] == "ended"]
    assert order.index(free) < len(order) - 5


def test_a_stopped_worker_is_not_taken_for_dead(campaign: Campaign) -> None:
    """SIGSTOP, with another worker waiting for its jobs: nobody takes them, and nothing runs twice."""
    with campaign.server(workers=1, step=0.2) as stopped, client(stopped) as http:
        job_id = post(http, "effect", tag="stopped")
        campaign.wait_for(1, what="begun")
        os.kill(stopped.pid, signal.SIGSTOP)
        try:
            with campaign.worker():
                time.sleep(2.0)  # four looks for dead workers
        finally:
            os.kill(stopped.pid, signal.SIGCONT)
        assert wait_for_all(http, [job_id]) == ["succeeded"]
    assert len(campaign.entries(what="begun")) == 1


@pytest.mark.parametrize("shift", [90_000, -90_000])
def test_a_clock_that_was_set_changes_nothing(campaign: Campaign, shift: int) -> None:
    """By more than a day, either way: no result expires, no retry comes early, nothing runs twice."""
    with campaign.server() as server, client(server) as http:
        done = post(http, "thread_effect", tag="done")
        later = post(http, "flaky", tag="later")
        wait_for_all(http, [done])
        wait_until(lambda: http.get(f"/jobs/{later}").json()["run_at"], timeout=10)
    with campaign.server("tests.jobs.shifted_app:app", shift=shift) as server, client(server) as http:
        fresh = post(http, "thread_effect", tag="fresh")
        assert wait_for_all(http, [fresh]) == ["succeeded"]
        time.sleep(1.0)
        assert status(http, later) == "queued"
        assert http.get(f"/jobs/{done}/result").json() == "done"
    assert Counter(entry["tag"] for entry in campaign.entries(what="begun")) == {"done": 1, "later": 1, "fresh": 1}
