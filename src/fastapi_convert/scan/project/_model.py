"""Modules, functions and classes of what is scanned, and of the stubs beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from fastapi_convert.scan.facts import ASYNC, GENERATOR, ClassFacts, FunctionFacts, ModuleFacts, Stmt, unpack_body

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.values import Env

__all__ = ("Binding", "Class", "Function", "Module", "bindings_of")

# What binds a name: a statement, or a part of one. The kinds are those of facts, with the single name taken out.
Binding = tuple[Any, ...]


class Module:
    """One file: its facts, and what its top level binds.

    Args:
        name: The dotted name under which its qualified names are shown.
        path: Relative to the root; empty for a stub.
        facts: What was lowered from it.
        stub: It describes a third-party module.
        package: The dotted name that relative imports start from.
    """

    def __init__(
        self,
        name: str,
        path: str,
        facts: ModuleFacts,
        *,
        stub: bool = False,
        package: bool = False,
        asked_for: bool = True,
    ) -> None:
        self.name = name
        self.path = path
        self.facts = facts
        self.stub = stub
        self.asked_for = asked_for
        self.package = name if package else name.rpartition(".")[0]
        self.functions = [Function(self, index) for index in range(len(facts.functions))]
        self.classes = [Class(self, index) for index in range(len(facts.classes))]
        parts = PurePosixPath(path).parts
        self.folder = ".".join(parts[:-1])  # as a dotted name: what relative imports mean, whatever the root is called
        self.is_test = any(part in {"tests", "test", "testing"} for part in parts[:-1]) or bool(
            parts and (parts[-1].startswith("test_") or parts[-1].endswith("_test.py") or parts[-1] == "conftest.py")
        )

    def __repr__(self) -> str:
        return f"<module {self.name}>"

    @cached_property
    def bindings(self) -> dict[str, list[Binding]]:
        """What binds each name of the module."""
        return bindings_of(self.facts.body)

    @cached_property
    def methods(self) -> dict[int, list[Function]]:
        """Its methods, by the index of their class."""
        methods: dict[int, list[Function]] = {}
        for function in self.functions:
            if function.facts.owner >= 0:
                methods.setdefault(function.facts.owner, []).append(function)
        return methods

    @cached_property
    def stars(self) -> list[tuple[int, str]]:
        """The modules of `from ... import *`, as (level, name)."""
        return [(s[1], s[2]) for s in _flat(self.facts.body) if s[0] == "from" and any(n == "*" for n, _ in s[3])]

    @cached_property
    def global_writers(self) -> dict[str, list[Function]]:
        """Functions that declare a name `global`."""
        writers: dict[str, list[Function]] = {}
        for function in self.functions:
            for name in function.facts.global_stores:
                writers.setdefault(name, []).append(function)
        return writers


class Function:
    """A function, method or lambda of a module."""

    def __init__(self, module: Module, index: int) -> None:
        self.module = module
        self.index = index
        self.facts: FunctionFacts = module.facts.functions[index]
        self.is_async = bool(self.facts.flags & ASYNC)
        self.is_generator = bool(self.facts.flags & GENERATOR)

    def __repr__(self) -> str:
        return f"<function {self.module.name}.{self.facts.qualname}>"

    @cached_property
    def body(self) -> tuple[Stmt, ...]:
        """Its statements, unpacked when first wanted."""
        return unpack_body(self.facts)

    @cached_property
    def owner(self) -> Class | None:
        """The class in whose body it stands."""
        return self.module.classes[self.facts.owner] if self.facts.owner >= 0 else None

    @cached_property
    def parent(self) -> Function | None:
        """The function that it is nested in; of a method, the one that its class is nested in."""
        index = self.owner.facts.parent if self.owner else self.facts.parent
        return self.module.functions[index] if index >= 0 else None

    @cached_property
    def decorator_names(self) -> tuple[str, ...]:
        """The last parts of its decorators' names: `property`, `get` of `@router.get(...)`."""
        return tuple(map(_last_name, self.facts.decorators))

    @cached_property
    def is_abstract(self) -> bool:
        """There is nothing in it: `...`, `pass`, or `raise NotImplementedError`."""
        if any(name.startswith("abstract") for name in self.decorator_names):
            return True
        body = self.body
        return not body or (len(body) == 1 and body[0][0] == "raise" and "NotImplemented" in repr(body[0]))

    @cached_property
    def never_returns(self) -> bool:
        """Its last statement raises and nothing in it returns, or it says so: `-> NoReturn`."""
        says = self.facts.returns
        if says is not None and says[0] in {"name", "attr"} and says[-1] in {"NoReturn", "Never"}:
            return True
        if self.is_generator or self.is_abstract or not self.body or self.body[-1][0] != "raise":
            return False
        return not any(statement[0] == "return" for statement in _flat(self.body))

    @cached_property
    def is_cached(self) -> bool:
        """Its one result is kept: `@lru_cache` on a function without parameters."""
        return not self.facts.params and any(name in {"lru_cache", "cache"} for name in self.decorator_names)

    @property
    def qualified(self) -> str:
        """The dotted name with its module."""
        return f"{self.module.name}.{self.facts.qualname}"


class Class:
    """A class of a module. What it inherits is found by the evaluation, which can read its bases."""

    def __init__(self, module: Module, index: int) -> None:
        self.module = module
        self.index = index
        self.facts: ClassFacts = module.facts.classes[index]
        self.env: Env | None = None  # of the function that it is nested in

    def __repr__(self) -> str:
        return f"<class {self.qualified}>"

    @property
    def external(self) -> bool:
        """It belongs to a library."""
        return self.module.stub

    @property
    def qualified(self) -> str:
        """The dotted name with its module."""
        return f"{self.module.name}.{self.facts.qualname}"

    @cached_property
    def members(self) -> dict[str, list[Binding]]:
        """What its body binds."""
        return bindings_of(self.facts.body)

    @cached_property
    def methods(self) -> list[Function]:
        """The functions of its body, overloads and all."""
        return self.module.methods.get(self.index, [])

    @cached_property
    def writers(self) -> dict[str, list[Function]]:
        """Methods that set an attribute on `self`, by attribute."""
        writers: dict[str, list[Function]] = {}
        for method in self.methods:
            for name in method.facts.self_stores:
                writers.setdefault(name, []).append(method)
        return writers

    @cached_property
    def decorator_names(self) -> tuple[str, ...]:
        """The last parts of its decorators' names."""
        return tuple(map(_last_name, self.facts.decorators))


def _last_name(expr: Any) -> str:
    while expr[0] == "call":
        expr = expr[3]
    return str(expr[4] if expr[0] == "attr" else expr[1] if expr[0] == "name" else "")


def _flat(body: Iterable[Stmt]) -> Iterator[Stmt]:
    """The statements that may run at this level, whatever conditions they stand under."""
    for statement in body:
        yield statement
        kind = statement[0]
        if kind in {"if", "while"}:
            yield from _flat((*statement[2], *statement[3]))
        elif kind == "for":
            yield from _flat((*statement[6], *statement[7]))
        elif kind == "with":
            yield from _flat(statement[3])
        elif kind == "try":
            handlers = [inner for handler in statement[2] for inner in handler[2]]
            yield from _flat((*statement[1], *handlers, *statement[3], *statement[4]))


def bindings_of(body: Iterable[Stmt]) -> dict[str, list[Binding]]:
    """Every name that a body binds, with what binds it, in order."""
    found: dict[str, list[Binding]] = {}
    for statement in _flat(body):
        if (bound_by := _BINDERS.get(statement[0])) is not None:
            for name, binding in bound_by(statement):
                found.setdefault(name, []).append(binding)
    return found


_Bound: TypeAlias = "Iterator[tuple[str, Binding]]"


def _by_definition(statement: Stmt) -> _Bound:
    yield statement[2], (statement[0], statement[1])


def _by_assignment(statement: Stmt) -> _Bound:
    for target in statement[1]:
        for name, path in _targets(target):
            yield name, ("assign", path, statement[2])


def _by_annotation(statement: Stmt) -> _Bound:
    if statement[1][0] == "name":
        yield statement[1][1], ("ann", statement[2], statement[3])


def _by_operator(statement: Stmt) -> _Bound:
    if statement[3][0] == "name":
        yield statement[3][1], ("assign", (), statement[5])


def _by_import(statement: Stmt) -> _Bound:
    for name, alias in statement[1]:
        yield alias or name.partition(".")[0], ("import", name, bool(alias))


def _by_import_from(statement: Stmt) -> _Bound:
    for name, alias in statement[3]:
        if name != "*":
            yield alias or name, ("from", statement[1], statement[2], name)


def _by_loop(statement: Stmt) -> _Bound:
    for name, path in _targets(statement[4]):
        yield name, ("item", path, statement[5])


def _by_with(statement: Stmt) -> _Bound:
    for context, target, *_ in statement[2]:
        for name, path in _targets(target) if target else ():
            yield name, ("entered", path, context)


_BINDERS: Final[dict[str, Callable[[Stmt], _Bound]]] = {
    "def": _by_definition,
    "class": _by_definition,
    "assign": _by_assignment,
    "ann": _by_annotation,
    "aug": _by_operator,
    "import": _by_import,
    "from": _by_import_from,
    "for": _by_loop,
    "with": _by_with,
}


def _targets(target: Any, path: tuple[int, ...] = ()) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The names in a target, each with the way to its part of the value."""
    if target[0] == "name":
        yield target[1], path
    elif target[0] in {"tuple", "list"}:
        for index, item in enumerate(target[-1]):
            yield from _targets(item, (*path, index))
    elif target[0] == "star":
        yield from _targets(target[1], path)
