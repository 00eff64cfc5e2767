"""What Python calls without a call: iteration, `with`, operators, conversions."""

from __future__ import annotations

from typing import Any, Final

from .attributes import Attributes
from .summaries import Summary
from .values import (
    UNKNOWN,
    Atom,
    Await,
    Bag,
    Cls,
    Const,
    Entered,
    Ext,
    Func,
    Gen,
    Inst,
    Tuple,
    Value,
    constant,
    join,
    truth,
)

__all__ = ("Protocols",)

_REFLECTED: Final = {"__add__": "__radd__", "__sub__": "__rsub__", "__mul__": "__rmul__", "__truediv__": "__rtruediv__"}


class Protocols(Attributes):
    """Runs the methods that statements and operators stand for."""

    def aside(self) -> Any:
        """A frame whose blocking calls are not ours: for what runs elsewhere, and of which only the result matters."""
        frame = type(self)(self.engine, self.func, self.env, Summary(self.summary.index))
        frame.cls, frame.receiver, frame.globals = self.cls, self.receiver, self.globals
        return frame

    def method(self, atom: Inst, name: str, line: int, column: int, args: tuple[Value, ...] = ()) -> Value | None:
        """Call a special method if there is one. Python looks it up on the class."""
        if self.engine.classes.member(atom.cls, name) is None:
            if not self.engine.classes.external(atom.cls):
                return None
            if name not in self.engine.special:
                return UNKNOWN
        return self.call_value(self.attribute((atom,), name, line, column), line, column, args)

    def iterate(self, value: Value, line: int, column: int) -> Value:
        """Run `for _ in value` to its end: what an item may be."""
        if len(value) == 1:
            return self._items(value[0], line, column) or UNKNOWN
        found = [self._items(atom, line, column) for atom in value]
        return tuple(dict.fromkeys(atom for each in found for atom in each)) or UNKNOWN

    def _items(self, atom: Atom, line: int, column: int) -> Value:
        match atom:
            case Gen():
                return self.run_generator(atom, line, column)
            case Tuple():
                return join(*atom.items) if atom.items else ()
            case Bag():
                return self._keys(atom) if atom.kind == "dict" else atom.everything()
            case Inst():
                return self._iterate_instance(atom, line, column)
            case Ext():
                return self.call_value((self.atoms.ext(*(f"{name}.__iter__" for name in atom.names)),), line, column)
        return UNKNOWN

    def _keys(self, bag: Bag) -> Value:
        return join(*(self.atoms.const(key) for key in bag.keys), UNKNOWN if bag.items or not bag.keys else ())

    def run_generator(self, gen: Gen, line: int, column: int) -> Value:
        """Run a generator to its end."""
        summary = self.engine.consume(gen)
        self.call_into(gen.func.function, summary.hits, line, column)
        if summary.yields:
            return summary.yields
        declared = self.engine.types.result(gen.func)
        return join(*(atom.everything() for atom in declared if isinstance(atom, Bag))) if declared else UNKNOWN

    def _iterate_instance(self, atom: Inst, line: int, column: int) -> Value:
        iterator = self.method(atom, "__iter__", line, column)
        if iterator is None and self.engine.classes.member(atom.cls, "__next__") is not None:
            return self._next(atom, line, column)
        if iterator is None:
            found = self.method(atom, "__getitem__", line, column, (UNKNOWN,))
            return found if found is not None else UNKNOWN
        if atom in iterator:
            return self._next(atom, line, column)
        if iterator == UNKNOWN:
            return UNKNOWN
        return self.iterate(tuple(a for a in iterator if a is not atom), line, column)

    def _next(self, atom: Inst, line: int, column: int) -> Value:
        found = self.method(atom, "__next__", line, column)
        return found if found is not None else UNKNOWN

    def next_of(self, value: Value, line: int, column: int) -> Value:
        """Run `next(value)`."""
        found: list[Atom] = []
        for atom in value:
            found += self._next(atom, line, column) if isinstance(atom, Inst) else self._items(atom, line, column)
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def enter(self, value: Value, line: int, column: int) -> Value:
        """Run `with value as x`, entering and leaving: what x is."""
        found = [self._entered(atom, line, column) for atom in value]
        return tuple(dict.fromkeys(atom for each in found for atom in each)) or UNKNOWN

    def _entered(self, atom: Atom, line: int, column: int) -> Value:
        match atom:
            case Entered(gen=gen) if gen is not None:
                return self.run_generator(gen, line, column)
            case Entered():
                return atom.result
            case Inst():
                result = self.method(atom, "__enter__", line, column)
                self.method(atom, "__exit__", line, column, (UNKNOWN, UNKNOWN, UNKNOWN))
                if result is None or (result == UNKNOWN and atom.cls.external):
                    return (atom,)
                return (atom,) if result == UNKNOWN and self._declares_nothing(atom) else result
        return UNKNOWN

    def suppresses(self, atom: Atom) -> bool:
        """Whether a context manager may swallow what is raised in its block."""
        leave = self.engine.classes.member(atom.cls, "__exit__") if isinstance(atom, Inst) else None
        if leave is None or leave.cls.external or leave.function is None:
            return False
        return truth(self.engine.generic(leave.function).returns) is True

    def _declares_nothing(self, atom: Inst) -> bool:
        member = self.engine.classes.member(atom.cls, "__enter__")
        return member is None or member.cls.external

    def enter_async(self, value: Value, line: int, column: int) -> Value:
        """Run `async with value as x`: what x is. What blocks in there belongs to its own async functions."""
        found: list[Atom] = []
        for atom in value:
            if isinstance(atom, Entered):
                found += atom.result
            elif isinstance(atom, Inst):
                found += self._entered_async(atom, line, column)
            elif isinstance(atom, Await):
                found += atom.result
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def _entered_async(self, atom: Inst, line: int, column: int) -> Value:
        result = self.method(atom, "__aenter__", line, column)
        self.method(atom, "__aexit__", line, column, (UNKNOWN, UNKNOWN, UNKNOWN))
        awaited = self.awaited(result) if result is not None else UNKNOWN
        return awaited if awaited != UNKNOWN else (atom,)

    def awaited(self, value: Value, *, through_generators: bool = False) -> Value:
        """What `await value` gives; for a dependency also what a generator yields."""
        found: list[Atom] = []
        for atom in value:
            if isinstance(atom, Await):
                found += atom.result
            elif through_generators and isinstance(atom, Gen):
                found += self.engine.consume(atom).yields
            elif through_generators and isinstance(atom, Entered):
                found += self.engine.consume(atom.gen).yields if atom.gen else atom.result
            elif through_generators and isinstance(atom, Bag):
                found += atom.everything()
            elif isinstance(atom, Inst) and not atom.cls.external:
                found += self._awaited_instance(atom)
            else:
                found.append(atom)
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def _awaited_instance(self, atom: Inst) -> Value:
        if self.engine.classes.member(atom.cls, "__await__") is None:
            return (atom,)
        self.method(atom, "__await__", *self.here)
        return UNKNOWN

    def operate(self, dunder: str, left: Value, right: Value, line: int, column: int) -> Value:
        """Run `left + right` and its like."""
        found: list[Atom] = []
        for atom in left:
            if isinstance(atom, Inst) and not atom.cls.external:
                found += self.method(atom, dunder, line, column, (right,)) or ()
            elif isinstance(atom, Bag | Tuple) and dunder == "__add__":
                found += self.atoms.many("list", join(self._plain_items(left), self._plain_items(right)))
            elif isinstance(atom, Inst) and (result := self.method(atom, dunder, line, column, (right,))):
                found += result
        if dunder in _REFLECTED and not found:
            for atom in right:
                if isinstance(atom, Inst) and not atom.cls.external:
                    found += self.method(atom, _REFLECTED[dunder], line, column, (left,)) or ()
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def _plain_items(self, value: Value) -> Value:
        found = [a.everything() if isinstance(a, Bag) else join(*a.items) for a in value if isinstance(a, Bag | Tuple)]
        return join(*found) if found else UNKNOWN

    def subscript(self, value: Value, index: Value, line: int, column: int) -> Value:
        """Run `value[index]`."""
        if len(value) == 1:
            return self._item(value[0], index, line, column) or UNKNOWN
        found = [self._item(atom, index, line, column) for atom in value]
        return tuple(dict.fromkeys(atom for each in found for atom in each)) or UNKNOWN

    def _item(self, atom: Atom, index: Value, line: int, column: int) -> Value:
        key = constant(index)
        match atom:
            case Tuple():
                return self._position(atom, key)
            case Bag():
                if key is not None and key.value in atom.keys:
                    return atom.keys[key.value]
                return atom.everything()
            case Inst():
                return self.method(atom, "__getitem__", line, column, (index,)) or UNKNOWN
            case Cls() | Func():
                return (atom,)  # Repository[User] is the class with something filled in
            case Ext() if atom.names[0].rpartition(".")[2][:1].isupper():
                return (atom,)
        return UNKNOWN

    @staticmethod
    def _position(atom: Tuple, key: Const | None) -> Value:
        if key is not None and isinstance(key.value, int) and -len(atom.items) <= key.value < len(atom.items):
            return atom.items[key.value]
        return join(*atom.items) if atom.items else UNKNOWN

    def unpacked(self, value: Value, index: int) -> Value:
        """One part of what is unpacked."""
        found: list[Atom] = []
        for atom in value:
            if isinstance(atom, Tuple):
                found += self._position(atom, Const(index))
            elif isinstance(atom, Bag | Gen | Inst):
                found += self.iterate((atom,), *self.here)
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def convert(self, value: Value, names: tuple[str, ...], line: int, column: int) -> None:
        """Run the first of some special methods that each instance has: `bool(x)`, `len(x)`, `str(x)`."""
        for atom in value:
            if isinstance(atom, Inst) and not atom.cls.external:
                for name in names:
                    member = self.engine.classes.member(atom.cls, name)
                    if member is not None:
                        self.method(atom, name, line, column)
                        break
