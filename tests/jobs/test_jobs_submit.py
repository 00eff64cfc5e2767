"""`function.endpoint`: what it takes, what it stores, what it answers, and what it leaves behind: nothing."""

from __future__ import annotations

import errno
import inspect
import io
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request, UploadFile
from fastapi.testclient import TestClient
from hypothesis import given, strategies

from fastapi_convert.errors import JobQueueFull, JobStoreUnavailable, NotStarted, UploadExists, UploadTooLarge
from fastapi_convert.jobs import Jobs, Progress
from fastapi_convert.jobs.http._forms import _fields
from fastapi_convert.jobs.http._preferences import LONGEST_WAIT, wanted_wait
from fastapi_convert.jobs.model import JobState, NewJob, Submission
from fastapi_convert.uploads import Upload, UploadRoute
from fastapi_convert.uploads._body import Body, BodyLimits
from fastapi_convert.uploads._multipart import FormLimits
from tests.jobs.http_support import CANARY, SILENT, Shop, add, files_of, measure, token, write
from tests.support.waiting import wait_until

Served = tuple[Shop, Any, TestClient]
FILE = {"file": ("a.txt", b"12345")}


@pytest.fixture
def served() -> Iterator[Served]:
    shop = Shop(token)
    with shop.serving() as (test, client):
        yield shop, test, client


# Acceptance


def test_an_accepted_job_is_in_the_store(served: Served) -> None:
    """202 with where it is, when to ask, and how it stands; with the owner of the request."""
    shop, test, client = served
    answer = client.post("/add", json={"a": 1, "b": 5}, headers={"Authorization": "ada"})
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/jobs/{answer.json()['id']}"
    assert answer.headers["retry-after"] == "1"
    assert "preference-applied" not in answer.headers
    record = shop.jobs.ledger.get(answer.json()["id"])
    assert record is not None
    assert (record.owner, record.name, record.state) == ("ada", "add", JobState.QUEUED)
    assert test.submitted[0].kwargs | dict(zip("ab", test.submitted[0].args, strict=False)) == {"a": 1, "b": 5}


@pytest.mark.parametrize(
    "body, where",
    [
        ({}, ["body", "a"]),
        ({"a": "x"}, ["body", "a"]),
        ({"a": 1, "c": 1}, ["body", "c"]),
        ({"a": 1, "progress": 1}, ["body", "progress"]),
        ([1], ["body"]),
        (None, ["body"]),
    ],
    ids=str,
)
def test_a_body_that_does_not_fit_is_refused(served: Served, body: Any, where: list[str]) -> None:
    """FastAPI's own 422, and nothing in the store."""
    shop, _, client = served
    answer = client.post("/add", json=body)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, where)
    assert shop.jobs.ledger.list(any_owner=True) == []


def test_a_function_without_parameters_takes_no_body(served: Served) -> None:
    """Nor does one with defaults need one."""
    _, test, client = served
    assert client.post("/nothing").status_code == 202
    assert client.post("/nothing", json={}).status_code == 202
    test.run_pending()
    assert test.failures == []


def optional(a: int = 4, b: list[int] = [1]) -> int:  # noqa: B006 -- legacy code does this
    """Everything has a default."""
    return a + sum(b)


def test_a_function_with_defaults_needs_no_body() -> None:
    """They are the function's own, whatever the documentation shows."""
    jobs = Jobs("optional.db")
    app = _app_of(jobs, optional)
    with jobs.testing("inline"), TestClient(app) as client:
        for options, result in (({}, 5), ({"json": {}}, 5), ({"json": {"b": [2, 3]}}, 9)):
            answer = client.post("/optional", headers={"Prefer": "wait=5"}, **options)
            assert (answer.status_code, answer.json()) == (200, result)


def _app_of(jobs: Jobs, *fns: Callable[..., Any], plain: bool = False, **options: Any) -> FastAPI:
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs")
    for fn in fns:
        function = jobs.job(executor="thread", **options)(fn)
        app.post(f"/{fn.__name__}", **({} if plain else function.route))(function.endpoint)
    return app


@pytest.mark.parametrize("fn", [add, measure])
def test_an_endpoint_works_without_its_route(fn: Callable[..., Any]) -> None:
    """`app.post("/x")(f.endpoint)` answers 202 all the same, and is documented with the function's words."""
    jobs = Jobs("plain.db")
    app = _app_of(jobs, fn, plain=True)
    with jobs.testing("captured"), TestClient(app) as client:
        sent: Any = {"json": {"a": 1}} if fn is add else {"files": FILE}
        answer = client.post(f"/{fn.__name__}", **sent)
        assert (answer.status_code, answer.headers["location"]) == (202, f"/jobs/{answer.json()['id']}")
    operation = app.openapi()["paths"][f"/{fn.__name__}"]["post"]
    assert operation["description"] == inspect.getdoc(fn)
    assert operation["operationId"] == f"{fn.__name__}_{fn.__name__}_post"


def test_an_endpoint_is_named_after_its_function(served: Served) -> None:
    """For logs, routes and documents."""
    endpoint = served[0].jobs.functions["add"].endpoint
    assert (endpoint.__name__, endpoint.__doc__, endpoint.__module__) == ("add", add.__doc__, add.__module__)
    assert inspect.signature(endpoint).return_annotation.__name__ == "Response"
    assert served[0].jobs.functions["add"].endpoint is endpoint


def surprising(request: int, body: str, visitor: int, prefer: str, self: int, json: bool) -> list[Any]:
    """Parameters that bear the names of our own."""
    return [request, body, visitor, prefer, self, json]


def test_parameters_may_have_any_name() -> None:
    """They are fields of a model, and meet nothing of ours."""
    jobs = Jobs("names.db")
    app = _app_of(jobs, surprising)
    with jobs.testing("inline"), TestClient(app) as client:
        body = {"request": 1, "body": "b", "visitor": 2, "prefer": "p", "self": 3, "json": True}
        answer = client.post("/surprising", json=body, headers={"Prefer": "wait=5"})
        assert (answer.status_code, answer.json()) == (200, [1, "b", 2, "p", 3, True])


def loose(value: Any) -> str:
    """Anything goes."""
    return str(value)


@pytest.mark.parametrize(
    "body", ['{"value": NaN}', '{"value": [1e400]}', '{"value": "\\ud800"}', '{"value": {"\\udfff": 1}}']
)
def test_what_cannot_be_stored_is_refused_or_kept(body: str) -> None:
    """No 500 for numbers and text that JSON parsers let through."""
    jobs = Jobs("loose.db")
    app = _app_of(jobs, loose)
    with jobs.testing("captured"), TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/loose", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code in {202, 422}


def test_arguments_that_are_too_large_are_told_as_such() -> None:
    """413 in words that fit: they were no upload."""
    jobs = Jobs("large.db")
    app = _app_of(jobs, loose)
    with jobs.testing("captured") as test, TestClient(app) as client:
        answer = client.post("/loose", json={"value": "x" * 1_000_000})
        assert (answer.status_code, answer.json()) == (413, {"detail": "The arguments of this job are too large."})
        assert test.submitted == []


# Nobody would run it, nobody could ask for it


def test_without_the_routes_nothing_is_accepted() -> None:
    """The error names the cure, and comes before anything is stored."""
    jobs = Jobs("lonely.db")
    app = FastAPI(lifespan=jobs.lifespan)
    app.post("/add")(jobs.job(executor="thread")(add).endpoint)
    with jobs.testing("captured") as test, TestClient(app) as client:
        with pytest.raises(RuntimeError, match=r"app\.include_router\(jobs\.router"):
            client.post("/add", json={"a": 1})
        assert test.submitted == []


def test_an_app_without_the_routes_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    """At ERROR, with the cure, however many requests come: each of them is a bare 500."""
    jobs = Jobs("lonely.db")
    app = FastAPI(lifespan=jobs.lifespan)
    app.post("/add")(jobs.job(executor="thread")(add).endpoint)
    with jobs.testing("captured"), TestClient(app, raise_server_exceptions=False) as client:
        assert [client.post("/add", json={"a": 1}).status_code for _ in range(3)] == [500] * 3
    told = [record for record in caplog.records if record.name == "fastapi_convert.jobs"]
    assert [record.levelname for record in told] == ["ERROR"]
    assert told[0].getMessage().endswith('app.include_router(jobs.router, prefix="/jobs").')


def test_an_app_without_a_lifespan_is_told_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """As it is of missing routes."""
    jobs = Jobs(tmp_path / "jobs.db", workers=1, durability="process")
    client = TestClient(_app_of(jobs, add), raise_server_exceptions=False)  # not entered: no lifespan
    assert [client.post("/add", json={"a": 1}).status_code for _ in range(3)] == [500] * 3
    told = [record.getMessage() for record in caplog.records if record.name == "fastapi_convert.jobs"]
    assert ["FastAPI(lifespan=jobs.lifespan)" in message for message in told] == [True]


@pytest.mark.parametrize("workers", [1, 0])
def test_without_a_lifespan_nothing_is_accepted_unless_others_run_it(tmp_path: Path, workers: int) -> None:
    """`NotStarted`, which names the cure; with `workers=0` it is stored for another process."""
    jobs = Jobs(tmp_path / "jobs.db", workers=workers, durability="process")
    client = TestClient(_app_of(jobs, add))  # not entered: no lifespan
    if workers:
        with pytest.raises(NotStarted, match=r"FastAPI\(lifespan=jobs\.lifespan\)"):
            client.post("/add", json={"a": 1})
    else:
        assert client.post("/add", json={"a": 1}).status_code == 202
    with jobs.opened() as station:
        assert len(station.ledger.list(any_owner=True)) == 1 - workers


@pytest.mark.parametrize("error", [JobQueueFull("full"), JobStoreUnavailable("disk")])
@pytest.mark.parametrize("sent", [{"json": {"a": 1}}, {"files": FILE}], ids=["json", "form"])
def test_a_store_that_takes_nothing_answers_503(
    served: Served, monkeypatch: pytest.MonkeyPatch, error: Exception, sent: dict[str, Any]
) -> None:
    """With when to come again, and without the files that were sent."""
    shop, _, client = served
    future: Future[Submission] = Future()
    future.set_exception(error)
    monkeypatch.setattr(shop.jobs.ledger, "submit", lambda job: future)
    answer = client.post("/add" if "json" in sent else "/measure", **sent)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert files_of(shop.jobs) == []


def test_a_full_queue_is_told(tmp_path: Path) -> None:
    """`max_queued` jobs wait, and the next one is refused."""
    jobs = Jobs("full.db")
    app = _app_of(jobs, add, max_queued=2)
    with jobs.testing("captured"), TestClient(app) as client:
        codes = [client.post("/add", json={"a": n}).status_code for n in range(3)]
        assert codes == [202, 202, 503]


# Idempotency-Key


def _keyed(client: TestClient, key: str, *, a: int = 1, owner: str = "ada") -> Any:
    return client.post("/add", json={"a": a}, headers={"Idempotency-Key": key, "Authorization": owner})


def test_a_key_means_one_job(served: Served) -> None:
    """The same again; another body is refused; another owner, function or key has a job of its own."""
    _, test, client = served
    first = _keyed(client, "k")
    assert _keyed(client, "k").json() == first.json()
    test.run_pending()
    late = _keyed(client, "k")
    assert (late.status_code, late.json()["id"], late.json()["status"]) == (202, first.json()["id"], "succeeded")
    reused = _keyed(client, "k", a=2)
    assert (reused.status_code, "Idempotency-Key" in reused.json()["detail"]) == (422, True)
    others = [_keyed(client, "k", owner="bob"), _keyed(client, "other")]
    others.append(client.post("/nothing", headers={"Idempotency-Key": "k", "Authorization": "ada"}))
    assert len({first.json()["id"], *(each.json()["id"] for each in others)}) == 4


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "tab\there", "é", "a\x7f"])
def test_a_key_of_other_than_visible_characters_is_refused(served: Served, key: str) -> None:
    """422, for the header."""
    answer = served[2].post("/add", json={"a": 1}, headers={b"Idempotency-Key": key.encode()})
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["header", "idempotency-key"])
    assert served[2].post("/add", json={"a": 1}, headers={"Idempotency-Key": "x" * 255}).status_code == 202


def test_a_hundred_requests_with_one_key_are_one_job(served: Served) -> None:
    """At once: one id, a hundred times 202."""
    _, test, client = served
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: _keyed(client, "once"), range(100)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(test.submitted) == 1


def test_a_repeated_upload_is_one_job_with_one_set_of_files(served: Served) -> None:
    """The same files under one key: the first job. Other bytes or another file name are another request."""
    shop, _, client = served
    headers = {"Idempotency-Key": "k"}
    first, again = (client.post("/measure", files=FILE, headers=headers) for _ in range(2))
    assert first.json()["id"] == again.json()["id"]
    assert len(files_of(shop.jobs)) == 1
    for other in (("a.txt", b"54321"), ("b.txt", b"12345")):
        assert client.post("/measure", files={"file": other}, headers=headers).status_code == 422
    more = client.post("/measure", files=FILE, data={"scale": "2"}, headers=headers)
    assert more.status_code == 422
    assert [path.read_bytes() for path in files_of(shop.jobs)] == [b"12345"]


# How long a client would wait


@pytest.mark.parametrize(
    "headers, seconds",
    [
        (["wait=10"], 10),
        (['wait="10"'], 10),
        (["respond-async, wait=3; strict"], 3),
        (["WAIT = 3"], 3),
        (["respond-async", "wait=4"], 4),
        (["wait=1, wait=2"], 1),
        (["wait=0"], 0),
        (["wait=0009"], 9),
        (["wait=61"], LONGEST_WAIT),
        (["wait=" + "9" * 100_000], LONGEST_WAIT),
        (['note="wait=7, x", wait=5'], 5),
        (['note="a\\", wait=7", wait=5'], 5),
        ([], None),
        ([""], None),
        (["wait"], None),
        (["wait="], None),
        (["wait=-1"], None),
        (["wait=1.5"], None),
        (["wait=٣"], None),
        (["waiting=1"], None),
        (['note="wait=7'], None),
        ([',,"wait=3"'], None),
    ],
)
def test_preferences_are_read_as_rfc_7240_has_them(headers: list[str], seconds: int | None) -> None:
    """Lists, quotes, parameters; what cannot be understood is no preference."""
    assert wanted_wait(headers) == seconds


@given(strategies.lists(strategies.text(strategies.sampled_from('wait=0123456789",;\\ x')), max_size=4))
def test_any_preference_is_read(headers: list[str]) -> None:
    """Nothing breaks it, and what it gives is in its limits."""
    wait = wanted_wait(headers)
    assert wait is None or 0 <= wait <= LONGEST_WAIT


def test_reading_preferences_takes_linear_time() -> None:
    """A hundred thousand quotes and backslashes are read at once: a hang would fail by the limit of all tests."""
    for text in ('"', '"\\', 'a"', ',"', '"a\\"', "wait=,"):
        wanted_wait([text * 50_000])


def hold(name: str, *, progress: Progress = SILENT) -> str:
    """Wait until the test says go."""
    if not GATES[name].wait(20):
        raise AssertionError("nobody opened the gate")
    return name


GATES: dict[str, threading.Event] = {}


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Iterator[str]:
    name = request.node.nodeid
    GATES[name] = threading.Event()
    yield name
    GATES.pop(name).set()


def test_who_waits_gets_the_result_as_soon_as_it_is_there(tmp_path: Path, gate: str) -> None:
    """200 with the result, and where it stays; the job begins after the request has."""
    jobs = Jobs(tmp_path / "jobs.db", workers=1, durability="process")
    with TestClient(_app_of(jobs, hold)) as client, ThreadPoolExecutor(1) as threads:
        answer = threads.submit(client.post, "/hold", json={"name": gate}, headers={"Prefer": "wait=20"})
        wait_until(lambda: client.get("/jobs", params={"status": "running"}).json()["jobs"])
        assert not answer.done()
        GATES[gate].set()
        done = answer.result(20)
        assert (done.status_code, done.json()) == (200, gate)
        assert done.headers["preference-applied"] == "wait=20"
        assert client.get(done.headers["content-location"]).json() == gate


def test_who_waits_in_vain_gets_202(served: Served) -> None:
    """With the status, as if nothing had been said; `wait=0` does not wait at all."""
    _, test, client = served
    for seconds in ("1", "0"):
        answer = client.post("/add", json={"a": 1}, headers={"Prefer": f"wait={seconds}"})
        assert (answer.status_code, answer.json()["status"]) == (202, "queued")
        assert answer.headers["preference-applied"] == f"wait={seconds}"
        assert answer.headers["location"] == answer.json()["links"]["self"]
    test.run_pending()


def test_who_waits_for_a_failure_gets_its_problem() -> None:
    """As from the result's own route, and the preference was applied all the same."""
    with Shop().serving("inline") as (_, client):
        answer = client.post("/refuse", json={"secret": CANARY}, headers={"Prefer": "wait=60"})
        assert (answer.status_code, answer.json()) == (404, {"detail": "No such preset."})
        assert answer.headers["preference-applied"] == "wait=60"


def test_who_waits_for_a_file_gets_the_file() -> None:
    """A download, at once."""
    with Shop().serving("inline") as (_, client):
        answer = client.post("/write", json={"text": "made"}, headers={"Prefer": "wait=60"})
        assert (answer.status_code, answer.text) == (200, "made")
        assert answer.headers["content-disposition"] == 'attachment; filename="made.txt"'


@pytest.mark.one_backend
async def test_a_client_that_leaves_while_it_waits_does_no_harm(gate: str) -> None:
    """The request is cancelled; the job was accepted, and stays."""
    jobs = Jobs("leaving.db")
    app = _app_of(jobs, hold)
    with jobs.testing("captured") as test:
        async with jobs.lifespan(), _client(app) as client:
            with anyio.move_on_after(10) as scope:
                async with anyio.create_task_group() as group:
                    headers = {"Prefer": "wait=60"}
                    group.start_soon(lambda: client.post("/hold", json={"name": gate}, headers=headers))
                    while not test.submitted:
                        await anyio.sleep(0.01)
                    group.cancel_scope.cancel()
            assert not scope.cancelled_caught
            GATES[gate].set()
            assert await test.run_pending_async() == 1
            assert (await client.get(f"/jobs/{test.submitted[0].id}/result")).json() == gate


def _client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


# Forms


def _measured(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


WAIT = {"Prefer": "wait=20"}


def test_files_and_fields_reach_the_function() -> None:
    """Files as paths, text as pydantic reads it, models and lists as JSON."""
    with Shop().serving("inline") as (_, client):
        files = [("file", ("a", b"12345")), ("others", ("b", b"1")), ("others", ("b", b"22"))]
        data = {"address": '{"street": "Elm", "lines": [1]}', "names": '["x", "y"]', "scale": "1.5", "label": "7"}
        answer = client.post("/measure", files=files, data=data, headers=WAIT)
        expected = {"sizes": [5, 1, 2], "street": "Elm", "names": ["x", "y"], "scale": 1.5, "label": "7"}
        assert _measured(answer) == expected


def test_fields_are_read_leniently() -> None:
    """What was left empty was not sent; a list may also be one field, or several; `null` is none."""
    with Shop().serving("inline") as (_, client):
        for names, read in (({"names": "x"}, ["x"]), ({"names": ["x", "y"]}, ["x", "y"]), ({"names": ""}, [])):
            data: dict[str, Any] = {**names, "label": "[1]", "scale": "", "address": "null", "others": ""}
            found = _measured(client.post("/measure", files=FILE, data=data, headers=WAIT))
            assert (found["names"], found["label"], found["scale"], found["street"]) == (read, "[1]", 1, None)


@pytest.mark.parametrize(
    "files, data, where, kind",
    [
        ([], {"label": "x"}, ["body", "file"], "missing"),
        ([("others", ("b", b"1"))], {}, ["body", "file"], "missing"),
        ([("file", ("a", b"1")), ("file", ("b", b"1"))], {}, ["body", "file"], "too_long"),
        ([("file", ("a", b"1")), ("stranger", ("b", b"1"))], {}, ["body", "stranger"], "extra_forbidden"),
        ([("file", ("a", b"1")), ("label", ("b", b"1"))], {}, ["body", "label"], "extra_forbidden"),
        ([("file", ("a", b"1"))], {"others": "text"}, ["body", "others"], "value_error"),
        ([("file", ("a", b"1"))], {"scale": "x"}, ["body", "scale"], "float_parsing"),
        ([("file", ("a", b"1"))], {"scale": "[" * 5000}, ["body", "scale"], "float_parsing"),
        ([("file", ("a", b"1"))], {"address": '{"lines": ["x"]}'}, ["body", "address", "street"], "missing"),
        ([("file", ("a", b"1"))], {"progress": "1"}, ["body", "progress"], "extra_forbidden"),
    ],
    ids=str,
)
def test_a_form_that_does_not_fit_is_refused(
    served: Served, files: list[Any], data: dict[str, str], where: list[str], kind: str
) -> None:
    """422 in FastAPI's form, nothing stored, nothing left, nothing of any file repeated."""
    shop, test, client = served
    # A part without a file name is a plain field: this way the body is a multipart form even without files.
    parts = [*files, *((name, (None, text)) for name, text in data.items())]
    answer = client.post("/measure", files=parts)
    error = answer.json()["detail"][0]
    assert (answer.status_code, error["loc"], error["type"]) == (422, where, kind)
    assert set(error) >= {"loc", "msg", "type"}
    assert (test.submitted, files_of(shop.jobs)) == ([], [])


def test_a_file_that_is_too_large_leaves_nothing(served: Served) -> None:
    """413 at `max_upload`, for each file."""
    shop, test, client = served
    fine = client.post("/measure", files={"file": ("a", bytes(1000))})
    assert fine.status_code == 202
    for files in ({"file": ("a", bytes(1001))}, {"file": ("a", b"1"), "others": ("b", bytes(1001))}):
        assert client.post("/measure", files=files).status_code == 413
    assert (len(test.submitted), len(files_of(shop.jobs))) == (1, 1)


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"])
def test_what_is_no_multipart_form_is_refused(served: Served, content_type: str) -> None:
    """415, with what is wanted."""
    answer = served[2].post("/measure", content=b'{"file": "/etc/passwd"}', headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()) == (415, {"detail": "Send multipart/form-data."})
    assert served[2].post("/measure").status_code == 415


# Where there is no room


DISK = [errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EACCES]


def _failing(error: Exception) -> Any:
    async def save(*_: object, **__: object) -> None:
        raise error

    return save


@pytest.mark.parametrize("number", DISK, ids=errno.errorcode.get)
def test_an_upload_that_the_disk_does_not_take_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """503 with when to come again, and without a word of where it was to be saved. The client may stop sending."""
    shop, test, client = served
    monkeypatch.setattr(Upload, "save", _failing(OSError(number, os.strerror(number), CANARY)))
    answer = client.post("/measure", files=FILE)
    assert (answer.status_code, answer.json()) == (503, {"detail": JobStoreUnavailable.default_detail})
    assert (answer.headers["retry-after"], answer.headers["connection"]) == ("5", "close")
    assert (test.submitted, list(shop.jobs.folders.files.iterdir())) == ([], [])


def test_an_upload_without_a_folder_to_go_to_is_refused(served: Served) -> None:
    """The folder cannot be made: the same 503."""
    shop, test, client = served
    shop.jobs.folders.files.rmdir()
    shop.jobs.folders.files.touch()
    answer = client.post("/measure", files=FILE)
    assert (answer.status_code, answer.headers["retry-after"], test.submitted) == (503, "5", [])


def test_an_error_of_an_upload_stays_what_it_is(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the one that counts as an `OSError`."""
    monkeypatch.setattr(Upload, "save", _failing(UploadExists("there is one")))
    assert served[2].post("/measure", files=FILE).status_code == 409


@pytest.mark.one_backend
async def test_a_file_that_is_submitted_from_python_may_find_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """`JobStoreUnavailable` with the reason, and nothing is left."""
    shop = Shop()
    with shop.jobs.testing("captured") as test:
        async with shop.jobs.lifespan():
            monkeypatch.setattr(Upload, "save", _failing(OSError(errno.ENOSPC, "No space left on device")))
            with pytest.raises(JobStoreUnavailable, match=r"No space left on device\. Look at the disk\.$"):
                await shop.jobs.functions["measure"].submit(UploadFile(io.BytesIO(b"12345"), filename="a.txt"))
            assert (test.submitted, list(shop.jobs.folders.files.iterdir())) == ([], [])


@pytest.mark.parametrize("name", ["../../escaped", "/etc/passwd", "a\x00b", "..", "\\\\host\\x", "é" * 300])
def test_a_hostile_file_name_stays_in_its_folder(served: Served, name: str) -> None:
    """It is saved under a safe name, in the folder of the job."""
    shop, _, client = served
    job = client.post("/measure", files={"file": (name, b"x")}).json()
    (saved,) = files_of(shop.jobs)
    assert saved.parent == shop.jobs.folders.inputs_of(job["id"]) / "0"
    assert saved.stat().st_mode & 0o777 == 0o600


@pytest.mark.one_backend
async def test_an_upload_that_breaks_off_leaves_nothing() -> None:
    """400, after one file was saved and half of another."""
    shop = Shop()
    boundary = b'--x\r\nContent-Disposition: form-data; name="%s"; filename="a"\r\n\r\n12345'

    async def half() -> AsyncIterator[bytes]:
        yield boundary % b"file" + b"\r\n"
        yield boundary % b"others"

    with shop.jobs.testing("captured") as test:
        async with shop.jobs.lifespan(), _client(shop.app) as client:
            headers = {"Content-Type": "multipart/form-data; boundary=x"}
            answer = await client.post("/measure", content=half(), headers=headers)
            assert answer.status_code == 400
            assert (test.submitted, files_of(shop.jobs)) == ([], [])


@pytest.mark.one_backend
async def test_an_upload_that_is_cancelled_while_it_is_stored_is_a_job_with_its_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cancelled while it is stored, it is stored: the job and its file are there."""
    shop = Shop()
    with shop.jobs.testing("captured") as test:
        async with shop.jobs.lifespan(), _client(shop.app) as client:
            storing, go_on = anyio.Event(), anyio.Event()
            async with shop.jobs.open_async() as station:
                stored = station.submit

                async def slow(job: NewJob) -> Submission:
                    storing.set()
                    await go_on.wait()
                    return await stored(job)

                monkeypatch.setattr(station, "submit", slow)  # a store that takes its time
                async with anyio.create_task_group() as group:
                    group.start_soon(lambda: client.post("/measure", files=FILE))
                    await storing.wait()
                    group.cancel_scope.cancel()
                    go_on.set()
            assert (len(test.submitted), len(files_of(shop.jobs))) == (1, 1)


def gather(*paths: Path, note: str = "") -> list[int]:
    """Any number of files."""
    return [path.stat().st_size for path in paths]


def choose(first: Path | None = None, second: list[Path] | None = None) -> list[int]:
    """No file is needed."""
    return [path.stat().st_size for path in (first, *(second or [])) if path]


def test_files_may_be_many_or_none() -> None:
    """`*paths` and defaults, from a form that has what it has."""
    jobs = Jobs("many.db")
    app = _app_of(jobs, gather, choose)
    with jobs.testing("inline"), TestClient(app) as client:
        files = [("paths", ("a", b"1")), ("paths", ("b", b"22"))]
        assert _measured(client.post("/gather", files=files, headers=WAIT)) == [1, 2]
        note = {"note": (None, "only text")}
        assert _measured(client.post("/gather", files=note, headers=WAIT)) == []
        assert _measured(client.post("/choose", files={"first": ("a", b"")}, headers=WAIT)) == [0]
        several = [("second", ("a", b"1")), ("second", ("b", b"1"))]
        assert _measured(client.post("/choose", files=several, headers=WAIT)) == [1, 1]


def scan(pages: int, note: str = "", picture: Path | None = None) -> list[Any]:
    """A file is welcome, and not needed."""
    return [pages, note, picture and picture.stat().st_size]


URLENCODED = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def optional_files() -> Iterator[TestClient]:
    jobs = Jobs("scans.db")
    app = _app_of(jobs, scan, choose)
    with jobs.testing("inline"), TestClient(app) as client:
        yield client


def test_a_form_without_files_may_be_of_the_plain_kind(optional_files: TestClient) -> None:
    """As browsers send it, and as multipart all the same; each with limits, defaults and lenient reading."""
    for sent, result in (
        ({"data": {"pages": "3", "note": "für Ada & Bob"}}, [3, "für Ada & Bob", None]),
        ({"data": {"pages": "3", "note": "", "picture": ""}}, [3, "", None]),
        ({"files": {"pages": (None, "3")}}, [3, "", None]),
        ({"files": {"picture": ("a", b"12345")}, "data": {"pages": "3"}}, [3, "", 5]),
    ):
        assert _measured(optional_files.post("/scan", headers=WAIT, **sent)) == result


@pytest.mark.parametrize("headers", [{}, URLENCODED, {"Content-Type": "application/json"}], ids=str)
def test_where_all_has_defaults_no_body_is_needed(optional_files: TestClient, headers: dict[str, str]) -> None:
    """Whatever type nothing is said to be of; what has no default is missing."""
    assert _measured(optional_files.post("/choose", headers=WAIT | headers)) == []
    answer = optional_files.post("/scan", headers=headers)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "pages"])


def test_a_body_of_unknown_length_may_be_none(optional_files: TestClient) -> None:
    """It is read to see."""

    def nothing() -> Iterator[bytes]:
        yield b""

    assert optional_files.post("/choose", content=nothing()).status_code == 202


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_where_files_are_optional_other_bodies_are_refused(optional_files: TestClient, content_type: str) -> None:
    """415, with what is wanted."""
    for content in (b"{}", iter([b'{"pages"', b": 3}"])):
        answer = optional_files.post("/scan", content=content, headers={"Content-Type": content_type})
        wanted = "Send multipart/form-data, or application/x-www-form-urlencoded without files."
        assert (answer.status_code, answer.json()) == (415, {"detail": wanted})


@pytest.mark.parametrize(
    "content, status, where",
    [
        ("pages=x", 422, ["body", "pages"]),
        ("pages=3&stranger=1", 422, ["body", "stranger"]),
        ("pages=3&picture=/etc/passwd", 422, ["body", "picture"]),
        ("pages=3&%ff=%ff&=", 422, ["body", "\ufffd"]),
        ("pages=3&note=" + "%41" * 333_333, 413, None),
        ("pages=3" + "&note=" * 1000, 413, None),
    ],
    ids=["value", "stranger", "path", "bytes", "size", "number"],
)
def test_a_plain_form_that_does_not_fit_is_refused(
    optional_files: TestClient, content: str, status: int, where: list[str] | None
) -> None:
    """Like a multipart one."""
    answer = optional_files.post("/scan", content=content, headers=URLENCODED)
    assert answer.status_code == status
    assert where is None or answer.json()["detail"][0]["loc"] == where


async def test_a_plain_form_has_as_many_fields_as_a_multipart_one() -> None:
    """Counted here too: older parsers do not."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"a=1&b=2&a=3"}

    def asked() -> tuple[Request, Body]:
        request = Request({"type": "http", "headers": []}, receive)
        return request, Body(request, BodyLimits())

    assert await _fields(*asked(), FormLimits(max_fields=3)) == [("a", "1"), ("b", "2"), ("a", "3")]
    with pytest.raises(UploadTooLarge, match=r"^A form has 3 fields, and 2 are allowed"):
        await _fields(*asked(), FormLimits(max_fields=2))


def test_a_form_that_needs_no_file_is_documented_as_such(optional_files: TestClient) -> None:
    """In both its kinds; required only if something in it is."""
    paths = optional_files.app.openapi()["paths"]  # type: ignore[attr-defined]  # the app is a FastAPI
    scans, choice = (paths[path]["post"]["requestBody"] for path in ("/scan", "/choose"))
    assert (scans["required"], choice["required"]) == (True, False)
    properties = {kind: set(each["schema"]["properties"]) for kind, each in scans["content"].items()}
    plain = {"pages", "note"}
    assert properties == {"multipart/form-data": plain | {"picture"}, URLENCODED["Content-Type"]: plain}


def test_an_endpoint_with_files_works_in_an_upload_router() -> None:
    """`UploadRoute` shows the whole form, whether or not `route` was given too."""
    jobs = Jobs("router.db")
    app, router = FastAPI(lifespan=jobs.lifespan), APIRouter(route_class=UploadRoute)
    function = jobs.job(executor="thread")(measure)
    router.post("/plain")(function.endpoint)
    router.post("/full", **function.route)(function.endpoint)
    app.include_router(router)
    app.include_router(jobs.router, prefix="/jobs")
    with jobs.testing("captured"), TestClient(app) as client:
        assert [client.post(path, files=FILE).status_code for path in ("/plain", "/full")] == [202, 202]
    forms = [app.openapi()["paths"][path]["post"]["requestBody"]["content"] for path in ("/plain", "/full")]
    assert forms[0] == forms[1]
    assert {"file", "scale"} <= set(forms[0]["multipart/form-data"]["schema"]["properties"])


def test_a_parameter_that_no_client_can_give_is_an_error_of_the_author() -> None:
    """Where the endpoint is made, not at a request."""

    def takes_any(**values: int) -> None: ...

    jobs = Jobs("author.db")
    function = jobs.job(executor="thread")(takes_any)
    with pytest.raises(TypeError, match="no body can describe"):
        _ = function.endpoint


def test_the_result_of_write_is_a_file(tmp_path: Path) -> None:
    """In a real worker too: the whole way through a store on the disk."""
    jobs = Jobs(tmp_path / "jobs.db", workers=1, durability="process")
    with TestClient(_app_of(jobs, write, measure)) as client:
        assert client.post("/write", json={"text": "made"}, headers=WAIT).text == "made"
        assert _measured(client.post("/measure", files=FILE, headers=WAIT))["sizes"] == [5]
