"""Calls: what is called, what comes of it, and what it blocks on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi_convert.mapping import Blocking
from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Class, Function

from . import externals
from .arguments import Arguments, bind
from .classes import Member
from .protocols import Protocols
from .summaries import Hits
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

_VALIDATORS: Final = frozenset({"validator", "field_validator", "root_validator", "model_validator"})


class Calls(Protocols):
    """Applies values to arguments."""

    position = (0, 0)  # of the call that fills a dataclass

    def call_value(self, value: Value, line: int, column: int, args: tuple[Value, ...] = ()) -> Value:
        """Call something with positional arguments."""
        return self.apply(value, Arguments(list(args)), line, column)

    def apply(self, value: Value, given: Arguments, line: int, column: int) -> Value:
        """Call whatever a value may be. Of several functions of the project, each is one of the implementations."""
        if self.engine.dispatched:
            value = join(value, *(self.engine.dispatched.get(a.function, ()) for a in value if isinstance(a, Func)))
        several = sum(isinstance(atom, Func) and not atom.function.module.stub for atom in value) > 1
        if not several:
            results = [self._apply_atom(atom, given, line, column) for atom in value]
        else:
            results = self._apply_each(value, given, line, column)
        return tuple(dict.fromkeys(atom for result in results for atom in result)) or UNKNOWN

    def _apply_each(self, value: Value, given: Arguments, line: int, column: int) -> list[Value]:
        own, results, found = self.summary.hits, [], []
        for atom in value:
            self.summary.hits = {}
            results.append(self._apply_atom(atom, given, line, column))
            found.append(self.summary.hits)
        self.summary.hits = own
        self._merge_some(found)
        return results

    def _merge_some(self, found: list[Hits]) -> None:
        from .summaries import add_hit

        blocking = sum(any(hit.row.level != "all" for hit in hits.values()) for hits in found)
        some = (blocking, len(found)) if blocking < len(found) else None
        for hits in found:
            for place, hit in hits.items():
                add_hit(self.summary.hits, place, hit._replace(some=hit.some or some))

    def _apply_atom(self, atom: Atom, given: Arguments, line: int, column: int) -> Value:
        match atom:
            case Func():
                return self.call_function(atom, given, line, column)
            case Cls():
                return self.construct(atom.cls, given, line, column)
            case Ext():
                return self.call_external(atom, given, line, column)
            case Inst():
                return self._call_instance(atom, given, line, column)
            case Partial():
                return self.apply(atom.func, _with_partial(atom, given), line, column)
            case BagMethod():
                return externals.call_bag_method(self, atom, given, line, column)
            case Returns():
                return atom.result
            case Register():
                return self._register(atom, given)
            case Offloaded():
                return (self.atoms.make(Await, self.aside().apply(atom.func, given, line, column)),)
        return UNKNOWN

    def _register(self, atom: Register, given: Arguments) -> Value:
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
        arguments = bind(self.engine, func, given)
        if function.is_generator and not function.is_async:
            gen = self.atoms.make(Gen, func, arguments)
            return (self.atoms.make(Entered, (), gen),) if func.manager else (gen,)
        if function.is_async:
            return self._call_async(func, arguments)
        summary = self.engine.evaluate(func, arguments)
        self.call_into(function, summary.hits, line, column)
        self._take_fields(func, summary.fields)
        return self._result(func, summary.returns)

    def _result(self, func: Func, returned: Value) -> Value:
        """What is returned tells more than what is declared, if anything is known of it."""
        if known(returned) and (returned != NONE or func.function.facts.returns is None):
            if any(atom in UNKNOWN for atom in returned) and func.function.facts.returns is not None:
                return join(returned, self.engine.types.result(func))
            return returned
        if func.function.facts.returns is None:
            return returned or UNKNOWN
        return self.engine.types.result(func)

    def _call_async(self, func: Func, arguments: tuple[Value, ...]) -> Value:
        """Call an async function: what it blocks on is its own, what it returns comes out when it is awaited."""
        summary = self.engine.evaluate(func, arguments)
        if func.function.is_generator:
            items = summary.yields or UNKNOWN
            if func.manager:
                return (self.atoms.make(Entered, items, None),)
            return self.atoms.many("list", items)
        return (self.atoms.make(Await, self._result(func, summary.returns)),)

    def _take_fields(self, func: Func, fields: dict[str, Value]) -> None:
        """What a method has left on the `self` that it shares with us."""
        if func.bound is None or not fields or self.func is None or func.bound is not self.receiver:
            return
        params = self.func.function.facts.params
        if params:
            for name, value in fields.items():
                self.env.vars[f"{params[0][0]}.{name}"] = value

    def construct(self, cls: Class, given: Arguments, line: int, column: int) -> Value:
        """Make an instance: run its constructor, and keep what is known of its attributes."""
        member = self.engine.classes.member(cls, "__init__")
        new = self.engine.classes.member(cls, "__new__")
        result: Value = ()
        if new is not None and new.function is not None and not new.cls.external:
            func = self.atoms.func(new.function, self.atoms.make(Cls, cls), new.cls.env)
            result = tuple(a for a in self.apply((func,), given, line, column) if isinstance(a, Inst))
        if member is not None and member.function is not None and not member.cls.external:
            inst = self._initialised(cls, member.function, given, line, column)
        elif self.engine.classes.is_data(cls) and not cls.external:
            inst = self._filled(cls, given, line, column)
        else:
            inst = self.atoms.inst(cls, exact=True, fields=self._type_arguments(member, given))
        self._construct_external(cls, given, line, column)
        return result if known(result) and not member else (inst,)

    def _type_arguments(self, member: Member | None, given: Arguments) -> tuple[tuple[str, Value], ...]:
        """Type variables of a library's class that its constructor fills in, as `sessionmaker(class_=AsyncSession)`."""
        if member is None or member.function is None:
            return ()
        solved = self.engine.types.solved(member.function, given, bound=True)
        return tuple((f"[{name}]", value) for name, value in sorted(solved.items()))

    def _construct_external(self, cls: Class, given: Arguments, line: int, column: int) -> None:
        for each in self.engine.classes.external(cls):
            if self._block_if_known((each.qualified,), given, line, column):
                return

    def _initialised(self, cls: Class, function: Function, given: Arguments, line: int, column: int) -> Inst:
        """Run `__init__` twice if need be: what it has set may decide what it runs."""
        env = function.owner.env if function.owner else None
        inst = self.atoms.inst(cls, exact=True)
        func = self.atoms.func(function, inst, env)
        summary = self.engine.evaluate(func, bind(self.engine, func, given))
        fields = self._constant_fields(summary.fields)
        if fields:
            inst = self.atoms.inst(cls, exact=True, fields=fields)
            func = self.atoms.func(function, inst, env)
            summary = self.engine.evaluate(func, bind(self.engine, func, given))
        self.call_into(function, summary.hits, line, column)
        return inst

    def _constant_fields(self, fields: dict[str, Value]) -> tuple[tuple[str, Value], ...]:
        """Attributes that keep the value which the constructor gave them."""
        stored = self.engine.project.stored_attributes
        return tuple(
            (name, value)
            for name, value in sorted(fields.items())
            if name not in stored and value and all(isinstance(a, Const | Func | Cls | Inst | Partial) for a in value)
        )

    def _filled(self, cls: Class, given: Arguments, line: int, column: int) -> Inst:
        """Make a dataclass or a model: its annotations are its parameters."""
        fields: dict[str, Value] = {}
        self.position = (line, column)
        positional = iter(given.positional)
        line_of = [each for each in reversed(self.engine.classes.line(cls)) if not each.external]
        for each in line_of:
            for name, bindings in each.members.items():
                if bindings[-1][0] == "ann":
                    fields[name] = self._field(each, name, bindings[-1], given, positional)
        kept = () if given.more or given.rest is not None else self._constant_fields(fields)
        inst = self.atoms.inst(cls, exact=True, fields=kept)
        for hook in ("__post_init__", "model_post_init", "__attrs_post_init__"):
            member = self.engine.classes.member(cls, hook)
            if member and member.function and not member.cls.external:
                self.call_value((self.atoms.func(member.function, inst, member.cls.env),), line, column)
        self.validate(cls, line, column)
        return inst

    def _field(self, cls: Class, name: str, binding: Any, given: Arguments, positional: Any) -> Value:
        value = given.keywords.get(name)
        if value is None:
            value = next(positional, None)
        if value is None and binding[2] is not None:
            if binding[2][0] == "call" and (factory := dict(binding[2][5]).get("default_factory")) is not None:
                return self.call_value(self.engine.classes.frame(cls).ev(factory), *self.position)
            frame = self.engine.classes.frame(cls)
            default = frame.ev(binding[2])
            value = default if all(isinstance(atom, Const) for atom in default) else None
        if value is None or not known(value):
            value = self.engine.types.of(binding[1], self.engine.classes.frame(cls))
        return value

    def validate(self, cls: Class, line: int, column: int) -> None:
        """Run the validators of a model: they run wherever one is made."""
        for each in self.engine.classes.line(cls):
            for method in each.methods if not each.external else ():
                if any(name in _VALIDATORS for name in method.decorator_names):
                    func = self.engine.generic_func(method)
                    summary = self.engine.evaluate(func, self.engine.types.generic_arguments(func))
                    self.call_into(method, summary.hits, line, column)

    def call_external(self, ext: Ext, given: Arguments, line: int, column: int) -> Value:
        """Call something of a library: does it block, does it call us back, what does it give?"""
        self._block_if_known(ext.names, given, line, column)
        for name in ext.names:
            if (special := externals.SPECIAL.get(name)) is not None:
                result = special(self, ext, given, line, column)
                if result is not None:
                    return result
        return self._external_result(ext, given)

    def _block_if_known(self, names: tuple[str, ...], given: Arguments, line: int, column: int) -> bool:
        for name in names:
            row = self.engine.table.lookup(name)
            if row is not None:
                if not self.awaited_call and not _excused(row, given):
                    self.block(row, name, line, column)
                return True
        return False

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
        unless we know better."""
        for expr in reversed(decorators):
            value = self._decorated_by(self.ev(expr), value)
        return value

    def _decorated_by(self, decorator: Value, value: Value) -> Value:
        result: list[Atom] = []
        for atom in decorator:
            if isinstance(atom, Ext | Func) and (name := _name_of(atom)) in externals.DECORATORS:
                return externals.DECORATORS[name](self, value)
            if isinstance(atom, Func | Cls | Partial | Returns | Register | Inst) and not (
                isinstance(atom, Inst) and atom.cls.external
            ):
                result += self.apply((atom,), Arguments([value]), 0, 0)
            elif isinstance(atom, Offloaded) and not atom.func:
                return (self.atoms.make(Offloaded, value),)
        useful = tuple(dict.fromkeys(a for a in result if isinstance(a, Func | Inst | Partial | Offloaded | Cls | Ext)))
        if not useful:
            return value
        return useful if any(isinstance(a, Func) or not _external(a) for a in useful) else join(value, useful)

    def ev(self, expr: Any) -> Value:
        """Evaluate an expression."""
        raise NotImplementedError


def _external(atom: Atom) -> bool:
    return isinstance(atom, Ext) or (isinstance(atom, Inst | Cls) and atom.cls.external)


def _name_of(atom: Ext | Func) -> str:
    return atom.names[0] if isinstance(atom, Ext) else atom.function.qualified


def _with_partial(partial: Partial, given: Arguments) -> Arguments:
    return Arguments(
        [*partial.args, *given.positional], {**partial.keywords, **given.keywords}, given.rest, given.more
    )


def _excused(row: Blocking, given: Arguments) -> bool:
    """Whether an argument makes the call harmless."""
    for unless in row.unless:
        value = given.get(unless.keyword, unless.position)
        if value is None or not known(value):
            continue
        if unless.equals is False and truth(value) is False:
            return True
        if len(value) == 1 and isinstance(value[0], Const) and value[0].value == unless.equals:
            return True
    return False


_ = Callable
