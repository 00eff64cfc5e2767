"""How a library call that does more than block is described, and the register of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import UNKNOWN, Ext, Value

__all__ = ("DECORATORS", "SPECIAL", "Call", "Decorate", "Special", "decorator", "special")


class Call(NamedTuple):
    """A call of something of a library.

    Attributes:
        ext: What is called.
        given: What is passed to it.
        place: The line and column of the call.
    """

    ext: Ext
    given: Arguments
    place: tuple[int, int]

    @property
    def args(self) -> list[Value]:
        """The positional arguments."""
        return self.given.positional

    @property
    def first(self) -> Value:
        """The first of them."""
        return self.args[0] if self.args else UNKNOWN


# Gives the result, or None for "as the stub says".
Special: TypeAlias = "Callable[[Any, Call], Value | None]"
Decorate: TypeAlias = "Callable[[Any, Value], Value]"
SPECIAL: Final[dict[str, Special]] = {}
DECORATORS: Final[dict[str, Decorate]] = {}


def special(*names: str) -> Callable[[Special], Special]:
    """Register what a call of these names does."""

    def register(run: Special) -> Special:
        SPECIAL.update(dict.fromkeys(names, run))
        return run

    return register


def decorator(*names: str) -> Callable[[Decorate], Decorate]:
    """Register what these names make of a function as decorators, called or not."""

    def register(decorate: Decorate) -> Decorate:
        DECORATORS.update(dict.fromkeys(names, decorate))
        return decorate

    return register
