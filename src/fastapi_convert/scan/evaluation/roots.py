"""Where evaluation begins: every `async def` that runs on a loop, those that others hand out first."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from fastapi_convert.scan.project import Class, Function, Module

from .engine import Engine
from .summaries import Hits
from .values import Ext, Func, Mod

__all__ = ("blocking_calls",)

_MOST_SCOPES: Final = 12  # in which a nested function is evaluated: a factory of routes may be called often


def blocking_calls(engine: Engine) -> dict[Function, Hits]:
    """What each async function of the project blocks on.

    First the module level runs, because registries and settings are filled there. Then the functions that nobody calls
    by name: endpoints, middleware, hooks. Whom they call is evaluated with what they pass; who is left at last was
    called by nobody that we have seen, and is evaluated with what it says of itself.
    """
    for module in engine.project.modules:
        if not module.is_test:
            with suppress(RecursionError):  # what is nested too deeply to be followed is left out
                _run_module(engine, module)
    engine.forget()
    functions = [
        function
        for function in engine.project.async_functions
        if function.module.asked_for and not function.module.is_test
    ]
    for function in sorted(functions, key=lambda each: _order(engine, each)):
        if function not in engine.evaluated or _is_registered(engine, function):
            _evaluate(engine, function)
    by_name = {each for cls in engine.asked_by_name for each in engine.classes.line(cls)}
    for function in functions:
        if function.owner in by_name:
            _evaluate(engine, function)
    return {function: _without_done(engine, hits) for function, hits in engine.blocking.items()}


def _without_done(engine: Engine, hits: Hits) -> Hits:
    """What happens once and has happened at import does not happen on a loop."""
    done = engine.at_import.hits
    return {place: hit for place, hit in hits.items() if not (hit.once and place in done)}


def _order(engine: Engine, function: Function) -> tuple[bool, str, int]:
    called = function.facts.name in engine.project.called_names and not function.facts.decorators
    return called, function.module.path, function.facts.line


def _is_registered(engine: Engine, function: Function) -> bool:
    """Whether a decorator such as `@router.get("/")` hands it to an object, which calls it with what it likes."""
    frame = engine.frame(function.module)
    for decorator in function.facts.decorators:
        func = decorator[3] if decorator[0] == "call" else decorator
        if func[0] == "attr" and not any(isinstance(atom, Mod | Ext) for atom in frame.ev(func[3])):
            return True
    return False


def _evaluate(engine: Engine, function: Function) -> None:
    engine.steps = 0
    func = engine.generic_func(function)
    with suppress(RecursionError):
        engine.evaluate(func, engine.types.generic_arguments(func))
        for made in list(engine.made.get(function, ()))[:_MOST_SCOPES]:
            engine.evaluate(made, engine.types.generic_arguments(made))
        _evaluate_decorated(engine, function)
    engine.blocking.setdefault(function, {})


def _evaluate_decorated(engine: Engine, function: Function) -> None:
    """Call it as the wrapper does that a decorator of the project has put around it."""
    if not function.facts.decorators or function.facts.owner >= 0 or function.facts.parent >= 0:
        return
    for atom in engine.names.value(function.module, function.facts.name) or ():
        if isinstance(atom, Func) and atom.function is not function:
            engine.evaluate(atom, engine.types.generic_arguments(atom))


def _run_module(engine: Engine, module: Module) -> None:
    """Run what a module does when it is imported: what it registers, and what its decorators make of functions."""
    frame = engine.frame(module)
    engine.steps = 0
    for name in module.bindings:
        engine.names.value(module, name)
    for statement in module.facts.body:
        if statement[0] in {"expr", "for", "with"} or (
            statement[0] == "assign" and any(t[0] != "name" for t in statement[1])
        ):
            frame.statements((statement,))
    for cls in module.classes:
        if cls.facts.parent < 0:
            _run_decorators(engine, cls)


def _run_decorators(engine: Engine, cls: Class) -> None:
    """Run the decorators of a class and of its methods, which may register them somewhere."""
    frame = engine.classes.frame(cls)
    frame.decorate(frame.class_value(cls), cls.facts.decorators)
    hook = engine.classes.member(cls, "__init_subclass__", after=cls)
    if hook is not None and hook.function is not None and not hook.cls.external:
        frame.call_value(
            (engine.atoms.func(hook.function, frame.class_value(cls)[0], hook.cls.env),), cls.facts.line, 1
        )
    for function in cls.methods:
        if function.facts.decorators and not function.is_async:
            frame.decorate((engine.atoms.func(function),), function.facts.decorators)
