"""The routes of `jobs.router`: every answer that they have, and that no answer tells too much."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel

from fastapi_convert import errors
from fastapi_convert.jobs import Jobs
from tests.jobs.http_support import CANARY, Shop, add, read_events, token
from tests.support.server import serve

Served = tuple[Shop, Any, TestClient]


@pytest.fixture
def served() -> Iterator[Served]:
    shop = Shop()
    with shop.serving() as (test, client):
        yield shop, test, client


def _submit(client: TestClient, path: str = "/add", **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body or {"a": 1})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_job_is_queued_then_done_and_its_result_is_what_was_stored(served: Served) -> None:
    """The whole way: 202, status, 202, run, 200."""
    _, test, client = served
    job = _submit(client, a=40)
    status = client.get(job["links"]["self"])
    assert (status.status_code, status.json()["status"], status.json()["name"]) == (200, "queued", "add")
    assert status.json() == job
    early = client.get(job["links"]["result"])
    assert (early.status_code, early.headers["retry-after"], early.json()["status"]) == (202, "1", "queued")
    test.run_pending()
    done = client.get(job["links"]["self"])
    assert (done.json()["status"], done.json()["attempt"]) == ("succeeded", 1)
    assert "retry-after" not in done.headers
    result = client.get(job["links"]["result"])
    assert (result.status_code, result.json()) == (200, {"sum": 42})
    assert result.headers["content-type"] == "application/json"
    assert result.headers["x-content-type-options"] == "nosniff"


def test_the_links_are_those_of_the_routes(served: Served) -> None:
    """A client needs to build no address."""
    _, _, client = served
    job = _submit(client)
    own = f"/jobs/{job['id']}"
    assert job["links"] == {key: own + end for key, end in LINKS.items()}


LINKS = {"self": "", "result": "/result", "events": "/events", "cancel": "/cancel"}


def test_a_status_has_an_etag_and_is_not_sent_twice(served: Served) -> None:
    """304 until something has happened; then the whole again."""
    _, test, client = served
    job = _submit(client)
    first = client.get(job["links"]["self"])
    tag = first.headers["etag"]
    assert tag == 'W/"1"'
    for asked in (tag, f'"x", {tag}', "*", '"1"'):
        again = client.get(job["links"]["self"], headers={"If-None-Match": asked})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(job["links"]["self"], headers={"If-None-Match": 'W/"11"'}).status_code == 200
    test.run_pending()
    changed = client.get(job["links"]["self"], headers={"If-None-Match": tag})
    assert (changed.status_code, changed.json()["status"]) == (200, "succeeded")
    assert changed.headers["cache-control"] == "private, no-cache"


def test_a_failure_answers_as_the_error_map_says(served: Served) -> None:
    """The status and detail of the map; the message, which names a path and an argument, is not in it."""
    _, test, client = served
    mapped, unmapped = _submit(client, "/refuse", secret=CANARY), _submit(client, "/crash", secret=CANARY)
    test.run_pending()
    for job, status, detail in ((mapped, 404, "No such preset."), (unmapped, 500, "The job failed.")):
        answer = client.get(job["links"]["result"])
        assert (answer.status_code, answer.json()) == (status, {"detail": detail})
        told = client.get(job["links"]["self"]).json()
        assert told["status"] == "failed"
        assert (told["error"]["status"], told["error"]["detail"]) == (status, detail)
        assert set(told["error"]) == {"status", "detail", "code"}


def sell(number: int) -> None:
    """Legacy code that grew up under FastAPI."""
    raise HTTPException(status_code=409, detail=f"Number {number} is sold.")


@pytest.mark.parametrize("executor", ["thread", "process"])
def test_an_http_exception_answers_as_it_would_in_an_endpoint(
    tmp_path: Path, executor: Literal["thread", "process"]
) -> None:
    """With its status and detail, also from another process; and the status of the job tells them too."""
    jobs = Jobs(tmp_path / "jobs.db", workers=1, durability="process")
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs")
    function = jobs.job(executor=executor)(sell)
    app.post("/sell", **function.route)(function.endpoint)
    with TestClient(app) as client:
        answer = client.post("/sell", json={"number": 7}, headers={"Prefer": "wait=60"})
        assert (answer.status_code, answer.json()) == (409, {"detail": "Number 7 is sold."})
        told = client.get(answer.headers["content-location"].removesuffix("/result")).json()
        assert told["error"] == {"code": "http-exception", "status": 409, "detail": "Number 7 is sold."}


def test_a_failure_is_a_problem_where_problems_are_installed() -> None:
    """RFC 9457 with the failure's own code."""
    shop = Shop()
    errors.install(shop.app)
    with shop.serving() as (test, client):
        job = _submit(client, "/refuse", secret=CANARY)
        test.run_pending()
        answer = client.get(job["links"]["result"])
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.json()["code"], answer.json()["status"]) == ("lookup-error", 404)
        assert client.post(f"/jobs/{_submit(client)['id']}/retry").json()["code"] == "job-not-retryable"


def test_a_cancelled_job_has_no_result_and_runs_again_when_retried(served: Served) -> None:
    """202, 409, 202, 200; a second cancel says 200, a second retry 409."""
    _, test, client = served
    job = _submit(client)
    cancelled = client.post(job["links"]["cancel"])
    assert (cancelled.status_code, cancelled.json()["status"]) == (202, "cancelled")
    again = client.post(job["links"]["cancel"])
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    assert client.get(job["links"]["result"]).status_code == 409
    retry = client.post(f"/jobs/{job['id']}/retry")
    assert (retry.status_code, retry.json()["status"], retry.headers["retry-after"]) == (202, "queued", "1")
    twice = client.post(f"/jobs/{job['id']}/retry")
    assert (twice.status_code, "retried" in twice.json()["detail"]) == (409, True)
    test.run_pending()
    assert client.get(job["links"]["result"]).json() == {"sum": 3}
    assert client.post(f"/jobs/{job['id']}/retry").status_code == 409


def test_a_job_that_nobody_can_end_says_so(served: Served) -> None:
    """409 for a thread without progress, instead of a promise."""
    shop, _, client = served
    job = _submit(client)
    assert shop.jobs.ledger.claim("w", [_queue(shop)], 1).result()[0].id == job["id"]
    refused = client.post(job["links"]["cancel"])
    assert (refused.status_code, "cooperative" in refused.json()["detail"]) == (409, True)
    assert client.get(job["links"]["self"]).json()["cancel_requested"] is False


def _queue(shop: Shop) -> Any:
    from fastapi_convert.jobs.model import QueueTerms

    return QueueTerms("default", tuple(shop.jobs.terms))


def test_a_running_job_that_can_end_is_asked_to(served: Served) -> None:
    """202 with what was asked, which is not yet the end."""
    shop, _, client = served
    job = _submit(client, "/write", text="x")
    shop.jobs.ledger.claim("w", [_queue(shop)], 1).result()
    asked = client.post(job["links"]["cancel"])
    assert (asked.status_code, asked.json()["status"], asked.json()["cancel_requested"]) == (202, "running", True)


def test_a_result_goes_before_the_record_does(served: Served) -> None:
    """410, and after as long again 404."""
    _, test, client = served
    job = _submit(client)
    test.run_pending()
    test.clock.advance(86_400 + 1)
    test.run_pending()
    gone = client.get(job["links"]["result"])
    assert (gone.status_code, "expired" in gone.json()["detail"]) == (410, True)
    assert client.get(job["links"]["self"]).json()["status"] == "succeeded"
    test.clock.advance(86_400 + 1)
    test.run_pending()
    assert client.get(job["links"]["self"]).status_code == 404


def test_a_file_is_a_download_with_ranges(served: Served) -> None:
    """Its name, its bytes and parts of them; its path nowhere."""
    shop, test, client = served
    job = _submit(client, "/write", text="0123456789")
    test.run_pending()
    whole = client.get(job["links"]["result"])
    assert (whole.status_code, whole.text) == (200, "0123456789")
    assert whole.headers["content-disposition"] == 'attachment; filename="made.txt"'
    assert whole.headers["content-type"].startswith("text/plain")
    part = client.get(job["links"]["result"], headers={"Range": "bytes=3-5"})
    assert (part.status_code, part.text, part.headers["content-range"]) == (206, "345", "bytes 3-5/10")
    assert client.get(job["links"]["result"], headers={"Range": "bytes=99-"}).status_code == 416
    assert str(shop.jobs.folders.root) not in str(whole.headers)


@pytest.mark.parametrize("where", ["outside", "link", "gone", "number"])
def test_a_file_outside_the_folder_of_the_job_is_not_sent(served: Served, tmp_path: Path, where: str) -> None:
    """Whatever a store that was changed by hand says: 410, and no path."""
    from fastapi_convert.jobs.model import Ending

    shop, _, client = served
    job = _submit(client, "/write", text="x")
    claim = shop.jobs.ledger.claim("w", [_queue(shop)], 1).result()[0]
    secret = tmp_path / "secret.txt"
    secret.write_text(CANARY)
    link = shop.jobs.folders.files / job["id"] / "link"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(secret)
    text = {"outside": str(secret), "link": str(link), "gone": str(link.with_name("no")), "number": 5}[where]
    shop.jobs.ledger.end(job["id"], claim.attempt, Ending("succeeded", result=json.dumps(text))).result()
    answer = client.get(job["links"]["result"])
    assert (answer.status_code, answer.json()) == (410, {"detail": "The result of this job has expired."})


def test_a_file_of_a_function_that_is_gone_is_still_sent(served: Served) -> None:
    """The name is unknown here by now; what lies in the job's folder is a file, and no path is told."""
    shop, test, client = served
    job = _submit(client, "/write", text="kept")
    plain = _submit(client, a=1)
    test.run_pending()
    shop.jobs.functions.clear()
    assert client.get(job["links"]["result"]).text == "kept"
    assert client.get(plain["links"]["result"]).json() == {"sum": 3}


def test_a_slash_at_the_end_leads_to_the_same(served: Served) -> None:
    """As everywhere in FastAPI; and a wrong method is a 405."""
    _, _, client = served
    job = _submit(client)
    for path in ("/jobs", "/jobs/board", job["links"]["self"], job["links"]["result"]):
        redirect = client.get(f"{path}/?a=1", follow_redirects=False)
        assert (redirect.status_code, redirect.headers["location"]) == (307, f"http://testserver{path}?a=1")
    for path in (job["links"]["cancel"], f"/jobs/{job['id']}/retry"):
        wrong = client.get(path)
        assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert client.post(job["links"]["result"]).status_code == 405
    assert client.delete(job["links"]["self"]).status_code == 405
    assert client.get(f"{job['links']['self']}/nonsense").status_code == 404


def test_lists_come_in_pages_the_newest_first(served: Served) -> None:
    """Every job once, also when others come in between."""
    _, _, client = served
    ids = [_submit(client, a=n)["id"] for n in range(7)]
    seen, cursor = [], None
    while True:
        page = client.get("/jobs", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["next"]
        if cursor is None:
            break
        _submit(client, a=100)
    assert seen == ids[::-1]
    exact = client.get("/jobs", params={"limit": 200}).json()
    assert exact["next"] is None
    assert exact["jobs"][0]["links"]["self"] == f"/jobs/{exact['jobs'][0]['id']}"


def test_lists_can_be_of_one_state(served: Served) -> None:
    """What the board filters by."""
    _, test, client = served
    done = _submit(client)["id"]
    test.run_pending()
    waiting = _submit(client)["id"]
    for state, ids in (("succeeded", [done]), ("queued", [waiting]), ("failed", [])):
        assert [job["id"] for job in client.get("/jobs", params={"status": state}).json()["jobs"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 0},
        {"limit": 201},
        {"limit": "x"},
        {"status": "asleep"},
        {"cursor": "!"},
        {"cursor": ""},
        {"cursor": "MQ=="},
        {"cursor": "LTE"},
        {"cursor": "eA"},
        {"cursor": "MDE"},
        {"cursor": "9" * 101},
        {"cursor": "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5"},
        {"cursor": "\x00é"},
    ],
    ids=str,
)
def test_what_no_list_has_is_refused(served: Served, query: dict[str, Any]) -> None:
    """422 in FastAPI's form."""
    answer = served[2].get("/jobs", params=query)
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["query", next(iter(query))])


def test_no_answer_has_arguments_paths_or_tracebacks(served: Served, caplog: pytest.LogCaptureFixture) -> None:
    """A canary in arguments, file names and errors, and the folder of the store, over every route and state."""
    shop, test, client = served
    caplog.set_level("INFO")
    argument = "argument-4712"
    upload = {"file": (f"{argument}.txt", argument.encode())}
    answers = [
        client.post("/crash", json={"secret": CANARY}),
        client.post("/refuse", json={"secret": CANARY}),
        client.post("/measure", files=upload, data={"label": "x"}),
    ]
    jobs = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [202] * 3
    answers += _everything(client, jobs)
    test.clear()
    answers += [client.post("/crash", json={"secret": CANARY}), client.post("/measure", files=upload)]
    jobs += [answer.json() for answer in answers[-2:]]
    test.run_pending()
    answers += _everything(client, jobs)
    answers += [client.post(f"/jobs/{job['id']}/{what}") for job in jobs for what in ("cancel", "retry", "cancel")]
    for answer in answers:
        told = f"{answer.headers} {answer.text}"
        assert [
            text for text in (CANARY, argument, str(shop.jobs.folders.root), "/srv/", "Traceback") if text in told
        ] == []
    for record in caplog.records:
        assert argument not in record.getMessage()
        if not record.name.startswith("fastapi_convert.jobs"):  # which tells operators what a function has raised
            assert CANARY not in record.getMessage()


def _everything(client: TestClient, jobs: list[dict[str, Any]]) -> list[Any]:
    ends = ("", "/result", "/events?after=0")
    # A stream of a job that waits has no end: it is asked for when the job is done.
    wanted = [f"/jobs/{job['id']}{end}" for job in jobs for end in ends if "events" not in end or _is_over(client, job)]
    return [client.get(path) for path in [*wanted, "/jobs", "/jobs/board"]]


def _is_over(client: TestClient, job: dict[str, Any]) -> bool:
    return client.get(job["links"]["self"]).json()["status"] in {"succeeded", "failed", "cancelled"}


def _mounted(jobs: Jobs, function: Any, where: str) -> tuple[FastAPI, str, str]:
    """An app with the jobs somewhere in it, the path of the endpoint, and that of the jobs."""
    app, sub = FastAPI(lifespan=jobs.lifespan), FastAPI()
    add_to = {"router": app, "mounted": sub, "across": sub, "rooted": sub, "tenant": app}[where]
    routes = app if where == "across" else add_to
    middle = APIRouter(prefix="/api" if where != "tenant" else "/{tenant}")
    middle.include_router(jobs.router, prefix="/v1/jobs", dependencies=[Depends(_nothing)])
    routes.include_router(middle)
    endpoint = "/{tenant}/add" if where == "tenant" else "/add"
    add_to.post(endpoint, **function.route)(function.endpoint)
    if add_to is sub:
        app.mount("/sub", sub)
    if where == "rooted":
        app.root_path = "/proxied"
    return {
        "router": (app, "/add", "/api/v1/jobs"),
        "mounted": (app, "/sub/add", "/sub/api/v1/jobs"),
        "across": (app, "/sub/add", "/api/v1/jobs"),
        "rooted": (app, "/proxied/sub/add", "/proxied/sub/api/v1/jobs"),
        "tenant": (app, "/acme/add", "/acme/v1/jobs"),
    }[where]


async def _nothing() -> None:
    pass


@pytest.mark.parametrize("where", ["router", "mounted", "across", "rooted", "tenant"])
def test_links_are_right_wherever_the_routes_are(where: str) -> None:
    """In routers, in mounted apps, under a root path, under a prefix with a parameter."""
    jobs = Jobs("mounted.db")
    app, path, base = _mounted(jobs, jobs.job(executor="thread")(add), where)
    with jobs.testing("captured"), TestClient(app) as client:
        answer = client.post(path, json={"a": 1})
        assert answer.status_code == 202
        job = answer.json()
        assert answer.headers["location"] == job["links"]["self"] == f"{base}/{job['id']}"
        assert client.get(answer.headers["location"]).json() == job
        assert client.get(base).json()["jobs"] == [job]


def test_the_routes_are_guarded_by_what_the_app_says() -> None:
    """`dependencies=` of the inclusion hold for every route, the board too."""

    async def guard(request: Request) -> None:
        if "key" not in request.headers:
            raise HTTPException(403)

    jobs = Jobs("guarded.db")
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs", dependencies=[Depends(guard)])
    with jobs.testing("captured"), TestClient(app) as client:
        for path in ("", "/board", "/events", f"/{'0' * 32}", "/x/result", "/x/events", "/a/b"):
            assert client.get(f"/jobs{path}").status_code == 403
        for path in ("/x/cancel", "/x/retry"):
            assert client.post(f"/jobs{path}").status_code == 403
            assert client.post(f"/jobs{path}", headers={"key": "1"}).status_code == 404


def test_two_stores_live_in_one_app() -> None:
    """Links lead to the store that has the job, also where both files have one name."""
    left, right = Jobs("a/jobs.db"), Jobs("b/jobs.db")

    @asynccontextmanager
    async def both(app: FastAPI) -> Any:
        async with left.lifespan(app), right.lifespan(app):
            yield

    app = FastAPI(lifespan=both)
    for name, jobs in (("left", left), ("right", right)):
        function = jobs.job(executor="thread")(add)
        app.include_router(jobs.router, prefix=f"/{name}")
        app.post(f"/add-{name}", **function.route)(function.endpoint)
    with left.testing("captured"), right.testing("captured"), TestClient(app) as client:
        for name in ("left", "right"):
            job = client.post(f"/add-{name}", json={"a": 1}).json()
            assert job["links"]["self"] == f"/{name}/{job['id']}"
            assert client.get(job["links"]["self"]).status_code == 200


def test_the_openapi_document_is_whole_and_stable() -> None:
    """Unique operation ids, references that lead somewhere, links to operations that exist, the same at each call."""
    shop = Shop(token)
    document = shop.app.openapi()
    assert json.dumps(document) == json.dumps(Shop(token).app.openapi())
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    assert len(operations) == sum(len(path) for path in document["paths"].values())
    assert {f"shop_{what}" for what in ("list", "all_events", *LINKS, "retry")} - {"shop_self"} <= set(operations)
    assert [ref for ref in _references(document) if _resolved(document, ref) is None] == []
    links = operations["add_add_post"]["responses"]["202"]["links"]
    assert {name: link["operationId"] for name, link in links.items()} == {
        name: f"shop_{name}" for name in ("status", "result", "events", "cancel")
    }
    for link in links.values():
        (parameter,) = link["parameters"]
        assert parameter in [each["name"] for each in operations[link["operationId"]]["parameters"]]
    assert "{job_id:path}" not in json.dumps(document)


def test_the_openapi_document_tells_of_bodies_results_and_errors() -> None:
    """The typed result, the statuses of the error map, and a form with file pickers."""
    paths = Shop().app.openapi()["paths"]
    plain, form = paths["/add"]["post"], paths["/measure"]["post"]
    assert plain["description"] == "Add two numbers."
    result = plain["responses"]["200"]["content"]["application/json"]["schema"]
    assert (result["type"], result["additionalProperties"]) == ("object", {"type": "integer"})
    assert plain["responses"]["202"]["content"]["application/json"]["schema"]["$ref"].endswith("/LinkedStatus")
    assert plain["responses"]["404"]["description"] == "No such preset."
    assert {"200", "202", "404", "422", "503"} == set(plain["responses"])
    assert "requestBody" not in paths["/nothing"]["post"]
    schema = form["requestBody"]["content"]["multipart/form-data"]["schema"]
    picker = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert schema["properties"]["file"] == {**picker, "title": "File"}
    assert schema["properties"]["others"] == {"type": "array", "items": picker, "title": "Others"}
    assert schema["required"] == ["file"]
    assert "street" in json.dumps(schema["properties"]["address"])
    assert {each["name"] for each in form["parameters"]} == {"idempotency-key", "prefer"}


def _references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in _references(value)]
    return [ref for each in node for ref in _references(each)] if isinstance(node, list) else []


def _resolved(document: Any, ref: str) -> Any:
    for name in ref.removeprefix("#/").split("/"):
        document = document.get(name, {}) if isinstance(document, dict) else {}
    return document or None


class Tree(BaseModel):
    """A model that contains itself."""

    name: str
    branches: list[Tree] = []


def _store(file: Path, tree: Tree) -> int:
    return len(tree.branches) + file.stat().st_size


def test_a_model_that_contains_itself_is_documented() -> None:
    """In a form, where nothing can be referred to, it ends somewhere."""
    jobs = Jobs("recursive.db")
    route = jobs.job(executor="thread")(_store).route
    schema = route["openapi_extra"]["requestBody"]["content"]["multipart/form-data"]["schema"]
    assert _references(schema) == []


async def test_it_works_on_every_event_loop() -> None:
    """Submission, upload, waiting, result and events."""
    shop = Shop()
    with shop.jobs.testing("captured") as test:
        transport = httpx.ASGITransport(shop.app)
        async with shop.jobs.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            early = await client.post("/add", json={"a": 1}, headers={"Prefer": "wait=0"})
            upload = await client.post("/measure", files={"file": ("a", b"12345")})
            assert (early.status_code, upload.status_code) == (202, 202)
            assert await test.run_pending_async() == 2
            links = early.json()["links"]
            assert (await client.get(links["result"])).json() == {"sum": 3}
            assert (await client.get(upload.json()["links"]["result"])).json()["sizes"] == [5]
            events = await client.get(links["events"])
            assert [each["event"] for each in read_events(events.text)] == ["queued", "running", "succeeded"]
            again = await client.post("/add", json={"a": 1}, headers={"Prefer": "wait=1"})
            assert again.headers["preference-applied"] == "wait=1"


@pytest.mark.parametrize("http", ["h11", "httptools"])
def test_a_real_server_answers_the_same(tmp_path: Path, http: Literal["h11", "httptools"]) -> None:
    """A hundred requests with one key are one job; foreign and unknown ids are one answer, byte for byte."""
    env = {"JOBS_PATH": str(tmp_path / "jobs.db"), "JOBS_OWNERS": "1"}
    with serve("tests.jobs.jobs_app:make_app", factory=True, http=http, env=env) as server:
        headers = {"Idempotency-Key": "once", "Authorization": "ada"}

        def post(_: int) -> tuple[int, str]:
            with httpx.Client(base_url=server.url, timeout=30) as client:
                answer = client.post("/quick", json={"number": 4}, headers=headers)
                return answer.status_code, answer.headers["location"]

        with ThreadPoolExecutor(10) as threads:
            answers = set(threads.map(post, range(100)))
        ((status, where),) = answers
        assert status == 202
        known = [_raw(server.port, verb, f"{where}{end}") for verb, end in VERBS]
        for strange in ("0" * 32, "a%2Fb", "%00", "%FF", "x" * 5000):
            assert [_raw(server.port, verb, f"/jobs/{strange}{end}") for verb, end in VERBS] == known
        assert b"404" in known[0]
        with httpx.Client(base_url=server.url, headers={"Authorization": "ada"}) as client:
            assert client.post("/quick", json={"number": 4}, headers={"Prefer": "wait=20"}).json() == 4
            assert client.post("/quick", json={"number": 5}, headers=headers).status_code == 422


VERBS = [("GET", ""), ("GET", "/result"), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/retry")]


def _raw(port: int, verb: str, path: str) -> bytes:
    """All bytes of an answer but its date, for somebody who is not the owner."""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(
            f"{verb} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: bob\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n".encode()
        )
        received = b""
        while data := client.recv(65536):
            received += data
    return re.sub(rb"(?im)^date: .*\r\n", b"", received)
