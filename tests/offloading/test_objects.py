"""Methods in classes, and whole objects."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from fastapi_convert import Pool, offload

pool = Pool("objects", threads=2)


class Client:
    """A legacy client, offloaded in place."""

    def __init__(self, name: str) -> None:
        self.name = name

    @offload(pool=pool)
    def fetch(self, key: int, *, suffix: str = "") -> str:
        """Fetch one."""
        return f"{self.name} {key}{suffix}"

    @offload
    @classmethod
    def outside(cls, name: str) -> Client:
        return cls(name)

    @classmethod
    @offload
    def inside(cls, name: str) -> Client:
        return cls(name)

    @offload
    @staticmethod
    def static_outside(value: int) -> int:
        return value + 1

    @staticmethod
    @offload
    def static_inside(value: int) -> int:
        return value + 1

    @offload
    def rows(self, count: int) -> Iterator[str]:
        for number in range(count):
            yield f"{self.name} {number}"

    @offload
    @contextmanager
    def locked(self) -> Iterator[str]:
        yield self.name


class Child(Client):
    async def fetch_twice(self) -> str:
        return await super().fetch(1) + await self.fetch(2)


class Legacy:
    """Untouched: offloaded as a whole."""

    limit = 3

    def __init__(self) -> None:
        self.threads: list[int] = []

    def save(self, value: int) -> int:
        self.threads.append(threading.get_ident())
        return value

    def rows(self) -> Iterator[int]:
        yield from range(self.limit)

    async def ready(self) -> bool:
        return True

    def _private(self) -> str:
        return "own"


async def test_a_method_is_awaited_and_its_sync_is_bound_too() -> None:
    """`client.fetch.sync(1)` needs no self."""
    client = Client("c")
    assert await client.fetch(1, suffix="!") == "c 1!"
    assert client.fetch.sync(1) == "c 1"
    assert await Client.fetch(client, 2) == "c 2"
    assert Client.fetch.sync(client, 2) == "c 2"


async def test_class_and_static_methods_work_in_either_order() -> None:
    """Below and above the descriptor."""
    client: Any = Client  # mypy binds no class through a decorated classmethod
    child: Any = Child
    assert (await client.outside("a")).name == "a"
    assert (await client.inside("b")).name == "b"
    assert (await child.outside("c")).__class__ is Child
    assert await client.static_outside(1) == await client.static_inside(1) == 2
    assert await client("x").static_outside(1) == await client("x").static_inside(1) == 2
    assert client.outside.sync("d").name == "d"


async def test_subclasses_and_super_reach_it() -> None:
    """As any method."""
    assert await Child("k").fetch_twice() == "k 1k 2"


async def test_generator_and_context_manager_methods_work() -> None:
    """Bound like functions."""
    client = Client("g")
    assert [row async for row in client.rows(2)] == ["g 0", "g 1"]
    async with client.locked() as value:
        assert value == "g"


def test_a_bound_method_looks_like_one() -> None:
    """Name, documentation, signature, equality and hash: it can key dependency_overrides."""
    client = Client("e")
    assert client.fetch == client.fetch
    assert hash(client.fetch) == hash(client.fetch)
    assert client.fetch != Client("e").fetch
    assert client.fetch.__name__ == "fetch"
    assert client.fetch.__doc__ == "Fetch one."
    assert str(inspect.signature(client.fetch)) == "(key: 'int', *, suffix: 'str' = '') -> 'str'"
    assert "fetch" in repr(client.fetch)
    assert "fetch" in repr(Client.fetch)


async def test_an_object_becomes_a_proxy_whose_public_methods_are_awaited() -> None:
    """Attributes, private and asynchronous methods are the object's own."""
    target = Legacy()
    proxy = offload(target, pool=pool)
    assert await proxy.save(4) == 4
    assert target.threads[0] != threading.get_ident()
    assert [row async for row in proxy.rows()] == [0, 1, 2]
    assert await proxy.ready()
    assert proxy.limit == 3
    assert proxy._private() == "own"
    assert proxy.sync is target


def test_a_proxy_is_transparent() -> None:
    """Set, delete, list and show go through."""
    target = Legacy()
    proxy = offload(target)
    proxy.limit = 5
    assert target.limit == 5
    del proxy.limit
    assert target.limit == 3
    assert {"save", "sync"} <= set(dir(proxy))
    assert "Legacy" in repr(proxy)
    with pytest.raises(AttributeError, match="nothing"):
        _ = proxy.nothing


def test_the_original_of_a_method_stays_synchronous() -> None:
    """What marks the offloaded method as a coroutine function must not mark the function in it."""
    client = Client("m")
    assert asyncio.iscoroutinefunction(client.fetch) or inspect.iscoroutinefunction(client.fetch)
    assert not inspect.iscoroutinefunction(client.fetch.sync)
    assert not inspect.iscoroutinefunction(offload(Legacy().save).sync)
    assert not inspect.iscoroutinefunction(Legacy.save)
    assert inspect.iscoroutinefunction(type(offload(Legacy().save)).__call__)
