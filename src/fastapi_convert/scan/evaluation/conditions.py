"""Conditions: what certainly holds, and what a variable can still be where it has held."""

from __future__ import annotations

import operator as op
from collections.abc import Callable
from typing import Any, Final

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Class

from .construction import Construction
from .values import (
    ENUMERATED,
    NONE,
    Atom,
    Await,
    Bag,
    Cls,
    Const,
    Entered,
    Ext,
    Func,
    Inst,
    Mod,
    Offloaded,
    Tuple,
    Value,
    constant,
    only,
    truth,
)

__all__ = ("Conditions",)

_COROUTINE_TESTS: Final = frozenset(
    {"iscoroutinefunction", "is_async_callable", "is_coroutine_callable", "isasyncgenfunction"}
)

_BUILTIN: Final = {"list": list, "dict": dict, "set": set}
_CONTAINMENTS: Final = {"__contains__": True, "not in": False}
_SAMENESS: Final = {"__eq__": True, "is": True, "__ne__": False, "is not": False}
_EQUALITIES: Final = {("__eq__",): True, ("__ne__",): False}
_ORDERINGS: Final = {"__lt__": op.lt, "__le__": op.le, "__gt__": op.gt, "__ge__": op.ge}


class Conditions(Construction):
    """Decides conditions, and narrows variables by them."""

    def test(self, expr: Expr) -> bool | None:
        """Evaluate a condition: whether it certainly holds, or certainly does not."""
        if expr[0] == "name" and expr[1] == "TYPE_CHECKING":
            return False
        if expr[0] == "attr" and expr[4] == "TYPE_CHECKING":
            return False
        if expr[0] == "call" and (decided := self._test_call(expr)) is not None:
            return decided
        if expr[0] == "bool":
            return self._test_bool(expr)
        if expr[0] == "not":
            decided = self.test(expr[1])
            return None if decided is None else not decided
        value = self.ev(expr)
        self.note_bool(value)
        return truth(value)

    def _test_bool(self, expr: Expr) -> bool | None:
        """Each part is a condition of its own; a part that is not reached is not evaluated."""
        is_and, unsure = expr[1], False
        before = dict(self.env.vars)
        for each in expr[2]:
            decided = self.test(each)
            if decided is (not is_and):
                self.env.vars = before
                return decided
            unsure = unsure or decided is None
            self.narrow(each, positive=is_and)
        self.env.vars = before | {name: value for name, value in self.env.vars.items() if name not in before}
        return None if unsure else is_and

    def _test_call(self, expr: Expr) -> bool | None:
        name = _called_name(expr)
        if name == "isinstance" and len(expr[4]) == 2:
            return self._test_isinstance(self.ev(expr[4][0]), self.ev(expr[4][1]))
        if name in _COROUTINE_TESTS and expr[4]:
            kinds = {_is_async(atom) for atom in self.ev(expr[4][0])}
            return kinds.pop() if len(kinds) == 1 else None
        if name == "callable" and expr[4]:
            value = self.ev(expr[4][0])
            return True if value and all(isinstance(atom, Func | Cls) for atom in value) else None
        return None

    def _test_isinstance(self, value: Value, kinds: Value) -> bool | None:
        wanted = self._wanted(kinds, named=True)
        if not wanted:
            return None
        decided = {self._is_instance(atom, wanted) for atom in value}
        return decided.pop() if len(decided) == 1 else None

    def _wanted(self, kinds: Value, *, named: bool = False) -> list[Class]:
        """The classes of an `isinstance`; with `named`, those too of which only the name is known."""
        found: list[Class] = []
        for atom in kinds:
            if isinstance(atom, Cls):
                found.append(atom.cls)
            elif named and isinstance(atom, Ext) and _names_a_class(atom):
                found += self.engine.classes.named((atom,))
            elif isinstance(atom, Tuple) and (each := [self._wanted(item, named=named) for item in atom.items]):
                if not all(each):
                    return []
                found += [cls for classes in each for cls in classes]
            else:
                return []
        return found

    def _is_instance(self, atom: Atom, wanted: list[Class]) -> bool | None:
        if isinstance(atom, Inst):
            line = self.engine.classes.line(atom.cls)
            if any(cls in line for cls in wanted):
                return True
            if not atom.exact or any(cls.external for cls in line):
                return None
            return False
        if isinstance(atom, Bag) and not atom.frozen and atom.kind in {"list", "dict", "set"}:
            return _of_type_is_instance(_BUILTIN[atom.kind], wanted)
        return _of_type_is_instance(type(atom.value), wanted) if isinstance(atom, Const) else None

    def instances_among(self, value: Value, kinds: Value) -> Value:
        """Those that may be instances of these classes; an instance of them if nothing is known."""
        wanted = self._wanted(kinds)
        if not wanted:
            return value
        kept = tuple(a for a in value if isinstance(a, Inst) and self._is_instance(a, wanted) is not False)
        exact = tuple(a for a in kept if self._is_instance(a, wanted))
        return exact or tuple(self.atoms.inst(cls) for cls in wanted)

    def narrow(self, expr: Expr, *, positive: bool) -> None:
        """What a variable can still be when a condition has held, or has not."""
        kind = expr[0]
        if kind == "not":
            self.narrow(expr[1], positive=not positive)
        elif kind == "bool" and expr[1] is positive:
            for each in expr[2]:
                self.narrow(each, positive=positive)
        elif kind in {"name", "attr"}:
            self._keep(expr, lambda atom: truth((atom,)) is not (not positive))
        elif kind == "cmp" and expr[3] in {("is",), ("is not",)} and expr[5][0] == ("const", None):
            wants_none = (expr[3][0] == "is") is positive
            self._keep(expr[4], lambda atom: (atom in NONE) is wants_none or (wants_none and _may_be_none(atom)))
        elif kind == "cmp" and expr[3] in _EQUALITIES and expr[5][0][0] == "const":
            equal = _EQUALITIES[expr[3]] is positive
            self._keep_equal(expr[4], expr[5][0][1], equal=equal)
        elif kind == "call":
            self._narrow_call(expr, positive=positive)
        elif kind == "walrus":
            self.narrow(("name", expr[1]), positive=positive)

    def _keep_equal(self, expr: Expr, wanted: object, *, equal: bool) -> None:
        """A text or a number that is equal to a constant is that constant."""
        if expr[0] != "name":
            return  # an attribute may be another one after the next call
        if equal and isinstance(wanted, str | int):
            if not all(isinstance(atom, Inst) for atom in self.load(expr[1])):
                self.env.vars[expr[1]] = self.atoms.const(wanted)
        else:
            self._keep(expr, lambda atom: not isinstance(atom, Const) or (atom.value == wanted) is equal)

    def _narrow_call(self, expr: Expr, *, positive: bool) -> None:
        name = _called_name(expr)
        if name == "isinstance" and len(expr[4]) == 2 and expr[4][0][0] == "name":
            variable, kinds = expr[4][0][1], self.ev(expr[4][1])
            value = self.load(variable)
            if positive:
                self.store(variable, self.instances_among(value, kinds))
            elif wanted := self._wanted(kinds):
                self._keep(expr[4][0], lambda atom: self._is_instance(atom, wanted) is not True)
        elif name in _COROUTINE_TESTS and expr[4]:
            self._keep(expr[4][0], lambda atom: _is_async(atom) is not (not positive))

    def _keep(self, expr: Expr, keep: Callable[[Atom], bool]) -> None:
        key = _key(expr)
        if key is not None and (value := self.env.vars.get(key)) is not None:
            self.env.vars[key] = only(value, keep)

    def compare_constants(self, operator: str, left: Value, right: Value) -> bool | None:
        """The result of a comparison that is known."""
        if operator in {"is", "is not"} and right == NONE:
            return self._is_none(left, negated=operator == "is not")
        if len(left) > 1 and all(isinstance(atom, Const) for atom in left):
            decided = {self.compare_constants(operator, (atom,), right) for atom in left}
            return decided.pop() if len(decided) == 1 else None
        if (members := _members_of_one_enumeration(left, right)) is not None and operator in _SAMENESS:
            return members is _SAMENESS[operator]
        a = constant(left)
        if a is None:
            return None
        if operator in _CONTAINMENTS:
            contains = _contains(right, a)
            return None if contains is None else contains is _CONTAINMENTS[operator]
        b = constant(right)
        return None if b is None else _compared(operator, a.value, b.value)

    @staticmethod
    def _is_none(value: Value, *, negated: bool) -> bool | None:
        nothing = {atom in NONE for atom in value if not _may_be_none(atom)}
        certain = len(nothing) == 1 and not any(_may_be_none(atom) for atom in value)
        return nothing.pop() is not negated if certain else None

    def note_bool(self, value: Value) -> None:
        """Run what decides whether an object is true."""
        self.convert(value, ("__bool__", "__len__"), *self.here)


def _key(expr: Expr) -> str | None:
    """The variable that an expression is kept under, `x` or `self.x`."""
    if expr[0] == "name":
        return str(expr[1])
    return f"{expr[3][1]}.{expr[4]}" if expr[0] == "attr" and expr[3][0] == "name" else None


def _contains(value: Value, wanted: Const) -> bool | None:
    """Whether a constant is in a tuple of constants, or a key of a dictionary that is known as a whole."""
    if len(value) != 1:
        return None
    if isinstance(value[0], Bag):
        return wanted.value in value[0].keys if value[0].complete else None
    items = [constant(item) for item in value[0].items] if isinstance(value[0], Tuple) else [None]
    known = [item.value for item in items if item is not None]
    return wanted.value in known if len(known) == len(items) else None


def _compared(operator: str, a: Any, b: Any) -> bool | None:
    if operator in _SAMENESS:
        return (a == b) is _SAMENESS[operator]
    numbers = isinstance(a, int | float) and isinstance(b, int | float)
    return bool(_ORDERINGS[operator](a, b)) if numbers and operator in _ORDERINGS else None


def _members_of_one_enumeration(left: Value, right: Value) -> bool | None:
    """Whether two members of one enumeration are the same; `None` if that is not what they are."""
    if len(left) != 1 or len(right) != 1:
        return None
    one, other = left[0], right[0]
    if not (isinstance(one, Inst) and isinstance(other, Inst) and one.cls is other.cls):
        return None
    return one is other if ENUMERATED in one.fields and ENUMERATED in other.fields else None


def _names_a_class(ext: Ext) -> bool:
    module, _, name = ext.names[0].rpartition(".")
    return module == "builtins" or name[:1].isupper()


def _of_type_is_instance(kind: type[object], wanted: list[Class]) -> bool | None:
    line = {f"builtins.{cls.__name__}" for cls in kind.__mro__}
    if any(cls.qualified in line for cls in wanted):
        return True
    abstract = any(cls.module.name.partition(".")[0] in {"collections", "typing", "numbers", "abc"} for cls in wanted)
    return None if abstract else False


def _called_name(expr: Expr) -> str:
    func = expr[3]
    return str(func[4] if func[0] == "attr" else func[1] if func[0] == "name" else "")


def _may_be_none(atom: Atom) -> bool:
    """Nothing is known of it, or it is what a library gives."""
    return not isinstance(atom, Const | Func | Cls | Mod | Tuple | Bag | Offloaded | Entered | Await | Inst)


def _is_async(atom: Atom) -> bool | None:
    if isinstance(atom, Func):
        return atom.function.is_async
    if isinstance(atom, Offloaded):
        return True
    return None
