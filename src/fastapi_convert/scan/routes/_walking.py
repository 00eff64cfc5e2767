"""Finds calls and statements in facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.project import Function

__all__ = ("calls_in", "returned", "stored")


# Facts also have plain tuples of names, such as those of an import: a kind counts only where the shape is right.
_SHAPES: Final = {"call": (6, 3), "return": (4, 1), "assign": (5, 1), "ann": (6, 1)}


def _find(node: tuple[Any, ...], kind: str) -> Iterator[tuple[Any, ...]]:
    """Everything of one kind in statements or expressions, at any depth, but not in functions within."""
    length, place = _SHAPES[kind]
    waiting = [node]
    while waiting:
        here = waiting.pop()
        if len(here) == length and here[0] == kind and type(here[place]) is tuple:
            yield here
        waiting.extend(part for part in here if type(part) is tuple)


def calls_in(node: tuple[Any, ...]) -> Iterator[Expr]:
    """Every call, those within calls too."""
    return _find(node, "call")


def returned(function: Function) -> list[Expr]:
    """The expressions that a function may return."""
    return [found[1] for found in _find(function.body, "return")]


def stored(method: Function, attribute: str) -> list[Expr]:
    """What a method sets an attribute to."""
    plain = [(target, found[2]) for found in _find(method.body, "assign") for target in found[1]]
    declared = [(found[1], found[3]) for found in _find(method.body, "ann") if found[3]]
    return [value for target, value in (*plain, *declared) if target[0] == "attr" and target[4] == attribute]
