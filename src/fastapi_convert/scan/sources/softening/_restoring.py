"""Put into a tree what the softened source could not say."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import NamedTuple

from ._edits import Formatted, Mark, Parameters, Place

__all__ = ("TypeAlias", "TypeParameter", "restore")


class TypeParameter(NamedTuple):
    """As much of a type parameter as older Pythons have use for."""

    name: str


class TypeAlias(ast.stmt):
    """`type X = int`, as newer Pythons have it."""

    _fields = ("name", "value")

    def __init__(self, name: ast.expr, value: ast.expr) -> None:
        super().__init__()
        self.name = name
        self.value = value


def restore(tree: ast.Module, marks: Mapping[Place, Mark]) -> None:
    """Change the nodes that are marked, however deep in the tree they are.

    Args:
        tree: What the softened source was parsed to.
        marks: Where Python finds the beginning of a statement, or the end of a subscript.
    """
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        for name, value in ast.iter_fields(node):
            if isinstance(value, list):
                value[:] = [_restored(each, marks) for each in value]
                todo += [each for each in value if isinstance(each, ast.AST)]
            elif isinstance(value, ast.AST):
                restored = _restored(value, marks)
                setattr(node, name, restored)
                todo.append(restored)


def _restored(node: ast.AST, marks: Mapping[Place, Mark]) -> ast.AST:
    match node:
        case ast.Subscript(end_lineno=int(line), end_col_offset=int(column)):
            if isinstance(mark := marks.get((line, column)), Formatted):
                return _string(node, mark)
        case ast.Assign(targets=[ast.Name() as name], lineno=line, col_offset=column):
            if (line, column) in marks:
                return ast.copy_location(TypeAlias(name, node.value), node)
        case ast.ClassDef(lineno=line, col_offset=column):
            if isinstance(mark := marks.get((line, column)), Parameters):
                names = [TypeParameter(name) for name in mark.names]
                setattr(node, "type_params", names)  # noqa: B010 -- older Pythons do not know the attribute
    return node


def _string(node: ast.expr, mark: Formatted) -> ast.expr:
    values: list[ast.FormattedValue] = []
    for (conversion, nested), value in zip(mark.fields, _subscripts(node, len(mark.fields)), strict=True):
        shown = ast.copy_location(ast.FormattedValue(value, conversion, None), value)
        if not nested:
            values.append(shown)
        elif isinstance(outer := values[-1].format_spec, ast.JoinedStr):
            outer.values.append(shown)
        else:
            values[-1].format_spec = ast.copy_location(ast.JoinedStr([shown]), value)
    made = ast.Tuple([each.value for each in values], ast.Load()) if mark.template else ast.JoinedStr([*values])
    return ast.copy_location(made, node)


def _subscripts(node: ast.expr, count: int) -> list[ast.expr]:
    """The indexes of `""[a][b][c]`, in their order."""
    found = []
    for _ in range(count):
        assert isinstance(node, ast.Subscript)  # it was we who wrote it
        found.append(node.slice)
        node = node.value
    return found[::-1]
