"""functools, typing, inspect and pydantic: functions about functions, and about classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import UNKNOWN, Cls, Func, Inst, Partial, Value

from ._special import Call, special

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls


@special("functools.partial", "functools.partialmethod")
def _partial(frame: Calls, call: Call) -> Value:
    if not call.args:
        return UNKNOWN
    func, *args = call.args
    return (frame.atoms.make(Partial, func, tuple(args), tuple(call.given.keywords.items())),)


@special("functools.reduce")
def _reduce(frame: Calls, call: Call) -> Value:
    if len(call.args) < 2:
        return UNKNOWN
    items = frame.iterate(call.args[1], *call.place)
    return frame.apply(call.args[0], Arguments([items, items]), *call.place)


@special("inspect.iscoroutinefunction", "asyncio.iscoroutinefunction", "inspect.isasyncgenfunction")
def _is_coroutine_function(frame: Calls, call: Call) -> Value:
    kinds = {a.function.is_async if isinstance(a, Func) else None for a in call.given.all()}
    decided = kinds.pop() if len(kinds) == 1 else None
    return UNKNOWN if decided is None else frame.atoms.const(decided)


@special(
    *(f"pydantic.{base}.{name}" for base in ("BaseModel", "RootModel", "main.BaseModel") for name in (
        "model_validate", "model_validate_json", "parse_obj", "parse_raw", "from_orm", "validate",
    )),
)  # fmt: skip
def _model(frame: Calls, call: Call) -> Value | None:
    if not isinstance(call.ext.bound, Cls):
        return None
    return frame.construct(call.ext.bound.cls, Arguments(more=True), *call.place)


@special("pydantic.BaseModel.model_construct", "pydantic.RootModel.model_construct")
def _unchecked_model(frame: Calls, call: Call) -> Value | None:
    # Nothing of the class runs.
    return (frame.atoms.inst(call.ext.bound.cls, exact=True),) if isinstance(call.ext.bound, Cls) else None


@special("dataclasses.replace", "copy.replace", "attrs.evolve", "attr.evolve")
def _replaced(frame: Calls, call: Call) -> Value:
    return (
        tuple(
            frame.atoms.inst(atom.cls, exact=atom.exact, fields=tuple((atom.fields | call.given.keywords).items()))
            for atom in call.first
            if isinstance(atom, Inst)
        )
        or UNKNOWN
    )


@special("typing.cast", "typing_extensions.cast")
def _cast(frame: Calls, call: Call) -> Value:
    if len(call.args) < 2:
        return UNKNOWN
    types = tuple(frame.atoms.inst(a.cls) for a in call.args[0] if isinstance(a, Cls))
    return types or call.args[1]


@special(
    "copy.copy",
    "copy.deepcopy",
    "typing.assert_type",
    "inspect.unwrap",
    "contextlib.nullcontext",
    "contextlib.aclosing",
)
def _same(_: Calls, call: Call) -> Value:
    return call.first


@special("re.sub", "re.subn")
def _substitute(frame: Calls, call: Call) -> Value | None:
    func = call.given.get("repl", 1)
    if func is not None:
        frame.apply(func, Arguments([UNKNOWN]), *call.place)
    return None


@special(
    "functools.lru_cache", "functools.cache", "functools.update_wrapper", "functools.singledispatch",
    "builtins.staticmethod", "builtins.classmethod", "types.coroutine", "atexit.register",
)  # fmt: skip
def _unchanged(_: Calls, call: Call) -> Value:
    functions = tuple(a for a in call.args[0] if isinstance(a, Func)) if call.args else ()
    return functions or (call.ext,)  # `lru_cache(maxsize=8)` is still to be handed the function


@special("functools.wraps")
def _wraps(frame: Calls, _: Call) -> Value:
    return (frame.atoms.ext("functools.update_wrapper"),)
