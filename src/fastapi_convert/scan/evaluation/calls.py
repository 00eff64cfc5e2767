"""Calls: what is called, what comes of it, and what it blocks on."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from fastapi_convert.mapping import Blocking
from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Class, Function

from .arguments import Arguments, bind
from .libraries import DECORATORS, Call, call_bag_method
from .protocols import Protocols
from .summaries import Hits, add_hit
from .values import (
    NONE,
    UNKNOWN,
    Atom,
    Await,
    BagMethod,
    Cls,
    Const,
    Entered,
    Ext,
    Func,
    Gen,
    Inst,
    Offloaded,
    Partial,
    Register,
    Returns,
    Value,
    join,
    known,
    truth,
)

__all__ = ("Calls",)


class Calls(Protocols):
    """Applies values to arguments."""

    def call_value(self, value: Value, line: int, column: int, args: tuple[Value, ...] = ()) -> Value:
        """Call something with positional arguments."""
        return self.apply(value, Arguments(list(args)), line, column)

    def apply(self, value: Value, given: Arguments, line: int, column: int) -> Value:
        """Call whatever a value may be. Of several functions of the project, each is one of the implementations."""
        if self.engine.dispatched:
            value = join(value, *(self.engine.dispatched.get(a.function, ()) for a in value if isinstance(a, Func)))
        if len(value) == 1:
            return self._apply_atom(value[0], given, line, column) or UNKNOWN
        several = sum(isinstance(atom, Func) and not atom.function.module.stub for atom in value) > 1
        if not several:
            results = [self._apply_atom(atom, given, line, column) for atom in value]
        else:
            results = self._apply_each(value, given, line, column)
        return tuple(dict.fromkeys(atom for result in results for atom in result)) or UNKNOWN

    def _apply_each(self, value: Value, given: Arguments, line: int, column: int) -> list[Value]:
        own, results = self.summary.hits, []
        found: dict[object, Hits] = {}  # by implementation: one function may be there for several instances
        for atom in value:
            self.summary.hits = found.setdefault(atom.function if isinstance(atom, Func) else atom, {})
            results.append(self._apply_atom(atom, given, line, column))
        self.summary.hits = own
        self._merge_some([hits for what, hits in found.items() if hits or isinstance(what, Function)])
        return results

    def _merge_some(self, found: list[Hits]) -> None:
        """Note what each implementation blocks on, and how many of them block. Noise is no reason to count one."""
        blocking = sum(any(hit.row.level != "all" for hit in hits.values()) for hits in found)
        making_noise = sum(map(bool, found))
        for place, hit in (item for hits in found for item in hits.items()):
            number = making_noise if hit.row.level == "all" else blocking
            some = (number, len(found)) if number < len(found) else None
            add_hit(self.summary.hits, place, hit._replace(some=hit.some or some))

    def _apply_atom(self, atom: Atom, given: Arguments, line: int, column: int) -> Value:
        apply = self._CALLABLE.get(type(atom))
        return UNKNOWN if apply is None else apply(self, atom, given, line, column)

    def _apply_class(self, atom: Cls, given: Arguments, line: int, column: int) -> Value:
        return self.construct(atom.cls, given, line, column)

    def construct(self, cls: Class, given: Arguments, line: int, column: int) -> Value:
        """Make an instance."""
        raise NotImplementedError

    def _apply_partial(self, atom: Partial, given: Arguments, line: int, column: int) -> Value:
        return self.apply(atom.func, _with_partial(atom, given), line, column)

    def _apply_returns(self, atom: Returns, *_: object) -> Value:
        return atom.result

    def _apply_offloaded(self, atom: Offloaded, given: Arguments, line: int, column: int) -> Value:
        return (self.atoms.make(Await, self.aside().apply(atom.func, given, line, column)),)

    def _register(self, atom: Register, given: Arguments, *_: object) -> Value:
        """`@show.register` with a function, or `@show.register(int)`, which gives the decorator."""
        functions = tuple(a for value in given.positional for a in value if isinstance(a, Func))
        if not functions:
            return (atom,)
        self.engine.dispatched[atom.function] = join(self.engine.dispatched.get(atom.function, ()), functions)
        return functions

    def _call_instance(self, atom: Inst, given: Arguments, line: int, column: int) -> Value:
        if self.engine.classes.member(atom.cls, "__call__") is None and not atom.cls.external:
            return UNKNOWN
        return self.apply(self.attribute((atom,), "__call__", line, column), given, line, column)

    def call_function(self, func: Func, given: Arguments, line: int, column: int) -> Value:
        """Call a function of the project, or of a stub."""
        function = func.function
        if function.module.stub:
            return self.call_external(self.atoms.ext(function.qualified, function=function), given, line, column)
        func, given = self._bound_by_hand(func, given)
        arguments = bind(self.engine, func, given)
        if function.is_generator and not function.is_async:
            gen = self.atoms.make(Gen, func, arguments)
            return (self.atoms.make(Entered, (), gen),) if func.manager else (gen,)
        if function.is_async:
            return self._call_async(func, arguments, given)
        summary = self.engine.evaluate(func, arguments)
        self.call_into(function, summary.hits, line, column)
        self._take_fields(func, summary.fields)
        self._note_fields(func, summary.fields)
        return self._result(func, summary.returns, given)

    def _bound_by_hand(self, func: Func, given: Arguments) -> tuple[Func, Arguments]:
        """`Base.__init__(self, x)` is `super().__init__(x)`."""
        if func.bound is not None or not func.function.owner or self.receiver is None or not given.positional:
            return func, given
        if given.positional[0] != (self.receiver,) or "staticmethod" in func.function.decorator_names:
            return func, given
        bound: Func = self.atoms.make(Func, func.function, self.receiver, func.env, func.manager)
        return bound, Arguments(given.positional[1:], given.keywords, given.rest, given.more)

    def _result(self, func: Func, returned: Value, given: Arguments) -> Value:
        """What is returned tells more than what is declared, if anything is known of it."""
        if known(returned) and (returned != NONE or func.function.facts.returns is None):
            if any(atom in UNKNOWN for atom in returned) and func.function.facts.returns is not None:
                return join(returned, self.engine.types.result(func, given))
            return self._with_type_arguments(returned, func)
        if func.function.facts.returns is None:
            return returned or UNKNOWN
        return self.engine.types.result(func, given)

    def _with_type_arguments(self, returned: Value, func: Func) -> Value:
        """`-> Repo[User]` tells more of a `Repo(...)` than its construction does."""
        annotation = func.function.facts.returns
        if annotation is None or annotation[0] != "sub":
            return returned
        filled = {a.cls: a.fields for a in self.engine.types.result(func) if isinstance(a, Inst)}
        return tuple(
            self.atoms.inst(a.cls, exact=a.exact, fields=tuple((filled[a.cls] | a.fields).items()))
            if isinstance(a, Inst) and a.cls in filled
            else a
            for a in returned
        )

    def _call_async(self, func: Func, arguments: tuple[Value, ...], given: Arguments) -> Value:
        """Call an async function: what it blocks on is its own, what it returns comes out when it is awaited."""
        summary = self.engine.evaluate(func, arguments)
        if func.function.is_generator:
            items = summary.yields or UNKNOWN
            if func.manager:
                return (self.atoms.make(Entered, items, None),)
            return self.atoms.many("list", items)
        return (self.atoms.make(Await, self._result(func, summary.returns, given)),)

    def _take_fields(self, func: Func, fields: dict[str, Value]) -> None:
        """What a method has left on the `self` that it shares with us."""
        if func.bound is None or not fields or self.func is None or func.bound is not self.receiver:
            return
        params = self.func.function.facts.params
        if params:
            for name, value in fields.items():
                self.env.vars[f"{params[0][0]}.{name}"] = value

    def _note_fields(self, func: Func, fields: dict[str, Value]) -> None:
        """What a method such as `client.init(session)` has put on an instance: others see it there."""
        if not isinstance(func.bound, Inst) or func.bound is self.receiver:
            return
        for name in func.function.facts.self_stores:
            things = tuple(atom for atom in fields.get(name, ()) if isinstance(atom, Inst | Func | Cls | Partial))
            if things:
                self.engine.set_attribute(func.bound.cls, name, things)

    def call_external(self, ext: Ext, given: Arguments, line: int, column: int) -> Value:
        """Call something of a library: does it block, does it call us back, what does it give?"""
        self.block_if_known(ext.names, given, line, column)
        for special in self.engine.specials_of(ext.names):
            result = special(self, Call(ext, given, (line, column)))
            if result is not None:
                return result
        return self._external_result(ext, given)

    def block_if_known(self, names: tuple[str, ...], given: Arguments, line: int, column: int) -> bool:
        """Note a blocking call if one of these names is in the mapping: whether one is."""
        known = self.engine.row_of(names)
        if known is None:
            return False
        name, row = known
        if not self.awaited_call and not _excused(row, given):
            self.block(row, name, line, column)
        return True

    def _external_result(self, ext: Ext, given: Arguments) -> Value:
        if ext.function is not None:
            func = self.atoms.func(ext.function, ext.bound, None)
            result = self.engine.types.result(func, given)
            if ext.function.is_async:
                return (self.atoms.make(Await, result),)
            return result
        name = ext.names[0]
        last = name.rpartition(".")[2]
        if last[:1].isupper():
            return (self.atoms.inst(self.engine.project.stubs.unknown_class(name), exact=True),)
        return UNKNOWN

    def decorate(self, value: Value, decorators: tuple[Expr, ...]) -> Value:
        """What decorators make of a function or a class. What a decorator of a library gives is the function itself,
        unless we know better.
        """
        for expr in reversed(decorators):
            value = self._decorated_by(self.ev(expr), value)
        return value

    def _decorated_by(self, decorator: Value, value: Value) -> Value:
        result: list[Atom] = []
        for atom in decorator:
            if isinstance(atom, Ext | Func) and (name := _name_of(atom)) in DECORATORS:
                return DECORATORS[name](self, value)
            if _decorates(atom):
                result += self.apply((atom,), Arguments([value]), *self.here)
            elif isinstance(atom, Offloaded) and not atom.func:
                return (self.atoms.make(Offloaded, value),)
        useful = tuple(dict.fromkeys(a for a in result if isinstance(a, Func | Inst | Partial | Offloaded | Cls | Ext)))
        if not useful:
            return value
        return useful if any(isinstance(a, Func) or not _external(a) for a in useful) else join(value, useful)

    def ev(self, expr: Expr) -> Value:
        """Evaluate an expression."""
        raise NotImplementedError

    _CALLABLE: ClassVar[dict[type[Atom], Callable[..., Value]]] = {
        BagMethod: call_bag_method,
        Cls: _apply_class,
        Ext: call_external,
        Func: call_function,
        Inst: _call_instance,
        Offloaded: _apply_offloaded,
        Partial: _apply_partial,
        Register: _register,
        Returns: _apply_returns,
    }


def _decorates(atom: Atom) -> bool:
    """Whether more is known of a decorator than that it gives something that is called like the function."""
    if isinstance(atom, Ext):
        return atom.function is not None
    if isinstance(atom, Inst):
        return not atom.cls.external
    return isinstance(atom, Func | Cls | Partial | Returns | Register)


def _external(atom: Atom) -> bool:
    return isinstance(atom, Ext) or (isinstance(atom, Inst | Cls) and atom.cls.external)


def _name_of(atom: Ext | Func) -> str:
    return atom.names[0] if isinstance(atom, Ext) else atom.function.qualified


def _with_partial(partial: Partial, given: Arguments) -> Arguments:
    return Arguments([*partial.args, *given.positional], {**partial.keywords, **given.keywords}, given.rest, given.more)


def _is_in_memory(value: Value) -> bool:
    return all(isinstance(a, Inst) and a.cls.qualified in {"io.BytesIO", "io.StringIO"} for a in value)


def _excused(row: Blocking, given: Arguments) -> bool:
    """Whether an argument makes the call harmless."""
    if row.category.code == "FC104" and given.positional and _is_in_memory(given.positional[0]):
        return True
    for unless in row.unless:
        value = given.get(unless.keyword, unless.position)
        if value is None and unless.default and given.rest is None and not given.more:
            return True
        if value is None or not known(value):
            continue
        if unless.equals is False and truth(value) is False:
            return True
        if len(value) == 1 and isinstance(value[0], Const) and value[0].value == unless.equals:
            return True
    return False
