"""`offload` itself: what it takes, what it refuses, and that nobody sees the difference."""

from __future__ import annotations

import asyncio
import functools
import inspect
import operator
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

import anyio
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient

from fastapi_convert import OffloadTimeout, Pool, PoolFull, ProcessPool, default_pool, offload
from fastapi_convert.errors import CallableExited
from fastapi_convert.offloading import check_cancelled, time_left
from tests.offloading import fastapi_endpoints as legacy
from tests.offloading.bodies import Gate

language: ContextVar[str] = ContextVar("language", default="en")


async def test_it_runs_off_the_loop_and_returns_the_result() -> None:
    """Positional and keyword arguments, another thread."""

    @offload
    def add(a: int, *, b: int = 1) -> tuple[int, int]:
        return a + b, threading.get_ident()

    total, thread = await add(1, b=2)
    assert total == 3
    assert thread != threading.get_ident()


async def test_options_make_a_decorator() -> None:
    """With and without parentheses, as a decorator and as a function."""
    pool = Pool("options", threads=1)

    @offload(pool=pool, timeout=5)
    def decorated(value: str) -> int:
        return int(value)

    assert await decorated("5") == 5
    assert await offload(decorated.sync, pool=pool)("6") == 6
    assert await offload(int, pool=pool)("7") == 7
    assert pool.stats().completed == 3


async def test_the_original_is_untouched_beside_it() -> None:
    """`.sync` is the very function."""

    def original(a: int) -> int:
        return a

    wrapped = offload(original)
    assert wrapped.sync is original
    assert wrapped.__name__ == "original"
    assert inspect.signature(wrapped) == inspect.signature(original)
    assert inspect.iscoroutinefunction(wrapped)


@pytest.mark.parametrize(
    "raised,shown",
    [
        (StopIteration(3), "StopIteration"),
        (StopAsyncIteration(), "StopAsyncIteration"),
        (SystemExit(2), "SystemExit"),
        (KeyboardInterrupt(), "KeyboardInterrupt"),
        (GeneratorExit(), "GeneratorExit"),
        (asyncio.CancelledError(), "CancelledError"),
    ],
)
async def test_what_would_stop_a_loop_is_a_plain_error(raised: BaseException, shown: str) -> None:
    """No hang, no dead server: a defined error with the original as its cause, and the worker lives on."""

    @offload
    def body() -> None:
        raise raised

    with anyio.fail_after(5), pytest.raises(CallableExited, match=shown) as caught:
        await body()
    assert caught.value.__cause__ is raised
    assert await offload(len)("a") == 1


async def test_errors_arrive_as_they_were_raised() -> None:
    """The same object, its notes, its cause, groups and BaseExceptions of one's own."""

    class Abort(BaseException):
        pass

    error = ValueError("bad")
    error.add_note("row 7")

    @offload
    def fail(kind: str) -> None:
        if kind == "value":
            raise error from KeyError("cause")
        if kind == "group":
            raise ExceptionGroup("many", [error])
        raise Abort

    with pytest.raises(ValueError, match="bad") as caught:
        await fail("value")
    assert caught.value is error
    assert caught.value.__notes__ == ["row 7"]
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.RaisesGroup(ValueError):
        await fail("group")
    with pytest.raises(Abort):
        await fail("abort")


async def test_context_goes_in_and_nothing_comes_out_or_stays() -> None:
    """The default: the body sees the caller's variables, the caller and the worker do not see the body's."""
    pool = Pool("context", threads=1)

    @offload(pool=pool)
    def speak(value: str | None) -> str:
        before = language.get()
        if value:
            language.set(value)
        return before

    language.set("de")
    assert await speak("fr") == "de"
    assert language.get() == "de"
    assert await speak(None) == "de"


async def test_inout_brings_back_what_the_body_has_set_also_when_it_fails() -> None:
    """As far as the caller is concerned the body ran in its own context; siblings do not see each other's."""

    @offload(context="inout")
    def set_language(value: str, fails: bool = False) -> None:
        language.set(value)
        if fails:
            raise ZeroDivisionError

    async def sibling(value: str) -> None:
        await set_language(value)
        await anyio.sleep(0.01)
        assert language.get() == value

    await set_language("fr")
    assert language.get() == "fr"
    with pytest.raises(ZeroDivisionError):
        await set_language("es", fails=True)
    assert language.get() == "es"
    async with anyio.create_task_group() as group:
        for value in ("it", "pl", "fi"):
            group.start_soon(sibling, value)
    assert language.get() == "es"


async def test_a_thousand_contexts_are_not_mixed_up() -> None:
    """Each call sees its own caller's value."""
    look = offload(language.get)
    wrong = []

    async def one(number: int) -> None:
        language.set(str(number))
        if await look() != str(number):
            wrong.append(number)

    async with anyio.create_task_group() as group:
        for number in range(1000):
            group.start_soon(one, number)
    assert wrong == []


async def test_from_thread_works_in_the_body() -> None:
    """Legacy code may call back into the loop, as in anyio's own workers."""
    loop_thread = threading.get_ident()

    async def on_loop(value: int) -> tuple[int, int]:
        await anyio.sleep(0)
        return value, threading.get_ident()

    def body() -> tuple[tuple[int, int], int]:
        return anyio.from_thread.run(on_loop, 7), anyio.from_thread.run_sync(threading.get_ident)

    assert await offload(body)() == ((7, loop_thread), loop_thread)


async def test_time_left_counts_down_and_check_cancelled_is_quiet_while_there_is_some() -> None:
    """The body knows its budget; outside of a call there is none."""

    @offload(timeout=10)
    def body() -> float | None:
        check_cancelled()
        time.sleep(0.05)
        return time_left()

    left = await body()
    assert left is not None
    assert 0 < left <= 9.95
    assert await offload(time_left)() is None
    assert time_left() is None
    check_cancelled()


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"timeout": -1}, {"on_cancel": "maybe"}, {"context": "out"}], ids=str
)
def test_a_bad_option_is_told_when_it_is_given(options: dict[str, Any]) -> None:
    """Not at the first request."""
    with pytest.raises(ValueError, match=next(iter(options))):
        offload(len, **options)


async def coroutine_function() -> None: ...
async def async_generator_function() -> Any:
    yield


class AsyncCallable:
    async def __call__(self) -> None: ...


@pytest.mark.parametrize(
    "fn",
    [
        coroutine_function,
        async_generator_function,
        functools.partial(coroutine_function),
        AsyncCallable(),
        AsyncCallable().__call__,
        offload(len),
    ],
)
def test_what_is_asynchronous_already_is_refused_at_decoration(fn: Any) -> None:
    """With the cure."""
    with pytest.raises(TypeError, match="await it as it is"):
        offload(fn)


def test_what_cannot_cross_into_a_process_is_refused_at_decoration() -> None:
    """Generators, and context that should come back."""
    cpu = ProcessPool("cpu", processes=1)
    with pytest.raises(TypeError, match="generator cannot live in another process"):
        offload(legacy.rows, pool=cpu)
    with pytest.raises(TypeError, match="inout"):
        offload(legacy.function, pool=cpu, context="inout")
    with pytest.raises(TypeError, match="inout"):
        offload(legacy.rows, context="inout")


async def test_builtins_partials_classes_and_nested_partials_work() -> None:
    """Everything callable."""
    assert await offload(len)([1, 2]) == 2
    assert await offload(operator.itemgetter(1))([3, 4]) == 4
    assert await offload(functools.partial(functools.partial(max, 3), 9))(5) == 9
    assert await offload(legacy.Item)(name="x") == legacy.Item(name="x")


def app_with(change: Any) -> FastAPI:
    """The same app, with every endpoint passed through `change`."""
    app = FastAPI()
    app.post("/function")(change(legacy.function))
    app.post("/partial")(change(legacy.partly))
    app.post("/method")(change(legacy.service.method))
    app.get("/class-method")(change(legacy.Service.class_method))
    app.get("/static-method")(change(legacy.Service.static_method))
    app.get("/callable")(change(legacy.service))
    app.get("/rows")(change(legacy.rows))
    app.get("/dependency")(_echo_with(change))
    return app


def _echo_with(change: Any) -> Any:
    dependency = change(legacy.settings)

    async def echo(options: dict[str, bool] = Depends(dependency)) -> dict[str, bool]:  # noqa: B008 - local
        return options

    return echo


REQUESTS = [
    ("POST", "/function?tag=a", {"item": {"name": "n"}}),
    ("POST", "/function?tag=a", {"name": "n"}),
    ("POST", "/function", {"name": "n"}),
    ("POST", "/partial", {"name": "n"}),
    ("POST", "/method?factor=3", {"name": "n"}),
    ("GET", "/class-method?count=2", None),
    ("GET", "/static-method?count=x", None),
    ("GET", "/callable?word=hey", None),
    ("GET", "/rows?limit=4", None),
    ("GET", "/rows?limit=400", None),
    ("GET", "/dependency?verbose=true", None),
]


def test_fastapi_sees_no_difference() -> None:
    """openapi.json byte for byte, and every answer, with string annotations from another module."""
    with TestClient(app_with(lambda fn: fn)) as plain, TestClient(app_with(offload)) as offloaded:
        assert plain.get("/openapi.json").content == offloaded.get("/openapi.json").content
        for method, path, body in REQUESTS:
            expected, got = (client.request(method, path, json=body) for client in (plain, offloaded))
            assert (expected.status_code, expected.content) == (got.status_code, got.content), path


def test_dependency_overrides_find_what_was_offloaded() -> None:
    """By the wrapper, which is what the app depends on; bound methods are equal at every access."""

    class Repository:
        @offload
        def user(self) -> str:
            return "real"

    repository = Repository()
    app = FastAPI()

    @app.get("/")
    async def read(user: str = Depends(repository.user)) -> str:  # noqa: FAST002 - a local name
        return user

    with TestClient(app) as client:
        assert client.get("/").json() == "real"
        app.dependency_overrides[repository.user] = lambda: "fake"
        assert client.get("/").json() == "fake"


def test_a_yield_dependency_stays_open_for_the_request_and_sees_its_error() -> None:
    """Depends(offload(get_db)): commit and rollback where they belong, on one context, off the loop."""
    events: list[str] = []
    app = FastAPI()

    def get_db() -> Iterator[str]:
        events.append("open")
        try:
            yield "db"
            events.append("commit")
        except ZeroDivisionError:
            events.append("rollback")
            raise
        finally:
            events.append("close")

    database = offload(get_db)

    @app.get("/{number}")
    async def read(number: int, db: str = Depends(database)) -> str:  # noqa: FAST002 - a local name
        events.append("endpoint")
        return f"{db} {1 // number}"

    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/1").json() == "db 1"
        assert events == ["open", "endpoint", "commit", "close"]
        events.clear()
        assert client.get("/0").status_code == 500
        assert events == ["open", "endpoint", "rollback", "close"]


@pytest.mark.asyncio_only
async def test_the_deadlock_of_plain_fastapi_does_not_occur() -> None:
    """Two hundred clients, a pool of ten resources held by a dependency, everything in one pool: all served."""
    pool = Pool("everything", threads=40, max_waiting=1000)
    resources = threading.Semaphore(10)

    @offload(pool=pool)
    def connection() -> Iterator[int]:
        assert resources.acquire(timeout=20)
        try:
            yield 1
        finally:
            resources.release()

    @offload(pool=pool)
    def work() -> None:
        time.sleep(0.01)

    async def request() -> None:
        items = connection()
        await anext(items)
        await work()
        with pytest.raises(StopAsyncIteration):
            await anext(items)

    with anyio.fail_after(15):
        await asyncio.gather(*(request() for _ in range(200)))
    assert resources._value == 10


def test_a_full_pool_and_a_timeout_are_proper_answers_in_any_app() -> None:
    """503 with Retry-After and 504, with nothing installed."""
    gate = Gate()
    pool = Pool("tiny", threads=1, max_waiting=0)
    app = FastAPI()
    app.get("/slow")(offload(gate.body, pool=pool, timeout=0.05))
    with TestClient(app) as client:
        late = client.get("/slow")
        full = client.get("/slow")
        gate.open()
    assert (late.status_code, late.json()) == (504, {"detail": "The operation took too long."})
    assert (full.status_code, full.headers["Retry-After"]) == (503, "1")
    assert "tiny" not in full.text
    assert issubclass(PoolFull, Exception)
    assert issubclass(OffloadTimeout, Exception)


def test_the_default_pool_is_made_once() -> None:
    """And has as many threads as FastAPI gives its own endpoints."""
    assert default_pool() is default_pool()
    assert default_pool().stats().threads == 40
