"""Classes: what they inherit, who inherits from them, and what an attribute of an instance may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastapi_convert.scan.facts import CONSTRUCTORS
from fastapi_convert.scan.project import Binding, Class, Function

from .values import UNKNOWN, Atom, Cls, Const, Ext, Inst, Value, join

if TYPE_CHECKING:
    from .engine import Engine
    from .frame import Frame

__all__ = ("Classes", "Member")

_DATA_BASES = frozenset({"BaseModel", "SQLModel", "BaseSettings", "NamedTuple", "Struct", "TypedDict", "RootModel"})
_DATA_DECORATORS = frozenset({"dataclass", "define", "frozen", "attrs", "s", "mutable"})


class Member(NamedTuple):
    """What a class binds to a name."""

    cls: Class
    bindings: list[Binding]

    @property
    def function(self) -> Function | None:
        """The method, if that is what it is; of overloads the last."""
        last = self.bindings[-1]
        return self.cls.module.functions[last[1]] if last[0] == "def" else None


class Classes:
    """Answers questions about classes.

    Args:
        engine: What evaluates their bases.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._bases: dict[Class, list[tuple[Class, Value]]] = {}
        self._lines: dict[Class, tuple[Class, ...]] = {}
        self._subclasses: dict[Class, list[Class]] | None = None
        self.declared: dict[tuple[Inst, Class, str], Value] = {}  # what class bodies say of attributes
        self._changing: dict[tuple[Class, str], bool] = {}
        self._stores: dict[tuple[object, ...], Value] = {}
        self._storing: set[tuple[Class, str]] = set()

    def forget(self) -> None:
        """Find out anew what methods set attributes to."""
        self.declared.clear()
        self._stores.clear()

    def frame(self, cls: Class) -> Frame:
        """A frame in whose scope the body of the class is read."""
        frame = self._engine.frame(cls.module)
        frame.env.parent = cls.env
        frame.cls = cls
        return frame

    def bases(self, cls: Class) -> list[tuple[Class, Value]]:
        """The classes in the class statement, each with its type arguments."""
        if cls not in self._bases:
            self._bases[cls] = []  # while it is found: a class that inherits from itself is nobody's base
            frame = self._engine.frame(cls.module)
            frame.env.parent = cls.env
            found: list[tuple[Class, Value]] = []
            for base in cls.facts.bases:
                arguments: Value = ()
                if base[0] == "sub":
                    arguments = self._engine.types.of(base[4], frame)
                    base = base[3]  # noqa: PLW2901 -- the class without its arguments
                found += [(each, arguments) for each in self.named(frame.ev(base))]
            self._bases[cls] = found
        return self._bases[cls]

    def named(self, value: Value) -> list[Class]:
        """The classes that a value may be, those of libraries included."""
        found = [atom.cls for atom in value if isinstance(atom, Cls)]
        return found + [self._engine.project.stubs.unknown_class(a.names[0]) for a in value if isinstance(a, Ext)]

    def line(self, cls: Class) -> tuple[Class, ...]:
        """The class and all that it inherits, in the order of lookup: depth first, the last occurrence counts."""
        if cls not in self._lines:
            self._lines[cls] = (cls,)
            found = [cls]
            for base, _ in self.bases(cls):
                found += [each for each in self.line(base) if each is not cls]
            later = list(dict.fromkeys(reversed(found[1:])))
            self._lines[cls] = (cls, *reversed(later))
        return self._lines[cls]

    def member(self, cls: Class, name: str, *, after: Class | None = None) -> Member | None:
        """What the class, or the first of its bases that has it, binds to a name."""
        line = self.line(cls)
        start = line.index(after) + 1 if after in line else 0
        for each in line[start:]:
            if name in each.members:
                return Member(each, each.members[name])
        return None

    def external(self, cls: Class) -> list[Class]:
        """The library classes that it is or inherits from."""
        return [each for each in self.line(cls) if each.external]

    def inherits(self, cls: Class, names: frozenset[str]) -> bool:
        """Whether a class with one of these last names is among its bases."""
        return any(each.facts.name in names for each in self.line(cls))

    def is_data(self, cls: Class) -> bool:
        """Whether its constructor is made from its annotations."""
        return self.inherits(cls, _DATA_BASES) or any(
            name in _DATA_DECORATORS for each in self.line(cls) for name in each.decorator_names
        )

    def is_protocol(self, cls: Class) -> bool:
        """Whether it only describes what others have."""
        return any(base.facts.name == "Protocol" for base, _ in self.bases(cls))

    def subclasses(self, cls: Class) -> list[Class]:
        """All classes of the project that inherit from it; tests, which replace things on purpose, left out."""
        if self._subclasses is None:
            self._subclasses = {}
            for each in self._engine.project.classes:
                if not each.module.is_test:
                    for base in self.line(each)[1:]:
                        self._subclasses.setdefault(base, []).append(each)
        return self._subclasses.get(cls, [])

    def implementations(self, inst: Inst, name: str, member: Member | None) -> list[Member]:
        """Every method that a call on an instance of this type may mean."""
        own = member.function if member else None
        candidates: dict[Function, Member] = {}
        if member and own and not (own.is_abstract and not own.module.stub) and not self.is_protocol(member.cls):
            candidates[own] = member
        for sub in self._implementers(inst.cls, name):
            found = self.member(sub, name)
            if found and (function := found.function) and not function.is_abstract and not function.module.stub:
                candidates.setdefault(function, Member(sub, found.bindings) if found.cls is sub else found)
        return list(candidates.values())

    def _implementers(self, cls: Class, name: str) -> list[Class]:
        found = self.subclasses(cls)
        if not found and self.is_protocol(cls):
            wanted = {
                each: kind
                for each, bindings in cls.members.items()
                if not each.startswith("__") and (kind := _kind(Member(cls, bindings)))
            }
            if name in wanted:
                found = [
                    each
                    for each in self._engine.project.classes
                    if each is not cls and not each.module.is_test and not self.is_protocol(each)
                    if all(_kind(self.member(each, method)) == kind for method, kind in wanted.items())
                ]
        return found

    def receiver(self, owner: Class, function: Function) -> Atom:
        """What a method's first argument is when nothing else is known: an instance, or the class."""
        names = function.decorator_names
        as_class = "classmethod" in names or function.facts.name in {"__new__", "__init_subclass__"}
        as_class = as_class or any(name in {"validator", "field_validator", "root_validator"} for name in names)
        atoms = self._engine.atoms
        atom: Atom = atoms.make(Cls, owner) if as_class else atoms.inst(owner)
        return atom

    def may_change(self, cls: Class, name: str) -> bool:
        """Whether somebody sets this attribute after construction: a method of the class, or anybody on anything."""
        if name in self._engine.project.stored_attributes:
            return True
        key = (cls, name)
        if key not in self._changing:
            family = (*self.line(cls), *self.subclasses(cls))
            writers = (method for each in family for method in each.writers.get(name, ()))
            self._changing[key] = any(method.facts.name not in CONSTRUCTORS for method in writers)
        return self._changing[key]

    def stored(self, inst: Inst, name: str) -> Value:
        """What methods of the class and its bases, and others, set this attribute to."""
        values = [self._engine.attributes.get((each, name), ()) for each in self.line(inst.cls)]
        values += [self._stored_by(each, name, inst) for each in self.line(inst.cls) if name in each.writers]
        values += self._handed_up(inst, name)
        return join(*values) if values else ()

    def _handed_up(self, inst: Inst, name: str) -> list[Value]:
        """What the class's own `__init__` hands to that of a base, which sets the attribute."""
        init = self.member(inst.cls, "__init__")
        if init is None or init.function is None or init.cls.external or name in init.cls.writers:
            return []
        bases = self.line(init.cls)[1:]
        if any(method.facts.name == "__init__" for base in bases for method in base.writers.get(name, ())):
            return [self._once((init.cls, name), inst, [init.function])]
        return []

    def _stored_by(self, cls: Class, name: str, inst: Inst) -> Value:
        return self._once((cls, name), inst, cls.writers[name])

    def _once(self, what: tuple[Class, str], inst: Inst, methods: list[Function]) -> Value:
        key = (inst.cls, *what, _type_arguments(inst))
        if key in self._stores:
            return self._stores[key]
        if what in self._storing:
            return ()
        self._storing.add(what)
        try:
            value = join(*(self._left_by(method, what[1], inst) for method in methods))
        finally:
            self._storing.discard(what)
        if not self._storing:
            self._stores[key] = value
        return value

    def _left_by(self, method: Function, name: str, inst: Inst) -> Value:
        engine = self._engine
        receiver = engine.atoms.inst(inst.cls, fields=_type_arguments(inst))
        func = engine.atoms.func(method, receiver, engine.scope_of(method))
        if engine.names.running(method):
            return ()
        summary = engine.evaluate(func, engine.types.generic_arguments(func))
        value = summary.fields.get(name, ())
        # A constant set in one place is a starting value as a rule: what matters is what else it may be.
        return tuple(atom for atom in value if not isinstance(atom, Const)) or (UNKNOWN if value else ())


def _kind(member: Member | None) -> tuple[bool, bool] | None:
    """Whether a method is async, and whether it is a property; `None` if it is no method."""
    function = member.function if member else None
    return (function.is_async, "property" in function.decorator_names) if function else None


def _type_arguments(inst: Inst) -> tuple[tuple[str, Value], ...]:
    return tuple((name, value) for name, value in inst.fields.items() if name[0] == "[")
