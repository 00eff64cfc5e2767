"""The shapes of facts, and how they are unpacked.

An expression or statement is a tuple whose first item is its kind:

    ("name", id) ("const", value) ("attr", line, column, value, name) ("call", line, column, func, args, keywords)
    ("sub", line, column, value, index) ("bool", is_and, values) ("not", value) ("unary", line, column, dunder, value)
    ("bin", line, column, dunder, left, right) ("cmp", line, column, operators, left, rights)
    ("ifexp", test, body, orelse) ("lambda", index) ("tuple", items) ("list" | "set", line, column, items)
    ("dict", line, column, keys, values) ("comp", kind, line, column, generators, element, value) ("await", value)
    ("yield", value) ("yieldfrom", line, column, value) ("fstr", line, column, values) ("genexp", index, iterable)
    ("walrus", name, value) ("star", value) ("literal", type)

    ("expr", value) ("assign", targets, value) ("aug", line, column, target, dunder, value)
    ("ann", target, annotation, value) ("return", value) ("raise", exception, cause) ("if", test, body, orelse)
    ("while", test, body, orelse) ("for", is_async, line, column, target, iter, body, orelse)
    ("with", is_async, items, body) ("try", body, handlers, orelse, final) ("match", subject, cases)
    ("def", index, name) ("class", index, name) ("import", names) ("from", level, module, names) ("global", names)
    ("del", targets)
    ("assert", test, message) ("break",) ("continue",)

Every statement ends with its line and column, beside those listed. Lines and columns are 1-based, columns count
characters. What may be missing is None.
"""

from __future__ import annotations

import marshal
from typing import Any, Final, NamedTuple, TypeAlias

from fastapi_convert.scan._comments import Comment

__all__ = (
    "ASYNC",
    "GENERATOR",
    "ClassFacts",
    "Expr",
    "FunctionFacts",
    "ModuleFacts",
    "Param",
    "Stmt",
    "unpack",
    "unpack_body",
)

# Recursive tuples are beyond what a type checker can follow at this speed of unpacking; the kinds are listed above.
Expr: TypeAlias = tuple[Any, ...]
Stmt: TypeAlias = tuple[Any, ...]

ASYNC: Final = 1
GENERATOR: Final = 2


class Param(NamedTuple):
    """A parameter.

    Attributes:
        name: Its name.
        kind: 0 positional-only, 1 plain, 2 `*args`, 3 keyword-only, 4 `**kwargs`.
        annotation: Its annotation, strings already read.
        default: Its default.
    """

    name: str
    kind: int
    annotation: Expr | None
    default: Expr | None


class FunctionFacts(NamedTuple):
    """A function, a method or a lambda.

    Attributes:
        name: As written; `<lambda>`.
        qualname: As Python's `__qualname__`.
        line: Of its `def` or `async def`.
        flags: `ASYNC`, `GENERATOR`.
        owner: Index of the class whose body it stands in, or -1.
        parent: Index of the function that it is nested in, or -1.
        decorators: The nearest to the `def` last.
        params: As tuples; see `Param`.
        returns: The annotation of the result.
        body: Packed statements; see `unpack_body`.
        self_stores: Attributes that it sets on its first parameter.
        global_stores: Names that it declares `global`.
    """

    name: str
    qualname: str
    line: int
    flags: int
    owner: int
    parent: int
    decorators: tuple[Expr, ...]
    params: tuple[Param, ...]
    returns: Expr | None
    body: bytes
    self_stores: tuple[str, ...]
    global_stores: tuple[str, ...]


class ClassFacts(NamedTuple):
    """A class.

    Attributes:
        name: As written.
        qualname: As Python's `__qualname__`.
        line: Of its `class`.
        parent: Index of the function that it is nested in, or -1.
        bases: Expressions.
        keywords: `metaclass=` and the like, as (name, expression).
        decorators: The nearest to the `class` last.
        body: Its statements.
        type_params: Names of PEP 695 parameters.
    """

    name: str
    qualname: str
    line: int
    parent: int
    bases: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    decorators: tuple[Expr, ...]
    body: tuple[Stmt, ...]
    type_params: tuple[str, ...]


class ModuleFacts(NamedTuple):
    """A file.

    Attributes:
        body: The statements of the module.
        functions: All of its functions, at any depth.
        classes: All of its classes, at any depth.
        comments: Those that speak to us, as `fastapi_convert.scan._comments.Comment` has them.
        stored: Attributes set on anything but the first parameter of a method: whose they are is not known.
        state_stores: (attribute, index of the function or -1) of `....state.attribute = ...`;
            for `app.attribute = ...` the attribute is "app.attribute", for a class "Class.attribute".
        called: Last parts of the names that are called anywhere in it.
        imports: What it may import, anywhere in it: dotted names, with a dot in front for each level up.
    """

    body: tuple[Stmt, ...]
    functions: tuple[FunctionFacts, ...]
    classes: tuple[ClassFacts, ...]
    comments: tuple[Comment, ...]
    stored: tuple[str, ...]
    state_stores: tuple[tuple[str, int], ...]
    called: tuple[str, ...]
    imports: tuple[str, ...]


def unpack(facts: bytes) -> ModuleFacts:
    """The facts of a file, as `lower` packed them.

    Args:
        facts: What `lower` returned, in this process, another one, or an earlier run.
    """
    body, functions, classes, comments, *rest = marshal.loads(facts)  # noqa: S302 -- written by us, in this user's own cache
    return ModuleFacts(
        body,
        tuple(map(FunctionFacts._make, functions)),
        tuple(map(ClassFacts._make, classes)),
        tuple(map(Comment._make, comments)),
        *rest,
    )


def unpack_body(function: FunctionFacts) -> tuple[Stmt, ...]:
    """The statements of a function."""
    statements: tuple[Stmt, ...] = marshal.loads(function.body)  # noqa: S302 -- as above
    return statements
