"""Poison, a full disk, hung functions, floods and hostile rows, against a real server."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx
import psutil
import pytest

from tests.jobs.campaign import PATIENCE, Campaign, client, post, runs, status, wait_for_all
from tests.support.server import Server
from tests.support.waiting import wait_until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def campaign(tmp_path: Path) -> Campaign:
    return Campaign(tmp_path)


@pytest.fixture
def server(campaign: Campaign) -> Iterator[Server]:
    with campaign.server() as server:
        yield server


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with client(server) as http:
        yield http


@pytest.mark.parametrize("kind,reason", [("exit", "exit code 137"), ("segfault", "signal 11")])
def test_a_job_that_kills_its_process_is_quarantined(
    campaign: Campaign, http: httpx.Client, kind: str, reason: str
) -> None:
    """After three deaths it has failed, with the signal as the reason; its neighbours never notice."""
    poison = post(http, "poison", kind=kind)
    neighbours = [post(http, "effect", tag=str(number)) for number in range(8)]
    assert wait_for_all(http, [poison, *neighbours]) == ["failed"] + ["succeeded"] * 8
    answer = http.get(f"/jobs/{poison}/result")
    assert (answer.status_code, http.get(f"/jobs/{poison}").json()["error"]["code"]) == (500, "worker-died")
    assert len(campaign.entries(job=poison)) == 3
    record = campaign.record(poison)
    assert record.error is not None
    assert reason in record.error.reason
    assert record.crashes == 3


def test_a_job_without_memory_has_failed_and_no_process_has_died(campaign: Campaign, http: httpx.Client) -> None:
    """MemoryError is an exception like others."""
    job_id = post(http, "poison", kind="memory")
    assert wait_for_all(http, [job_id]) == ["failed"]
    assert campaign.record(job_id).crashes == 0


def test_a_full_disk_is_a_503_and_loses_nothing(campaign: Campaign, server: Server, http: httpx.Client) -> None:
    """No job is accepted then; one that ran meanwhile has its outcome when there is room again."""
    (running,) = [post(http, "effect", tag="before")]
    wait_for_all(http, [running])
    meanwhile = post(http, "effect", tag="meanwhile")  # in a process of its own, whose files are not limited
    _limit_files(server.pid, 1)
    refused = [http.post("/effect", json={"tag": f"refused {number}"}) for number in range(3)]
    assert [answer.status_code for answer in refused] == [503] * 3
    assert all(answer.headers["Retry-After"] for answer in refused)
    assert status(http, running) == "succeeded"
    _limit_files(server.pid, resource.RLIM_INFINITY)
    accepted = post(http, "effect", tag="after")
    assert wait_for_all(http, [meanwhile, accepted]) == ["succeeded"] * 2
    assert {entry["tag"] for entry in campaign.entries(what="ended")} == {"before", "meanwhile", "after"}
    assert campaign.is_sound()


def _limit_files(pid: int, size: int) -> None:
    """How large a file the process may write: what it meets beyond is what a full disk is to it."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def test_without_descriptors_jobs_wait_and_none_is_lost(campaign: Campaign, server: Server, http: httpx.Client) -> None:
    """No process can be started for a while: that is nobody's failure, and all of them run afterwards."""
    before = psutil.Process(server.pid).num_fds()
    _, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (before + 4, hard))
    ids = [post(http, "effect", tag=str(number)) for number in range(6)]
    wait_until(lambda: "could not begin" in server.logs(), timeout=10)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (hard, hard))
    assert wait_for_all(http, ids) == ["succeeded"] * 6
    assert {campaign.record(job_id).crashes for job_id in ids} == {0}
    assert len(campaign.entries(what="ended")) == 6


def test_a_hundred_submissions_with_one_key_are_one_job(campaign: Campaign, http: httpx.Client) -> None:
    """At the same time, from as many clients; another body is refused, another owner has a key of its own."""
    key = {"Idempotency-Key": "k-1"}

    def submit(_: int) -> tuple[int, str]:
        answer = http.post("/thread_effect", json={"tag": "once"}, headers=key)
        return answer.status_code, answer.json()["id"]

    with ThreadPoolExecutor(20) as threads:
        answers = set(threads.map(submit, range(100)))
    ((code, job_id),) = answers
    assert code == 202
    assert http.post("/thread_effect", json={"tag": "twice"}, headers=key).status_code == 422
    other = http.post("/thread_effect", json={"tag": "theirs"}, headers={**key, "X-User": "eve"})
    assert other.status_code == 202
    assert other.json()["id"] != job_id
    wait_for_all(http, [job_id])
    assert len(campaign.entries(tag="once", what="ended")) == 1


@pytest.mark.parametrize("kind", ["sleep", "socket", "hash"])
def test_a_hung_job_is_cancelled_with_all_that_it_has_started(
    campaign: Campaign, http: httpx.Client, kind: str
) -> None:
    """In `time.sleep`, at a silent peer, in C code that never comes back: gone, with its subprocess and its files."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        job_id = post(http, "blocked", kind=kind, address=f"127.0.0.1:{silent.getsockname()[1]}")
        neighbour = post(http, "effect", tag="neighbour")
        (entry,) = campaign.wait_for(1, job=job_id)
        assert http.post(f"/jobs/{job_id}/cancel").status_code == 202
        wait_until(lambda: status(http, job_id) == "cancelled", timeout=10)
    wait_until(lambda: not runs(entry["pid"]), timeout=10)
    wait_until(lambda: not runs(entry["child"]), timeout=10)
    wait_until(lambda: not Path(entry["folder"]).exists(), timeout=10)
    assert http.get(f"/jobs/{job_id}/result").status_code == 409
    assert wait_for_all(http, [neighbour]) == ["succeeded"]


def test_a_thread_that_asks_nobody_cannot_be_cancelled_and_the_answer_says_so(http: httpx.Client) -> None:
    """409 instead of a promise; and it ends as it would have."""
    job_id = post(http, "deaf", seconds=0.8)
    wait_until(lambda: status(http, job_id) == "running", timeout=10)
    answer = http.post(f"/jobs/{job_id}/cancel")
    assert answer.status_code == 409
    assert "cooperative" in answer.json()["detail"]
    assert wait_for_all(http, [job_id]) == ["succeeded"]


def test_sigterm_lets_short_jobs_end_and_queues_long_ones_again(campaign: Campaign) -> None:
    """With an event stream open, which does not hold up the end; and the run of the long one was none."""
    with campaign.server(step=0.5, grace=1.5, workers=2) as server, client(server) as http:
        long = post(http, "blocked", kind="sleep")
        campaign.wait_for(1, job=long)
        short = post(http, "thread_effect", tag="short")
        campaign.wait_for(1, job=short)
        with http.stream("GET", f"/jobs/{long}/events") as events:
            lines = events.iter_lines()
            assert next(lines)
            began = time.monotonic()
            os.kill(server.pid, signal.SIGTERM)
            for _ in lines:
                pass
        code = server.terminate(timeout=PATIENCE)
        assert time.monotonic() - began < 15
    assert code in {0, -signal.SIGTERM}
    assert campaign.record(short).state == "succeeded"
    record = campaign.record(long)
    assert (record.state, record.tries, record.crashes) == ("queued", 0, 0)


def test_a_thread_that_does_not_end_is_run_again_and_holds_up_nothing(campaign: Campaign) -> None:
    """The server ends without it; the next one runs the job, and blames it for nothing."""
    with campaign.server(grace=0.5) as server, client(server) as http:
        job_id = post(http, "stubborn", seconds=60)
        campaign.wait_for(1, job=job_id)
        server.terminate(timeout=PATIENCE)
    with campaign.server(grace=0.5) as server:
        campaign.wait_for(2, job=job_id)
    assert campaign.record(job_id).crashes == 0


def test_a_flood_of_progress_is_a_few_rows_and_forges_no_event(campaign: Campaign, http: httpx.Client) -> None:
    """The last value arrives, numbers grow, and line breaks in a message are no events."""
    job_id = post(http, "chatty", seconds=1.5)
    with http.stream("GET", f"/jobs/{job_id}/events") as stream:
        text = "".join(stream.iter_text())
    kinds = re.findall(r"^event: (\w+)\r?$", text, re.MULTILINE)
    numbers = [int(number) for number in re.findall(r"^id: (\d+)\r?$", text, re.MULTILINE)]
    assert [kind for kind in kinds if kind != "progress"] == ["queued", "running", "succeeded"]
    assert kinds[-2:] == ["progress", "succeeded"]
    assert numbers == sorted(set(numbers))
    told = http.get(f"/jobs/{job_id}/result").json()
    assert told > 1000
    final = http.get(f"/jobs/{job_id}").json()
    assert (final["progress"], final["message"]) == (1.0, f"update {told}")
    assert len(campaign.read(lambda ledger: ledger.events(job_id))) <= 40


def test_followers_that_come_and_go_miss_no_change(http: httpx.Client) -> None:
    """Each goes on after the last event it saw; together they have seen each number once."""
    job_id = post(http, "chatty", seconds=1.0)
    seen: list[tuple[int, str]] = []
    deadline = time.monotonic() + PATIENCE
    while not seen or seen[-1][1] != "succeeded":
        assert time.monotonic() < deadline
        headers = {"Last-Event-ID": str(seen[-1][0])} if seen else {}
        with http.stream("GET", f"/jobs/{job_id}/events", headers=headers) as stream:
            seen += _some_events(stream, 3)
    numbers = [number for number, _ in seen]
    assert numbers == sorted(set(numbers))
    assert [kind for _, kind in seen if kind != "progress"] == ["queued", "running", "succeeded"]


def _some_events(stream: httpx.Response, count: int) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    kind = ""
    for line in stream.iter_lines():
        if line.startswith("event: "):
            kind = line[7:]
        elif line.startswith("id: "):
            found.append((int(line[4:]), kind))
        if len(found) == count:
            break
    return found


HOSTILE = [
    '{"args": [{"py/object": "os.system", "py/reduce": "echo"}], "kwargs": {}}',
    '{"args": ["x"], "kwargs": {"__class__": "subprocess.Popen"}}',
    "cos\nsystem\n(S'touch hacked'\ntR.",
    "[" * 100_000,
    "\x00\xff",
    "\"__import__('os').system('touch hacked')\"",
]


def test_hostile_rows_in_the_store_run_no_code(campaign: Campaign, tmp_path: Path) -> None:
    """Whoever can write the file can make jobs fail, and nothing else: an audit hook watches while they are read."""
    with campaign.server(workers=0) as server, client(server) as http:
        ids = [post(http, "thread_effect", tag=str(number)) for number in range(len(HOSTILE) + 1)]
    with closing(sqlite3.connect(campaign.store)) as db, db:
        for job_id, payload in zip(ids, HOSTILE, strict=False):
            db.execute(
                "UPDATE payloads SET payload = ? WHERE job = (SELECT number FROM jobs WHERE id = ?)", (payload, job_id)
            )
        db.execute("UPDATE jobs SET message = ? WHERE id = ?", ("\x1b[2J<script>", ids[0]))
    environment = {**os.environ, **campaign.env, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.jobs.audited_worker", *ids]
    done = subprocess.run(
        command, check=False, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=50
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["failed"] * len(HOSTILE) + ["succeeded"]
    assert not (tmp_path / "hacked").exists()


def server_connections(server: Server) -> int:
    """How many clients it has that are not this test's own."""
    own = {connection.laddr.port for connection in psutil.Process().net_connections("tcp")}
    return sum(
        connection.status == psutil.CONN_ESTABLISHED and connection.raddr.port not in own
        for connection in psutil.Process(server.pid).net_connections("tcp")
    )


def test_followers_that_go_away_leave_nothing(server: Server, http: httpx.Client) -> None:
    """Clients that go away in the middle of a stream: the server's descriptors are back where they were."""
    job_id = post(http, "blocked", kind="sleep")
    wait_until(lambda: status(http, job_id) == "running", timeout=10)

    def follow(_: int) -> None:
        with client(server) as mine, mine.stream("GET", f"/jobs/{job_id}/events") as stream:
            next(stream.iter_lines())

    def descriptors_after(followers: int) -> int:
        with ThreadPoolExecutor(10) as threads:
            list(threads.map(follow, range(followers)))
        wait_until(lambda: not server_connections(server), timeout=PATIENCE)
        return psutil.Process(server.pid).num_fds()

    few = descriptors_after(20)
    assert descriptors_after(100) <= few + 12  # the store's readers are opened when they are needed, four at most
    http.post(f"/jobs/{job_id}/cancel")
