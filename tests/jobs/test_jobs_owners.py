"""Whose jobs are whose: every kind of dependency, and no difference between a job of others and none."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from enum import StrEnum
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Security
from fastapi.security import HTTPBearer, OAuth2PasswordBearer, SecurityScopes
from fastapi.testclient import TestClient

from fastapi_convert.jobs import Jobs
from tests.jobs.http_support import Shop, add, token

UNKNOWN = "0" * 32
STRANGE = [
    "x",
    "A" * 32,
    UNKNOWN + "0",
    UNKNOWN[1:],
    "9" * 3000,
    "%00",
    UNKNOWN + "%00",
    UNKNOWN + "%0A",
    "a%2Fb",
    "%2Fb",
    "%2F%2Fa%2Fb",
    "%2e%2e%2f%2e%2e",
    "%F0%9F%98%80",
    "%ED%A0%80",
    "%FF",
    "٣" * 32,
    "%20",
    "'%20or%201=1--",
]
Served = tuple[Shop, Any, TestClient, dict[str, str]]
VERBS = [("GET", ""), ("GET", "/result"), ("GET", "/events"), ("POST", "/cancel"), ("POST", "/retry")]


@pytest.fixture
def served() -> Iterator[Served]:
    shop = Shop(token)
    with shop.serving() as (test, client):
        ids = {}
        for owner in ("ada", "bob", ""):
            headers = {"Authorization": owner} if owner else {}
            ids[owner] = client.post("/add", json={"a": 1}, headers=headers).json()["id"]
        test.run_pending()  # so that every stream has an end
        yield shop, test, client, ids


def _ask(client: TestClient, verb: str, path: str, owner: str) -> tuple[int, list[tuple[str, str]], bytes]:
    answer = client.request(verb, path, headers={"Authorization": owner} if owner else {})
    headers = sorted((name, value) for name, value in answer.headers.multi_items() if name != "date")
    return answer.status_code, headers, answer.content


@pytest.mark.parametrize("verb, end", VERBS)
@pytest.mark.parametrize("owner", ["ada", "bob", ""])
def test_only_the_owner_gets_through(served: Served, verb: str, end: str, owner: str) -> None:
    """Every verb for the owner, for others, for nobody, and for somebody whose session is over."""
    _, _, client, ids = served
    for asker in {"ada", "bob", "eve", ""} - {owner}:
        refused = _ask(client, verb, f"/jobs/{ids[owner]}{end}", asker)
        assert refused == _ask(client, verb, f"/jobs/{UNKNOWN}{end}", asker)
        assert (refused[0], refused[2]) == (404, b'{"detail":"Job not found."}')
    expired = _ask(client, verb, f"/jobs/{ids[owner]}{end}", "expired")
    assert (expired[0], dict(expired[1])["www-authenticate"]) == (401, "Bearer")
    status, _, body = _ask(client, verb, f"/jobs/{ids[owner]}{end}", owner)
    assert (status, b"Job not found" in body) == (409 if end == "/retry" else 200, False)


@pytest.mark.parametrize("verb, end", VERBS)
def test_what_can_be_no_id_is_answered_like_any_other(served: Served, verb: str, end: str) -> None:
    """Too long, with NUL, slashes, broken UTF-8 or digits of another script: the same bytes."""
    _, _, client, _ = served
    unknown = _ask(client, verb, f"/jobs/{UNKNOWN}{end}", "ada")
    assert {strange: _ask(client, verb, f"/jobs/{strange}{end}", "ada") for strange in STRANGE} == dict.fromkeys(
        STRANGE, unknown
    )


@pytest.mark.parametrize("verb, end", VERBS)
def test_what_is_refused_costs_the_same_look_into_the_store(
    served: Served, monkeypatch: pytest.MonkeyPatch, verb: str, end: str
) -> None:
    """One, whether the job is somebody else's, nobody's, unknown or no id at all."""
    shop, _, client, ids = served
    looks: list[str] = []
    get = shop.jobs.ledger.get

    def looking(job_id: str) -> Any:
        looks.append(job_id)
        return get(job_id)

    monkeypatch.setattr(shop.jobs.ledger, "get", looking)
    for wanted in (ids["bob"], ids[""], UNKNOWN, "x", "%00", "a%2Fb"):
        looks.clear()
        assert _ask(client, verb, f"/jobs/{wanted}{end}", "ada")[0] == 404
        assert looks == [wanted if len(wanted) == 32 else ""]  # a store need not bear every text


@pytest.mark.parametrize("asker, seen", [("ada", ["ada"]), ("bob", ["bob"]), ("", []), ("eve", [])])
def test_lists_have_own_jobs_only(served: Served, asker: str, seen: list[str]) -> None:
    """Nobody has none, not even those of nobody."""
    _, _, client, ids = served
    headers = {"Authorization": asker} if asker else {}
    page = client.get("/jobs", headers=headers).json()
    assert [job["id"] for job in page["jobs"]] == [ids[owner] for owner in seen]
    assert client.get("/jobs", headers={"Authorization": "expired"}).status_code == 401


def test_the_owner_is_on_no_answer(served: Served) -> None:
    """A status says nothing of whose it is."""
    _, _, client, ids = served
    assert b"ada" not in _ask(client, "GET", f"/jobs/{ids['ada']}", "ada")[2]


def test_an_anonymous_submitter_reaches_the_job_by_its_id(served: Served) -> None:
    """128 random bits are the key; whoever has a name of their own has none for it."""
    _, _, client, ids = served
    assert _ask(client, "GET", f"/jobs/{ids['']}/result", "")[0] == 200
    assert _ask(client, "GET", f"/jobs/{ids['']}/result", "ada")[0] == 404


# Dependencies of every kind

scheme = OAuth2PasswordBearer("token", scopes={"jobs": "Run jobs."})
bearer = HTTPBearer()


def synchronous(authorization: Annotated[str, Header()]) -> str:
    return authorization.rpartition(" ")[2]


async def yielding(authorization: Annotated[str, Header()]) -> AsyncIterator[str]:
    yield authorization.rpartition(" ")[2]


class User:
    def __init__(self, authorization: Annotated[str, Header()]) -> None:
        self.name = authorization.rpartition(" ")[2]


class ByCall:
    async def __call__(self, authorization: Annotated[str, Header()]) -> str:
        return authorization.rpartition(" ")[2]


async def nested(user: Annotated[User, Depends()]) -> str:
    return user.name


async def secured(scopes: SecurityScopes, value: Annotated[str, Depends(scheme)]) -> str:
    if scopes.scopes not in ([], ["jobs"]):
        raise HTTPException(403)
    return value


async def scoped(name: Annotated[str, Security(secured, scopes=["jobs"])]) -> str:
    return name


class Name(StrEnum):
    ADA = "ada"
    BOB = "bob"


async def enumerated(authorization: Annotated[str, Header()]) -> Name:
    return Name(authorization.rpartition(" ")[2])


async def numbered(authorization: Annotated[str, Header()]) -> int:
    return len(authorization.rpartition("a")[0])


async def identified(authorization: Annotated[str, Header()]) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, authorization)


DEPENDENCIES: list[Any] = [
    synchronous,
    yielding,
    ByCall(),
    nested,
    scoped,
    Security(secured, scopes=["jobs"]),
    Depends(synchronous),
    enumerated,
    numbered,
    identified,
]


def _app_with(owner: Any) -> tuple[Jobs, FastAPI]:
    jobs = Jobs("owned.db", owner=owner)
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs")
    function = jobs.job(executor="thread")(add)
    app.post("/add", **function.route)(function.endpoint)
    return jobs, app


def _headers(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {name}"}


@pytest.mark.parametrize("owner", DEPENDENCIES, ids=str)
def test_any_dependency_tells_the_owner(owner: Any) -> None:
    """Functions, generators, classes, objects, nested ones, security with scopes; text, numbers and UUIDs."""
    jobs, app = _app_with(owner)
    with jobs.testing("captured"), TestClient(app) as client:
        job = client.post("/add", json={"a": 1}, headers=_headers("ada")).json()
        assert client.get(job["links"]["self"], headers=_headers("ada")).status_code == 200
        assert client.get(job["links"]["self"], headers=_headers("bob")).status_code == 404
        assert [each["id"] for each in client.get("/jobs", headers=_headers("ada")).json()["jobs"]] == [job["id"]]
        assert client.get("/jobs").status_code in {401, 422}  # its own answer
        assert client.post("/add", json={"a": 1}).status_code in {401, 422}


def test_security_is_in_the_documentation() -> None:
    """The padlock is on every route and on the endpoint."""
    _, app = _app_with(scoped)
    paths = app.openapi()["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    assert [each["security"] for each in operations] == [[{"OAuth2PasswordBearer": ["jobs"]}]] * len(operations)


class Account:
    def __init__(self) -> None:
        self.password = "canary-in-an-account"


@pytest.mark.parametrize(
    "gives", [Account(), True, 1.5, b"ada", {"id": 1}, ["ada"]], ids=lambda each: type(each).__name__
)
def test_an_owner_that_is_no_name_is_an_error_with_a_cure(gives: object) -> None:
    """`TypeError`, which says what to return and nothing of what was."""
    jobs, app = _app_with(lambda: gives)
    with jobs.testing("captured") as test, TestClient(app) as client:
        for verb, path in (("GET", "/jobs"), ("POST", "/add")):
            with pytest.raises(TypeError, match=r"str, an int or a UUID.*user\.id") as caught:
                client.request(verb, path, json={"a": 1})
            assert "canary" not in str(caught.value)
        assert test.submitted == []


def test_a_test_can_be_anybody() -> None:
    """`app.dependency_overrides` of the owner hold for submissions and for every route."""
    shop = Shop(token)
    with shop.serving() as (_, client):
        job: dict[str, Any] = {}
        for name in ("ada", "bob"):
            shop.app.dependency_overrides[token] = lambda name=name: name
            job = client.post("/add", json={"a": 1}).json()
            record = shop.jobs.ledger.get(job["id"])
            assert record is not None
            assert record.owner == name
            assert [each["id"] for each in client.get("/jobs").json()["jobs"]] == [job["id"]]
        shop.app.dependency_overrides.clear()
        assert client.get(job["links"]["self"]).status_code == 404


def test_without_owners_everybody_sees_everything() -> None:
    """As the documentation warns; the jobs belong to nobody."""
    shop = Shop()
    with shop.serving() as (_, client):
        job = client.post("/add", json={"a": 1}, headers={"Authorization": "ada"}).json()
        assert client.get(job["links"]["self"], headers={"Authorization": "bob"}).status_code == 200
        assert len(client.get("/jobs").json()["jobs"]) == 1
        record = shop.jobs.ledger.get(job["id"])
        assert record is not None
        assert record.owner is None
