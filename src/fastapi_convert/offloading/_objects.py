"""Methods and whole objects: what `offload` returns where a function alone would not do."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ._waiting import DEFAULTS, Options
from .pools import BasePool, default_pool

Convert = Callable[["Settings", Any], Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """Where and how something was offloaded."""

    pool: BasePool | None = None
    options: Options = DEFAULTS

    def pool_of(self) -> BasePool:
        """The pool of this call: the default one is made when it is first needed, not at import."""
        return default_pool() if self.pool is None else self.pool


def stands_in_class_body(fn: Any) -> bool:
    """Whether `fn` is being decorated in a class body, rather than passed by reference: `offload(Client.fetch)`."""
    if not inspect.isfunction(fn):
        return False
    owner_name, _, name = fn.__qualname__.rpartition(".")
    if not owner_name or owner_name.endswith("<locals>"):
        return False
    owner: Any = sys.modules.get(fn.__module__)
    for part in owner_name.split("."):
        owner = getattr(owner, part, None)
    return owner is None or inspect.getattr_static(owner, name, None) is not fn


class OffloadedMethod:
    """A method, classmethod or staticmethod in its class: bound, its `sync` is bound too."""

    def __init__(self, descriptor: Any, settings: Settings, convert: Convert) -> None:
        self._descriptor = descriptor
        self._settings = settings
        self._convert = convert
        self.sync = getattr(descriptor, "__func__", descriptor)
        functools.update_wrapper(self, self.sync)
        _mark_as_coroutine_function(self)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        bound = self._descriptor.__get__(instance, owner)
        return self if bound is self.sync else self._convert(self._settings, bound)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return await self._settings.pool_of().call(self.sync, args, kwargs, self._settings.options)

    def __repr__(self) -> str:
        return f"<offloaded {self.sync!r}>"


class BoundOffload:
    """A bound method that is awaited. Equal to itself at every access, as bound methods are, so it can be a key."""

    def __init__(self, bound: Callable[..., Any], settings: Settings) -> None:
        self.sync = bound
        self._settings = settings
        functools.update_wrapper(self, bound, updated=())
        _mark_as_coroutine_function(self)

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return await self._settings.pool_of().call(self.sync, args, kwargs, self._settings.options)

    def __getattr__(self, name: str) -> Any:
        # Not `__func__` and its like: through them, what is said of this object would be said of the method itself.
        if name.startswith("__"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.__dict__["sync"], name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BoundOffload) and self.sync == other.sync

    def __hash__(self) -> int:
        return hash(self.sync)

    def __repr__(self) -> str:
        return f"<offloaded {self.sync!r}>"


class OffloadedObject:
    """An object whose public methods are awaited; its attributes, and what starts with `_`, are the object's own."""

    __slots__ = ("_convert", "_settings", "sync")

    def __init__(self, target: object, settings: Settings, convert: Convert) -> None:
        object.__setattr__(self, "sync", target)
        object.__setattr__(self, "_settings", settings)
        object.__setattr__(self, "_convert", convert)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.sync, name)
        if name.startswith("_") or not inspect.isroutine(value) or inspect.iscoroutinefunction(value):
            return value
        return self._convert(self._settings, value)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.sync, name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self.sync, name)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self.sync), "sync"})

    def __repr__(self) -> str:
        return f"<offloaded {self.sync!r}>"


def _mark_as_coroutine_function(obj: object) -> None:
    """Have `iscoroutinefunction` say yes to an object that is called like one."""
    mark = getattr(inspect, "markcoroutinefunction", None)
    if mark is not None:
        mark(obj)
    else:  # Python 3.11, where only asyncio has a mark
        obj._is_coroutine = asyncio.coroutines._is_coroutine  # type: ignore[attr-defined]  # noqa: SLF001
