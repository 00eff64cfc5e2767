"""Third-party modules, as far as our own stub files describe them: nothing of the target need be installed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from fastapi_convert.scan.facts import ClassFacts, ModuleFacts, lower, unpack

from ._model import Class, Module

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ("Stubs",)

_FOLDER: Final = "stubs"
_NOTHING: Final = ModuleFacts((), (), (), (), (), (), (), ())


class Stubs:
    """Stub modules by dotted name, read when first asked for; and classes that no stub describes."""

    def __init__(self) -> None:
        self._modules: dict[str, Module | None] = {}
        self._unknown: dict[str, Class] = {}

    def module(self, name: str) -> Module | None:
        """The stub of this module, or `None` if there is none."""
        if name not in self._modules:
            self._modules[name] = self._read(name)
        return self._modules[name]

    def unknown_class(self, qualified: str) -> Class:
        """A class of which nothing but the name is known."""
        if qualified not in self._unknown:
            module, _, name = qualified.rpartition(".")
            facts = _NOTHING._replace(classes=(ClassFacts(name, name, 0, -1, (), (), (), (), ()),))
            self._unknown[qualified] = Module(module, "", facts, stub=True).classes[0]
        return self._unknown[qualified]

    @staticmethod
    def _read(name: str) -> Module | None:
        packed = _facts(name)
        return None if packed is None else Module(name, "", unpack(packed[0]), stub=True, package=packed[1])


@lru_cache(maxsize=1024)
def _facts(name: str) -> tuple[bytes, bool] | None:
    """The facts of a stub, and whether it is a package. Stubs are ours and do not change: kept for the next scan."""
    place = _places().get(name)
    if place is None:
        return None
    text = place.read_text(encoding="utf-8")
    return lower(ast.parse(text), text), place.name == "__init__.pyi"


@lru_cache(maxsize=1)
def _places() -> dict[str, Traversable]:
    """Every stub file by the dotted name of its module."""
    return dict(_below(files("fastapi_convert.scan").joinpath(_FOLDER), ""))


def _below(folder: Traversable, name: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _below(each, f"{name}{each.name}.")
        elif each.name == "__init__.pyi":
            yield name.removesuffix("."), each
        elif each.name.endswith(".pyi"):
            yield name + each.name.removesuffix(".pyi"), each
