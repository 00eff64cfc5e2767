"""What calls say about the functions that are handed to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Class

from ._decorators import DECORATORS, Decorators, methods_of, owners_of
from ._prefixes import Prefixes
from ._registry import Registry
from ._resolving import Resolver
from ._things import Literal, Made, Scope, argument, last_name

__all__ = ("Calls",)

_VERBS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "trace")
_SOCKET_EVENTS: Final = ("on_connect", "on_receive", "on_disconnect")
_KEYWORDS: Final = frozenset({"lifespan", "on_startup", "on_shutdown", "exception_handlers"})


class Calls:
    """Reads `include_router`, `add_api_route`, `Depends` and their relatives.

    Args:
        resolver: Follows names.
        registry: Where routes and roles go.
        prefixes: Where inclusions go.
        decorators: Reads decorators that are called as functions.
    """

    def __init__(self, resolver: Resolver, registry: Registry, prefixes: Prefixes, decorators: Decorators) -> None:
        self._resolver = resolver
        self._registry = registry
        self._prefixes = prefixes
        self._decorators = decorators
        self._handlers: dict[str, Callable[[Expr, Scope], None]] = {
            "include_router": self._include_router,
            "mount": self._mount,
            **dict.fromkeys(("Mount", "Host"), self._mounted),
            **dict.fromkeys(("add_api_route", "add_route"), self._add_route),
            **dict.fromkeys(("add_websocket_route", "add_api_websocket_route"), self._add_route),
            **dict.fromkeys(("Route", "APIRoute", "WebSocketRoute", "APIWebSocketRoute"), self._listed),
            **dict.fromkeys(("Depends", "Security"), self._depends),
            **dict.fromkeys(("add_middleware", "Middleware"), self._add_middleware),
            "add_event_handler": self._add_event_handler,
            "add_exception_handler": self._add_exception_handler,
            **dict.fromkeys(("add_task", "BackgroundTask"), self._add_task),
        }
        # What a file must call for its calls to be of interest.
        self.words = frozenset({*self._handlers, "FastAPI", "Starlette", "APIRouter", "Router"})

    def read(self, call: Expr, scope: Scope) -> None:
        """Read one call."""
        called = call[3]
        if called[0] == "call":
            self._decorating(call, scope)
        elif handler := self._handlers.get(last_name(called)):
            handler(call, scope)
        for keyword, value in call[5]:
            if keyword in _KEYWORDS:
                self._keyword(keyword, value, scope)

    def _decorating(self, call: Expr, scope: Scope) -> None:
        """`app.get("/path")(function)`."""
        if last_name(call[3][3]) in DECORATORS and len(call[4]) == 1:
            for function in self._resolver.functions(call[4][0], scope):
                self._decorators.read(call[3], function, scope)

    def _keyword(self, keyword: str, value: Expr, scope: Scope) -> None:
        if keyword == "lifespan":
            self._registry.role(self._resolver.functions(value, scope), keyword)
        elif keyword == "exception_handlers":
            for thing in self._resolver.things(value, scope):
                if isinstance(thing, Literal) and thing.expr[0] == "dict":
                    for handler in thing.expr[4]:
                        self._registry.role(self._resolver.functions(handler, thing.scope), "exception handler")
        else:
            for item in self._resolver.items(value, scope):
                self._registry.role(self._resolver.functions(*item), keyword.removeprefix("on_"))

    def _include_router(self, call: Expr, scope: Scope) -> None:
        self._include(argument(call, 0, "router"), argument(call, -1, "prefix"), call, scope)

    def _mount(self, call: Expr, scope: Scope) -> None:
        self._include(argument(call, 1, "app"), argument(call, 0, "path"), call, scope)

    def _include(self, child: Expr | None, prefix: Expr | None, call: Expr, scope: Scope) -> None:
        parents = owners_of(call[3], scope, self._resolver)
        text = self._resolver.text(prefix, scope).removesuffix("/") if prefix else ""
        for thing in self._resolver.things(child, scope) if child else ():
            if isinstance(thing, Made):
                for parent in parents or (None,):
                    self._prefixes.include(thing, parent, text, is_test=scope.module.is_test)

    def _mounted(self, call: Expr, scope: Scope) -> None:
        """`Mount("/path", app=...)` or `Mount("/path", routes=[...])`: a parent of its own, which may be nested."""
        path, app, routes = (argument(call, *which) for which in ((0, "path"), (1, "app"), (2, "routes")))
        text = self._resolver.text(path, scope).removesuffix("/") if path else ""
        things = [*(self._resolver.things(app, scope) if app else ())]
        for item in self._resolver.items(routes, scope) if routes else ():
            things += self._resolver.things(*item)
        parent = self._resolver.made(call, scope)
        for thing in things:
            if isinstance(thing, Made):
                self._prefixes.include(thing, parent, text, is_test=scope.module.is_test)

    def _add_route(self, call: Expr, scope: Scope) -> None:
        endpoint = argument(call, 1, "endpoint") or argument(call, -1, "route")
        self._route(call, endpoint, owners_of(call[3], scope, self._resolver), scope)

    def _listed(self, call: Expr, scope: Scope) -> None:
        """`Route("/path", endpoint)`, which a `Mount` may have in its list."""
        self._route(call, argument(call, 1, "endpoint"), (self._resolver.made(call, scope),), scope)

    def _route(self, call: Expr, endpoint: Expr | None, owners: tuple[Made, ...], scope: Scope) -> None:
        path = argument(call, 0, "path")
        if path is None or endpoint is None:
            return
        text = self._resolver.text(path, scope)
        methods = methods_of(last_name(call[3]), call, scope, self._resolver)
        is_test = scope.module.is_test
        for function in self._resolver.functions(endpoint, scope):
            self._registry.route(function, owners, text, methods, is_test=is_test)
        for thing in self._resolver.things(endpoint, scope):
            if isinstance(thing, Class):
                for function in self._resolver.methods(thing, *_VERBS, *_SOCKET_EVENTS):
                    verb = function.facts.name.upper() if function.facts.name in _VERBS else "WEBSOCKET"
                    self._registry.route(function, owners, text, (verb,), is_test=is_test)

    def _depends(self, call: Expr, scope: Scope) -> None:
        self._handed(argument(call, 0, "dependency"), "dependency", scope)

    def _add_middleware(self, call: Expr, scope: Scope) -> None:
        cls = argument(call, 0, "middleware_class") or argument(call, -1, "cls")
        for thing in self._resolver.things(cls, scope) if cls else ():
            if isinstance(thing, Class):
                self._registry.role(self._resolver.methods(thing, "__call__", "dispatch"), "middleware")
        self._handed(argument(call, -1, "dispatch"), "middleware", scope)

    def _add_event_handler(self, call: Expr, scope: Scope) -> None:
        event, handler = argument(call, 0, "event_type"), argument(call, 1, "func")
        if event and handler:
            self._registry.event(self._resolver.text(event, scope), self._resolver.functions(handler, scope))

    def _add_exception_handler(self, call: Expr, scope: Scope) -> None:
        self._handed(argument(call, 1, "handler"), "exception handler", scope)

    def _add_task(self, call: Expr, scope: Scope) -> None:
        if last_name(call[3]) == "BackgroundTask" or _is_background(call[3], scope):
            self._handed(argument(call, 0, "func"), "background task", scope)

    def _handed(self, expr: Expr | None, role: str, scope: Scope) -> None:
        if expr:
            self._registry.role(self._resolver.functions(expr, scope), role)


def _is_background(called: Expr, scope: Scope) -> bool:
    """Whether `add_task` belongs to FastAPI's `BackgroundTasks`: by the annotation, else by the name."""
    if called[0] != "attr":
        return False
    name, function = last_name(called[3]), scope.function
    while function:
        for param in function.facts.params:
            if param[0] == name and param[2]:
                return "BackgroundTasks" in repr(param[2])
        function = function.parent
    return "background" in name or "tasks" in name
