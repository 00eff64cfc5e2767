"""What is known of the functions of a project: their routes and their parts in the application."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from fastapi_convert.scan.project import Function

from ._prefixes import Prefixes
from ._things import Made

__all__ = ("Registry",)

# A function that plays several parts is named after the first of them.
_ROLES: Final = (
    "middleware",
    "lifespan",
    "startup",
    "shutdown",
    "exception handler",
    "dependency",
    "background task",
)


class _Route(NamedTuple):
    is_test: bool
    owners: tuple[Made, ...]
    path: str
    methods: tuple[str, ...]


class Registry:
    """Keeps routes and roles, and tells the name that a function goes by.

    Args:
        prefixes: Where the routers are included, complete when the first name is asked for.
    """

    def __init__(self, prefixes: Prefixes) -> None:
        self._prefixes = prefixes
        self._routes: dict[Function, list[_Route]] = {}
        self._roles: dict[Function, set[str]] = {}

    def route(
        self, function: Function, owners: tuple[Made, ...], path: str, methods: tuple[str, ...], *, is_test: bool
    ) -> None:
        """Note a route of a function."""
        self._routes.setdefault(function, []).append(_Route(is_test, owners, path, methods))

    def role(self, functions: Iterable[Function], role: str) -> None:
        """Note what functions do beside routes."""
        for function in functions:
            self._roles.setdefault(function, set()).add(role)

    def event(self, event: str, functions: Iterable[Function]) -> None:
        """Note functions that run at an event of the application."""
        if event in {"startup", "shutdown"}:
            self.role(functions, event)

    def name(self, function: Function) -> str:
        """The route, else the role of a function, else that of the function around it."""
        here: Function | None = function
        while here:
            if here in self._routes:
                return self._route_name(self._routes[here])
            if here in self._roles:
                return min(self._roles[here], key=_ROLES.index)
            here = here.parent
        return ""

    def _route_name(self, routes: list[_Route]) -> str:
        """One path with all of its methods: an application's rather than a test's, then the first of them."""
        methods: dict[tuple[bool, str], set[str]] = {}
        for route in routes:
            for prefix in [self._prefixes.of(owner) for owner in route.owners] or [""]:
                methods.setdefault((route.is_test, prefix + route.path or "/"), set()).update(route.methods)
        (_, path), found = min(methods.items(), key=lambda item: item[0])
        return f"{','.join(sorted(found))} {path}"
