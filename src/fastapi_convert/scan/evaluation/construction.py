"""Instances: constructors, dataclasses and models, and what is known of their attributes from the first."""

from __future__ import annotations

from typing import Final, TypeAlias

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Binding, Class, Function

from .arguments import Arguments, bind
from .calls import Calls
from .libraries import SPECIAL, Call
from .values import Cls, Const, Ext, Func, Inst, Partial, Unknown, Value, known

__all__ = ("Construction",)

_VALIDATORS: Final = frozenset({"validator", "field_validator", "root_validator", "model_validator"})

_FIELDS: Final = frozenset({"Field", "field", "attrib", "ib"})
_FALSE: Final = ("const", False)
_FROM_THE_ENVIRONMENT: Final = frozenset({"BaseSettings"})  # what has a default may have another value there

_Fields: TypeAlias = tuple[tuple[str, Value], ...]


class Construction(Calls):
    """Makes instances."""

    def construct(self, cls: Class, given: Arguments, line: int, column: int) -> Value:
        """Make an instance: run its constructor, and keep what is known of its attributes."""
        if cls.external and (special := SPECIAL.get(cls.qualified)) is not None:
            made: Value | None = special(self, Call(self.atoms.ext(cls.qualified), given, (line, column)))
            if made is not None:
                return made
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
            arguments = self._type_arguments(cls, member.function, given) if member and member.function else ()
            inst = self.atoms.inst(cls, exact=True, fields=arguments)
        self._construct_external(cls, given, line, column)
        return result if known(result) and not member else (inst,)

    def _type_arguments(self, cls: Class, init: Function, given: Arguments) -> tuple[tuple[str, Value], ...]:
        """Type variables of a class that its constructor fills in, as `sessionmaker(class_=AsyncSession)` does."""
        names = {name for each in self.engine.classes.line(cls) for name in self.engine.types.parameters(each)}
        if not names:
            return ()
        solved = self.engine.types.solved(init, given, bound=True)
        return tuple((f"[{name}]", value) for name, value in sorted(solved.items()) if name in names)

    def _construct_external(self, cls: Class, given: Arguments, line: int, column: int) -> None:
        for each in self.engine.classes.external(cls):
            if self.block_if_known((each.qualified,), given, line, column):
                return

    def _initialised(self, cls: Class, function: Function, given: Arguments, line: int, column: int) -> Inst:
        """Run `__init__` twice if need be: what it has set may decide what it runs."""
        env = function.owner.env if function.owner else None
        arguments = self._type_arguments(cls, function, given)
        inst = self.atoms.inst(cls, exact=True, fields=arguments)
        func = self.atoms.func(function, inst, env)
        summary = self.engine.evaluate(func, bind(self.engine, func, given))
        fields = self._constant_fields(cls, summary.fields)
        if fields:
            inst = self.atoms.inst(cls, exact=True, fields=(*arguments, *fields))
            func = self.atoms.func(function, inst, env)
            summary = self.engine.evaluate(func, bind(self.engine, func, given))
        self.call_into(function, summary.hits, line, column)
        handed = _handed(summary.fields, fields)
        return self.atoms.inst(cls, exact=True, fields=(*arguments, *fields, *handed)) if handed else inst

    def _constant_fields(self, cls: Class, fields: dict[str, Value]) -> tuple[tuple[str, Value], ...]:
        """Attributes that keep the value which the constructor gave them. Constants may be replaced by others; things
        with methods are replaced by things with the same ones.
        """
        may_change = self.engine.classes.may_change
        kept = ((name, _things(value) if may_change(cls, name) else value) for name, value in sorted(fields.items()))
        return tuple(
            (name, value)
            for name, value in kept
            if value and all(isinstance(a, Const | Func | Cls | Inst | Partial | Ext) for a in value)
        )

    def _filled(self, cls: Class, given: Arguments, line: int, column: int) -> Inst:
        """Make a dataclass or a model: its annotations are its parameters."""
        fields: dict[str, Value] = {}
        positional = iter(given.positional)
        line_of = [each for each in reversed(self.engine.classes.line(cls)) if not each.external]
        for each in line_of:
            for name, bindings in each.members.items():
                if bindings[-1][0] == "ann":
                    options = _options(bindings[-1][2])
                    passed = given.keywords.get(_parameter(name, options))
                    if passed is None and options.get("init") != _FALSE:
                        passed = next(positional, None)
                    fields[name] = self._field(each, bindings[-1], passed, line, column)
        if self.engine.classes.inherits(cls, _FROM_THE_ENVIRONMENT):
            fields = {name: value if name in given.keywords else _things(value) for name, value in fields.items()}
        kept: _Fields = ()
        if not given.more and given.rest is None:
            kept = self._constant_fields(cls, fields)
            kept += _handed(fields, kept)
        inst = self.atoms.inst(cls, exact=True, fields=kept)
        for hook in ("__post_init__", "model_post_init", "__attrs_post_init__"):
            member = self.engine.classes.member(cls, hook)
            if member and member.function and not member.cls.external:
                self.call_value((self.atoms.func(member.function, inst, member.cls.env),), line, column)
        self.validate(cls, line, column)
        return inst

    def _field(self, cls: Class, binding: Binding, value: Value | None, line: int, column: int) -> Value:
        """What an annotated attribute is: what is passed, what its default says, or what it is declared to be."""
        _, annotation, default = binding
        frame = self.engine.classes.frame(cls)
        options = _options(default)
        if value is None and default is not None:
            factory = options.get("default_factory", options.get("factory"))
            if factory is not None:
                return self.call_value(frame.ev(factory), line, column)
            found = frame.ev(options.get("default") or default)
            value = found if all(isinstance(atom, Const) for atom in found) else None
        return value if value is not None and known(value) else self.engine.types.of(annotation, frame)

    def validate(self, cls: Class, line: int, column: int) -> None:
        """Run the validators of a model: they run wherever one is made."""
        for each in self.engine.classes.line(cls):
            for method in each.methods if not each.external else ():
                if any(name in _VALIDATORS for name in method.decorator_names):
                    func = self.engine.generic_func(method)
                    summary = self.engine.evaluate(func, self.engine.types.generic_arguments(func))
                    self.call_into(method, summary.hits, line, column)


def _things(value: Value) -> Value:
    return tuple(atom for atom in value if not isinstance(atom, Const))


def _handed(fields: dict[str, Value], kept: _Fields) -> _Fields:
    """Things that somebody else's `self.x` may be: it may be something unknown too, and still tells more than a
    parameter without an annotation. Not for the second run of a constructor, whose contexts are bounded.
    """
    names = {name for name, _ in kept}
    return tuple(
        (name, value)
        for name, value in sorted(fields.items())
        if name not in names and known(value) and all(isinstance(a, Func | Inst | Partial | Unknown) for a in value)
    )


def _options(default: Expr | None) -> dict[str, Expr]:
    """What `Field(...)`, `field(...)` and their like say of an attribute."""
    if default is None or default[0] != "call" or default[3][-1] not in _FIELDS:
        return {}
    options: dict[str, Expr] = dict(default[5])
    if default[3][-1] == "Field" and default[4] and default[4][0] != ("const", ...):
        options.setdefault("default", default[4][0])
    return options


def _parameter(name: str, options: dict[str, Expr]) -> str:
    """How the constructor calls an attribute: by its alias, and attrs without the underscore in front."""
    alias = options.get("alias")
    return str(alias[1]) if alias is not None and alias[0] == "const" else name.lstrip("_")
