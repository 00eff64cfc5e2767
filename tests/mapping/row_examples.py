"""An application that does what each row of the mapping is about: an async function for every row."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from fastapi_convert.mapping import Blocking

__all__ = ("example", "write_examples")

_BATCH: Final = 200  # functions in a file: a scan reads whole files, and one that fails to parse fails alone


def example(row: Blocking) -> str:
    """The statement that blocks, as the row's `construct` and `arguments` say; a star becomes a name."""
    owner, _, name = row.name.replace("*", "anything").rpartition(".")
    receiver = row.construct or owner
    match name:
        case "__enter__" | "__exit__":
            return f"with {receiver}: pass"
        case "__iter__":
            return f"for _ in {receiver}: pass"
        case "__call__":
            return f"({receiver})({row.arguments})"
    return f"{name if receiver == 'builtins' else f'{receiver}.{name}'}({row.arguments})"


def write_examples(rows: Iterable[Blocking], folder: Path) -> dict[str, Blocking]:
    """Write the application, and return the rows by the name of their function."""
    functions = {f"row_{number}": row for number, row in enumerate(rows)}
    items = list(functions.items())
    for start in range(0, len(items), _BATCH):
        source = _module({name: example(row) for name, row in items[start : start + _BATCH]})
        (folder / f"batch_{start}.py").write_text(source, encoding="utf-8")
    return functions


def _module(statements: dict[str, str]) -> str:
    trees = [ast.parse(statement) for statement in statements.values()]
    imported = {name for tree in trees for name in _roots(tree)}
    free = {node.id for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Name)}
    parameters = ", ".join(sorted(free - imported - set(dir(builtins)) - {"_"}))
    lines = [f"import {name}" for name in sorted(imported)]
    lines += [f"async def {name}({parameters}):\n    {statement}" for name, statement in statements.items()]
    return "\n".join(lines) + "\n"


def _roots(tree: ast.AST) -> set[str]:
    """What dotted names begin with: the libraries."""
    dotted = (node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {value.id for value in dotted if isinstance(value, ast.Name)}
