"""What names stand for, by reading alone: aliases, imports, attributes, and what factories return."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, Final, TypeVar

from fastapi_convert.scan.evaluation.names import Names
from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Binding, Class, Function, Module, bindings_of

from ._things import UNKNOWN_TEXT, Imported, Literal, Made, Scope, Thing, argument, last_name
from ._walking import returned, stored

__all__ = ("Resolver",)

_T = TypeVar("_T")

_LITERALS: Final = frozenset({"const", "fstr", "bin", "tuple", "list", "set", "dict"})
_TRANSPARENT: Final = {"partial": (0, "func"), "cast": (1, "val")}  # calls that stand for one of their arguments
_DEEPEST: Final = 60  # names of names; no code that people read comes near it
_MOST_ITEMS: Final = 1000  # of a list of routers
_LONGEST_TEXT: Final = 200  # of a path; facts keep no longer strings either


class Resolver:
    """Follows names to what they stand for. Every name is followed once.

    Args:
        names: What knows which module an import means.
    """

    def __init__(self, names: Names) -> None:
        self._names = names
        self._found: dict[Hashable, Any] = {}
        self._made: dict[int, Made] = {}
        self._locals: dict[Function, dict[str, list[Binding]]] = {}
        self._depth = 0

    def things(self, expr: Expr, scope: Scope) -> tuple[Thing, ...]:
        """All that an expression may stand for; empty if that is not in the project."""
        return self._deeper(lambda: self._things(expr, scope), ())

    def _things(self, expr: Expr, scope: Scope) -> tuple[Thing, ...]:
        kind = expr[0]
        if kind == "name":
            return self._named(expr[1], scope)
        if kind == "attr":
            return _each(self.attribute(thing, expr[4]) for thing in self.things(expr[3], scope))
        if kind == "call":
            return self._called(expr, scope)
        if kind in _LITERALS:
            return (Literal(expr, scope),)
        if kind == "lambda":
            return (scope.module.functions[expr[1]],)
        parts = {"ifexp": expr[2:], "bool": expr[-1], "await": expr[1:], "walrus": expr[2:]}.get(kind, ())
        return _each(self.things(part, scope) for part in parts)

    def made(self, call: Expr, scope: Scope, cls: Class | None = None) -> Made:
        """What this call makes."""
        return self._made.setdefault(id(call), Made(call, scope, cls))

    def functions(self, expr: Expr, scope: Scope) -> Iterator[Function]:
        """The functions that are called when somebody calls this."""
        for thing in self.things(expr, scope):
            if isinstance(thing, Function):
                yield thing
            elif isinstance(thing, Made):
                yield from self.methods(thing, "__call__")

    def methods(self, thing: Thing, *names: str) -> Iterator[Function]:
        """The methods of these names that a class or instance has."""
        for name in names:
            yield from (found for found in self.attribute(thing, name) if isinstance(found, Function))

    def items(self, expr: Expr, scope: Scope) -> tuple[Literal, ...]:
        """The expressions in a list, tuple or set, wherever it is written."""
        found: list[Literal] = []
        for thing in self.things(expr, scope):
            if isinstance(thing, Literal):
                found += self._items(thing)
        return tuple(found[:_MOST_ITEMS])

    def _items(self, thing: Literal) -> tuple[Literal, ...]:
        expr, scope = thing
        if expr[0] in {"tuple", "list", "set"}:
            return tuple(Literal(item, scope) for item in expr[-1])
        if expr[0] != "bin" or expr[3] != "__add__":
            return ()
        return self._once(("items", id(expr)), lambda: (*self.items(expr[4], scope), *self.items(expr[5], scope)), ())

    def text(self, expr: Expr, scope: Scope) -> str:
        """A string; `...` for what is not constant in it."""
        literals = (thing for thing in self.things(expr, scope) if isinstance(thing, Literal))
        return next(map(self._text, literals), UNKNOWN_TEXT)

    def _text(self, thing: Literal) -> str:
        expr, scope = thing
        if expr[0] == "const" and isinstance(expr[1], str):
            return expr[1]
        if expr[0] != "bin" or expr[3] != "__add__":
            return UNKNOWN_TEXT
        both = self._once(
            ("text", id(expr)), lambda: self.text(expr[4], scope) + self.text(expr[5], scope), UNKNOWN_TEXT
        )
        return both[:_LONGEST_TEXT]

    def _once(self, key: Hashable, find: Callable[[], _T], nothing: _T) -> _T:
        """Find something the first time it is asked for; whoever asks while it is being found gets nothing."""
        if key not in self._found:
            self._found[key] = nothing
            self._found[key] = self._deeper(find, nothing)
        found: _T = self._found[key]
        return found

    def _deeper(self, find: Callable[[], _T], nothing: _T) -> _T:
        if self._depth > _DEEPEST:
            return nothing
        self._depth += 1
        try:
            return find()
        finally:
            self._depth -= 1

    def _named(self, name: str, scope: Scope) -> tuple[Thing, ...]:
        if scope.owner and name in scope.owner.members:
            # `session = Depends(session)` means the outer name, until it has bound its own.
            return _each((self.attribute(scope.owner, name), self._named(name, scope._replace(owner=None))))
        function = scope.function
        while function:
            if bindings := self._bindings(function).get(name):
                return self._local(function, name, bindings)
            if name in (names := [param[0] for param in function.facts.params]):
                return self._param(function, names.index(name))
            function = function.parent
        return self._global(scope.module, name)

    def _local(self, function: Function, name: str, bindings: list[Binding]) -> tuple[Thing, ...]:
        where = Scope(function.module, function)
        return self._once((function, name), lambda: self._bound(bindings, where), ())

    def _bindings(self, function: Function) -> dict[str, list[Binding]]:
        if function not in self._locals:
            self._locals[function] = bindings_of(function.body)
        return self._locals[function]

    def _param(self, function: Function, position: int) -> tuple[Thing, ...]:
        """Of a parameter no more is known than its class. `self` is its class too: both have the same attributes."""
        if function.owner and position == 0:
            return (function.owner,)
        annotation = function.facts.params[position][2]
        declared = self.things(annotation, definition_scope(function)) if annotation else ()
        return tuple(thing for thing in declared if isinstance(thing, Class))

    def _global(self, module: Module, name: str) -> tuple[Thing, ...]:
        if bindings := module.bindings.get(name):
            return self._once((module, name), lambda: self._bound(bindings, Scope(module)), ())
        return self._once((module, name), lambda: self._starred(module, name), ())

    def _starred(self, module: Module, name: str) -> tuple[Thing, ...]:
        sources = (self._names.absolute(module, level, source) for level, source in module.stars)
        return _each(self._member(source, name, module) for source in sources)

    def _bound(self, bindings: list[Binding], scope: Scope) -> tuple[Thing, ...]:
        return _each(self._binding(binding, scope) for binding in bindings)

    def _binding(self, binding: Binding, scope: Scope) -> tuple[Thing, ...]:
        kind, module = binding[0], scope.module
        if kind == "def":
            return (module.functions[binding[1]],)
        if kind == "class":
            return (module.classes[binding[1]],)
        if kind == "import":
            return (Imported(binding[1] if binding[2] else binding[1].partition(".")[0], module),)
        if kind == "from":
            return self._member(self._names.absolute(module, binding[1], binding[2]), binding[3], module)
        if kind == "item":
            return _each(self._inside(item.expr, binding[1], item.scope) for item in self.items(binding[2], scope))
        value = binding[2]
        return self._inside(value, () if kind == "ann" else binding[1], scope) if value else ()

    def _inside(self, expr: Expr, path: tuple[int, ...], scope: Scope) -> tuple[Thing, ...]:
        """The part of a tuple that a name of `a, b = ...` gets."""
        if not path:
            return self.things(expr, scope)
        parts = self.items(expr, scope)
        return self._inside(parts[path[0]].expr, path[1:], parts[path[0]].scope) if path[0] < len(parts) else ()

    def _member(self, dotted: str, name: str, importer: Module) -> tuple[Thing, ...]:
        """What `from dotted import name` gives."""
        found = self._names.module(dotted, importer)
        if found is not None and found.stub:
            return ()
        if found is not None and (things := self._global(found, name)):
            return things
        return (Imported(f"{dotted}.{name}", importer),)

    def attribute(self, thing: Thing, name: str) -> tuple[Thing, ...]:
        """An attribute of a module, a class or an instance."""
        if isinstance(thing, Imported):
            return self._member(thing.name, name, thing.importer)
        cls = thing.cls if isinstance(thing, Made) else thing if isinstance(thing, Class) else None
        if cls is not None:
            return self._once((cls, name), lambda: self._of_class(cls, name), ())
        if isinstance(thing, Made) and name == "router":
            return (thing,)
        return (thing,) if isinstance(thing, Literal) and name == "value" else ()

    def _of_class(self, cls: Class, name: str) -> tuple[Thing, ...]:
        where = class_scope(cls)
        if name in cls.members:
            return self._bound(cls.members[name], where._replace(owner=cls))
        writers = [(writer, value) for writer in cls.writers.get(name, ()) for value in stored(writer, name)]
        if writers:
            return _each(self.things(value, Scope(cls.module, writer)) for writer, value in writers)
        bases = _each(self.things(base, where) for base in cls.facts.bases)
        return _each(self.attribute(base, name) for base in bases if isinstance(base, Class))

    def _called(self, call: Expr, scope: Scope) -> tuple[Thing, ...]:
        if wrapped := argument(call, *_TRANSPARENT.get(last_name(call[3]), (-1, ""))):
            return self.things(wrapped, scope)
        things = self.things(call[3], scope)
        if any(isinstance(thing, Function) for thing in things):
            return _each(self._result(thing) for thing in things if isinstance(thing, Function))
        cls = next((thing for thing in things if isinstance(thing, Class)), None)
        return (self.made(call, scope, cls),)

    def _result(self, function: Function) -> tuple[Thing, ...]:
        where = Scope(function.module, function)
        return self._once(function, lambda: _each(self.things(value, where) for value in returned(function)), ())


def class_scope(cls: Class) -> Scope:
    """Where a class is defined."""
    parent = cls.facts.parent
    return Scope(cls.module, cls.module.functions[parent] if parent >= 0 else None)


def definition_scope(function: Function) -> Scope:
    """Where a function is defined: its decorators, defaults and annotations are read there."""
    return Scope(function.module, function.parent, function.owner)


def _each(found: Iterable[tuple[Thing, ...]]) -> tuple[Thing, ...]:
    """All of them, each once."""
    return tuple(dict.fromkeys(thing for things in found for thing in things))
