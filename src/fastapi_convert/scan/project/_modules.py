"""All modules of the scanned tree, and which of them an import means."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from ._model import Class, Function, Module
from ._stubs import Stubs

__all__ = ("Project",)


class _Named(NamedTuple):
    module: Module
    rank: int  # 0 for the best name of a file; the others are guesses about the source root


class Project:
    """The modules of the tree under every name by which they may be imported.

    Args:
        modules: Each module with all of its plausible dotted names, the best one first.
    """

    def __init__(self, modules: Iterable[tuple[Module, tuple[str, ...]]]) -> None:
        self.stubs = Stubs()
        self.modules: list[Module] = []
        self._names: dict[str, list[_Named]] = {}
        self._packages: set[str] = set()
        self._found: dict[tuple[str, str], Module | None] = {}
        for module, names in modules:
            self.modules.append(module)
            place = module.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            for rank, name in enumerate(dict.fromkeys((*names, place))):
                self._names.setdefault(name, []).append(_Named(module, rank))
                self._add_packages(name)

    def _add_packages(self, name: str) -> None:
        while "." in name:
            name = name.rpartition(".")[0]
            self._packages.add(name)

    def module(self, name: str, importer: Module) -> Module | None:
        """The module that `importer` gets by this absolute name: of the tree, or a stub.

        Of two files that could be meant it is the one whose path is nearest to the importer's.
        """
        key = (name, importer.path)
        if key not in self._found:
            self._found[key] = self._find(name, importer)
        return self._found[key]

    def _find(self, name: str, importer: Module) -> Module | None:
        stub = self.stubs.module(name)
        candidates = self._names.get(name, [])
        if stub is not None or name.partition(".")[0] in sys.stdlib_module_names:
            # `app/redis.py` is not what `import redis` means, unless everything says so.
            candidates = [named for named in candidates if named.rank == 0 and named.module is not importer]
        return self._nearest(candidates, importer) if candidates else stub

    def is_package(self, name: str) -> bool:
        """Whether modules of the tree lie below this name."""
        return name in self._packages

    @staticmethod
    def _nearest(candidates: list[_Named], importer: Module) -> Module:
        def distance(named: _Named) -> tuple[int, int, bool, str]:
            shared = 0
            for ours, theirs in zip(importer.path.split("/"), named.module.path.split("/"), strict=False):
                if ours != theirs:
                    break
                shared += 1
            is_file = not named.module.path.endswith("__init__.py")  # a package goes before a module of its name
            return -shared, named.rank, is_file, named.module.path

        return min(candidates, key=distance).module

    @cached_property
    def stored_attributes(self) -> frozenset[str]:
        """Attributes that somebody sets after construction, on whatever object: they have no constant value."""
        return frozenset(name for module in self._of_the_app for name in module.facts.stored)

    @cached_property
    def _of_the_app(self) -> list[Module]:
        """All but the tests, which replace things on purpose."""
        return [module for module in self.modules if not module.is_test]

    @cached_property
    def called_names(self) -> frozenset[str]:
        """Last parts of all names that are called anywhere."""
        return frozenset(name for module in self.modules for name in module.facts.called)

    @cached_property
    def state_writers(self) -> dict[str, list[Function]]:
        """Functions that set `....state.name`, by name."""
        writers: dict[str, list[Function]] = {}
        for module in self._of_the_app:
            for name, index in module.facts.state_stores:
                if index >= 0:
                    writers.setdefault(name, []).append(module.functions[index])
        return writers

    @cached_property
    def async_functions(self) -> list[Function]:
        """Every `async def` of the tree."""
        return [function for module in self.modules for function in module.functions if function.is_async]

    @cached_property
    def classes(self) -> list[Class]:
        """Every class of the tree."""
        return [each for module in self.modules for each in module.classes]
