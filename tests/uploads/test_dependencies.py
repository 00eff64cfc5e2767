"""`streamed`, `streamed_body`, `streamed_form` in an app: what FastAPI leaves alone, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, BinaryIO

import anyio
import pytest
from fastapi import BackgroundTasks, Cookie, Depends, FastAPI, Form, Header, Path, Query, Request, UploadFile
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response
from starlette.types import Message

from fastapi_convert import Pool, ProcessPool, errors
from fastapi_convert.uploads import Upload, UploadForm, streamed, streamed_body, streamed_form
from tests.uploads.arriving import BOUNDARY, MULTIPART, Client, exchange, form, part, pieces

DATA = bytes(range(256)) * 40


def read_all(file: BinaryIO) -> bytes:
    return file.read()


def digest(file: BinaryIO) -> str:
    return hashlib.sha256(file.read()).hexdigest()


SHA = hashlib.sha256(DATA).hexdigest()


def app_with(dependency: Any, endpoint: Callable[..., Any] | None = None) -> FastAPI:
    """An app whose `POST /` takes one upload and answers with what it saw of it."""
    app = FastAPI()

    async def describe(file: Upload | None = dependency) -> dict[str, Any]:
        if file is None:
            return {"file": None}
        return {
            "digest": await file.run(digest),
            "name": file.name,
            "filename": file.filename,
            "safe_name": file.safe_name,
            "type": file.content_type,
            "fields": file.fields.multi_items(),
            "hash": file.digest,
        }

    app.post("/")(endpoint or describe)
    return app


def post(app: FastAPI, body: bytes, content_type: str = MULTIPART, **headers: str) -> Any:
    return TestClient(app).post("/", content=body, headers={"content-type": content_type, **headers})


def test_a_file_of_a_form_reaches_its_function() -> None:
    """With its name, its type, the fields around it and its digest."""
    body = form(
        part(b"v", "before", None), part(DATA, "file", "../a b.bin", "Content-Type: text/x\r\n"), part(b"w", "b", None)
    )
    assert post(app_with(streamed("file", hash="sha256")), body).json() == {
        "digest": SHA,
        "name": "file",
        "filename": "../a b.bin",
        "safe_name": "a b.bin",
        "type": "text/x",
        "fields": [["before", "v"], ["b", "w"]],
        "hash": SHA,
    }


def test_files_of_other_fields_are_passed_over() -> None:
    """Before it and behind it."""
    body = form(part(b"no", "other", "o"), part(DATA), part(b"no", "third", "t"))
    assert post(app_with(streamed("file")), body).json()["digest"] == SHA


async def test_fastapi_does_not_read_the_body() -> None:
    """The endpoint begins when the file does, and its client may still be sending."""
    whole = form(part(DATA))
    client = Client([whole[:200], whole[200:]], held=True)
    begun = anyio.Event()
    app = FastAPI()

    @app.post("/")
    async def endpoint(file: Annotated[Upload, streamed("file")]) -> int:
        begun.set()
        return len(await file.read())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, client)
        client.let()
        with anyio.fail_after(5):
            await begun.wait()
        assert client.sent == 200
        client.let(2)


@pytest.mark.parametrize(
    "body",
    [form(), form(part(b"x", "other", "o")), form(part(b"", "file", ""))],
    ids=["empty form", "other file", "field left empty"],
)
def test_a_missing_file_is_fastapis_422(body: bytes) -> None:
    """Byte for byte what a native parameter answers."""
    native = FastAPI()

    @native.post("/")
    async def endpoint(file: UploadFile) -> None:
        return None

    ours = post(app_with(streamed("file")), body)
    assert ours.status_code == 422
    if b'filename=""' not in body:  # which Starlette takes for a file without a name
        assert ours.json() == post(native, body).json()


def test_a_field_where_a_file_should_be_is_fastapis_422() -> None:
    """It says what it has received."""
    answer = post(app_with(streamed("file")), form(part(b"text", "file", None)))
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body", "file"]
    assert "Expected UploadFile" in answer.json()["detail"][0]["msg"]


def test_an_optional_file_may_be_missing() -> None:
    """`Upload | None`."""
    assert post(app_with(streamed("file", required=False)), form()).json() == {"file": None}


@pytest.mark.parametrize("size", [1000, 1001])
def test_max_size_is_a_413_that_closes_the_connection(size: int) -> None:
    """At the limit it passes."""
    answer = post(app_with(streamed("file", max_size="1KB")), form(part(b"x" * size)))
    assert (answer.status_code, answer.headers.get("connection")) == ((200, None) if size == 1000 else (413, "close"))


def test_a_body_that_announces_too_much_is_refused_unread() -> None:
    """By its Content-Length: not one message is asked for."""
    app = app_with(streamed("file", max_size=1000))
    asked = 0

    class Counting:
        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            async def counted() -> Message:
                nonlocal asked
                asked += 1
                return await receive()  # type: ignore[no-any-return]  # an ASGI message

            await app(scope, counted, send)

    answer = TestClient(Counting()).post("/", content=form(part(bytes(3_000_000))), headers={"content-type": MULTIPART})
    assert (answer.status_code, asked) == (413, 0)


async def test_the_limit_holds_for_a_body_that_announces_nothing() -> None:
    """It is counted, and the client is left as soon as it is over."""
    client = Client(pieces(form(part(bytes(50_000))), 100))
    answer = await exchange(app_with(streamed("file", max_size=1000)), client)
    assert answer.status == 413
    assert client.sent < 1500


@pytest.mark.parametrize(
    "options, body",
    [
        ({"max_fields": 3}, form(*(part(b"", f"f{n}", None) for n in range(4)), part(DATA))),
        ({"max_fields_size": 100}, form(part(b"x" * 101, "f", None), part(DATA))),
        ({"max_total": 5000}, form(part(b"x" * 6000, "other", "o"), part(b"y"))),
        ({}, form(part(DATA, headers="".join(f"X-{n}: y\r\n" for n in range(20))))),
        ({}, form(part(DATA, headers=f"X: {'y' * 20_000}\r\n"))),
    ],
    ids=["fields", "bytes of fields", "whole body", "headers", "bytes of headers"],
)
def test_what_a_form_may_hold_beside_the_file_is_bounded(options: dict[str, Any], body: bytes) -> None:
    """413, and nothing that grows with the client's wishes."""
    assert post(app_with(streamed("file", **options)), body).status_code in {400, 413}


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", ""])
def test_a_body_that_is_no_form_is_a_415(content_type: str) -> None:
    """Whatever it holds."""
    assert post(app_with(streamed("file")), b"{}", content_type).status_code == 415
    assert post(app_with(None, any_form), b"{}", content_type).status_code == 415


async def any_form(form: Annotated[UploadForm, streamed_form()]) -> int:
    return len([await part.read() async for part in form])


@pytest.mark.parametrize(
    "body",
    [b"", b"no boundary", form(part(DATA))[:-3], form(part(DATA))[:-9], form(part(DATA))[:300], form(part(DATA))[:20]],
    ids=["empty", "garbage", "in the last hyphens", "in the closing", "in the file", "in the delimiter"],
)
def test_a_body_that_is_not_whole_is_a_400(body: bytes) -> None:
    """Never a 200, never FastAPI's 422 for a field that is not there."""
    assert post(app_with(streamed("file")), body).status_code == 400


@pytest.mark.parametrize("length", ["-1", "1e3", "0x10", "5, 6", "99999999999999999999999"])
def test_a_content_length_that_is_no_number_is_a_400(length: str) -> None:
    """Some servers pass it on."""
    app = app_with(streamed("file"))
    answer = TestClient(app).post(
        "/", content=form(part(DATA)), headers={"content-type": MULTIPART, "content-length": length}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("difference", [-1, 1, 1000])
def test_a_content_length_that_lies_is_a_400(difference: int) -> None:
    """The body is not the one that was announced."""
    body = form(part(DATA))
    answer = post(app_with(streamed("file")), body, **{"content-length": str(len(body) + difference)})
    assert answer.status_code == 400


def test_an_encoded_body_is_a_415() -> None:
    """Compressed bytes would be taken for the file."""
    answer = post(app_with(streamed("file")), form(part(DATA)), **{"content-encoding": "gzip"})
    assert answer.status_code == 415


@pytest.mark.parametrize(
    "declared, content, status",
    [
        ("text/csv", b"a,b\n1,2\n", 200),
        ("text/csv; charset=utf-8", b"a,b\n1,2\n", 200),
        ("text/csv", b"\x89PNG\r\n\x1a\n" + bytes(100), 415),
        ("image/png", b"a,b\n1,2\n", 415),
        ("application/json", b"{}", 415),
    ],
    ids=["csv", "with parameter", "picture called csv", "csv called picture", "other type"],
)
def test_types_are_checked_by_header_and_by_content(declared: str, content: bytes, status: int) -> None:
    """415 before the function has seen a byte."""
    body = form(part(content, headers=f"Content-Type: {declared}\r\n"))
    assert post(app_with(streamed("file", types=["text/csv", "image/*"])), body).status_code == status


def test_a_raw_body_is_a_file_too() -> None:
    """With the same limits and checks."""
    app = app_with(streamed_body(max_size=20_000, hash="sha256"))
    assert post(app, DATA, "application/octet-stream").json()["hash"] == SHA
    assert post(app, DATA * 2, "application/octet-stream").status_code == 413
    typed = app_with(streamed_body(types=["text/csv"]))
    assert post(typed, b"a,b\n", "text/csv").status_code == 200
    assert post(typed, b"a,b\n", "text/html").status_code == 415
    assert post(typed, b"%PDF-1.7\n" + bytes(10), "text/csv").status_code == 415


def test_several_files_come_in_their_order() -> None:
    """With their names, and the fields between them."""
    app = FastAPI()

    @app.post("/")
    async def endpoint(form: Annotated[UploadForm, streamed_form(max_files=3, hash="md5")]) -> Any:
        seen = []
        async for file in form:
            seen.append([file.name, file.filename, (await file.run(read_all)).decode(), form.fields.get("note")])
        return seen

    parts = [part(b"one", "a", "1"), part(b"text", "note", None), part(b"", "empty", ""), part(b"two", "b", "2")]
    assert post(app, form(*parts)).json() == [["a", "1", "one", None], ["b", "2", "two", "text"]]
    assert post(app, form(*[part(b"x")] * 4)).status_code == 413
    assert post(app, form(*parts)[:-20]).status_code == 400


def test_what_is_not_consumed_of_a_part_is_skipped() -> None:
    """The loop goes on to the next file by itself, and the old part is over."""
    app = FastAPI()

    @app.post("/")
    async def endpoint(form: Annotated[UploadForm, streamed_form()]) -> list[str]:
        parts = [part async for part in form]
        with pytest.raises(errors.UploadAborted):
            await parts[0].read()
        return [str(part.filename) for part in parts]

    assert post(app, form(part(DATA, filename="1"), part(DATA, filename="2"))).json() == ["1", "2"]


def test_an_upload_is_over_with_its_request() -> None:
    """Background tasks still have it; what lives longer is told."""
    app = FastAPI()
    kept: list[Upload] = []
    read: list[bytes] = []

    @app.post("/")
    async def endpoint(file: Annotated[Upload, streamed("file")], tasks: BackgroundTasks) -> None:
        async def later() -> None:
            read.append(await file.read())

        kept.append(file)
        tasks.add_task(later)

    assert post(app, form(part(DATA))).status_code == 200
    assert read == [DATA]
    with pytest.raises(errors.UploadAborted, match="has ended"):
        anyio.run(kept[0].peek, 1)


def test_a_body_that_middleware_has_read_is_used_all_the_same() -> None:
    """Starlette hands it on; there is nothing left to stream, and nothing is lost."""

    async def reading(request: Request, call_next: RequestResponseEndpoint) -> Response:
        await request.body()
        return await call_next(request)

    app = app_with(streamed("file", hash="sha256"))
    app.add_middleware(BaseHTTPMiddleware, dispatch=reading)
    assert post(app, form(part(DATA))).json()["hash"] == SHA


@pytest.mark.parametrize("way", ["body", "form"])
@pytest.mark.parametrize("kind", ["file", "form"])
def test_a_body_that_a_dependency_has_read_is_used_all_the_same(way: str, kind: str) -> None:
    """What `request.form()` has spooled has the same methods, limits and checks."""
    app = FastAPI()

    async def reading(request: Request) -> AsyncIterator[None]:
        if way == "body":
            await request.body()
            yield
        else:
            async with request.form():
                yield

    @app.post("/file", dependencies=[Depends(reading)])
    async def one(file: Annotated[Upload, streamed("file", max_size=20_000, types=["text/csv"])]) -> Any:
        return [await file.run(digest), file.fields.multi_items(), file.filename]

    @app.post("/form", dependencies=[Depends(reading)])
    async def many(form: Annotated[UploadForm, streamed_form(max_size=20_000, types=["text/csv"])]) -> Any:
        async for file in form:
            return [await file.run(digest), file.fields.multi_items(), file.filename]
        return None

    client = TestClient(app)
    headers = {"content-type": MULTIPART}
    text = b"a,b\n" * 100
    body = form(part(b"v", "k", None), part(text, headers="Content-Type: text/csv\r\n"))
    assert client.post(f"/{kind}", content=body, headers=headers).json() == [
        hashlib.sha256(text).hexdigest(),
        [["k", "v"]],
        "a.bin",
    ]
    large = form(part(b"a,b\n" * 6000, headers="Content-Type: text/csv\r\n"))
    assert client.post(f"/{kind}", content=large, headers=headers).status_code == 413
    wrong = form(part(b"%PDF-1.7\n" + bytes(10), headers="Content-Type: text/csv\r\n"))
    assert client.post(f"/{kind}", content=wrong, headers=headers).status_code == 415


class Model(BaseModel):
    """A JSON body."""


async def with_form(file: Annotated[Upload, streamed("file")], note: Annotated[str, Form()]) -> None:
    return None


async def with_file(other: UploadFile, file: Annotated[Upload, streamed("file")]) -> None:
    return None


async def with_body(model: Model, file: Annotated[Upload, streamed("file")]) -> None:
    return None


async def form_dependency(note: Annotated[str, Form()]) -> None:
    return None


async def with_form_in_a_dependency(
    file: Annotated[Upload, streamed("file")], other: Annotated[None, Depends(form_dependency)]
) -> None:
    return None


async def upload_dependency(file: Annotated[Upload, streamed("file")]) -> Upload:
    return file


async def with_upload_in_a_dependency(file: Annotated[Upload, Depends(upload_dependency)], model: Model) -> None:
    return None


MIXED = [with_form, with_file, with_body, with_form_in_a_dependency, with_upload_in_a_dependency]


@pytest.mark.parametrize("endpoint", MIXED, ids=lambda endpoint: endpoint.__name__)
def test_a_body_parameter_beside_a_streamed_file_is_told_where_the_route_is_made(endpoint: Callable[..., Any]) -> None:
    """On plain routes too: FastAPI would read the body for it."""
    with pytest.raises(TypeError, match=r"take the form's other fields from file\.fields"):
        FastAPI().post("/")(endpoint)


class Filters(BaseModel):
    """A model of query parameters."""

    since: int = 0


async def with_everything_else(
    number: Annotated[int, Path(ge=1)],
    rest: str,
    filters: Annotated[Filters, Query()],
    agent: Annotated[str, Header()],
    session: Annotated[str | None, Cookie()] = None,
    *,
    tasks: BackgroundTasks,
    scopes: SecurityScopes,
    file: Annotated[Upload, streamed("file")],
) -> list[Any]:
    return [number, rest, filters.since, len(await file.read())]


def test_all_but_the_body_may_stand_beside_a_streamed_file() -> None:
    """Path, query, headers, cookies, and what FastAPI itself hands out."""
    app = FastAPI()
    app.post("/{number}/{rest:path}")(with_everything_else)
    headers = {"content-type": MULTIPART, "agent": "x"}
    answer = TestClient(app).post("/7/a/b?since=3", content=form(part(DATA)), headers=headers)
    assert answer.json() == [7, "a/b", 3, len(DATA)]


async def two_files(a: Annotated[Upload, streamed("a")], b: Annotated[Upload, streamed("b")]) -> None:
    return None


def test_two_streamed_files_are_told_where_the_route_is_made() -> None:
    """A body is read once, in its own order."""
    with pytest.raises(TypeError, match=r"loop over its files"):
        FastAPI().post("/")(two_files)


def test_one_streamed_file_may_be_shared_by_a_dependency_and_the_endpoint() -> None:
    """FastAPI solves it once, so both have the same upload."""
    shared = streamed("file")

    async def named(file: Upload = shared) -> str:
        return file.safe_name

    async def endpoint(name: str = Depends(named), file: Upload = shared) -> list[Any]:
        return [name, len(await file.read())]

    assert post(app_with(None, endpoint), form(part(DATA))).json() == ["a.bin", len(DATA)]


def test_where_fastapi_works_in_another_way_it_is_told_at_the_first_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """What finds the endpoint is no promise of FastAPI's."""
    monkeypatch.setattr("fastapi_convert.uploads._mixing._arguments_of", lambda code: None)
    with pytest.raises(TypeError, match=r"file\.fields"):
        post(app_with(None, with_form), form(part(b"x", "note", None), part(DATA)))
    with pytest.raises(RuntimeError, match=r"use streamed_form\(\)"):
        post(app_with(None, two_files), form(part(b"x", "a"), part(b"y", "b")))


def test_other_endpoints_may_mix_what_they_like() -> None:
    """Ours looks at its own endpoint only."""
    app = app_with(streamed("file"))

    @app.post("/other")
    async def other(file: UploadFile, note: Annotated[str, Form()]) -> str:
        return note

    assert post(app, form(part(DATA))).status_code == 200


def test_a_request_that_was_read_cannot_be_read_again() -> None:
    """An endpoint that asks for the body after all gets an error, not a wait for ever."""

    async def endpoint(request: Request, file: Annotated[Upload, streamed("file")]) -> str:
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        return "told"

    assert post(app_with(None, endpoint), form(part(DATA))).json() == "told"


@pytest.mark.parametrize("read", [True, False])
async def test_a_connection_stays_open_if_and_only_if_the_body_was_read(read: bool) -> None:
    """Whoever is not read to the end is cut off, instead of sending for nothing."""

    async def endpoint(file: Annotated[Upload, streamed("file")]) -> int:
        return len(await file.read(-1 if read else 10))

    answer = await exchange(app_with(None, endpoint), Client(pieces(form(part(DATA)), 1000)))
    assert (answer.status, answer.headers.get("connection")) == (200, None if read else "close")


def test_install_makes_problems_of_upload_errors() -> None:
    """The media type of RFC 9457, and the header that closes."""
    app = app_with(streamed("file", max_size=10))
    errors.install(app)
    answer = post(app, form(part(DATA)))
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.json()["code"], answer.headers["connection"]) == ("upload-too-large", "close")


def test_a_function_with_a_pool_of_its_own_runs_there() -> None:
    """As everywhere."""
    pool = Pool("imports", threads=1)
    app = app_with(streamed("file", pool=pool))
    assert post(app, form(part(DATA))).status_code == 200
    assert pool.stats().completed == 1


@pytest.mark.parametrize(
    "options, message",
    [
        ({"max_size": "many"}, "max_size is"),
        ({"max_size": -1}, "max_size is"),
        ({"max_total": "x"}, "max_total is"),
        ({"idle_timeout": 0}, "idle_timeout is"),
        ({"min_rate": "fast"}, "min_rate is"),
        ({"window": 0}, "window is"),
        ({"hash": "sha257"}, "hash='sha257'"),
        ({"hash": "shake_128"}, "fixed length"),
        ({"types": ["csv"]}, "csv"),
        ({"types": "text/csv"}, "text/csv"),
    ],
    ids=str,
)
def test_wrong_arguments_fail_where_the_route_is_made(options: dict[str, Any], message: str) -> None:
    """Not at the first request."""
    with pytest.raises((ValueError, TypeError), match=message):
        streamed("file", **options)


def test_a_process_pool_is_refused() -> None:
    """A file that is still arriving cannot be read in another process."""
    with pytest.raises(TypeError, match="Pool of threads"):
        streamed("file", pool=ProcessPool("cpu", processes=1))  # type: ignore[arg-type]


def test_a_response_of_the_endpoints_own_is_passed_on() -> None:
    """Headers are FastAPI's business there."""

    async def endpoint(file: Annotated[Upload, streamed("file")]) -> JSONResponse:
        return JSONResponse({"size": len(await file.read())}, 201, {"x-own": "yes"})

    answer = post(app_with(None, endpoint), form(part(DATA)))
    assert (answer.status_code, answer.headers["x-own"], answer.json()) == (201, "yes", {"size": len(DATA)})


def test_the_boundary_may_be_anything_that_a_client_makes_up() -> None:
    """Quoted, too."""
    body = form(part(DATA)).replace(BOUNDARY.encode(), b"a b:c")
    assert post(app_with(streamed("file")), body, 'multipart/form-data; boundary="a b:c"').json()["digest"] == SHA
    assert post(app_with(streamed("file")), body, "multipart/form-data").status_code == 400
    assert post(app_with(streamed("file")), body, f"multipart/form-data; boundary={'x' * 300}").status_code == 400
