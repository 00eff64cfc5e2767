"""What the decorators of a function say about it."""

from __future__ import annotations

from typing import Final

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Class, Function

from ._registry import Registry
from ._resolving import Resolver, class_scope, definition_scope
from ._things import UNKNOWN_TEXT, Made, Scope, argument, last_name

__all__ = ("DECORATORS", "Decorators", "methods_of", "owners_of")

_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})
_ROUTES: Final = _METHODS | {"api_route", "route", "websocket", "websocket_route"}
DECORATORS: Final = _ROUTES | {"middleware", "on_event", "exception_handler"}


class Decorators:
    """Reads `@router.get(...)` and its relatives.

    Args:
        resolver: For routers, and for paths that are kept in variables.
        registry: Where the results go.
    """

    def __init__(self, resolver: Resolver, registry: Registry) -> None:
        self._resolver = resolver
        self._registry = registry

    def read_all(self, function: Function) -> None:
        """Read the decorators of a function, and whether its class makes it a middleware."""
        scope = definition_scope(function)
        for decorator in function.facts.decorators:
            self.read(decorator, function, scope)
        if function.facts.name == "dispatch" and function.owner and self._is_middleware(function.owner):
            self._registry.role([function], "middleware")

    def _is_middleware(self, cls: Class) -> bool:
        """Whether a class derives from Starlette's `BaseHTTPMiddleware`."""
        classes = [cls]
        for each in classes:  # grows as it goes
            if any(last_name(base) == "BaseHTTPMiddleware" for base in each.facts.bases):
                return True
            bases = [thing for base in each.facts.bases for thing in self._resolver.things(base, class_scope(each))]
            classes += [thing for thing in dict.fromkeys(bases) if isinstance(thing, Class) and thing not in classes]
        return False

    def read(self, decorator: Expr, function: Function, scope: Scope) -> None:
        """Read one decorator of a function."""
        if decorator[0] != "call":
            return
        called = decorator[3]
        if called[0] != "attr" or called[4] not in DECORATORS:
            self._wrapped(decorator, function, scope)
        elif called[4] in _ROUTES:
            self._route(called, decorator, argument(decorator, 0, "path"), function, scope)
        elif called[4] == "on_event":
            event = argument(decorator, 0, "event_type")
            self._registry.event(self._resolver.text(event, scope) if event else "", [function])
        else:
            self._registry.role([function], called[4].replace("_", " "))

    def _wrapped(self, decorator: Expr, function: Function, scope: Scope) -> None:
        """`@protected_route(router.get, "/path", ...)`: a decorator of the project's own, around one of a router."""
        args = decorator[4]
        if len(args) > 1 and args[0][0] == "attr" and args[0][4] in _ROUTES:
            self._route(args[0], decorator, args[1], function, scope)

    def _route(self, called: Expr, decorator: Expr, path: Expr | None, function: Function, scope: Scope) -> None:
        owners = owners_of(called, scope, self._resolver)
        text = self._resolver.text(path, scope) if path else UNKNOWN_TEXT
        if not text.startswith("/") and not (owners or text == ""):
            return  # `get` and `route` are methods of much else
        methods = methods_of(called[4], decorator, scope, self._resolver)
        self._registry.route(function, owners, text, methods, is_test=scope.module.is_test)


def owners_of(called: Expr, scope: Scope, resolver: Resolver) -> tuple[Made, ...]:
    """The routers and applications whose method is called."""
    if called[0] != "attr":
        return ()
    return tuple(thing for thing in resolver.things(called[3], scope) if isinstance(thing, Made))


def methods_of(name: str, call: Expr, scope: Scope, resolver: Resolver) -> tuple[str, ...]:
    """The methods of a route, by the name of what makes it and by its argument `methods`."""
    if name in _METHODS:
        return (name.upper(),)
    if "websocket" in name.lower():
        return ("WEBSOCKET",)
    given = argument(call, -1, "methods")
    if given is None or given == ("const", None):
        return ("GET",)
    items = resolver.items(given, scope)
    return tuple(_method(item.expr, resolver.text(*item)) for item in items) or (UNKNOWN_TEXT,)


def _method(expr: Expr, text: str) -> str:
    """`HTTPMethod.POST` is as clear as "POST"."""
    return (last_name(expr) or text if text == UNKNOWN_TEXT else text).upper()
