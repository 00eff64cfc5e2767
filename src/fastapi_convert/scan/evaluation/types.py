"""Annotations as values: what a parameter, an attribute or a result may be, as its author says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Binding, Class, Function, Module

from .values import (
    NONE,
    UNKNOWN,
    Atom,
    Await,
    Cls,
    Const,
    Entered,
    Ext,
    Func,
    Inst,
    Mod,
    Returns,
    Tuple,
    Value,
    join,
    known,
)

if TYPE_CHECKING:
    from .arguments import Arguments
    from .engine import Engine
    from .frame import Frame

__all__ = ("Types",)

_LISTS: Final = frozenset(
    {
        *(
            "list",
            "List",
            "Sequence",
            "MutableSequence",
            "Iterable",
            "Iterator",
            "Collection",
            "Generator",
            "Reversible",
        ),
        *("set", "Set", "AbstractSet", "frozenset", "FrozenSet", "deque", "KeysView", "ValuesView"),
        *("AsyncIterator", "AsyncIterable", "AsyncGenerator"),
    }
)
_DICTS: Final = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "ItemsView"}
)
_AWAITED: Final = frozenset({"Awaitable", "Coroutine", "Task", "Future"})
_MANAGERS: Final = frozenset(
    {"ContextManager", "AbstractContextManager", "AsyncContextManager", "AbstractAsyncContextManager"}
)
_GENERIC: Final = _LISTS | _DICTS | _AWAITED
_TYPING: Final = frozenset({"builtins", "typing", "typing_extensions", "collections", "collections.abc", "asyncio"})
_MOST_REEXPORTS: Final = 8
_SAME: Final = frozenset({"Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar", "Mapped", "Unpack"})


class Types:
    """Reads annotations.

    Args:
        engine: What evaluates the names in them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reading: set[tuple[Module, str]] = set()
        self._declared: dict[tuple[Func, int], Value] = {}
        self._results: dict[Func, Value] = {}

    def forget(self) -> None:
        """Ask dependencies anew."""
        self._declared.clear()
        self._results.clear()

    def of(self, expr: Expr | None, frame: Frame) -> Value:
        """The instances that an annotation describes."""
        if expr is None:
            return UNKNOWN
        kind = expr[0]
        if kind == "const":
            return NONE if expr[1] is None else UNKNOWN
        if kind == "name":
            return self._named(expr[1], frame)
        if kind == "attr":
            return self._dotted(expr, frame)
        if kind == "sub":
            return self._generic(expr, frame)
        if kind == "bin":
            return join(self.of(expr[4], frame), self.of(expr[5], frame))
        if kind == "tuple":
            return tuple(dict.fromkeys(atom for item in expr[1] for atom in self.of(item, frame)))
        return UNKNOWN

    def _named(self, name: str, frame: Frame) -> Value:
        if (name in _LISTS or name in _DICTS) and not self._is_ours(frame.load(name)):
            return self._engine.atoms.many("dict" if name in _DICTS else "list", UNKNOWN)
        if name == "Self" and frame.receiver is not None:
            return (self.instance_of(frame.receiver),)
        local = frame.local(name)
        if local is not None:
            return self._instances(local, frame)
        return self._global(frame.env.module, name, frame)

    def _global(self, module: Module, name: str, frame: Frame) -> Value:
        """An alias is read where it was written; everything else is a class, or nothing that we know."""
        bindings = module.bindings.get(name)
        key = (module, name)
        if bindings and key not in self._reading:
            self._reading.add(key)
            try:
                if (found := self._elsewhere(bindings[-1], module, frame)) is not None:
                    return found
            finally:
                self._reading.discard(key)
        value = self._engine.names.value(module, name)
        return self._instances(value, frame) if value is not None else UNKNOWN

    def _elsewhere(self, binding: Binding, module: Module, frame: Frame) -> Value | None:
        """What a name means by its alias, or in the module that it is imported from."""
        if binding[0] == "assign" and not binding[1]:
            return self._alias(binding[2], module, frame)
        if binding[0] == "from":
            names = self._engine.names
            source = names.module(names.absolute(module, binding[1], binding[2]), module)
            if source is not None and binding[3] in source.bindings:
                return self._global(source, binding[3], frame)
        return None

    def _alias(self, expr: Expr, module: Module, frame: Frame) -> Value:
        if expr[0] == "call":
            return self._called(expr, frame)
        if expr[0] not in {"name", "attr", "sub", "bin"}:
            return UNKNOWN
        there = self._engine.frame(module)
        there.receiver = frame.receiver
        return self.of(expr, there)

    def _called(self, expr: Expr, frame: Frame) -> Value:
        """`T = TypeVar("T", bound=X)` and `UserId = NewType("UserId", X)`."""
        name = expr[3][4] if expr[3][0] == "attr" else expr[3][1]
        if name == "TypeVar" and expr[4] and expr[4][0][0] == "const":
            return self._variable(expr[4][0][1], dict(expr[5]).get("bound"), frame)
        if name == "NewType" and len(expr[4]) == 2:
            return self.of(expr[4][1], frame)
        return self._instances(frame.ev(expr), frame)

    def _variable(self, name: str, bound: Expr | None, frame: Frame) -> Value:
        """A type variable: what the arguments or the class of `self` fill in for it, else its bound."""
        if name in frame.solved:
            return frame.solved[name]
        receiver = frame.receiver
        if isinstance(receiver, Inst) and f"[{name}]" in receiver.fields:
            return receiver.fields[f"[{name}]"]
        if isinstance(receiver, Inst | Cls):
            filled = self._filled(receiver.cls, name, set())
            if known(filled):
                return filled
        return self.of(bound, frame) if bound else UNKNOWN

    def _filled(self, cls: Class, name: str, seen: set[Class]) -> Value:
        if cls in seen:
            return ()
        seen.add(cls)
        for base, arguments in self._engine.classes.bases(cls):
            params = self.parameters(base)
            if arguments and name in params:
                position = params.index(name)
                if position < len(arguments):
                    return (arguments[position],)
            if found := self._filled(base, name, seen):
                return found
        return ()

    @staticmethod
    def parameters(owner: Class) -> tuple[str, ...]:
        """The names of a class's type parameters, in order."""
        if owner.facts.type_params:
            return owner.facts.type_params
        for base in owner.facts.bases:
            if base[0] == "sub":
                items = base[4][1] if base[4][0] == "tuple" else (base[4],)
                return tuple(item[1] for item in items if item and item[0] == "name")
        return ()

    def _dotted(self, expr: Expr, frame: Frame) -> Value:
        owner = frame.ev(expr[3])
        if len(owner) == 1 and isinstance(owner[0], Mod):
            return self._global(owner[0].module, expr[4], frame)
        return self._instances(frame.ev(expr), frame)

    def _instances(self, value: Value, frame: Frame) -> Value:
        found: list[Atom] = []
        for atom in value:
            if isinstance(atom, Cls):
                found.append(self._engine.atoms.inst(atom.cls))
            elif isinstance(atom, Ext) and atom.function is None:
                found += self._instance_of_unknown(atom.names[0], frame)
            elif isinstance(atom, Inst) and atom.cls.external:
                found.append(atom)
        return tuple(dict.fromkeys(found)) or UNKNOWN

    def _instance_of_unknown(self, name: str, frame: Frame) -> Value:
        last = name.rpartition(".")[2]
        if last in {"Any", "object", "Optional", "Callable"} or not last[:1].isupper():
            return ()
        if last == "Self" and frame.receiver is not None:
            return (self.instance_of(frame.receiver),)
        return (self._engine.atoms.inst(self._engine.project.stubs.unknown_class(name)),)

    def instance_of(self, receiver: Atom) -> Atom:
        """What `Self` means for this `self` or `cls`."""
        return self._engine.atoms.inst(receiver.cls) if isinstance(receiver, Cls) else receiver

    def _generic(self, expr: Expr, frame: Frame) -> Value:
        owner, index = expr[3], expr[4]
        name = owner[4] if owner[0] == "attr" else owner[1] if owner[0] == "name" else ""
        items = index[1] if index[0] == "tuple" else (index,)
        if name == "Annotated":
            return self._annotated(items, frame)
        if name in {"Optional", "Union"}:
            values = [self.of(item, frame) for item in items]
            return join(*values, NONE) if name == "Optional" else join(*values)
        if name == "Literal":
            return join(*(frame.ev(item) for item in items)) or UNKNOWN
        if name in {"type", "Type"}:
            return self._classes(self.of(items[0], frame))
        if name in _SAME:
            return self.of(items[0], frame)
        if name in _GENERIC and self._is_ours(frame.ev(owner)):
            return self._filled_in(self.of(owner, frame), items, frame)
        return self._container(name, items, frame) or self._filled_in(self.of(owner, frame), items, frame)

    @staticmethod
    def _is_ours(value: Value) -> bool:
        """Whether a name such as Collection or Future is not the one of typing: pymongo has a Collection, too."""
        return any(isinstance(atom, Cls) and atom.cls.module.name not in _TYPING for atom in value)

    def _filled_in(self, value: Value, items: tuple[Expr, ...], frame: Frame) -> Value:
        """`Repo[User]`: an instance that knows its type arguments, under names that no attribute has."""
        result: list[Atom] = []
        for atom in value:
            if isinstance(atom, Inst) and not atom.cls.external and (params := self.parameters(atom.cls)):
                pairs = zip(params, items, strict=False)
                arguments = tuple((f"[{param}]", self.of(item, frame)) for param, item in pairs)
                result.append(self._engine.atoms.inst(atom.cls, exact=atom.exact, fields=arguments))
            else:
                result.append(atom)
        return tuple(result)

    def _container(self, name: str, items: tuple[Expr, ...], frame: Frame) -> Value:
        atoms = self._engine.atoms
        if name in _LISTS:
            return atoms.many("list", self.of(items[0], frame))
        if name in _DICTS:
            return atoms.many("dict", self.of(items[-1], frame))
        if name in {"tuple", "Tuple"}:
            if len(items) == 2 and items[1][0] == "literal":
                return atoms.many("list", self.of(items[0], frame))
            return (atoms.make(Tuple, tuple(self.of(item, frame) for item in items)),)
        if name in _AWAITED:
            return (atoms.make(Await, self.of(items[-1], frame)),)
        if name in _MANAGERS:
            return (atoms.make(Entered, self.of(items[0], frame), None),)
        if name == "ContextVar":
            return atoms.many("variable", self.of(items[0], frame))
        if name == "Callable":
            return (atoms.make(Returns, self.of(items[-1], frame)),)
        return ()

    def _classes(self, value: Value) -> Value:
        return tuple(self._engine.atoms.make(Cls, a.cls) for a in value if isinstance(a, Inst)) or UNKNOWN

    def _annotated(self, items: tuple[Any, ...], frame: Frame) -> Value:
        declared = self.of(items[0], frame)
        for item in items[1:]:
            given = self.dependency(item, declared, frame)
            if given is not None:
                return _more_telling(given, declared)
        return declared

    def dependency(self, expr: Expr | None, declared: Value, frame: Frame) -> Value | None:
        """What `Depends(...)` gives; `None` if that is not what the expression is."""
        if expr is not None and expr[0] == "name":
            expr, frame = self._written(expr[1], frame)
        if expr is None or expr[0] != "call":
            return None
        func = expr[3]
        name = func[4] if func[0] == "attr" else func[1] if func[0] == "name" else ""
        if name not in {"Depends", "Security", "Provide", "inject"}:
            return None
        arguments = expr[4] or tuple(value for key, value in expr[5] if key == "dependency")
        if not arguments:
            return declared
        return self._given(self._before(arguments[0], frame) or frame.ev(arguments[0]), frame)

    def _written(self, name: str, frame: Frame) -> tuple[Expr | None, Frame]:
        """What a global name was assigned, and a frame of its module: `UserDep = Depends(user)`."""
        module, names = frame.env.module, self._engine.names
        for _ in range(_MOST_REEXPORTS):
            binding = (module.bindings.get(name) or [("", (), None)])[-1]
            if binding[0] == "assign" and not binding[1]:
                return binding[2], self._engine.frame(module)
            source = binding[0] == "from" and names.module(names.absolute(module, binding[1], binding[2]), module)
            if not source:
                break
            module, name = source, binding[3]
        return None, frame

    def _before(self, expr: Expr, frame: Frame) -> Value:
        """The earlier function of its own name that a default means: `def db(db=Depends(db))`."""
        function = frame.signature_of
        if function is None or expr != ("name", function.facts.name):
            return ()
        same = [b[1] for b in function.module.bindings.get(function.facts.name, ()) if b[0] == "def"]
        earlier = [index for index in same if index < function.index]
        return (self._engine.atoms.func(function.module.functions[earlier[-1]]),) if earlier else ()

    def _given(self, value: Value, frame: Frame) -> Value:
        """What FastAPI hands over when it has called a dependency; the call itself runs in the thread pool."""
        aside = frame.aside()
        result: Value = aside.awaited(aside.call_value(value, 0, 0), through_generators=True)
        return result

    def declared(self, func: Func, index: int, frame: Frame) -> Value:
        """What a parameter says of itself."""
        key = (func, index)
        if (value := self._declared.get(key)) is None:
            value = self._read_declaration(func, index, frame)
            if known(value):  # what is not known may just not be known yet
                self._declared[key] = value
        return value

    def _read_declaration(self, func: Func, index: int, frame: Frame) -> Value:
        _, kind, annotation, default = func.function.facts.params[index]
        value = self.of(annotation, frame)
        if kind == 2:
            return self._engine.atoms.many("list", value)
        if kind == 4:
            return self._engine.atoms.many("dict", value)
        given = self.dependency(default, value, frame)
        if given is not None:
            return _more_telling(given, value)
        if default is not None and not known(value):
            found = frame.ev(default)
            return join(found, UNKNOWN)
        return value

    def generic_arguments(self, func: Func) -> tuple[Value, ...]:
        """Arguments of which only that is known which the function says itself."""
        frame = self.frame_of(func)
        values = [self.declared(func, index, frame) for index in range(len(func.function.facts.params))]
        if func.bound is not None and values:
            values[0] = (func.bound,)
        return tuple(values)

    def frame_of(self, func: Func) -> Frame:
        """The frame in which a function's signature is read."""
        frame = self._engine.frame(func.function.module)
        frame.env.parent = func.env
        owner = func.function.owner
        frame.receiver = func.bound if func.bound is not None else (self._engine.atoms.inst(owner) if owner else None)
        frame.cls, frame.signature_of = owner, func.function
        return frame

    def result(self, func: Func, given: Arguments | None = None) -> Value:
        """What a function says it returns; a type variable is what the arguments say it is."""
        solved = self.solved(func.function, given, bound=func.bound is not None) if given is not None else {}
        if not solved and (value := self._results.get(func)) is not None:
            return value
        frame = self.frame_of(func)
        frame.solved = solved
        value = self.of(func.function.facts.returns, frame)
        if not solved and known(value):
            self._results[func] = value
        return value

    def solved(self, function: Function, given: Arguments, *, bound: bool) -> dict[str, Value]:
        """Type variables of a signature: `T` of a parameter `x: T` or `x: type[T]`, filled in from the argument."""
        found: dict[str, Value] = {}
        for index, (name, kind, annotation, _) in enumerate(function.facts.params):
            value = given.get(name, index - bound if kind < 2 and index >= bound else None)
            if annotation is None or value is None or not known(value):
                continue
            if annotation[0] == "sub" and annotation[3][-1] in {"type", "Type"} and annotation[4][0] == "name":
                instances = tuple(self._engine.atoms.inst(atom.cls) for atom in value if isinstance(atom, Cls))
                if instances:
                    found.setdefault(annotation[4][1], instances)
            elif annotation[0] == "name" and not any(isinstance(atom, Const) for atom in value):
                found.setdefault(annotation[1], value)
        return found


def _more_telling(given: Value, declared: Value) -> Value:
    """What a dependency gives tells more than what is declared, unless it is something that we know nothing about."""
    vague = all(isinstance(a, Ext) or (isinstance(a, Inst) and a.cls.external and not a.cls.members) for a in given)
    return declared if not known(given) or (vague and known(declared)) else given
