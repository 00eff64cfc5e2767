"""`OffloadRoute`: a router whose plain `def` endpoints run in one of our pools, in one hop each."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

import fastapi.routing
from fastapi.datastructures import DefaultPlaceholder
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from ._offload import innermost, offload
from .pools import BasePool
from .process_pools import ProcessPool

__all__ = ("OffloadRoute",)

_SERIALIZER_OPTIONS = ("include", "exclude", "by_alias", "exclude_unset", "exclude_defaults", "exclude_none")


class OffloadRoute(APIRoute):
    """A route class: `APIRouter(route_class=OffloadRoute)` sends that router's plain `def` endpoints to our pool.

    FastAPI runs a `def` endpoint on one thread and validates what it returns on another, from a pool of forty that
    all share. Here the endpoint, the validation of its response and the serialisation are one hop, in a pool that can
    be the router's own; generator endpoints stream through `offload`. `async def` endpoints, dependencies and the
    OpenAPI document are as they were.

    Raises:
        PoolFull: Answered 503 with `Retry-After`.

    A client that goes away does not cancel the endpoint, as with FastAPI's own.

    Examples:
        >>> from fastapi import APIRouter
        >>> from fastapi_convert import OffloadRoute, Pool
        >>> reports = APIRouter(route_class=OffloadRoute.using(Pool("reports", threads=4)))
        >>> @reports.get("/totals")
        ... def totals() -> dict[str, int]:
        ...     return {"orders": 3}
    """

    pool: ClassVar[BasePool | None] = None
    timeout: ClassVar[float | None] = None

    @classmethod
    def using(cls, pool: BasePool, *, timeout: float | None = None) -> type[OffloadRoute]:
        """A route class whose endpoints run in `pool`, each within `timeout` seconds.

        Args:
            pool: A `Pool`. For a `ProcessPool`, offload the function itself instead.
            timeout: Seconds for waiting and running; past it the answer is 504.

        Raises:
            TypeError: `pool` is a `ProcessPool`.
        """
        if isinstance(pool, ProcessPool):
            raise TypeError(
                f"{pool!r} cannot run endpoints, only functions that travel: use a Pool, and offload() those."
            )
        return type(cls.__name__, (cls,), {"pool": pool, "timeout": timeout})

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What serves a request: FastAPI's own handler, around an endpoint that runs in the pool."""
        route = _effective(self)
        endpoint = route.dependant.call
        if inspect.isgeneratorfunction(innermost(endpoint)):
            route.dependant.call = offload(endpoint, pool=self.pool, timeout=self.timeout)
        elif _is_plain(endpoint):
            route.dependant.call = self._one_hop(route, endpoint)
            field = route.response_field
            if field is not None:
                # The handler takes the field from the route; OpenAPI, later, needs the real one there.
                route.response_field = _ReadyField(field)
                try:
                    return super().get_route_handler()
                finally:
                    route.response_field = field
        return super().get_route_handler()

    def _one_hop(self, route: Any, endpoint: Callable[..., Any]) -> Callable[..., Any]:
        finish = functools.partial(_finish, route, route.response_field)

        @functools.wraps(endpoint)
        def endpoint_and_response(**values: Any) -> Any:
            return finish(endpoint(**values))

        offloaded: Callable[..., Any] = offload(endpoint_and_response, pool=self.pool, timeout=self.timeout)
        return offloaded


class _Ready:
    """A response that was validated and serialised on the worker."""

    __slots__ = ("content",)

    def __init__(self, content: Any) -> None:
        self.content = content


class _ReadyField:
    """The response field as the handler sees it: passes on what is ready, and does the rest as ever."""

    def __init__(self, field: Any) -> None:
        self._field = field

    def validate(self, value: Any, *args: Any, **kwargs: Any) -> Any:
        return (value, []) if isinstance(value, _Ready) else self._field.validate(value, *args, **kwargs)

    def serialize(self, value: Any, **options: Any) -> Any:
        return value.content if isinstance(value, _Ready) else self._field.serialize(value, **options)

    def serialize_json(self, value: Any, **options: Any) -> Any:
        return value.content if isinstance(value, _Ready) else self._field.serialize_json(value, **options)


def _finish(route: Any, field: Any, result: Any) -> Any:
    """On the worker: validate and serialise a result as FastAPI's handler would on the loop."""
    if field is None or isinstance(result, Response):
        return result
    value, errors = field.validate(result, {}, loc=("response",))
    if errors:
        return result  # the handler validates once more, and reports it with what it knows of the endpoint
    options = {name: getattr(route, f"response_model_{name}") for name in _SERIALIZER_OPTIONS}
    to_json = isinstance(route.response_class, DefaultPlaceholder) and hasattr(field, "serialize_json")
    return _Ready((field.serialize_json if to_json else field.serialize)(value, **options))


def _is_plain(endpoint: Any) -> bool:
    # FastAPI, too, awaits what is a coroutine function itself or wraps one.
    either = (innermost(endpoint), inspect.unwrap(innermost(endpoint)))
    return not any(inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn) for fn in either)


def _effective(route: APIRoute) -> Any:
    """The route as it is served: FastAPI gives a route of an included router its prefix and options in a context."""
    variable = getattr(fastapi.routing, "_effective_route_context_var", None)
    context = variable.get() if variable is not None else None
    return context if context is not None and context.original_route is route else route
