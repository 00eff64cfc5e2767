"""Where evaluation begins: every `async def` that runs on a loop, those that others hand out first."""

from __future__ import annotations

from typing import Final

from fastapi_convert.scan.project import Function, Module

from .engine import Engine
from .summaries import Hits
from .values import Func

__all__ = ("blocking_calls",)


def blocking_calls(engine: Engine) -> dict[Function, Hits]:
    """What each async function of the project blocks on.

    First the module level runs, because registries and settings are filled there. Then the functions that nobody calls
    by name: endpoints, middleware, hooks. Whom they call is evaluated with what they pass; who is left at last was
    called by nobody that we have seen, and is evaluated with what it says of itself.
    """
    for module in engine.project.modules:
        _run_module(engine, module)
    called = engine.project.called_names
    functions = [f for f in engine.project.async_functions if not _within_tests(f)]
    for function in sorted(functions, key=lambda f: (f.facts.name in called and not f.facts.decorators, f.module.path, f.facts.line)):
        if function not in engine.blocking:
            _evaluate(engine, function)
    return engine.blocking


def _within_tests(function: Function) -> bool:
    return function.module.is_test


def _evaluate(engine: Engine, function: Function) -> None:
    engine.steps = 0
    func = engine.generic_func(function)
    engine.evaluate(func, engine.types.generic_arguments(func))
    engine.blocking.setdefault(function, {})


_RUNS: Final = frozenset({"expr", "assign", "for", "with", "if", "try", "aug"})


def _run_module(engine: Engine, module: Module) -> None:
    """Run what a module does when it is imported: what it registers, and what its decorators make of functions."""
    frame = engine.frame(module)
    engine.steps = 0
    for name in module.bindings:
        engine.names.value(module, name)
    for statement in module.facts.body:
        if statement[0] in {"expr", "for", "with"} or (statement[0] == "assign" and any(t[0] != "name" for t in statement[1])):
            frame.statements((statement,))
    for cls in module.classes:
        if cls.facts.parent < 0:
            for function in cls.methods:
                if function.facts.decorators and not function.is_async:
                    frame.engine.classes.frame(cls).decorate((engine.atoms.func(function),), function)


_ = Func
