"""contextlib and contextvars: functions that become context managers, stacks of them, and calls in another context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import UNKNOWN, Await, Entered, Func, Value

from ._special import Call, decorator, special

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls


@special("contextlib.closing")
def _closing(frame: Calls, call: Call) -> Value:
    return (frame.atoms.make(Entered, call.args[0], None),) if call.args else UNKNOWN


@special("contextlib.ExitStack.enter_context", "contextlib.AsyncExitStack.enter_context")
def _enter_context(frame: Calls, call: Call) -> Value:
    return frame.enter(call.args[0], *call.place) if call.args else UNKNOWN


@special("contextlib.AsyncExitStack.enter_async_context")
def _enter_async_context(frame: Calls, call: Call) -> Value:
    if not call.args:
        return UNKNOWN
    return (frame.atoms.make(Await, frame.enter_async(call.args[0], *call.place)),)


@special("contextlib.ExitStack.callback", "contextlib.AsyncExitStack.callback")
def _exit_callback(frame: Calls, call: Call) -> Value:
    if call.args:
        frame.apply(call.args[0], Arguments(call.args[1:], call.given.keywords), *call.place)
    return UNKNOWN


@decorator("contextlib.contextmanager", "contextlib.asynccontextmanager")
def _manager(frame: Calls, value: Value) -> Value:
    return tuple(frame.atoms.make(Func, a.function, a.bound, a.env, True) if isinstance(a, Func) else a for a in value)


@special("contextlib.contextmanager", "contextlib.asynccontextmanager")
def _manager_call(frame: Calls, call: Call) -> Value:
    return _manager(frame, call.args[0]) if call.args else UNKNOWN


@special("contextvars.ContextVar")
def _variable(frame: Calls, call: Call) -> Value:
    # A bag: whatever is set comes out.
    return (frame.atoms.bag("variable", (frame.env.module, *call.place)),)


@special("contextvars.Context.run")
def _run_in_context(frame: Calls, call: Call) -> Value:
    return frame.apply(call.first, Arguments(call.args[1:], call.given.keywords), *call.place)
