"""The routes of a project, found when the first of them is asked for."""

from __future__ import annotations

from functools import cached_property

from fastapi_convert.scan.evaluation import Engine
from fastapi_convert.scan.project import Function

from ._calls import Calls
from ._collecting import collect
from ._decorators import Decorators
from ._prefixes import Prefixes
from ._registry import Registry
from ._resolving import Resolver

__all__ = ("Routes",)


class Routes:
    """Names what the functions of a project are for.

    Args:
        engine: The evaluation, which knows the project and what its imports mean.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of(self, function: Function) -> str:
        """The route of a function, such as `GET /users/{user_id}`, or its part in the application, or "".

        The parts are middleware, lifespan, startup, shutdown, exception handler, dependency and background task.
        A function within another one goes by that one's name, if it has none of its own.
        """
        return self._registry.name(function)

    @cached_property
    def _registry(self) -> Registry:
        resolver = Resolver(self._engine.names)
        prefixes = Prefixes(resolver)
        registry = Registry(prefixes)
        decorators = Decorators(resolver, registry)
        collect(self._engine.project, Calls(resolver, registry, prefixes, decorators), decorators)
        return registry
