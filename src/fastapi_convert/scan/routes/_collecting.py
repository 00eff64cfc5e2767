"""One pass over the facts, for the decorators and calls that say what functions are for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi_convert.scan.project import Module, Project

from ._calls import Calls
from ._decorators import Decorators
from ._resolving import class_scope, definition_scope
from ._things import Scope
from ._walking import calls_in

__all__ = ("collect",)


def collect(project: Project, calls: Calls, decorators: Decorators) -> None:
    """Read everything that the project says about its functions."""
    # The body of a function is packed: its bytes tell whether it is worth unpacking.
    words = re.compile("|".join(sorted(calls.words)).encode())
    for module in project.modules:
        for function in module.functions:
            decorators.read_all(function)
        if not calls.words.isdisjoint(module.facts.called):
            for scope, node in _parts(module, words):
                for call in calls_in(node):
                    calls.read(call, scope)


def _parts(module: Module, words: re.Pattern[bytes]) -> Iterator[tuple[Scope, tuple[Any, ...]]]:
    """What a file consists of, each part with the scope in which its names are looked up."""
    yield Scope(module), module.facts.body
    for cls in module.classes:
        yield class_scope(cls)._replace(owner=cls), cls.facts.body
    for function in module.functions:
        yield definition_scope(function), (function.facts.decorators, function.facts.params)
        if words.search(function.facts.body):
            yield Scope(module, function), function.body
