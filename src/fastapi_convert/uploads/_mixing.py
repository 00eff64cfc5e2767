"""Tells, where a route is made, that its endpoint cannot have a streamed upload together with what else it takes."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from fastapi.dependencies import utils as fastapi_dependencies

if TYPE_CHECKING:
    from fastapi.dependencies.models import Dependant

_looking: ContextVar[bool] = ContextVar("fastapi_convert_looking_for_mixed_parameters", default=False)


def refuse_mixed(dependant: Dependant, is_streamed: Callable[[object], bool]) -> None:
    """Raise if an endpoint wants its body read and unread at once, or read twice.

    Args:
        dependant: What FastAPI has found of the endpoint's parameters.
        is_streamed: Whether a dependency is one of ours.

    Raises:
        TypeError: See above; a route like this cannot work.
    """
    everything = list(walk(dependant))
    streamed = {id(each.call) for each in everything if is_streamed(each.call)}  # a shared one is solved once
    if streamed and any(each.body_params for each in everything):
        raise TypeError(
            "An endpoint with a streamed upload has a Form(), File() or body parameter too. FastAPI would read the "
            "whole body for it, so nothing would be streamed: take the form's other fields from file.fields, or send "
            "parameters in the path, the query or headers."
        )
    if len(streamed) > 1:
        raise TypeError(
            f"An endpoint takes {len(streamed)} streamed uploads, and a body is read once, in its own order: take the "
            "form by streamed_form() and loop over its files."
        )


def refuse_mixed_endpoint(is_streamed: Callable[[object], bool]) -> None:
    """The same for the endpoint that FastAPI is looking at while it asks one of our dependencies for its signature.

    FastAPI tells a dependency nothing of its endpoint, and a route class of ours is not everywhere. The endpoint is
    what the outermost `get_dependant` on the stack was called with. Where there is none, because some release works
    in another way, the mistake is told at the first request instead.
    """
    get_dependant = getattr(fastapi_dependencies, "get_dependant", None)
    found = None if _looking.get() else _arguments_of(getattr(get_dependant, "__code__", None))
    if get_dependant is not None and found is not None:
        with _once():
            dependant = get_dependant(path=found.get("path", "/"), call=found["call"])
        refuse_mixed(dependant, is_streamed)


def _arguments_of(code: object) -> dict[str, Any] | None:
    """What the outermost call of a function on the stack was given."""
    found, frame = None, inspect.currentframe()
    while code is not None and frame is not None:
        if frame.f_code is code:
            found = frame.f_locals
        frame = frame.f_back
    return found if found is not None and "call" in found else None


@contextmanager
def _once() -> Iterator[None]:
    token = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(token)


def walk(dependant: Dependant) -> Iterator[Dependant]:
    """An endpoint or dependency, and all that it depends on."""
    yield dependant
    for each in dependant.dependencies:
        yield from walk(each)
