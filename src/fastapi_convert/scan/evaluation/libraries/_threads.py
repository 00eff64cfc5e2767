"""Work that is sent off the loop: to a thread, to a process, or until the response is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import NONE, UNKNOWN, Await, Func, Inst, Offloaded, Value

from ._special import Call, decorator, special

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls


@special(
    "asyncio.to_thread",
    "starlette.concurrency.run_in_threadpool",
    "anyio.to_thread.run_sync",
    "anyio.to_process.run_sync",
    "trio.to_thread.run_sync",
    "fastapi_convert.Pool.run",
    "fastapi_convert.ProcessPool.run",
    "fastapi_convert.offloading.Pool.run",
    "fastapi_convert.offloading.ProcessPool.run",
)
def _off_loop(frame: Calls, call: Call) -> Value:
    func = call.given.get("func", 0)
    if func is None:
        return UNKNOWN
    inner = Arguments(call.args[1:], call.given.keywords, call.given.rest, call.given.more)
    return (frame.atoms.make(Await, frame.aside().apply(func, inner, *call.place)),)


@special("asyncio.AbstractEventLoop.run_in_executor", "asyncio.BaseEventLoop.run_in_executor")
def _in_executor(frame: Calls, call: Call) -> Value:
    func = call.given.get("func", 1)
    if func is None:
        return UNKNOWN
    return (frame.atoms.make(Await, frame.aside().apply(func, Arguments(call.args[2:]), *call.place)),)


@special(
    "asgiref.sync.sync_to_async",
    "asgiref.sync.SyncToAsync",
    "asyncer.asyncify",
    "fastapi_convert.offload",
    "fastapi_convert.offloading.offload",
    "aiofiles.ospath.wrap",
)
def _wrapped(frame: Calls, call: Call) -> Value:
    # Without a function it is a decorator that waits for one.
    return (frame.atoms.make(Offloaded, call.args[0] if call.args else ()),)


@decorator(
    "asgiref.sync.sync_to_async",
    "asyncer.asyncify",
    "fastapi_convert.offload",
    "fastapi_convert.offloading.offload",
)
def _offloaded(frame: Calls, value: Value) -> Value:
    return (frame.atoms.make(Offloaded, value),)


@special(
    "starlette.applications.Starlette.add_middleware",
    "fastapi.FastAPI.add_middleware",
    "starlette.middleware.Middleware",
    "fastapi.middleware.Middleware",
)
def _middleware(frame: Calls, call: Call) -> Value:
    # What it is made with decides what it does with each request.
    options = Arguments([UNKNOWN, *call.args[1:]], call.given.keywords, call.given.rest, call.given.more)
    for atom in frame.aside().apply(call.first, options, *call.place):
        if isinstance(atom, Inst):
            for name in ("__call__", "dispatch"):
                frame.aside().method(atom, name, *call.place, (UNKNOWN, UNKNOWN, UNKNOWN))
    return NONE


@special("starlette.background.BackgroundTasks.add_task", "starlette.background.BackgroundTask")
def _background(frame: Calls, call: Call) -> Value | None:
    # A plain function goes to the thread pool; an async one is evaluated with what it is call.given here.
    if call.args:
        asynchronous = tuple(a for a in call.args[0] if isinstance(a, Func) and a.function.is_async)
        frame.aside().apply(asynchronous, Arguments(call.args[1:], call.given.keywords), *call.place)
    return None
