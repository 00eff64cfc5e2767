"""Expressions: what they may be, and what they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from fastapi_convert.scan.facts import Expr

from .arguments import Arguments
from .conditions import Conditions
from .values import (
    NONE,
    UNKNOWN,
    Atom,
    Bag,
    Ext,
    Func,
    Gen,
    Inst,
    Tuple,
    Value,
    join,
    truth,
)

__all__ = ("Expressions",)


class Expressions(Conditions):
    """Evaluates expressions, one method a kind."""

    def ev(self, expr: Expr) -> Value:
        """What an expression may be."""
        self.engine.steps += 1
        evaluate = self._KINDS.get(expr[0])
        return UNKNOWN if evaluate is None else evaluate(self, expr)

    def _name(self, e: Expr) -> Value:
        if not self.globals and (value := self.env.vars.get(e[1])) is not None:
            return value
        return self.load(e[1])

    def _const(self, e: Expr) -> Value:
        return self.atoms.const(e[1])

    def _attr(self, e: Expr) -> Value:
        _, line, column, owner, name = e
        if owner[0] == "name" and (kept := self.env.vars.get(f"{owner[1]}.{name}")) is not None:
            return kept
        value = self.ev(owner)
        found = self.attribute(value, name, line, column)
        if found == UNKNOWN and owner[0] == "attr" and owner[4] == "state":
            return self.engine.state_of(name)
        return found

    def _call(self, e: Expr) -> Value:
        _, line, column, func, args, keywords = e
        value = self.ev(func)
        given = Arguments()
        for arg in args:
            if arg[0] == "star":
                given.star(self.ev(arg[1]))
            else:
                given.positional.append(self.ev(arg))
        for name, expr in keywords:
            if name is None:
                given.double_star(self.ev(expr))
            else:
                given.keywords[name] = self.ev(expr)
        self.awaited_call = e is self._awaiting
        result = self.apply(value, given, line, column)
        self.awaited_call = False
        self._forget(func, args, value)
        if len(value) == 1 and _never_returns(value[0]):
            self.ended_by = e
        return result

    def _forget(self, func: Expr, args: tuple[Expr, ...], value: Value) -> None:
        """A call that we do not see through may have set attributes: those that were off are not known to be so."""
        if all(isinstance(atom, Func) for atom in value):
            return
        names = {arg[1] for arg in args if arg[0] == "name"}
        if func[0] == "attr" and func[3][0] == "name":
            names.add(func[3][1])
        for key in [key for key in self.env.vars if "." in key and key.partition(".")[0] in names]:
            if truth(self.env.vars[key]) is False:
                del self.env.vars[key]

    def _sub(self, e: Expr) -> Value:
        value, index = self.ev(e[3]), self.ev(e[4])
        return self.subscript(value, index, e[1], e[2])

    def _slice(self, e: Expr) -> Value:
        for part in e[1]:
            self.ev(part)
        return UNKNOWN

    def _bool(self, e: Expr) -> Value:
        """`a or b`, `a and b`: what decides ends it; what certainly decides leaves the rest out."""
        is_and, values = e[1], e[2]
        found: Value = ()
        before = dict(self.env.vars)
        for index, each in enumerate(values):
            value = self.ev(each)
            decided = truth(value)
            self.note_bool(value)
            last = index == len(values) - 1
            if not last and decided is (not is_and):
                found = join(found, value)
                break
            if last or decided is None:
                kept = value if last else self._that_decide(value, is_and=is_and)
                found = join(found, kept)
            if not last:
                self.narrow(each, positive=is_and)
        self.env.vars = {**self.env.vars, **{name: value for name, value in before.items() if name in self.env.vars}}
        return found or UNKNOWN

    @staticmethod
    def _that_decide(value: Value, *, is_and: bool) -> Value:
        return tuple(atom for atom in value if truth((atom,)) is not is_and)

    def _not(self, e: Expr) -> Value:
        decided = self.test(e[1])
        return UNKNOWN if decided is None else self.atoms.const(not decided)

    def _unary(self, e: Expr) -> Value:
        return self.operate(e[3], self.ev(e[4]), (), e[1], e[2])

    def _bin(self, e: Expr) -> Value:
        return self.operate(e[3], self.ev(e[4]), self.ev(e[5]), e[1], e[2])

    def _cmp(self, e: Expr) -> Value:
        _, line, column, operators, left, rights = e
        value, decided = self.ev(left), None
        for operator, right in zip(operators, rights, strict=True):
            other = self.ev(right)
            decided = self.compare_constants(operator, value, other)
            if operator in {"__contains__", "not in"}:
                self.operate("__contains__", other, value, line, column)
            elif not operator.startswith("is"):
                self.operate(operator, value, other, line, column)
            value = other
        return UNKNOWN if decided is None or len(operators) > 1 else self.atoms.const(decided)

    def _ifexp(self, e: Expr) -> Value:
        decided = self.test(e[1])
        if decided is not None:
            self.narrow(e[1], positive=decided)
            return self.ev(e[2] if decided else e[3])
        before = dict(self.env.vars)
        self.narrow(e[1], positive=True)
        one = self.ev(e[2])
        self.env.vars = dict(before)
        self.narrow(e[1], positive=False)
        other = self.ev(e[3])
        self.env.vars = before
        return join(one, other)

    def _lambda(self, e: Expr) -> Value:
        return (self.atoms.func(self.env.module.functions[e[1]], None, self.env),)

    def _tuple(self, e: Expr) -> Value:
        if any(item[0] == "star" for item in e[1]):
            return self.atoms.many("list", join(*(self._starred(item) for item in e[1])))
        return (self.atoms.make(Tuple, tuple(self.ev(item) for item in e[1])),)

    def _starred(self, item: Expr) -> Value:
        return self.iterate(self.ev(item[1]), *self.here) if item[0] == "star" else self.ev(item)

    def _list(self, e: Expr) -> Value:
        bag = self._bag("list", e)
        for item in e[3]:
            bag.add(self._starred(item))
        return (bag,)

    def _bag(self, kind: str, e: Expr) -> Bag:
        return self.atoms.bag(kind, (self.env.module, e[1], e[2], self.func, self.env if self.env.parent else None))

    def _dict(self, e: Expr) -> Value:
        bag = self._bag("dict", e)
        for key, expr in zip(e[3], e[4], strict=True):
            value = self.ev(expr)
            if key is not None:
                bag.add(value, self.ev(key))
                continue
            for atom in value:
                if isinstance(atom, Bag):
                    bag.update(atom)
        return (bag,)

    def _comp(self, e: Expr) -> Value:
        _, kind, line, column, generators, element, value = e
        kept = dict(self.env.vars)
        live = True
        for target, iterated, conditions, is_async in generators:
            source = self.ev(iterated)
            items = self.iterate_async(source, line, column) if is_async else self.iterate(source, line, column)
            self.assign(target, items)
            for condition in conditions:
                live = live and self.test(condition) is not False
                self.narrow(condition, positive=True)
        result = self.ev(element) if live else UNKNOWN
        if value is not None:
            result = self.ev(value) if live else UNKNOWN
        self.env.vars = kept
        return self.atoms.many("dict" if kind == "dict" else "list", result)

    def assign(self, target: Expr, value: Value) -> None:
        """Assign a value to whatever stands on the left."""
        raise NotImplementedError

    def iterate_async(self, value: Value, line: int, column: int) -> Value:
        """Run `async for`: what an item may be. What blocks in there belongs to its own async functions."""
        found: list[Atom] = []
        for atom in value:
            if isinstance(atom, Bag):
                found += atom.everything()
            elif isinstance(atom, Inst):
                self.method(atom, "__aiter__", line, column)
                result = self.method(atom, "__anext__", line, column)
                found += self.awaited(result) if result is not None else ()
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def _genexp(self, e: Expr) -> Value:
        func = self.atoms.func(self.env.module.functions[e[1]], None, self.env)
        return (self.atoms.make(Gen, func, (self.ev(e[2]),)),)

    _awaiting: Expr | None = None

    def _await(self, e: Expr) -> Value:
        self._awaiting = e[1]
        return self.awaited(self.ev(e[1]))

    def _yield(self, e: Expr) -> Value:
        value = self.ev(e[1]) if e[1] is not None else NONE
        self.summary.yields = join(self.summary.yields, value)
        self._note_lifespan_state(value)
        return UNKNOWN

    def _note_lifespan_state(self, value: Value) -> None:
        """`yield {"db": db}` in a lifespan is `request.state.db`."""
        if self.func is None or not (self.func.function.is_async and self.func.function.is_generator):
            return
        for atom in value:
            for name, each in atom.keys.items() if isinstance(atom, Bag) and atom.kind == "dict" else ():
                if isinstance(name, str):
                    self.engine.set_state(name, each)

    def _yieldfrom(self, e: Expr) -> Value:
        items = self.iterate(self.ev(e[3]), e[1], e[2])
        self.summary.yields = join(self.summary.yields, items)
        return UNKNOWN

    def _fstr(self, e: Expr) -> Value:
        for value, as_repr in e[3]:
            names = ("__repr__",) if as_repr else ("__format__", "__str__", "__repr__")
            self.convert(self.ev(value), names, e[1], e[2])
        return UNKNOWN

    def _walrus(self, e: Expr) -> Value:
        value = self.ev(e[2])
        self.store(e[1], value)
        return value

    def _star(self, e: Expr) -> Value:
        return self.ev(e[1])

    _KINDS: ClassVar[dict[str, Callable[[Any, Expr], Value]]] = {
        "attr": _attr,
        "await": _await,
        "bin": _bin,
        "bool": _bool,
        "call": _call,
        "cmp": _cmp,
        "comp": _comp,
        "const": _const,
        "dict": _dict,
        "fstr": _fstr,
        "genexp": _genexp,
        "ifexp": _ifexp,
        "lambda": _lambda,
        "list": _list,
        "name": _name,
        "not": _not,
        "set": _list,
        "slice": _slice,
        "star": _star,
        "sub": _sub,
        "tuple": _tuple,
        "unary": _unary,
        "walrus": _walrus,
        "yield": _yield,
        "yieldfrom": _yieldfrom,
    }


def _never_returns(atom: Atom) -> bool:
    if isinstance(atom, Func):
        return atom.function.never_returns
    return isinstance(atom, Ext) and atom.names[0] in _ENDS


_ENDS: Final = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})
