"""Attributes: what `value.name` gives, and what it runs on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from fastapi_convert.scan.project import Function

from .classes import Member
from .scope import Scope
from .values import (
    ENUMERATED,
    UNKNOWN,
    Atom,
    Await,
    Bag,
    BagMethod,
    Cls,
    Const,
    Ext,
    Func,
    Inst,
    Mod,
    Offloaded,
    Partial,
    Register,
    Super,
    Value,
    join,
    known,
)

__all__ = ("Attributes",)

APPLICATIONS: Final = frozenset({"fastapi.FastAPI", "fastapi.applications.FastAPI", "starlette.applications.Starlette"})
_MOST_DOTS: Final = 8
_ENUMERATIONS: Final = frozenset({"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"})
_GETTERS: Final = frozenset(
    {"property", "cached_property", "hybrid_property", "computed_field", "abstractproperty", "reify", "getter"}
)


class Attributes(Scope):
    """Reads and sets attributes."""

    def attribute(self, value: Value, name: str, line: int, column: int) -> Value:
        """What `value.name` may be."""
        if len(value) == 1:
            return self._of_atom(value[0], name, line, column) or UNKNOWN
        found = [self._of_atom(atom, name, line, column) for atom in value]
        return tuple(dict.fromkeys(atom for each in found for atom in each)) or UNKNOWN

    def _of_atom(self, atom: Atom, name: str, line: int, column: int) -> Value:
        read = self._READABLE.get(type(atom))
        return UNKNOWN if read is None else read(self, atom, name, line, column)

    def _of_await(self, _: Await, name: str, *__: int) -> Value:
        return (self.atoms.ext(f"asyncio.Task.{name}"),)

    def _of_constant(self, atom: Const, name: str, *_: int) -> Value:
        return (self.atoms.ext(f"builtins.str.{name}"),) if isinstance(atom.value, str) else UNKNOWN

    def _of_bag(self, atom: Bag, name: str, *_: int) -> Value:
        return (self.atoms.make(BagMethod, atom, name),)

    def _of_partial(self, atom: Partial, name: str, *_: int) -> Value:
        return atom.func if name == "func" else UNKNOWN

    def _of_function(self, atom: Func, name: str, *_: int) -> Value:
        if name == "register":
            return (self.atoms.make(Register, atom.function),)
        return (atom,) if name == "__wrapped__" else UNKNOWN

    def _of_ext(self, atom: Ext, name: str, *_: int) -> Value:
        """Something of a library; or of the project, if `import a.b` named a folder without an `__init__.py`."""
        full = f"{atom.names[0]}.{name}"
        if full.count(".") > _MOST_DOTS:  # a loop over `node.parent` would go on for ever
            return UNKNOWN
        if self.engine.project.is_package(full) or self.engine.names.module(full, self.env.module) is not None:
            return self.engine.names.imported(full, self.env.module)
        return (self.atoms.ext(*(f"{each}.{name}" for each in atom.names)),)

    def _of_module(self, atom: Mod, name: str, *_: int) -> Value:
        value = self.engine.names.value(atom.module, name)
        return value if value is not None else self.engine.names.member(atom.module.name, name, atom.module)

    def _of_offloaded(self, atom: Offloaded, name: str, line: int, column: int) -> Value:
        if name in {"sync", "__wrapped__"}:
            return atom.func
        aside = self.aside()
        return (self.atoms.make(Offloaded, aside.attribute(atom.func, name, line, column)),)

    def aside(self) -> Any:
        """A frame for what does not run here."""
        raise NotImplementedError

    def _of_instance(self, inst: Inst, name: str, line: int, column: int) -> Value:
        if (kept := inst.fields.get(name)) is not None:
            if not self.engine.classes.may_change(inst.cls, name):
                return kept
            return join(kept, self.engine.classes.stored(inst, name), UNKNOWN)  # somebody sets it on something
        member = self.engine.classes.member(inst.cls, name)
        if member is not None and member.bindings[-1][0] == "def":
            return self._of_method(inst, name, member, line, column)
        stored = self.engine.classes.stored(inst, name)
        declared = self._declared(inst, name, member) if member else ()
        value = _more_precise(stored, declared)
        if value:
            value = self._through_descriptor(value, inst, line, column) if member else value
            if inst.exact and not stored and not self.engine.classes.may_change(inst.cls, name):
                return value  # nobody ever sets it: it is what the class body says
            return join(value, UNKNOWN)  # it may not be set yet, or set to something else by now
        return self._beyond(inst, name, line, column)

    def _declared(self, inst: Inst, name: str, member: Member) -> Value:
        """What the class body says an attribute is."""
        known_so_far = self.engine.classes.declared
        key = (inst, member.cls, name)
        if (value := known_so_far.get(key)) is None:
            value = self._read_declaration(inst, member)
            if known(value):  # what is not known may just not be known yet
                known_so_far[key] = value
        return value

    def _read_declaration(self, inst: Inst, member: Member) -> Value:
        frame = self.engine.classes.frame(member.cls)
        frame.receiver = inst
        values = [self.engine.names.binding(binding, frame, member.cls) for binding in member.bindings]
        value = join(*values)
        if any(isinstance(atom, Const) for atom in value) and not inst.exact:
            return join(value, UNKNOWN)
        # What a dataclass or a model gives as a default, its constructor may replace.
        if self.engine.classes.is_data(member.cls) and not member.cls.external:
            return join(value, UNKNOWN)
        return value

    def _of_method(self, inst: Inst, name: str, member: Member, line: int, column: int) -> Value:
        function = member.function
        assert function is not None
        if member.cls.external:
            return self._of_external(inst, name, member, line, column)
        candidates = [member] if inst.exact else self.engine.classes.implementations(inst, name, member)
        values = [self._bind(inst, each, line, column) for each in candidates or [member]]
        return tuple(dict.fromkeys(atom for value in values for atom in value))

    def _bind(self, inst: Inst, member: Member, line: int, column: int) -> Value:
        function = member.function
        assert function is not None
        cls = member.cls
        receiver = inst
        if (not inst.exact and cls is not inst.cls and inst.cls in self.engine.classes.line(cls)) or (
            not inst.exact and self.engine.classes.is_protocol(inst.cls)
        ):
            receiver = self.atoms.inst(cls)
        return self.bind_method(function, receiver, line, column)

    def bind_method(self, function: Function, receiver: Atom, line: int, column: int) -> Value:
        """A method on what it is called on; a property is read."""
        names = function.decorator_names
        owner = function.owner
        env = owner.env if owner else None
        if "staticmethod" in names:
            return (self.atoms.func(function, None, env),)
        cls = receiver.cls if isinstance(receiver, Inst | Cls) else owner
        if ("classmethod" in names or function.facts.name == "__new__") and cls is not None:
            return (self.atoms.func(function, self.atoms.make(Cls, cls), env),)
        if any(name in _GETTERS for name in names):
            return self.call_value((self.atoms.func(function, receiver, env),), line, column)
        if any(name in {"setter", "deleter"} for name in names):
            return self._read_property(function, receiver, line, column)
        return self._decorated_method(function, receiver, env)

    def _read_property(self, function: Function, receiver: Atom, line: int, column: int) -> Value:
        """The getter of a property whose last definition is its setter."""
        owner = function.owner
        for method in owner.methods if owner else ():
            if method.facts.name == function.facts.name and any(name in _GETTERS for name in method.decorator_names):
                return self.call_value((self.atoms.func(method, receiver, owner.env if owner else None),), line, column)
        return UNKNOWN

    def _decorated_method(self, function: Function, receiver: Atom, env: Any) -> Value:
        if not function.facts.decorators:
            return (self.atoms.func(function, receiver, env),)
        frame = self.engine.frame(function.module)
        frame.env.parent = env
        frame.cls = function.owner
        value = frame.decorate((self.atoms.func(function, None, env),), function.facts.decorators)
        return tuple(self._bound(atom, receiver) for atom in value)

    def _bound(self, atom: Atom, receiver: Atom) -> Atom:
        if isinstance(atom, Func) and atom.bound is None:
            bound: Atom = self.atoms.make(Func, atom.function, receiver, atom.env, atom.manager)
            return bound
        if isinstance(atom, Offloaded):
            offloaded: Atom = self.atoms.make(Offloaded, tuple(self._bound(each, receiver) for each in atom.func))
            return offloaded
        return atom

    def _of_external(self, inst: Inst, name: str, member: Member, line: int, column: int) -> Value:
        function = member.function
        assert function is not None
        ext = self.external_name(inst, name, function)
        if any(each in _GETTERS for each in function.decorator_names):
            return self.call_value((ext,), line, column)
        return (ext,)

    def external_name(self, inst: Atom, name: str, function: Function | None) -> Ext:
        """A method of a library's class, under the name of that class and of its bases."""
        assert isinstance(inst, Inst | Cls)
        names = [f"{cls.qualified}.{name}" for cls in self.engine.classes.external(inst.cls)]
        return self.atoms.ext(*names, function=function, bound=inst)

    def _beyond(self, inst: Inst, name: str, line: int, column: int) -> Value:
        """An attribute that no class of the project has."""
        hook = self.engine.classes.member(inst.cls, "__getattr__")
        if hook is not None and hook.function is not None and not name.startswith("__"):
            func = self.atoms.func(hook.function, inst, hook.cls.env)
            if not hook.cls.external:
                return self.call_value((func,), line, column, (self.atoms.const(name),))
            return self.engine.types.result(func)
        if inst.cls.qualified == "starlette.datastructures.State":
            return self.engine.state_of(name)
        if inst.cls.qualified in APPLICATIONS and not name.startswith("__"):
            kept = self.engine.state_of(f"app.{name}")
            return kept if known(kept) else (self.external_name(inst, name, None),)
        if not inst.exact and (found := self._of_subclasses(inst, name, line, column)):
            return found
        if self.engine.classes.external(inst.cls):
            return (self.external_name(inst, name, None),)
        return UNKNOWN

    def _of_subclasses(self, inst: Inst, name: str, line: int, column: int) -> Value:
        """What only subclasses have: a mixin and an abstract base speak of attributes of others."""
        if inst.cls.external:
            return ()
        candidates = self.engine.classes.implementations(inst, name, None)
        values = [self._bind(inst, each, line, column) for each in candidates]
        if not values:
            subclasses = self.engine.classes.subclasses(inst.cls)[:8]
            values = [self.engine.classes.stored(self.atoms.inst(sub), name) for sub in subclasses]
        return tuple(dict.fromkeys(atom for value in values for atom in value))

    def _through_descriptor(self, value: Value, inst: Inst, line: int, column: int) -> Value:
        """What `__get__` makes of a class attribute."""
        result: list[Atom] = []
        for atom in value:
            getter = self.engine.classes.member(atom.cls, "__get__") if isinstance(atom, Inst) else None
            if getter and getter.function and isinstance(atom, Inst):
                if getter.cls.external:
                    result += self.engine.types.result(self.atoms.func(getter.function, atom, None))
                else:
                    func = self.atoms.func(getter.function, atom, getter.cls.env)
                    result += self.call_value((func,), line, column, ((inst,), self.class_value(inst.cls)))
            else:
                result += self._bound_class_attribute(atom, inst)
        return tuple(dict.fromkeys(result))

    def _bound_class_attribute(self, atom: Atom, inst: Inst) -> Value:
        """A function that the class body assigned to a name is a method; one that it was handed is not."""
        return (
            (self._bound(atom, inst),) if isinstance(atom, Func) and atom.function.facts.name != "<lambda>" else (atom,)
        )

    def _of_class(self, atom: Cls, name: str, *_: int) -> Value:
        member = self.engine.classes.member(atom.cls, name)
        if member is None:
            stored = self.engine.classes.stored(self.atoms.inst(atom.cls), name)
            if stored:
                return stored
            return (self.external_name(atom, name, None),) if self.engine.classes.external(atom.cls) else UNKNOWN
        function = member.function
        if function is not None:
            if member.cls.external:
                return (self.external_name(atom, name, function),)
            if "classmethod" in function.decorator_names:
                return (self.atoms.func(function, atom, member.cls.env),)
            if any(each in _GETTERS for each in function.decorator_names):
                return UNKNOWN
            value = self._decorated_method(function, atom, member.cls.env)
            return tuple(self._unbound(each) for each in value)
        frame = self.engine.classes.frame(member.cls)
        frame.receiver = atom
        value = join(*(self.engine.names.binding(binding, frame, member.cls) for binding in member.bindings))
        if member.bindings[-1][0] == "assign" and self.engine.classes.inherits(atom.cls, _ENUMERATIONS):
            fields = (ENUMERATED, self.atoms.const(name)), ("name", self.atoms.const(name)), ("value", value)
            return (self.atoms.inst(atom.cls, exact=True, fields=fields),)
        if not self.engine.classes.may_change(atom.cls, name):
            return value
        self.engine.run_writers(f"{member.cls.facts.name}.{name}")
        return join(value, self.engine.classes.stored(self.atoms.inst(atom.cls), name), UNKNOWN)

    def _unbound(self, atom: Atom) -> Atom:
        if isinstance(atom, Func):
            unbound: Atom = self.atoms.make(Func, atom.function, None, atom.env, atom.manager)
            return unbound
        return atom

    def _of_super(self, atom: Super, name: str, line: int, column: int) -> Value:
        instance = atom.instance
        assert isinstance(instance, Inst | Cls)
        member = self.engine.classes.member(instance.cls, name, after=atom.cls)
        if member is None:
            return (self.external_name(instance, name, None),) if self.engine.classes.external(atom.cls) else UNKNOWN
        if member.function is None:
            return UNKNOWN
        if member.cls.external:
            return (self.external_name(instance, name, member.function),)
        return self.bind_method(member.function, instance, line, column)

    def set_attribute(self, target: Value, name: str, value: Value, line: int, column: int) -> None:
        """Run what `target.name = value` runs."""
        for atom in target:
            if isinstance(atom, Inst) and not atom.cls.external:
                if self._set_by_class(atom, name, value, line, column):
                    continue
                if atom is not self.receiver and known(value):
                    self.engine.set_attribute(atom.cls, name, value)

    def _set_by_class(self, atom: Inst, name: str, value: Value, line: int, column: int) -> bool:
        """Run the setter of a property, or the `__set__` of a descriptor; whether there is one."""
        member = self.engine.classes.member(atom.cls, name)
        if member is None or member.cls.external:
            return False
        if member.function is not None:
            if "setter" in member.function.decorator_names:
                func = self.atoms.func(member.function, atom, member.cls.env)
                self.call_value((func,), line, column, (value,))
            return True
        found = False
        for descriptor in self._declared(atom, name, member):
            setter = self.engine.classes.member(descriptor.cls, "__set__") if isinstance(descriptor, Inst) else None
            if setter is not None and setter.function is not None and not setter.cls.external:
                func = self.atoms.func(setter.function, descriptor, setter.cls.env)
                self.call_value((func,), line, column, ((atom,), value))
                found = True
        return found

    def call_value(self, value: Value, line: int, column: int, args: tuple[Value, ...] = ()) -> Value:
        """Call something with positional arguments."""
        raise NotImplementedError

    _READABLE: ClassVar[dict[type[Atom], Callable[..., Value]]] = {
        Await: _of_await,
        Bag: _of_bag,
        Cls: _of_class,
        Const: _of_constant,
        Ext: _of_ext,
        Func: _of_function,
        Inst: _of_instance,
        Mod: _of_module,
        Offloaded: _of_offloaded,
        Partial: _of_partial,
        Super: _of_super,
    }


def _more_precise(stored: Value, declared: Value) -> Value:
    """What is assigned tells more than what is declared, unless nothing is known of it."""
    if not known(stored):
        return declared or stored
    if any(atom in UNKNOWN for atom in stored) and known(declared):
        return join(stored, declared)
    return stored
