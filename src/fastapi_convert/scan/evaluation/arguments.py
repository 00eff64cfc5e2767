"""The arguments of a call, and how they meet the parameters of a function."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .values import UNKNOWN, Bag, Func, Tuple, Value, join, known

if TYPE_CHECKING:
    from .engine import Engine
    from .frame import Frame

__all__ = ("Arguments", "bind")


@dataclass(slots=True)
class Arguments:
    """What a call passes.

    Attributes:
        positional: Values by position.
        keywords: Values by name.
        rest: What `*args` of unknown length may hold; `None` if there is no such argument.
        more: A `**kwargs` of unknown names is passed too.
    """

    positional: list[Value] = field(default_factory=list)
    keywords: dict[str, Value] = field(default_factory=dict)
    rest: Value | None = None
    more: bool = False

    def star(self, value: Value) -> None:
        """Add `*value`."""
        if len(value) == 1 and isinstance(value[0], Tuple):
            self.positional += value[0].items
            return
        items = [atom.everything() for atom in value if isinstance(atom, Bag)]
        self.rest = join(*items) if items else UNKNOWN

    def double_star(self, value: Value) -> None:
        """Add `**value`."""
        if len(value) == 1 and isinstance(value[0], Bag) and not value[0].items:
            self.keywords.update({str(key): each for key, each in value[0].keys.items()})
        else:
            self.more = True

    def get(self, name: str, position: int | None = None) -> Value | None:
        """An argument by its name, or by its position."""
        if name in self.keywords:
            return self.keywords[name]
        if position is not None and position < len(self.positional):
            return self.positional[position]
        return None

    def all(self) -> Value:
        """Everything that is passed."""
        return join(*self.positional, *self.keywords.values(), self.rest or ())


def bind(engine: Engine, func: Func, given: Arguments) -> tuple[Value, ...]:
    """The value of each parameter in a call.

    Args:
        engine: The evaluation.
        func: What is called.
        given: What is passed to it, `self` left out.
    """
    return _Binding(engine, func, given).values()


class _Binding:
    def __init__(self, engine: Engine, func: Func, given: Arguments) -> None:
        self.engine = engine
        self.func = func
        self.given = given
        self._frame: Frame | None = None

    @property
    def frame(self) -> Frame:
        """The frame in which annotations and defaults are read."""
        if self._frame is None:
            self._frame = self.engine.types.frame_of(self.func)
        return self._frame

    def values(self) -> tuple[Value, ...]:
        positional = list(self.given.positional)
        if self.func.bound is not None:
            positional.insert(0, (self.func.bound,))
        keywords = dict(self.given.keywords)
        return tuple(
            self._value(index, param, positional, keywords)
            for index, param in enumerate(self.func.function.facts.params)
        )

    def _value(
        self, index: int, param: tuple[object, ...], positional: list[Value], keywords: dict[str, Value]
    ) -> Value:
        name, kind = str(param[0]), param[1]
        if kind == 2:
            return self._rest(index, positional)
        if kind == 4:
            return self._named_rest(keywords)
        if kind != 3 and index < len(positional):
            return self._passed(index, positional[index])
        if name in keywords:
            return self._passed(index, keywords.pop(name))
        return self._missing(index)

    def _passed(self, index: int, value: Value) -> Value:
        if known(value):
            return value
        return self.engine.types.declared(self.func, index, self.frame)

    def _missing(self, index: int) -> Value:
        _, kind, annotation, default = self.func.function.facts.params[index]
        maybe_passed = self.given.more or (self.given.rest is not None and kind != 3)
        if default is None or maybe_passed:
            passed = self.given.rest if self.given.rest and kind != 3 else ()
            return passed if passed and known(passed) else self.engine.types.declared(self.func, index, self.frame)
        if default[0] == "call":
            given = self.engine.types.dependency(default, self.engine.types.of(annotation, self.frame), self.frame)
            if given is not None:
                return given
        value = self.frame.ev(default)
        return value if known(value) else self.engine.types.declared(self.func, index, self.frame)

    def _rest(self, index: int, positional: list[Value]) -> Value:
        extra = tuple(positional[index:])
        if self.given.rest is not None:
            return self.engine.atoms.many("list", join(*extra, self.given.rest))
        return (self.engine.atoms.make(Tuple, extra),)

    def _named_rest(self, keywords: dict[str, Value]) -> Value:
        names = {param[0] for param in self.func.function.facts.params if param[1] != 4}
        extra = tuple((name, value) for name, value in keywords.items() if name not in names)
        bag: Bag = self.engine.atoms.bag("dict", ("kwargs", self.func.function, extra, self.given.more))
        for name, value in extra:
            bag.add(value, self.engine.atoms.const(name))
        if self.given.more:
            bag.add(UNKNOWN)
        bag.complete = not self.given.more and bag.keys.keys() == dict(extra).keys()
        return (bag,)
