"""Statements of a file as facts, and the file as a whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import Any

from fastapi_convert.scan._comments import comments_in

from ._expressions import _OPERATORS, Expressions
from ._records import ClassFacts, Expr, Stmt
from ._scope import Scope

__all__ = ("lower",)

_NEWLINE = re.compile(r"\r\n|\r|\n")  # what ends a line for Python; `str.splitlines` knows more


def lower(tree: ast.Module, text: str) -> bytes:
    """The facts of a file, packed.

    Args:
        tree: What `ast.parse(text)` returned.
        text: The source.

    Raises:
        RecursionError: Nested too deeply for Python to walk.
        ValueError: Nested too deeply to be packed.
    """
    lowering = Statements(None if text.isascii() else _NEWLINE.split(text))
    body = lowering.stmts(tree.body)
    return lowering.found.pack(body, comments_in(text))


class Statements(Expressions):
    """Turns statement nodes into facts. One method a kind of node, named after it; what is not here does nothing."""

    def stmts(self, nodes: Sequence[ast.stmt]) -> tuple[Stmt, ...]:
        """Lower a block."""
        lowered = []
        for node in nodes:
            method = getattr(self, f"_{type(node).__name__}", None)
            if method is not None and (result := method(node)) is not None:
                lowered.append((*result, node.lineno, self.column(node)))
        return tuple(lowered)

    def _Expr(self, node: ast.Expr) -> Stmt | None:
        return None if isinstance(node.value, ast.Constant) else ("expr", self.expr(node.value))

    def _Assign(self, node: ast.Assign) -> Stmt:
        return ("assign", self.exprs(node.targets), self.expr(node.value))

    def _AugAssign(self, node: ast.AugAssign) -> Stmt:
        dunder = _OPERATORS[type(node.op).__name__]
        return ("aug", node.lineno, self.column(node), self.expr(node.target), dunder, self.expr(node.value))

    def _AnnAssign(self, node: ast.AnnAssign) -> Stmt:
        return ("ann", self.expr(node.target), self.annotation(node.annotation), self.maybe(node.value))

    def _TypeAlias(self, node: Any) -> Stmt:
        return ("assign", (self.expr(node.name),), self.annotation(node.value))

    def _Return(self, node: ast.Return) -> Stmt:
        return ("return", self.maybe(node.value))

    def _Raise(self, node: ast.Raise) -> Stmt:
        return ("raise", self.maybe(node.exc), self.maybe(node.cause))

    def _If(self, node: ast.If) -> Stmt:
        return ("if", self.expr(node.test), self.stmts(node.body), self.stmts(node.orelse))

    def _While(self, node: ast.While) -> Stmt:
        return ("while", self.expr(node.test), self.stmts(node.body), self.stmts(node.orelse))

    def _For(self, node: ast.For | ast.AsyncFor) -> Stmt:
        target, iterated = self.expr(node.target), self.expr(node.iter)
        is_async = isinstance(node, ast.AsyncFor)
        line, column = node.iter.lineno, self.column(node.iter)
        return ("for", is_async, line, column, target, iterated, self.stmts(node.body), self.stmts(node.orelse))

    _AsyncFor = _For

    def _With(self, node: ast.With | ast.AsyncWith) -> Stmt:
        items = tuple(
            (self.expr(i.context_expr), self.maybe(i.optional_vars), i.context_expr.lineno, self.column(i.context_expr))
            for i in node.items
        )
        return ("with", isinstance(node, ast.AsyncWith), items, self.stmts(node.body))

    _AsyncWith = _With

    def _Try(self, node: Any) -> Stmt:
        handlers = tuple((self.maybe(each.type), each.name, self.stmts(each.body)) for each in node.handlers)
        return ("try", self.stmts(node.body), handlers, self.stmts(node.orelse), self.stmts(node.finalbody))

    _TryStar = _Try

    def _Match(self, node: ast.Match) -> Stmt:
        cases = tuple((self._pattern(c.pattern), self.maybe(c.guard), self.stmts(c.body)) for c in node.cases)
        return ("match", self.expr(node.subject), cases)

    def _pattern(self, pattern: ast.pattern) -> Expr:
        """A pattern as (kind, what, name it binds as a whole, names inside)."""
        whole = None
        if isinstance(pattern, ast.MatchAs):
            whole = pattern.name
            if pattern.pattern is None:
                return ("any", None, whole, ())
            pattern = pattern.pattern
        names = tuple(_captured(pattern))
        if isinstance(pattern, ast.MatchClass):
            return ("class", self.expr(pattern.cls), whole, names)
        if isinstance(pattern, (ast.MatchValue, ast.MatchSingleton)):
            value = pattern.value
            return ("value", self.expr(value) if isinstance(value, ast.expr) else ("const", value), whole, ())
        return ("other", None, whole, names)

    def _FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Stmt:
        decorators = self.exprs(node.decorator_list)
        index, outer = self._open(node.name, node.args)
        body = self.stmts(node.body)
        flags = int(isinstance(node, ast.AsyncFunctionDef))
        self._close(index, outer, node.lineno, node.args, body, flags, decorators, node.returns)
        return ("def", index, node.name)

    _AsyncFunctionDef = _FunctionDef

    def _ClassDef(self, node: ast.ClassDef) -> Stmt:
        outer, index = self.scope, len(self.found.classes)
        self.found.classes.append(None)
        bases, decorators = tuple(self.annotation(base) for base in node.bases), self.exprs(node.decorator_list)
        keywords = tuple((keyword.arg, self.expr(keyword.value)) for keyword in node.keywords)
        self.scope = Scope(outer.nested(node.name), -1, index, node.name)
        body = self.stmts(node.body)
        qualname, self.scope = self.scope.qualname, outer
        params = tuple(param.name for param in getattr(node, "type_params", ()))
        self.found.classes[index] = ClassFacts(
            node.name,
            qualname,
            node.lineno,
            outer.function,
            bases,
            keywords,
            decorators,
            body,
            params,
        )
        return ("class", index, node.name)

    def _Import(self, node: ast.Import) -> Stmt:
        self.found.imports.update(dict.fromkeys(alias.name for alias in node.names))
        return ("import", tuple((alias.name, alias.asname) for alias in node.names))

    def _ImportFrom(self, node: ast.ImportFrom) -> Stmt:
        names = tuple((alias.name, alias.asname) for alias in node.names)
        start = "." * node.level + (node.module or "")
        below = start if start.endswith(".") else f"{start}."
        self.found.imports.update(dict.fromkeys((start, *(below + name for name, _ in names if name != "*"))))
        return ("from", node.level, node.module or "", names)

    def _Global(self, node: ast.Global) -> Stmt:
        self.scope.global_stores.update(dict.fromkeys(node.names))
        return ("global", tuple(node.names))

    def _Nonlocal(self, node: ast.Nonlocal) -> Stmt:
        return ("nonlocal", tuple(node.names))

    def _Delete(self, node: ast.Delete) -> Stmt:
        return ("del", self.exprs(node.targets))

    def _Assert(self, node: ast.Assert) -> Stmt:
        return ("assert", self.expr(node.test), self.maybe(node.msg))

    def _Break(self, _: ast.Break) -> Stmt:
        return ("break",)

    def _Continue(self, _: ast.Continue) -> Stmt:
        return ("continue",)


def _captured(pattern: ast.AST) -> list[str]:
    names = [getattr(node, "name", None) or getattr(node, "rest", None) for node in ast.walk(pattern)]
    return [name for name in names if isinstance(name, str)]
