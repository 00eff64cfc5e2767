"""`UploadRoute`: the documentation of a native upload, errors where routes are made, and clients that are let go."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any

import anyio
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, File, Form, HTTPException, Request, UploadFile
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fastapi_convert.errors import UploadTooLarge
from fastapi_convert.uploads import Upload, UploadForm, UploadRoute, streamed, streamed_body, streamed_form
from tests.uploads.arriving import Client, Connection, exchange, form, part, pieces

BODY = form(part(bytes(10_000)))

Endpoint = Callable[..., Awaitable[Any]]
Build = Callable[[Endpoint, type[APIRoute]], FastAPI]


def app_of(endpoint: Endpoint, route_class: type[APIRoute] = UploadRoute, **options: Any) -> FastAPI:
    """An app with one route."""
    app = FastAPI()
    app.router.route_class = route_class
    app.post("/files/{number}", **options)(endpoint)
    return app


# The documentation


async def one(number: int, file: Annotated[Upload, streamed("file")]) -> None: ...
async def several(number: int, form: Annotated[UploadForm, streamed_form("my_files")]) -> None: ...
async def optional(number: int, file: Annotated[Upload | None, streamed("file", required=False)]) -> None: ...


class Native:
    """The same endpoints, as FastAPI has them."""

    @staticmethod
    async def one(number: int, file: UploadFile) -> None: ...

    @staticmethod
    async def several(number: int, my_files: list[UploadFile]) -> None: ...

    @staticmethod
    async def optional(number: int, file: Annotated[UploadFile | None, File()] = None) -> None: ...


def direct(endpoint: Endpoint, route_class: type[APIRoute]) -> FastAPI:
    return app_of(endpoint, route_class)


def included(endpoint: Endpoint, route_class: type[APIRoute]) -> FastAPI:
    app, router = FastAPI(), APIRouter(route_class=route_class)
    router.post("/files/{number}")(endpoint)
    app.include_router(router, prefix="/api", tags=["files"])
    return app


def nested(endpoint: Endpoint, route_class: type[APIRoute]) -> FastAPI:
    app, outer, inner = FastAPI(), APIRouter(prefix="/outer"), APIRouter(prefix="/inner", route_class=route_class)
    inner.post("/files/{number}")(endpoint)
    outer.include_router(inner, prefix="/between")
    app.include_router(outer, prefix="/api")
    return app


def resolved(node: Any, document: dict[str, Any]) -> Any:
    """The node with what its references stand for, and without titles, which are made of paths."""
    if isinstance(node, list):
        return [resolved(item, document) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return resolved(document["components"]["schemas"][node["$ref"].rpartition("/")[2]], document)
    return {key: resolved(value, document) for key, value in node.items() if key != "title"}


def operation_of(app: FastAPI) -> dict[str, Any]:
    """The only operation of the app's document."""
    document = app.openapi()
    (path,) = document["paths"].values()
    found: dict[str, Any] = resolved(path["post"], document)
    return found


@pytest.mark.parametrize("build", [direct, included, nested])
@pytest.mark.parametrize("name", ["one", "several"])
def test_a_streamed_file_is_documented_as_a_native_one(name: str, build: Build) -> None:
    """All of the operation is the same: parameters, answers and the request's body."""
    ours = operation_of(build(globals()[name], UploadRoute))
    native = operation_of(build(getattr(Native, name), APIRoute))
    assert ours == native
    assert ours["requestBody"]["required"] is True


def test_the_titles_are_those_of_a_native_one() -> None:
    """Code generators name types after them."""
    ours, native = app_of(one).openapi(), app_of(Native.one, APIRoute).openapi()
    content = ours["paths"]["/files/{number}"]["post"]["requestBody"]["content"]["multipart/form-data"]
    assert content["schema"] == native["components"]["schemas"]["Body_one_files__number__post"]


@pytest.mark.parametrize("build", [direct, included, nested])
def test_an_optional_file_is_not_required(build: Build) -> None:
    """Neither the field nor the body."""
    for app in (build(optional, UploadRoute), build(Native.optional, APIRoute)):
        body = operation_of(app)["requestBody"]
        assert body.get("required", False) is False
        schema = body["content"]["multipart/form-data"]["schema"]
        assert "required" not in schema
        assert "file" in schema["properties"]


@pytest.mark.parametrize(
    "types, shown", [(None, ["application/octet-stream"]), (["text/csv", "image/*"], ["text/csv", "image/*"])]
)
def test_a_raw_body_is_documented_with_its_types(types: list[str] | None, shown: list[str]) -> None:
    """As a file without a form."""
    dependency = streamed_body(types=types)

    async def endpoint(file: Upload = dependency) -> None: ...

    body = operation_of(included(endpoint, UploadRoute))["requestBody"]
    assert body == {
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in shown},
        "required": True,
    }


async def checked(file: Annotated[Upload, streamed("file")]) -> Upload:
    return file


async def behind_a_dependency(number: int, file: Annotated[Upload, Depends(checked)]) -> None: ...


def test_a_file_behind_a_dependency_is_documented() -> None:
    """The endpoint may not know where it comes from."""
    native = operation_of(app_of(Native.one, APIRoute))
    assert operation_of(app_of(behind_a_dependency))["requestBody"] == native["requestBody"]

    async def without(number: int) -> None: ...

    assert operation_of(app_of(without, dependencies=[Depends(checked)]))["requestBody"] == native["requestBody"]


def test_what_the_route_says_of_itself_is_kept() -> None:
    """A description of the body that somebody has written wins, and all else is added to."""
    mine: dict[str, Any] = {"content": {"application/zip": {}}}
    own = operation_of(app_of(one, openapi_extra={"requestBody": mine, "x-internal": True}))
    assert (own["requestBody"], own["x-internal"]) == (mine, True)
    other = operation_of(app_of(one, openapi_extra={"x-internal": True}))
    assert other["x-internal"] is True
    assert "multipart/form-data" in other["requestBody"]["content"]


class Item(BaseModel):
    name: str
    parts: list[int] = []


async def native_form(number: int, note: Annotated[str, Form()], file: UploadFile) -> dict[str, int]: ...  # type: ignore[empty-body]  # only its signature is looked at
async def native_json(number: int, item: Item, other: Annotated[int, Body()]) -> Item: ...  # type: ignore[empty-body]  # the same


@pytest.mark.parametrize("endpoint", [native_form, native_json, Native.one, Native.several])
@pytest.mark.parametrize("build", [direct, included, nested])
def test_routes_without_a_streamed_file_are_documented_as_ever(endpoint: Endpoint, build: Build) -> None:
    """Byte for byte, so that a router may use the class for all its routes."""
    ours, plain = build(endpoint, UploadRoute).openapi(), build(endpoint, APIRoute).openapi()
    assert json.dumps(ours) == json.dumps(plain)


# What cannot be streamed


async def noted(note: Annotated[str, Form()]) -> str:
    return note


async def with_field(file: Annotated[Upload, streamed("file")], note: Annotated[str, Form()]) -> None: ...
async def with_native_file(file: Annotated[Upload, streamed("file")], other: UploadFile) -> None: ...
async def with_file(file: Annotated[Upload, streamed("file")], other: Annotated[bytes, File()]) -> None: ...
async def with_model(file: Annotated[Upload, streamed("file")], item: Item) -> None: ...
async def with_body(form: Annotated[UploadForm, streamed_form()], item: Annotated[int, Body()]) -> None: ...
async def raw_with_body(file: Annotated[Upload, streamed_body()], item: Annotated[int, Body()]) -> None: ...
async def with_field_behind(
    file: Annotated[Upload, streamed("file")], note: Annotated[str, Depends(noted)]
) -> None: ...
async def file_behind(file: Annotated[Upload, Depends(checked)], note: Annotated[str, Form()]) -> None: ...


MIXED = [with_field, with_native_file, with_file, with_model, with_body, raw_with_body, with_field_behind, file_behind]


@pytest.mark.parametrize("endpoint", MIXED)
@pytest.mark.parametrize("route_class", [APIRoute, UploadRoute])
def test_a_body_parameter_beside_a_streamed_file_is_refused(endpoint: Endpoint, route_class: type[APIRoute]) -> None:
    """Where the route is made, with the cure; wherever the two stand."""
    router = APIRouter(route_class=route_class)
    with pytest.raises(TypeError, match=r"take the form's other fields from file\.fields"):
        router.post("/")(endpoint)


async def two_files(a: Annotated[Upload, streamed("a")], b: Annotated[Upload, streamed("b")]) -> None: ...
async def file_and_form(a: Annotated[Upload, streamed("a")], b: Annotated[UploadForm, streamed_form()]) -> None: ...
async def file_and_raw(a: Annotated[Upload, streamed("a")], b: Annotated[Upload, streamed_body()]) -> None: ...
async def one_behind(a: Annotated[Upload, streamed("a")], b: Annotated[Upload, Depends(checked)]) -> None: ...


@pytest.mark.parametrize("endpoint", [two_files, file_and_form, file_and_raw, one_behind])
@pytest.mark.parametrize("route_class", [APIRoute, UploadRoute])
def test_two_streamed_files_are_refused(endpoint: Endpoint, route_class: type[APIRoute]) -> None:
    """Where the route is made, with the cure."""
    router = APIRouter(route_class=route_class)
    with pytest.raises(TypeError, match=r"takes 2 streamed uploads.*streamed_form\(\)"):
        router.post("/")(endpoint)


def test_a_file_that_the_route_and_the_endpoint_ask_for_is_refused() -> None:
    """`dependencies=` of a route or a router are its own as well."""

    async def endpoint(a: Annotated[Upload, streamed("a")]) -> None: ...

    for router in (
        APIRouter(route_class=UploadRoute),
        APIRouter(route_class=UploadRoute, dependencies=[Depends(checked)]),
    ):
        with pytest.raises(TypeError, match="takes 2 streamed uploads"):
            router.post("/", dependencies=[] if router.dependencies else [Depends(checked)])(endpoint)


Shared = Annotated[Upload, streamed("file")]


async def name_of(file: Shared) -> str | None:
    return file.filename


async def shared(number: int, file: Shared, name: Annotated[str, Depends(name_of)]) -> list[Any]:
    return [name, len(await file.read())]


@pytest.mark.parametrize("route_class", [APIRoute, UploadRoute])
async def test_a_file_that_several_dependencies_share_is_one(route_class: type[APIRoute]) -> None:
    """FastAPI calls a dependency once for a request, and hands the same upload to all who ask for it."""
    answer = await exchange(app_of(shared, route_class), Connection(pieces(BODY, 1000)), "/files/3")
    assert (answer.status, json.loads(answer.body)) == (200, ["a.bin", 10_000])


# Clients that send in vain


def over(app: ASGIApp, version: str) -> ASGIApp:
    """The app as served over that version of HTTP."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "http_version": version}, receive, send)

    return served


class Refusal(Exception):
    pass


class Mine(HTTPException):
    pass


SHARED_ERROR = HTTPException(404, "not there")

ANSWERS: dict[str, Callable[[], Any]] = {
    "value": lambda: {"a": 1},
    "response": lambda: JSONResponse({"a": 1}, 201),
    "text": lambda: PlainTextResponse("text"),
    "streaming response": lambda: StreamingResponse(iter([b"a", b"b"])),
}
ERRORS: dict[str, Callable[[], Exception]] = {
    "HTTPException": lambda: HTTPException(404, "not there"),
    "its subclass": lambda: Mine(409),
    "one of Starlette's": lambda: StarletteHTTPException(404, "not there"),
    "one with headers": lambda: HTTPException(401, headers={"WWW-Authenticate": "Basic"}),
    "one of ours": lambda: UploadTooLarge("too large"),
    "one with a handler": Refusal,
}


def answering(kind: str, read: int) -> FastAPI:
    """An app that reads so much of its file, and then answers in that way."""

    async def endpoint(number: int, file: Annotated[Upload, streamed("file")]) -> Any:
        await file.read(read)
        if kind in ERRORS:
            error = ERRORS[kind]()
            raise error
        return ANSWERS[kind]()

    app = app_of(endpoint, response_model=None)

    @app.exception_handler(Refusal)
    async def refuse(request: Request, error: Exception) -> Response:
        return PlainTextResponse("refused", 418)

    return app


@pytest.mark.parametrize("kind", [*ANSWERS, *ERRORS])
@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_a_client_that_is_not_read_to_the_end_is_cut_off(kind: str, version: str) -> None:
    """By any answer: a connection that stayed open would have to swallow the rest."""
    answer = await exchange(over(answering(kind, 10), version), Connection(pieces(BODY, 1000)), "/files/3")
    assert answer.headers.getlist("connection") == ["close"]


@pytest.mark.parametrize("kind", sorted({*ANSWERS, *ERRORS} - {"one of ours"}))
@pytest.mark.parametrize("version", ["1.1", "2"])
async def test_a_client_that_was_read_to_the_end_keeps_its_connection(kind: str, version: str) -> None:
    """Errors or not."""
    answer = await exchange(over(answering(kind, -1), version), Connection(pieces(BODY, 1000)), "/files/3")
    assert "connection" not in answer.headers
    assert answer.status != 422


@pytest.mark.parametrize("kind", sorted({*ANSWERS, *ERRORS} - {"one of ours"}))
async def test_the_header_is_not_sent_over_newer_protocols(kind: str) -> None:
    """HTTP/2 and 3 forbid it: they end one stream, not the connection."""
    for version in ("2", "3"):
        answer = await exchange(over(answering(kind, 10), version), Connection(pieces(BODY, 1000)), "/files/3")
        assert "connection" not in answer.headers


async def test_a_client_whose_other_parameters_are_wrong_is_cut_off() -> None:
    """FastAPI has begun with the file before it finds that out."""
    answer = await exchange(answering("value", 10), Connection(pieces(BODY, 1000)), "/files/three")
    assert (answer.status, answer.headers.get("connection")) == (422, "close")


async def test_an_answer_keeps_its_status_headers_and_body() -> None:
    """One header is added."""
    answer = await exchange(answering("one with headers", 10), Connection(pieces(BODY, 1000)), "/files/3")
    assert (answer.status, answer.headers["www-authenticate"]) == (401, "Basic")
    answer = await exchange(answering("response", 10), Connection(pieces(BODY, 1000)), "/files/3")
    assert (answer.status, json.loads(answer.body)) == (201, {"a": 1})


async def test_routes_without_an_upload_answer_as_ever() -> None:
    """Nothing of theirs is left unread."""

    async def endpoint(number: int, fail: bool = False) -> Response:
        if fail:
            raise HTTPException(404)
        return PlainTextResponse("x")

    answer = await exchange(app_of(endpoint), Connection(pieces(BODY, 1000)), "/files/3")
    assert (answer.status, "connection" in answer.headers) == (200, False)


async def test_an_error_reaches_its_handler_as_it_was_raised() -> None:
    """The same object, of its own class."""
    mine, seen = Mine(404, "not there"), list[Exception]()

    async def endpoint(number: int, file: Annotated[Upload, streamed("file")]) -> None:
        raise mine

    app = app_of(endpoint)

    @app.exception_handler(HTTPException)
    async def handle(request: Request, error: Exception) -> Response:
        seen.append(error)
        return PlainTextResponse("handled", 404)

    answer = await exchange(app, Connection(pieces(BODY, 1000)), "/files/3")
    assert answer.body == b"handled"
    assert seen == [mine]


async def test_an_error_that_is_raised_again_and_again_is_not_changed() -> None:
    """Apps keep them in constants: what one request needs is not for the next."""

    async def endpoint(number: int, file: Annotated[Upload, streamed("file")]) -> None:
        await file.read(10 if number else -1)
        raise SHARED_ERROR

    app = app_of(endpoint)
    closed = []
    for number in (0, 1, 0):
        answer = await exchange(app, Connection(pieces(BODY, 1000)), f"/files/{number}")
        closed.append(answer.headers.get("connection"))
    assert closed == [None, "close", None]
    assert SHARED_ERROR.headers is None


# Answers that begin before the file has ended


async def total(file: Upload) -> AsyncIterator[bytes]:
    size = 0
    async for chunk in file.chunks():
        size += len(chunk)
        yield b"."
    yield f"{size}".encode()


async def stream_form(number: int, file: Annotated[Upload, streamed("file", idle_timeout="1s")]) -> Response:
    return StreamingResponse(total(file))


async def stream_body(number: int, file: Annotated[Upload, streamed_body(idle_timeout="1s")]) -> Response:
    return StreamingResponse(total(file))


async def yield_items(number: int, file: Annotated[Upload, streamed_body(idle_timeout="1s")]) -> AsyncIterator[int]:
    async for piece in total(file):
        yield int(piece.strip(b".") or 0)


STREAMING: dict[str, tuple[Callable[..., Any], bytes]] = {
    "a file of a form": (stream_form, b".10000"),
    "the body": (stream_body, b".%d" % len(BODY)),
    "items": (yield_items, b"\n%d\n" % len(BODY)),
}


@pytest.mark.parametrize("route_class", [APIRoute, UploadRoute])
@pytest.mark.parametrize("kind", STREAMING)
async def test_an_endpoint_that_streams_its_answer_gets_all_of_its_file(kind: str, route_class: type[APIRoute]) -> None:
    """While Starlette listens for the client to go away, it is given what the client sends: that must not be lost."""
    endpoint, end = STREAMING[kind]
    answer = await exchange(app_of(endpoint, route_class), Connection(pieces(BODY, 1000)), "/files/3")
    assert answer.status == 200
    assert answer.body.endswith(end)


class Leaving(Connection):
    """Goes away when all of its request has been received."""

    async def receive(self) -> Message:
        if self.ended:
            await anyio.sleep(0)
            return {"type": "http.disconnect"}
        return await super().receive()


@pytest.mark.parametrize("route_class", [APIRoute, UploadRoute])
async def test_an_answer_behind_the_file_ends_when_its_client_goes_away(route_class: type[APIRoute]) -> None:
    """There is nothing to lose any more, so Starlette may listen."""

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"."
            await anyio.sleep(0)

    async def endpoint(number: int, file: Annotated[Upload, streamed("file")]) -> Response:
        assert len(await file.read()) == 10_000
        return StreamingResponse(endless())

    with anyio.fail_after(10):
        answer = await exchange(app_of(endpoint, route_class), Leaving(pieces(BODY, 1000)), "/files/3")
    assert answer.status == 200


# Where the body is not ours to judge


async def form_reader(request: Request) -> AsyncIterator[None]:
    async with request.form():
        yield


async def spooled(number: int, file: Annotated[Upload, streamed("file")]) -> int:
    return len(await file.read())


async def test_a_body_that_a_dependency_has_read_keeps_its_connection() -> None:
    """It was read to its end, though not by us."""
    app = FastAPI()
    router = APIRouter(route_class=UploadRoute)
    router.post("/files/{number}", dependencies=[Depends(form_reader)])(spooled)
    app.include_router(router)
    headers = {"content-length": str(len(BODY))}
    answer = await exchange(app, Client(pieces(BODY, 1000)), "/files/1", headers)
    assert (answer.status, answer.headers.get("connection")) == (200, None)


async def small(number: int, file: Annotated[Upload, streamed("file", max_size=10)]) -> int:
    return len(await file.read())


async def test_an_error_on_http_2_has_no_connection_header() -> None:
    """It is not allowed there, and servers refuse to send it."""
    app = app_of(small, UploadRoute)

    async def on_http_2(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "http_version": "2"}, receive, send)

    answer = await exchange(on_http_2, Client(pieces(BODY, 1000)), "/files/1")
    assert (answer.status, answer.headers.get("connection")) == (413, None)
