"""What asyncio and anyio do with coroutines and callbacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import UNKNOWN, Await, Tuple, Value, join

from ._special import SPECIAL, Call, Special, special

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls


@special("asyncio.run", "asyncio.Runner.run", "anyio.run")
def _run(frame: Calls, call: Call) -> Value:
    return frame.awaited(call.args[0]) if call.args else UNKNOWN


@special(
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.shield",
    "asyncio.wait_for",
    "asyncio.AbstractEventLoop.create_task",
    "asyncio.TaskGroup.create_task",
)
def _same_coroutine(_: Calls, call: Call) -> Value:
    return call.first


@special("asyncio.gather")
def _gathered(frame: Calls, call: Call) -> Value:
    if call.given.rest is not None:
        result = frame.atoms.many("list", frame.awaited(join(*call.args, call.given.rest)))
    else:
        result = (frame.atoms.make(Tuple, tuple(frame.awaited(value) for value in call.args)),)
    return (frame.atoms.make(Await, result),)


@special("anyio.abc.TaskGroup.start_soon", "anyio.TaskGroup.start_soon", "asyncio.AbstractEventLoop.run_until_complete")
def _start_soon(frame: Calls, call: Call) -> Value:
    # The function is async: calling it is what starts it, and what it blocks on is its own.
    if call.args:
        frame.aside().apply(call.args[0], Arguments(call.args[1:]), *call.place)
    return UNKNOWN


def _callback(position: int) -> Special:
    def run(frame: Calls, call: Call) -> Value | None:
        func = call.given.get("callback", position)
        if func is not None:
            frame.apply(func, Arguments(call.args[position + 1 :]), *call.place)
        return None

    return run


for _name in ("AbstractEventLoop", "BaseEventLoop"):
    SPECIAL[f"asyncio.{_name}.call_soon"] = _callback(0)
    SPECIAL[f"asyncio.{_name}.call_soon_threadsafe"] = _callback(0)
    SPECIAL[f"asyncio.{_name}.call_later"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.call_at"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.add_reader"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.add_writer"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.add_signal_handler"] = _callback(1)


@special("asyncio.Task.add_done_callback", "asyncio.Future.add_done_callback")
def _done_callback(frame: Calls, call: Call) -> Value:
    return frame.apply(call.args[0], Arguments([UNKNOWN]), *call.place) if call.args else UNKNOWN
