"""What type checkers see: mypy runs over this file, and the assertions hold at run time too."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import assert_type

from fastapi_convert import Pool, ProcessPool, offload
from fastapi_convert.offloading import Offloaded, OffloadedStream, PoolStats

db = Pool("types", threads=1)


def load(key: int, *, strict: bool = True) -> str:
    return f"{key} {strict}"


@offload
def bare(key: int) -> str:
    return str(key)


@offload(pool=db, timeout=2.0, on_cancel="abandon", context="inout")
def with_options(key: int) -> list[int]:
    return [key]


@offload
def rows(count: int) -> Iterator[str]:
    yield from map(str, range(count))


@offload(pool=db)
@contextmanager
def session(name: str) -> Iterator[bytes]:
    yield name.encode()


class Client:
    @offload
    def fetch(self, key: int) -> float:
        return key / 2


async def test_calls_have_the_types_of_the_original() -> None:
    """Parameters and results, as a decorator and as a function."""
    assert_type(await bare(1), str)
    assert_type(bare.sync(1), str)
    assert_type(await with_options(2), list[int])
    assert_type(await offload(load, pool=db)(1, strict=False), str)
    assert_type(await db.run(load, 1, strict=False), str)
    assert_type(await Client().fetch(3), float)
    assert_type(Client().fetch.sync(3), float)
    checked: Offloaded[[int], str] = bare
    assert await checked(1) == "1"


async def test_generators_and_context_managers_have_their_asynchronous_types() -> None:
    """Items and values keep theirs."""
    items = rows(2)
    assert_type(items, AsyncGenerator[str, None])
    assert [item async for item in items] == ["0", "1"]
    stream: OffloadedStream[[int], str] = rows
    assert [item async for item in stream(1)] == ["0"]
    manager = session("n")
    assert_type(manager, AbstractAsyncContextManager[bytes])
    async with manager as value:
        assert_type(value, bytes)


async def test_map_and_stats_are_typed() -> None:
    """An asynchronous generator of the function's results."""
    results = db.map(len, ["a", "bb"])
    assert_type(results, AsyncGenerator[int, None])
    assert [length async for length in results] == [1, 2]
    assert_type(db.stats(), PoolStats)


async def test_wrong_uses_are_found() -> None:
    """Each ignore would be reported as unused if the error went away."""
    with_errors = [
        lambda: bare("no"),  # type: ignore[arg-type]
        lambda: db.run(load, strict=True),  # type: ignore[call-arg]
        lambda: offload(load, on_cancel="maybe"),  # type: ignore[call-overload]
        lambda: ProcessPool("p", processes="two"),  # type: ignore[arg-type]
    ]
    assert len(with_errors) == 4
