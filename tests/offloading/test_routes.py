"""`OffloadRoute`: the same app, in our pool, in one hop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from fastapi.exceptions import ResponseValidationError
from fastapi.responses import PlainTextResponse
from fastapi.testclient import TestClient
from pydantic import BaseModel

from fastapi_convert import OffloadRoute, Pool, ProcessPool, offload
from tests.offloading.bodies import Gate


class Item(BaseModel):
    name: str
    secret: str = "hidden"
    price: float | None = None


class Shown(BaseModel):
    name: str
    price: float | None = None


def build(route_class: Any) -> FastAPI:  # noqa: C901 - one short endpoint of each kind
    """One app with every kind of endpoint, on either route class."""
    router = APIRouter(route_class=route_class) if route_class else APIRouter()

    @router.get("/model", response_model=Shown)
    def model(name: str) -> Any:
        """A response model filters."""
        return Item(name=name)

    @router.get("/none", response_model=Shown, response_model_exclude_none=True)
    def without_none() -> Any:
        return Item(name="n")

    @router.get("/plain", response_model=None)
    def plain(response: Response) -> Any:
        response.headers["X-Seen"] = "yes"
        response.status_code = 202
        return {"a": 1}

    @router.get("/headers")
    def headers(response: Response) -> Item:
        response.headers["X-Seen"] = "yes"
        return Item(name="h")

    @router.get("/response")
    def own_response() -> PlainTextResponse:
        return PlainTextResponse("text", 203)

    @router.get("/text", response_class=PlainTextResponse)
    def text() -> str:
        return "words"

    @router.get("/invalid", response_model=Shown)
    def invalid() -> Any:
        return {"price": "much"}

    @router.get("/stream")
    def stream() -> Iterator[Shown]:
        yield Shown(name="1")
        yield Shown(name="2")

    @router.post("/body", status_code=201)
    def body(item: Item, where: Annotated[str, Depends(lambda: "here")]) -> Item:
        return Item(name=item.name + where)

    router.get("/partial")(partial(without_none))

    @router.get("/async")
    async def asynchronous() -> Item:
        return Item(name=str(threading.current_thread().name.startswith("default-")))

    app = FastAPI()
    app.include_router(router)
    app.include_router(router, prefix="/again", tags=["twice"])
    return app


PATHS = [
    "/model?name=x",
    "/model",
    "/none",
    "/plain",
    "/headers",
    "/response",
    "/text",
    "/invalid",
    "/stream",
    "/async",
]


def test_answers_and_documentation_are_the_same() -> None:
    """Byte for byte, also where the router is included a second time with a prefix."""
    plain, ours = build(None), build(OffloadRoute)
    with (
        TestClient(plain, raise_server_exceptions=False) as expected,
        TestClient(ours, raise_server_exceptions=False) as got,
    ):
        assert expected.get("/openapi.json").content == got.get("/openapi.json").content
        for prefix in ("", "/again"):
            for path in PATHS:
                answers = [client.get(prefix + path) for client in (expected, got)]
                seen = [(answer.status_code, answer.content, answer.headers.get("X-Seen")) for answer in answers]
                assert seen[0] == seen[1], prefix + path
            posts = [client.post(prefix + "/body", json={"name": "n"}) for client in (expected, got)]
            assert [post.status_code for post in posts] == [201, 201]
            assert posts[0].content == posts[1].content


def test_the_endpoint_and_its_validation_are_one_hop_in_the_named_pool() -> None:
    """One call for the endpoint and the response together, on the pool's own thread."""
    pool = Pool("routed", threads=1)
    threads: list[str] = []

    class Noted(BaseModel):
        name: str

        def model_post_init(self, context: Any) -> None:
            threads.append(threading.current_thread().name)

    router = APIRouter(route_class=OffloadRoute.using(pool))

    @router.get("/", response_model=Noted)
    def endpoint() -> Any:
        threads.append(threading.current_thread().name)
        return {"name": "n"}

    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        assert client.get("/").json() == {"name": "n"}
    assert len(threads) == 2
    assert all(name.startswith("routed-") for name in threads)
    assert pool.stats().completed == 1


def test_an_invalid_response_is_reported_as_fastapi_does() -> None:
    """ResponseValidationError with the endpoint's own result as its body."""
    with TestClient(build(OffloadRoute)) as client, pytest.raises(ResponseValidationError) as caught:
        client.get("/invalid")
    assert caught.value.body == {"price": "much"}


def test_a_full_pool_answers_503_and_a_late_endpoint_504() -> None:
    """The bound and the timeout hold for routes."""
    gate = Gate()
    pool = Pool("routed", threads=1, max_waiting=0)
    router = APIRouter(route_class=OffloadRoute.using(pool, timeout=0.05))

    @router.get("/")
    def endpoint() -> None:
        gate.body()

    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        assert [client.get("/").status_code for _ in range(2)] == [504, 503]
        gate.open()


def test_offloaded_functions_keep_working_as_endpoints_of_such_a_router() -> None:
    """What is asynchronous already is left as it is."""
    router = APIRouter(route_class=OffloadRoute)
    router.get("/")(offload(abs_of))
    app = FastAPI()
    app.include_router(router)
    with TestClient(app) as client:
        assert client.get("/?value=-3").json() == 3


def abs_of(value: int) -> int:
    return abs(value)


def test_a_process_pool_is_refused_for_routes() -> None:
    """At once, not with a 500 at each request."""
    with pytest.raises(TypeError, match="use a Pool"):
        OffloadRoute.using(ProcessPool("cpu", processes=1))
