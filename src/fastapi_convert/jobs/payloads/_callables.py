"""What a callable is beneath its wrappers: the function its author wrote, its name, whether it is an `async def`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import partial
from typing import Any, cast

DATA_OUT = "Return plain data, or a Path to a file."


def original_of(fn: Any) -> Callable[..., Any]:
    """The function as its author wrote it, below `offload` and `staticmethod`.

    Raises:
        TypeError: It cannot be called.
    """
    if isinstance(fn, staticmethod):
        fn = fn.__func__
    original = getattr(fn, "sync", None)
    # `offload` gives its wrappers the original's name. An object that happens to have a method `sync` has another.
    if callable(original) and getattr(fn, "__name__", None) == _plain_name(original):
        return cast("Callable[..., Any]", original)
    if not callable(fn):
        raise TypeError(f"A {type(fn).__name__} cannot be a job: it cannot be called.")
    return cast("Callable[..., Any]", fn)


def name_of(fn: Callable[..., Any]) -> str:
    """The function's name, for messages."""
    return name_of(fn.func) if isinstance(fn, partial) else _plain_name(fn)


def _plain_name(fn: Any) -> str:
    return getattr(fn, "__name__", type(fn).__name__)


def is_async(fn: Callable[..., Any]) -> bool:
    """Whether it is an `async def`, or says that it returns a coroutine (`inspect.markcoroutinefunction`)."""
    return inspect.iscoroutinefunction(fn) or inspect.iscoroutinefunction(_defined(fn))


def refuse_generators(fn: Callable[..., Any]) -> None:
    """Raise `TypeError` for a function that yields: a job has one result."""
    defined = _defined(fn)
    if inspect.isgeneratorfunction(defined) or inspect.isasyncgenfunction(defined):
        raise TypeError(f"{name_of(fn)}() cannot be a job: it yields, and a job returns. {DATA_OUT}")


def refuse_methods(fn: Callable[..., Any], declared: inspect.Signature) -> None:
    """Raise `TypeError` for a method that is registered in the body of its class: nobody would pass its `self`."""
    first = next(iter(declared.parameters.values()), None)
    if first is None or first.name not in {"self", "cls"} or first.annotation is not inspect.Parameter.empty:
        return
    owner = getattr(_defined(fn), "__qualname__", "").rpartition(".")[0]
    if owner and not owner.endswith("<locals>"):
        raise TypeError(
            f"{owner}.{name_of(fn)}() cannot be a job: it is a method, and its {first.name!r} cannot be stored. Make it"
            " a function of the module, pass the object's id, and get the object inside."
        )


def namespace_of(fn: Callable[..., Any]) -> dict[str, Any]:
    """The globals that the names in its annotations are looked up in."""
    defined = inspect.unwrap(_defined(fn))  # `functools.wraps` copies annotations, and not where their names are known
    if hasattr(defined, "__globals__"):
        return cast("dict[str, Any]", defined.__globals__)
    module = sys.modules.get(getattr(defined, "__module__", None) or "")
    return {} if module is None else vars(module)


def _defined(fn: Any) -> Any:
    """The function whose `def` decides what a call does: behind partials, or the `__call__` of an object."""
    while isinstance(fn, partial):
        fn = fn.func
    if inspect.isroutine(fn) or isinstance(fn, type):
        return fn
    return type(fn).__call__
