"""What an expression may be: abstract values.

A `Value` is a tuple of atoms, each something that the expression may evaluate to, in the order in which they were
found, so that every run finds the same. `UNKNOWN` is the value of which nothing is known. Atoms are compared by
identity: those that stand for the same thing are made once, by the `Atoms` of a scan.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any, Final, TypeAlias

from fastapi_convert.scan.project import Class, Function, Module

__all__ = (
    "ENUMERATED",
    "NONE",
    "UNKNOWN",
    "Atom",
    "Atoms",
    "Await",
    "Bag",
    "BagMethod",
    "Cls",
    "Const",
    "Entered",
    "Env",
    "Ext",
    "Func",
    "Gen",
    "Inst",
    "Mod",
    "Offloaded",
    "Partial",
    "Register",
    "Returns",
    "Super",
    "Tuple",
    "Unknown",
    "Value",
    "constant",
    "join",
    "known",
    "only",
    "truth",
)


class Atom:
    """One thing that a value may be."""

    __slots__ = ()


Value: TypeAlias = tuple[Atom, ...]


class Env:
    """The variables of a running function or class body, and those around it.

    Args:
        module: Where globals are looked up.
        parent: The scope around it; `None` for a function of the top level.
    """

    __slots__ = ("module", "parent", "vars")

    def __init__(self, module: Module, parent: Env | None = None) -> None:
        self.module = module
        self.parent = parent
        self.vars: dict[str, Value] = {}


class Unknown(Atom):
    """Anything."""

    __slots__ = ()


class Const(Atom):
    """A constant: None, a boolean, a number, a string."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Func(Atom):
    """A function, bound to `self` or not, in the scope that it closes over."""

    __slots__ = ("bound", "env", "function", "manager")

    def __init__(self, function: Function, bound: Atom | None, env: Env | None, manager: bool) -> None:
        self.function = function
        self.bound = bound
        self.env = env
        self.manager = manager  # @contextmanager: a call gives what `with` enters


class Cls(Atom):
    """A class."""

    __slots__ = ("cls",)

    def __init__(self, cls: Class) -> None:
        self.cls = cls


class Inst(Atom):
    """An instance of a class, or of a subclass unless `exact`; `fields` are attributes known from its construction."""

    __slots__ = ("cls", "exact", "fields")

    def __init__(self, cls: Class, exact: bool, fields: tuple[tuple[str, Value], ...]) -> None:
        self.cls = cls
        self.exact = exact
        self.fields = dict(fields)


class Ext(Atom):
    """Something of a library, by its qualified names: its own, and those it has in the bases of its class."""

    __slots__ = ("bound", "function", "names")

    def __init__(self, names: tuple[str, ...], function: Function | None, bound: Atom | None) -> None:
        self.names = names
        self.function = function  # its stub, where there is one
        self.bound = bound


class Mod(Atom):
    """A module."""

    __slots__ = ("module",)

    def __init__(self, module: Module) -> None:
        self.module = module


class Partial(Atom):
    """A callable with some of its arguments."""

    __slots__ = ("args", "func", "keywords")

    def __init__(self, func: Value, args: tuple[Value, ...], keywords: tuple[tuple[str, Value], ...]) -> None:
        self.func = func
        self.args = args
        self.keywords = dict(keywords)


class Tuple(Atom):
    """A tuple whose items are known one by one."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Value, ...]) -> None:
        self.items = items


class Bag(Atom):
    """A list, set or dict, known by where it was made; what is in it is joined, by key where keys are constants."""

    __slots__ = ("_everything", "complete", "frozen", "items", "keys", "kind")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.items: Value = ()
        self.keys: dict[Any, Value] = {}
        self.frozen = False  # it stands for many: what is put into one of them does not come out of the others
        self.complete = False  # there is nothing in it but `keys`
        self._everything: Value | None = None

    def add(self, value: Value, key: Value = ()) -> None:
        """Put something in, under a key if that is a constant."""
        if self.frozen:
            return
        known = constant(key)
        self.complete = False
        if known is None:
            self.items = join(self.items, value)
        else:
            self.keys[known.value] = join(self.keys.get(known.value, ()), value)
        self._everything = None

    def update(self, other: Bag) -> None:
        """Put in what another one holds."""
        if self.frozen:
            return
        for key, value in other.keys.items():
            self.keys[key] = join(self.keys.get(key, ()), value)
        self.add(other.items)

    def everything(self) -> Value:
        """Whatever may come out."""
        if self._everything is None:
            self._everything = join(self.items, *self.keys.values())
        return self._everything


class BagMethod(Atom):
    """A method of a list, set or dict."""

    __slots__ = ("bag", "name")

    def __init__(self, bag: Bag, name: str) -> None:
        self.bag = bag
        self.name = name


class Gen(Atom):
    """A generator that has not begun: what it does, it does where it is consumed."""

    __slots__ = ("arguments", "func")

    def __init__(self, func: Func, arguments: tuple[Value, ...]) -> None:
        self.func = func
        self.arguments = arguments


class Await(Atom):
    """What gives `result` when it is awaited."""

    __slots__ = ("result",)

    def __init__(self, result: Value) -> None:
        self.result = result


class Entered(Atom):
    """A context manager that gives `result` when it is entered; `gen` is the body of a @contextmanager function."""

    __slots__ = ("gen", "result")

    def __init__(self, result: Value, gen: Gen | None) -> None:
        self.result = result
        self.gen = gen


class Register(Atom):
    """`function.register` of a `functools.singledispatch` function: a decorator that adds an implementation."""

    __slots__ = ("function",)

    def __init__(self, function: Function) -> None:
        self.function = function


class Returns(Atom):
    """A callable of which only the result is known."""

    __slots__ = ("result",)

    def __init__(self, result: Value) -> None:
        self.result = result


class Offloaded(Atom):
    """A callable, or an object with methods, that runs off the loop and is awaited."""

    __slots__ = ("func",)

    def __init__(self, func: Value) -> None:
        self.func = func


class Super(Atom):
    """`super()` in a method of a class, for an instance."""

    __slots__ = ("cls", "instance")

    def __init__(self, cls: Class, instance: Atom) -> None:
        self.cls = cls
        self.instance = instance


class Atoms:
    """Makes each atom once."""

    def __init__(self) -> None:
        self._made: dict[tuple[Any, ...], Any] = {}

    def make(self, kind: Callable[..., Any], *parts: Any) -> Any:
        """The atom of this kind with these parts."""
        key = (kind, *parts)
        if (atom := self._made.get(key)) is None:
            atom = self._made[key] = kind(*parts)
        return atom

    def const(self, value: Any) -> Value:
        """A constant. `1`, `1.0` and `True` are equal, and still three."""
        if value is None:
            return NONE
        key = (Const, type(value), value)
        if (atom := self._made.get(key)) is None:
            atom = self._made[key] = Const(value)
        return (atom,)

    def func(self, function: Function, bound: Atom | None = None, env: Env | None = None) -> Func:
        """A function."""
        made: Func = self.make(Func, function, bound, env, False)
        return made

    def inst(self, cls: Class, *, exact: bool = False, fields: tuple[tuple[str, Value], ...] = ()) -> Inst:
        """An instance."""
        made: Inst = self.make(Inst, cls, exact, fields)
        return made

    def ext(self, *names: str, function: Function | None = None, bound: Atom | None = None) -> Ext:
        """Something of a library."""
        made: Ext = self.make(Ext, names, function, bound)
        return made

    def bag(self, kind: str, place: tuple[Any, ...]) -> Bag:
        """The list, set or dict that is made at this place."""
        key = (Bag, kind, place)
        if (atom := self._made.get(key)) is None:
            atom = self._made[key] = Bag(kind)
        bag: Bag = atom
        return bag

    def many(self, kind: str, item: Value) -> Value:
        """A list, set or dict, or anything else that is iterated, of which the type of the items is known."""
        bag = self.bag(kind, ("of", item))
        bag.add(item)
        bag.frozen = True
        return (bag,)


ENUMERATED: Final = "[member]"  # a field, under a name that no attribute has: the member of an enumeration

# How many atoms of a kind one value holds; what else it may be is not known. A table of functions may be long, while
# of data the first few tell enough.
_FEW: Final = 4
_MOST: Final[dict[type[Atom], int]] = {Func: 64, Cls: 64, Partial: 64, Inst: 8, Ext: 8}

UNKNOWN: Final[Value] = (Unknown(),)
NONE: Final[Value] = (Const(None),)


def join(*values: Value) -> Value:
    """Whatever any of them may be."""
    first: Value = ()
    for value in values:
        if value is first or not value:
            continue
        if first:
            return _joined(values)
        first = value
    return first


def _joined(values: tuple[Value, ...]) -> Value:
    joined = tuple(dict.fromkeys(chain.from_iterable(values)))
    if len(joined) <= _FEW:
        return joined
    left = dict(_MOST)
    kept = []
    for atom in joined:
        room = left.get(type(atom), _FEW)
        left[type(atom)] = room - 1
        if room > 0:
            kept.append(atom)
    return tuple(kept) if len(kept) == len(joined) else tuple(dict.fromkeys((*kept, *UNKNOWN)))


def constant(value: Value) -> Const | None:
    """The constant that it certainly is."""
    return value[0] if len(value) == 1 and isinstance(value[0], Const) else None


def truth(value: Value) -> bool | None:
    """Whether it is certainly true or certainly false."""
    if len(value) == 1:
        return _truth_of(value[0])
    found = {_truth_of(atom) for atom in value}
    return found.pop() if len(found) == 1 else None


def _truth_of(atom: Atom) -> bool | None:
    if isinstance(atom, Const):
        return bool(atom.value)
    if isinstance(atom, Func | Cls | Mod | Partial | Gen):
        return True
    if isinstance(atom, Tuple):
        return bool(atom.items)
    if isinstance(atom, Bag) and atom.complete:
        return bool(atom.keys)
    if isinstance(atom, Inst) and atom.exact and not atom.cls.external:  # a column of a model is an instance, too
        return True
    return None


def only(value: Value, keep: Callable[[Atom], bool]) -> Value:
    """The atoms that fit, or nothing known if none does."""
    kept = tuple(atom for atom in value if keep(atom))
    return kept or UNKNOWN


def known(value: Value) -> bool:
    """Whether anything is known of it."""
    return value is not UNKNOWN and any(atom is not UNKNOWN[0] for atom in value)
