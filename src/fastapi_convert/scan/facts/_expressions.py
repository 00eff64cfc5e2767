"""Expressions of a file as facts."""

from __future__ import annotations

import ast
import marshal
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ._records import Expr, FunctionFacts
from ._scope import Collected, Scope

__all__ = ("Expressions",)

_LONGEST_NAME = 60  # of a string that may be a key, a mode or a path; prose decides nothing
_OPERATORS = {
    "Add": "__add__",
    "Sub": "__sub__",
    "Mult": "__mul__",
    "MatMult": "__matmul__",
    "Div": "__truediv__",
    "Mod": "__mod__",
    "Pow": "__pow__",
    "LShift": "__lshift__",
    "RShift": "__rshift__",
    "BitOr": "__or__",
    "BitXor": "__xor__",
    "BitAnd": "__and__",
    "FloorDiv": "__floordiv__",
    "Eq": "__eq__",
    "NotEq": "__ne__",
    "Lt": "__lt__",
    "LtE": "__le__",
    "Gt": "__gt__",
    "GtE": "__ge__",
    "Is": "is",
    "IsNot": "is not",
    "In": "__contains__",
    "NotIn": "not in",
    "UAdd": "__pos__",
    "USub": "__neg__",
    "Invert": "__invert__",
}


class Expressions:
    """Turns expression nodes into facts. One method a kind of node, named after it."""

    def __init__(self, lines: Sequence[str] | None) -> None:
        self.found = Collected()
        self.scope = Scope()
        self._lines = lines  # only of files with characters beyond ASCII: ast counts bytes there
        self._methods: dict[str, Callable[[Any], Expr]] = {}

    def expr(self, node: ast.AST) -> Expr:
        """Lower any expression."""
        kind = type(node).__name__
        method = self._methods.get(kind)
        if method is None:
            method = self._methods[kind] = getattr(self, f"_{kind}", self._literal)
        return method(node)

    def maybe(self, node: ast.AST | None) -> Expr | None:
        """Lower an expression that may be missing."""
        return None if node is None else self.expr(node)

    def exprs(self, nodes: Sequence[ast.AST]) -> tuple[Expr, ...]:
        """Lower several."""
        return tuple([self.expr(node) for node in nodes])

    def column(self, node: ast.expr | ast.stmt) -> int:
        """The node's first character in its line, 1-based."""
        if self._lines is None:
            return node.col_offset + 1
        line = self._lines[node.lineno - 1] if node.lineno <= len(self._lines) else ""
        return len(line.encode("utf-8", "surrogatepass")[: node.col_offset].decode("utf-8", "replace")) + 1

    def maybe_annotation(self, node: ast.expr | None) -> Expr | None:
        """Lower an annotation that may be missing."""
        return None if node is None else self.annotation(node)

    def annotation(self, node: ast.expr) -> Expr:
        """Lower an annotation: strings in it are types too."""
        match node:
            case ast.Constant(value=str(text)):
                return self._quoted(text)
            case ast.Subscript(value=value, slice=index):
                return ("sub", node.lineno, self.column(node), self.expr(value), self._type_arguments(value, index))
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return ("bin", node.lineno, 1, "__or__", self.annotation(left), self.annotation(right))
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return ("tuple", tuple(self.annotation(item) for item in items))
        return self.expr(node)

    def _quoted(self, text: str) -> Expr:
        try:
            return self.annotation(ast.parse(text.strip(), mode="eval").body)
        except (SyntaxError, ValueError):
            return ("literal", "str")

    def _type_arguments(self, value: ast.expr, index: ast.expr) -> Expr:
        name = value.attr if isinstance(value, ast.Attribute) else getattr(value, "id", "")
        if name == "Literal":
            return self.expr(index)
        if name == "Annotated" and isinstance(index, ast.Tuple) and index.elts:
            first = self.annotation(index.elts[0])
            return ("tuple", (first, *self.exprs(index.elts[1:])))
        return self.annotation(index)

    def _literal(self, node: ast.AST) -> Expr:
        return ("literal", type(node).__name__)

    def _Name(self, node: ast.Name) -> Expr:
        return ("name", node.id)

    def _Constant(self, node: ast.Constant) -> Expr:
        value = node.value
        if value is None or isinstance(value, bool):
            return ("const", value)
        if isinstance(value, str) and len(value) <= _LONGEST_NAME and not any(map(str.isspace, value)):
            return ("const", value)
        if isinstance(value, int) and abs(value) < 2**31:
            return ("const", value)
        return ("literal", type(value).__name__)

    def _Attribute(self, node: ast.Attribute) -> Expr:
        value = self.expr(node.value)
        if not isinstance(node.ctx, ast.Load):
            self.found.store(self.scope, value, node.attr)
        return ("attr", node.lineno, self.column(node), value, node.attr)

    def _Call(self, node: ast.Call) -> Expr:
        func = self.expr(node.func)
        self.found.call(func)
        keywords = tuple([(keyword.arg, self.expr(keyword.value)) for keyword in node.keywords])
        return ("call", node.lineno, self.column(node), func, self.exprs(node.args), keywords)

    def _Subscript(self, node: ast.Subscript) -> Expr:
        return ("sub", node.lineno, self.column(node), self.expr(node.value), self.expr(node.slice))

    def _BoolOp(self, node: ast.BoolOp) -> Expr:
        return ("bool", isinstance(node.op, ast.And), self.exprs(node.values))

    def _UnaryOp(self, node: ast.UnaryOp) -> Expr:
        if isinstance(node.op, ast.Not):
            return ("not", self.expr(node.operand))
        number = node.operand.value if isinstance(node.operand, ast.Constant) else None
        if isinstance(node.op, ast.USub) and isinstance(number, int | float):
            return ("const", -number)
        return ("unary", node.lineno, self.column(node), _OPERATORS[type(node.op).__name__], self.expr(node.operand))

    def _BinOp(self, node: ast.BinOp) -> Expr:
        dunder = _OPERATORS[type(node.op).__name__]
        return ("bin", node.lineno, self.column(node), dunder, self.expr(node.left), self.expr(node.right))

    def _Compare(self, node: ast.Compare) -> Expr:
        operators = tuple([_OPERATORS[type(op).__name__] for op in node.ops])
        return ("cmp", node.lineno, self.column(node), operators, self.expr(node.left), self.exprs(node.comparators))

    def _IfExp(self, node: ast.IfExp) -> Expr:
        return ("ifexp", self.expr(node.test), self.expr(node.body), self.expr(node.orelse))

    def _Tuple(self, node: ast.Tuple) -> Expr:
        return ("tuple", self.exprs(node.elts))

    def _List(self, node: ast.List) -> Expr:
        return ("list", node.lineno, self.column(node), self.exprs(node.elts))

    def _Set(self, node: ast.Set) -> Expr:
        return ("set", node.lineno, self.column(node), self.exprs(node.elts))

    def _Dict(self, node: ast.Dict) -> Expr:
        keys = tuple([self.maybe(key) for key in node.keys])
        return ("dict", node.lineno, self.column(node), keys, self.exprs(node.values))

    def _comprehension(self, kind: str, node: Any, element: ast.expr, value: ast.expr | None = None) -> Expr:
        generators = tuple(
            (self.expr(each.target), self.expr(each.iter), self.exprs(each.ifs), bool(each.is_async))
            for each in node.generators
        )
        return ("comp", kind, node.lineno, self.column(node), generators, self.expr(element), self.maybe(value))

    def _ListComp(self, node: ast.ListComp) -> Expr:
        return self._comprehension("list", node, node.elt)

    def _SetComp(self, node: ast.SetComp) -> Expr:
        return self._comprehension("set", node, node.elt)

    def _DictComp(self, node: ast.DictComp) -> Expr:
        return self._comprehension("dict", node, node.key, node.value)

    def _GeneratorExp(self, node: ast.GeneratorExp) -> Expr:
        """As Python does: a function that is handed the first iterable, and runs where it is consumed."""
        first = node.generators[0]
        if any(isinstance(each, ast.Await) for each in ast.walk(node)) or any(g.is_async for g in node.generators):
            return self._comprehension("list", node, node.elt)
        outermost = self.expr(first.iter)
        arguments = ast.arguments(posonlyargs=[], args=[ast.arg(".0")], kwonlyargs=[], kw_defaults=[], defaults=[])
        index, outer = self._open("<genexpr>", arguments)
        place = node.lineno, self.column(node)
        body: tuple[Expr, ...] = (("expr", ("yield", self.expr(node.elt)), *place),)
        for each in reversed(node.generators):
            for condition in reversed(each.ifs):
                body = (("if", self.expr(condition), body, (), condition.lineno, self.column(condition)),)
            iterated = ("name", ".0") if each is first else self.expr(each.iter)
            begins = each.iter.lineno, self.column(each.iter)
            body = (("for", False, *begins, self.expr(each.target), iterated, body, (), *place),)
        self.scope.generator = True
        self._close(index, outer, node.lineno, arguments, body)
        return ("genexp", index, outermost)

    def _Await(self, node: ast.Await) -> Expr:
        return ("await", self.expr(node.value))

    def _Yield(self, node: ast.Yield) -> Expr:
        self.scope.generator = True
        return ("yield", self.maybe(node.value))

    def _YieldFrom(self, node: ast.YieldFrom) -> Expr:
        self.scope.generator = True
        return ("yieldfrom", node.lineno, self.column(node), self.expr(node.value))

    def _JoinedStr(self, node: ast.JoinedStr) -> Expr:
        values = tuple([(self.expr(value.value), value.conversion == 114) for value in _formatted(node)])
        return ("fstr", node.lineno, self.column(node), values)

    def _TemplateStr(self, node: Any) -> Expr:
        # A template string is evaluated, not formatted: what is in it runs, no __str__ is called.
        values = [value.value for value in node.values if hasattr(value, "value") and isinstance(value.value, ast.expr)]
        return ("tuple", self.exprs(values))

    def _NamedExpr(self, node: ast.NamedExpr) -> Expr:
        return ("walrus", node.target.id, self.expr(node.value))

    def _Starred(self, node: ast.Starred) -> Expr:
        return ("star", self.expr(node.value))

    def _Slice(self, node: ast.Slice) -> Expr:
        parts = [part for part in (node.lower, node.upper, node.step) if part is not None]
        return ("slice", self.exprs(parts))

    def _Lambda(self, node: ast.Lambda) -> Expr:
        index, outer = self._open("<lambda>", node.args)
        value = self.expr(node.body)
        body = (("return", value, node.body.lineno, self.column(node.body)),)
        self._close(index, outer, node.lineno, node.args, body)
        return ("lambda", index)

    def _open(self, name: str, arguments: ast.arguments) -> tuple[int, Scope]:
        """Begin a function: its place in the list, and the scope to come back to."""
        outer = self.scope
        index = len(self.found.functions)
        self.found.functions.append(None)
        positional = [*arguments.posonlyargs, *arguments.args]
        in_class = outer.owner >= 0 and outer.function < 0
        first = positional[0].arg if in_class and positional else outer.first_param
        self.scope = Scope(outer.nested(name), index, outer.owner if in_class else -1, name, first)
        return index, outer

    def _close(
        self,
        index: int,
        outer: Scope,
        line: int,
        arguments: ast.arguments,
        body: tuple[Expr, ...],
        flags: int = 0,
        decorators: tuple[Expr, ...] = (),
        returns: ast.expr | None = None,
    ) -> None:
        inner, self.scope = self.scope, outer
        self.found.functions[index] = FunctionFacts(
            inner.name,
            inner.qualname,
            line,
            flags | (2 if inner.generator else 0),
            inner.owner,
            outer.function,
            decorators,
            self._params(arguments),
            self.maybe_annotation(returns),
            marshal.dumps(body),
            tuple(inner.self_stores),
            tuple(inner.global_stores),
        )

    def _params(self, arguments: ast.arguments) -> Any:
        positional = [*arguments.posonlyargs, *arguments.args]
        defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
        names = len(arguments.posonlyargs)
        params = [self._param(arg, int(i >= names), defaults[i]) for i, arg in enumerate(positional)]
        if arguments.vararg:
            params.append(self._param(arguments.vararg, 2, None))
        params += [self._param(a, 3, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        if arguments.kwarg:
            params.append(self._param(arguments.kwarg, 4, None))
        return tuple(params)

    def _param(self, arg: ast.arg, kind: int, default: ast.expr | None) -> Any:
        return (arg.arg, kind, self.maybe_annotation(arg.annotation), self.maybe(default))


def _formatted(node: ast.JoinedStr) -> Iterator[ast.FormattedValue]:
    """What an f-string formats, formats within formats included: `{x:{width()}}`."""
    for value in node.values:
        if isinstance(value, ast.FormattedValue):
            yield value
            if isinstance(value.format_spec, ast.JoinedStr):
                yield from _formatted(value.format_spec)
