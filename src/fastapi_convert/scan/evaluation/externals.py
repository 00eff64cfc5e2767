"""Library calls that do more than block: they call back, consume, wrap, or send work off the loop.

Everything else of a library is taken to do nothing with the functions that it is handed. That is what keeps a function
given to a thread, an executor or a task queue from being reported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from .arguments import Arguments
from .values import (
    NONE,
    UNKNOWN,
    Await,
    Bag,
    BagMethod,
    Cls,
    Const,
    Ext,
    Func,
    Gen,
    Inst,
    Offloaded,
    Partial,
    Super,
    Tuple,
    Value,
    constant,
    join,
    known,
    truth,
)

if TYPE_CHECKING:
    from .calls import Calls

__all__ = ("DECORATORS", "SPECIAL", "call_bag_method")

# Gives the result, or None for "as the stub says".
Special: TypeAlias = "Callable[[Any, Ext, Arguments, int, int], Value | None]"
SPECIAL: Final[dict[str, Special]] = {}
DECORATORS: Final[dict[str, Callable[[Any, Value], Value]]] = {}


def _for(*names: str) -> Callable[[Special], Special]:
    def register(special: Special) -> Special:
        SPECIAL.update(dict.fromkeys(names, special))
        return special

    return register


def _decorator(*names: str) -> Callable[[Callable[[Any, Value], Value]], Callable[[Any, Value], Value]]:
    def register(decorate: Callable[[Any, Value], Value]) -> Callable[[Any, Value], Value]:
        DECORATORS.update(dict.fromkeys(names, decorate))
        return decorate

    return register


# -- off the loop: the function runs on a thread, in a process, later; awaiting gives what it returns --------------------


@_for(
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
def _off_loop(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    func = given.get("func", 0)
    if func is None:
        return UNKNOWN
    inner = Arguments(given.positional[1:], given.keywords, given.rest, given.more)
    return (frame.atoms.make(Await, frame.aside().apply(func, inner, line, column)),)


@_for("asyncio.AbstractEventLoop.run_in_executor", "asyncio.BaseEventLoop.run_in_executor")
def _in_executor(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    func = given.get("func", 1)
    if func is None:
        return UNKNOWN
    return (frame.atoms.make(Await, frame.aside().apply(func, Arguments(given.positional[2:]), line, column)),)


@_for(
    "asgiref.sync.sync_to_async",
    "asgiref.sync.SyncToAsync",
    "asyncer.asyncify",
    "fastapi_convert.offload",
    "fastapi_convert.offloading.offload",
    "aiofiles.ospath.wrap",
)
def _wrapped(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    # Without a function it is a decorator that waits for one.
    return (frame.atoms.make(Offloaded, given.positional[0] if given.positional else ()),)


@_decorator(
    "asgiref.sync.sync_to_async",
    "asyncer.asyncify",
    "fastapi_convert.offload",
    "fastapi_convert.offloading.offload",
)
def _offloaded(frame: Calls, value: Value) -> Value:
    return (frame.atoms.make(Offloaded, value),)


@_for("asyncio.run", "asyncio.Runner.run", "anyio.run", "asgiref.sync.async_to_sync")
def _run(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    return frame.awaited(given.positional[0]) if given.positional else UNKNOWN


@_for(
    "asyncio.create_task",
    "asyncio.ensure_future",
    "asyncio.shield",
    "asyncio.wait_for",
    "asyncio.AbstractEventLoop.create_task",
    "asyncio.TaskGroup.create_task",
)
def _same_coroutine(_: Calls, __: Ext, given: Arguments, ___: int, ____: int) -> Value:
    return given.positional[0] if given.positional else UNKNOWN


@_for("asyncio.gather")
def _gathered(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    if given.rest is not None:
        result = frame.atoms.many("list", frame.awaited(join(*given.positional, given.rest)))
    else:
        result = (frame.atoms.make(Tuple, tuple(frame.awaited(value) for value in given.positional)),)
    return (frame.atoms.make(Await, result),)


@_for("anyio.abc.TaskGroup.start_soon", "anyio.TaskGroup.start_soon", "asyncio.AbstractEventLoop.run_until_complete")
def _start_soon(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    # The function is async: calling it is what starts it, and what it blocks on is its own.
    if given.positional:
        frame.aside().apply(given.positional[0], Arguments(given.positional[1:]), line, column)
    return UNKNOWN


@_for("starlette.background.BackgroundTasks.add_task", "starlette.background.BackgroundTask")
def _background(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value | None:
    # A plain function goes to the thread pool; an async one is evaluated with what it is given here.
    if given.positional:
        asynchronous = tuple(a for a in given.positional[0] if isinstance(a, Func) and a.function.is_async)
        frame.aside().apply(asynchronous, Arguments(given.positional[1:], given.keywords), line, column)
    return None


# -- on the loop: callbacks ----------------------------------------------------------------------------------------------


def _callback(position: int) -> Special:
    def special(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value | None:
        func = given.get("callback", position)
        if func is not None:
            frame.apply(func, Arguments(given.positional[position + 1 :]), line, column)
        return None

    return special


for _name in ("AbstractEventLoop", "BaseEventLoop"):
    SPECIAL[f"asyncio.{_name}.call_soon"] = _callback(0)
    SPECIAL[f"asyncio.{_name}.call_soon_threadsafe"] = _callback(0)
    SPECIAL[f"asyncio.{_name}.call_later"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.call_at"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.add_reader"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.add_writer"] = _callback(1)
    SPECIAL[f"asyncio.{_name}.add_signal_handler"] = _callback(1)


@_for("asyncio.Task.add_done_callback", "asyncio.Future.add_done_callback")
def _done_callback(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    return frame.apply(given.positional[0], Arguments([UNKNOWN]), line, column) if given.positional else UNKNOWN


# -- functools and builtins ------------------------------------------------------------------------------------------------


@_for("functools.partial", "functools.partialmethod")
def _partial(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    if not given.positional:
        return UNKNOWN
    func, *args = given.positional
    return (frame.atoms.make(Partial, func, tuple(args), tuple(given.keywords.items())),)


@_for("functools.reduce")
def _reduce(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if len(given.positional) < 2:
        return UNKNOWN
    items = frame.iterate(given.positional[1], line, column)
    return frame.apply(given.positional[0], Arguments([items, items]), line, column)


@_for("builtins.map")
def _map(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    # Said to run where it is made: who makes a map on the loop consumes it there, as a rule.
    if len(given.positional) < 2:
        return UNKNOWN
    items = [frame.iterate(value, line, column) for value in given.positional[1:]]
    return frame.atoms.many("list", frame.apply(given.positional[0], Arguments(items), line, column))


@_for("builtins.filter")
def _filter(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if len(given.positional) < 2:
        return UNKNOWN
    items = frame.iterate(given.positional[1], line, column)
    frame.apply(given.positional[0], Arguments([items]), line, column)
    return frame.atoms.many("list", items)


def _key(frame: Calls, given: Arguments, items: Value, line: int, column: int) -> None:
    if (key := given.keywords.get("key")) is not None:
        frame.apply(key, Arguments([items]), line, column)


@_for("builtins.sorted", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple", "builtins.reversed")
def _consumed(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if not given.positional:
        return (frame.atoms.bag("list", (frame.env.module, line, column, id(frame.func))),)
    items = frame.iterate(given.positional[0], line, column)
    _key(frame, given, items, line, column)
    return frame.atoms.many("list", items)


@_for("builtins.iter")
def _iter(_: Calls, __: Ext, given: Arguments, ___: int, ____: int) -> Value:
    return given.positional[0] if given.positional else UNKNOWN


@_for("builtins.enumerate", "builtins.zip")
def _paired(frame: Calls, ext: Ext, given: Arguments, line: int, column: int) -> Value:
    items = [frame.iterate(value, line, column) for value in given.positional]
    if ext.names[0].endswith("enumerate"):
        items = [UNKNOWN, *items[:1]]
    return frame.atoms.many("list", (frame.atoms.make(Tuple, tuple(items)),))


@_for("builtins.min", "builtins.max", "builtins.sum", "builtins.any", "builtins.all")
def _folded(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    values = given.positional
    items = frame.iterate(values[0], line, column) if len(values) == 1 else join(*values)
    _key(frame, given, items, line, column)
    return items or UNKNOWN


@_for("builtins.next")
def _next(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    return frame.next_of(given.positional[0], line, column) if given.positional else UNKNOWN


@_for("builtins.anext", "builtins.aiter")
def _anext(_: Calls, __: Ext, ___: Arguments, ____: int, _____: int) -> Value:
    return UNKNOWN


def _converts(*names: str) -> Special:
    def special(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
        if given.positional:
            frame.convert(given.positional[0], names, line, column)
        return UNKNOWN

    return special


SPECIAL["builtins.len"] = _converts("__len__")
SPECIAL["builtins.str"] = _converts("__str__", "__repr__")
SPECIAL["builtins.print"] = _converts("__str__", "__repr__")
SPECIAL["builtins.repr"] = _converts("__repr__")
SPECIAL["builtins.int"] = _converts("__int__", "__index__")
SPECIAL["builtins.float"] = _converts("__float__")
SPECIAL["builtins.hash"] = _converts("__hash__")
SPECIAL["builtins.abs"] = _converts("__abs__")
SPECIAL["builtins.bytes"] = _converts("__bytes__")


@_for("builtins.str.join", "builtins.bytes.join")
def _joined(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if given.positional:
        frame.iterate(given.positional[0], line, column)
    return UNKNOWN


@_for("inspect.iscoroutinefunction", "asyncio.iscoroutinefunction", "inspect.isasyncgenfunction")
def _is_coroutine_function(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    kinds = {a.function.is_async if isinstance(a, Func) else None for a in given.all()}
    decided = kinds.pop() if len(kinds) == 1 else None
    return UNKNOWN if decided is None else frame.atoms.const(decided)


@_for(
    *(f"pydantic.{base}.{name}" for base in ("BaseModel", "RootModel", "main.BaseModel") for name in (
        "model_validate", "model_validate_json", "model_construct", "parse_obj", "parse_raw", "from_orm", "validate",
    )),
)  # fmt: skip
def _model(frame: Calls, ext: Ext, _: Arguments, line: int, column: int) -> Value | None:
    if not isinstance(ext.bound, Cls):
        return None
    return frame.construct(ext.bound.cls, Arguments(more=True), line, column)


@_for("builtins.bool")
def _bool(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    value = given.positional[0] if given.positional else UNKNOWN
    frame.convert(value, ("__bool__", "__len__"), line, column)
    decided = truth(value)
    return UNKNOWN if decided is None else frame.atoms.const(decided)


@_for("builtins.getattr")
def _getattr(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if len(given.positional) < 2:
        return UNKNOWN
    name = constant(given.positional[1])
    if name is None or not isinstance(name.value, str):
        return UNKNOWN
    found = frame.attribute(given.positional[0], name.value, line, column)
    return join(found, given.positional[2]) if len(given.positional) > 2 else found


@_for("builtins.setattr")
def _setattr(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if len(given.positional) == 3 and (name := constant(given.positional[1])) is not None:
        frame.set_attribute(given.positional[0], str(name.value), given.positional[2], line, column)
    return NONE


@_for("builtins.type")
def _type(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    if len(given.positional) != 1:
        return UNKNOWN
    return tuple(frame.atoms.make(Cls, a.cls) for a in given.positional[0] if isinstance(a, Inst)) or UNKNOWN


@_for("builtins.super")
def _super(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    if frame.func is None or frame.receiver is None:
        return UNKNOWN
    owner = frame.func.function.owner
    parent = frame.func.function.parent
    while owner is None and parent is not None:
        owner, parent = parent.owner, parent.parent
    if given.positional and isinstance(given.positional[0][0], Cls):
        owner = given.positional[0][0].cls
    return (frame.atoms.make(Super, owner, frame.receiver),) if owner else UNKNOWN


@_for("builtins.dict")
def _dict(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    bag: Bag = frame.atoms.bag("dict", (frame.env.module, line, column, id(frame.func)))
    for name, value in given.keywords.items():
        bag.add(value, frame.atoms.const(name))
    for value in given.positional:
        for atom in value:
            if isinstance(atom, Bag):
                bag.add(atom.everything())
    return (bag,)


@_for("typing.cast", "typing_extensions.cast")
def _cast(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    if len(given.positional) < 2:
        return UNKNOWN
    types = tuple(frame.atoms.inst(a.cls) for a in given.positional[0] if isinstance(a, Cls))
    return types or given.positional[1]


@_for("copy.copy", "copy.deepcopy", "typing.assert_type", "inspect.unwrap", "contextlib.nullcontext", "contextlib.aclosing")
def _same(_: Calls, __: Ext, given: Arguments, ___: int, ____: int) -> Value:
    return given.positional[0] if given.positional else UNKNOWN


@_for("contextlib.closing")
def _closing(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    from .values import Entered

    return (frame.atoms.make(Entered, given.positional[0], None),) if given.positional else UNKNOWN


@_for("contextlib.ExitStack.enter_context", "contextlib.AsyncExitStack.enter_context")
def _enter_context(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    return frame.enter(given.positional[0], line, column) if given.positional else UNKNOWN


@_for("contextlib.AsyncExitStack.enter_async_context")
def _enter_async_context(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value:
    if not given.positional:
        return UNKNOWN
    return (frame.atoms.make(Await, frame.enter_async(given.positional[0], line, column)),)


@_for("contextlib.ExitStack.callback", "contextlib.AsyncExitStack.callback", "builtins.property")
def _exit_callback(frame: Calls, ext: Ext, given: Arguments, line: int, column: int) -> Value:
    if ext.names[0] != "builtins.property" and given.positional:
        frame.apply(given.positional[0], Arguments(given.positional[1:], given.keywords), line, column)
    return UNKNOWN


@_for("re.sub", "re.subn")
def _substitute(frame: Calls, _: Ext, given: Arguments, line: int, column: int) -> Value | None:
    func = given.get("repl", 1)
    if func is not None:
        frame.apply(func, Arguments([UNKNOWN]), line, column)
    return None


# -- decorators ------------------------------------------------------------------------------------------------------------


@_decorator("contextlib.contextmanager", "contextlib.asynccontextmanager")
def _manager(frame: Calls, value: Value) -> Value:
    return tuple(
        frame.atoms.make(Func, a.function, a.bound, a.env, True) if isinstance(a, Func) else a  # noqa: FBT003
        for a in value
    )


@_for("contextlib.contextmanager", "contextlib.asynccontextmanager")
def _manager_call(frame: Calls, _: Ext, given: Arguments, __: int, ___: int) -> Value:
    return _manager(frame, given.positional[0]) if given.positional else UNKNOWN


@_for(
    "functools.lru_cache", "functools.cache", "functools.update_wrapper", "functools.singledispatch",
    "builtins.staticmethod", "builtins.classmethod", "types.coroutine", "atexit.register",
)  # fmt: skip
def _unchanged(_: Calls, ext: Ext, given: Arguments, __: int, ___: int) -> Value:
    functions = tuple(a for a in given.positional[0] if isinstance(a, Func)) if given.positional else ()
    return functions or (ext,)  # `lru_cache(maxsize=8)` is still to be handed the function


@_for("functools.wraps")
def _wraps(frame: Calls, _: Ext, __: Arguments, ___: int, ____: int) -> Value:
    return (frame.atoms.ext("functools.update_wrapper"),)


# -- lists, sets and dicts ---------------------------------------------------------------------------------------------------


def call_bag_method(frame: Calls, atom: BagMethod, given: Arguments, line: int, column: int) -> Value:
    """Call a method of a list, set or dict."""
    bag, name, args = atom.bag, atom.name, given.positional
    if name in {"append", "add", "appendleft", "insert", "push"} and args:
        bag.add(args[-1])
        return NONE
    if name in {"extend", "update"}:
        return _extend(frame, bag, given, line, column)
    if name in {"get", "pop", "setdefault", "popleft", "popitem", "__getitem__"}:
        return _taken(frame, bag, name, args)
    if name == "items":
        return frame.atoms.many("list", (frame.atoms.make(Tuple, (frame.iterate((bag,), 0, 0), bag.everything())),))
    if name in {"values", "copy"}:
        return (bag,) if name == "copy" else frame.atoms.many("list", bag.everything())
    if name == "keys":
        return frame.atoms.many("list", frame.iterate((bag,), 0, 0))
    if name == "sort":
        _key(frame, given, bag.everything(), line, column)
    return UNKNOWN


def _extend(frame: Calls, bag: Bag, given: Arguments, line: int, column: int) -> Value:
    for value in given.positional:
        for atom in value:
            if isinstance(atom, Bag):
                bag.update(atom)
            elif isinstance(atom, Gen | Tuple):
                bag.add(frame.iterate((atom,), line, column))
    for name, value in given.keywords.items():
        bag.add(value, frame.atoms.const(name))
    return NONE


def _taken(frame: Calls, bag: Bag, name: str, args: list[Value]) -> Value:
    if bag.kind != "dict" or name == "popitem":
        return bag.everything() or UNKNOWN
    key = constant(args[0]) if args else None
    default = args[1] if len(args) > 1 else NONE if name == "get" else ()
    if name == "setdefault" and len(args) > 1 and known(args[1]):
        bag.add(args[1], args[0])
    if key is not None and key.value in bag.keys:
        return bag.keys[key.value]
    return join(bag.everything() or UNKNOWN, default)  # what is not in there yet may come later


