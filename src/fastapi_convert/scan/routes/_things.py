"""What an expression may stand for, as far as routes need to know."""

from __future__ import annotations

from typing import Final, NamedTuple, TypeAlias

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Class, Function, Module

__all__ = ("UNKNOWN_TEXT", "Imported", "Literal", "Made", "Scope", "Thing", "argument", "last_name")

UNKNOWN_TEXT: Final = "..."  # stands in a path for what only the running application knows


class Scope(NamedTuple):
    """Where an expression stands.

    Attributes:
        module: The file.
        function: The function around it.
        owner: The class in whose body it stands.
    """

    module: Module
    function: Function | None = None
    owner: Class | None = None


class Imported(NamedTuple):
    """A module or package, by the name under which somebody imports it."""

    name: str
    importer: Module


class Literal(NamedTuple):
    """A constant, a list, or text that is put together."""

    expr: Expr
    scope: Scope


class Made:
    """What a call has made: a router, an application, an instance. Each call makes one thing, whatever names it has.

    Args:
        call: The call.
        scope: Where it stands.
        cls: The class, if it is one of the project.
    """

    def __init__(self, call: Expr, scope: Scope, cls: Class | None) -> None:
        self.call = call
        self.scope = scope
        self.cls = cls


Thing: TypeAlias = Function | Class | Imported | Literal | Made


def last_name(expr: Expr) -> str:
    """The last part of a name: `get` of `router.get`."""
    return str(expr[4] if expr[0] == "attr" else expr[1] if expr[0] == "name" else "")


def argument(call: Expr, position: int, name: str) -> Expr | None:
    """An argument of a call, by its position (-1: none) or its name."""
    for keyword, value in call[5]:
        if keyword == name:
            found: Expr = value
            return found
    args: tuple[Expr, ...] = call[4]
    return args[position] if 0 <= position < len(args) else None
