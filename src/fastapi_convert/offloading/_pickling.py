"""What travels between a caller and its worker process, and what is said when something cannot.

Functions go by name. A function that `offload` has wrapped is found as the wrapper's `.sync`. Big buffers stay outside
the pickle (protocol 5), so that they are copied once, and by the kernel. Exceptions are tried out before they are sent.
"""

from __future__ import annotations

import importlib
import io
import pickle
import sys
import traceback
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from fastapi_convert.offloading._arena import Buffer

BIG = 1 << 16  # below this, a buffer is cheaper inside the pickle
_FEW = 64  # a longer list of results is not searched for big buffers: searching would cost more than it gives

CURE = "Pass plain data, or use a Pool of threads."


class Packed(NamedTuple):
    """A pickle and the big buffers that belong to it."""

    stream: bytes
    buffers: list[memoryview]


class Failure(NamedTuple):
    """An exception on its way to the caller: `pickled` is None when it cannot travel, the rest always can."""

    pickled: bytes | None
    summary: str
    notes: list[str]
    traceback: str


def name_of(fn: Callable[..., Any]) -> str:
    """The function's name for messages."""
    target = getattr(fn, "func", fn)  # a partial has no name of its own
    return getattr(target, "__qualname__", None) or type(target).__qualname__


class _Pickler(pickle.Pickler):
    # The pickler asks here only for what has no fast path of its own: functions, classes, instances.
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, FunctionType):
            return _reduce_function(obj)
        if isinstance(obj, MethodType):
            return _reduce_method(obj)
        if isinstance(obj, memoryview):
            plain = obj if obj.c_contiguous else memoryview(bytearray(obj.tobytes()))
            return _rebuild_view, (pickle.PickleBuffer(plain), obj.readonly, obj.format, obj.shape)
        return NotImplemented


def _find(module: str, qualname: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    return found


def _reduce_function(fn: FunctionType) -> Any:
    found = _find(fn.__module__, fn.__qualname__)
    if found is fn:
        return NotImplemented
    if getattr(found, "sync", None) is fn:
        return find_sync, (fn.__module__, fn.__qualname__)
    if fn.__name__ == "<lambda>":
        reason = "a lambda has no name"
    elif "<locals>" in fn.__qualname__:
        reason = "it is defined inside another function"
    else:
        reason = f"{fn.__module__}.{fn.__qualname__} is something else"
    raise pickle.PicklingError(f"a worker process finds functions by name, but {reason}; move it to module level")


def _reduce_method(method: MethodType) -> Any:
    # The default looks the name up on the instance, where `offload` may have put its wrapper.
    if getattr(method.__self__, method.__func__.__name__, None) == method:
        return NotImplemented
    return bind, (method.__func__, method.__self__)


def bind(function: Callable[..., Any], instance: Any) -> MethodType:
    """A bound method, by a function that has a name: the type of methods has none."""
    return MethodType(function, instance)


def find_sync(module: str, qualname: str) -> Any:
    """The original of an offloaded function: `.sync` of what bears its name."""
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part)
    return found.sync


def _rebuild_view(buffer: Buffer, readonly: bool, code: str, shape: tuple[int, ...]) -> memoryview:
    view = memoryview(buffer).cast("B")
    if shape and 0 in shape:
        view = view.cast(code)  # type: ignore[call-overload]  # a view without elements has no other shape
    elif (code, shape) != ("B", (view.nbytes,)):
        view = view.cast(code, shape)  # type: ignore[call-overload]
    return view.toreadonly() if readonly else view


def pack(value: Any, pickler: type[pickle.Pickler] = _Pickler) -> Packed:
    """Pickle `value`, with its big buffers left outside."""
    buffers: list[memoryview] = []

    def keep_inside(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < BIG:
            return True
        buffers.append(raw)
        return False

    stream = io.BytesIO()
    pickler(stream, pickle.HIGHEST_PROTOCOL, buffer_callback=keep_inside).dump(value)
    return Packed(stream.getvalue(), buffers)


def pack_call(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Packed:
    """Pickle a call. Big `bytes` and `bytearray` arguments stay outside the pickle."""
    return pack((fn, tuple(map(_outside, args)), {key: _outside(value) for key, value in kwargs.items()}))


def pack_result(result: Any) -> Packed:
    """Pickle a result. Big `bytes` and `bytearray` stay outside, also directly inside a tuple or list."""
    if type(result) in (tuple, list) and len(result) <= _FEW and any(map(_is_big, result)):
        return pack(type(result)(map(_outside, result)))
    return pack(_outside(result))


def _is_big(value: Any) -> bool:
    return type(value) in (bytes, bytearray) and len(value) >= BIG


def _outside(value: Any) -> Any:
    return pickle.PickleBuffer(value) if _is_big(value) else value


def blame(fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any], error: Exception) -> str:
    """Which part of a call cannot be pickled, and why."""
    parts = [("the function", fn)]
    parts += [(f"argument {number}", value) for number, value in enumerate(args, 1)]
    parts += [(f"argument {key!r}", value) for key, value in kwargs.items()]
    for label, value in parts:
        try:
            pack(value)
        except Exception as found:
            kind = "" if value is fn else f", a {type(value).__qualname__},"
            return f"{name_of(fn)}() cannot run in a worker process: {label}{kind} cannot be pickled: {found}. {CURE}"
    return f"{name_of(fn)}() cannot run in a worker process: its arguments cannot be pickled: {error}. {CURE}"


def describe(error: BaseException) -> str:
    """`ValueError('text')`, or less if its own repr fails."""
    try:
        return repr(error)
    except Exception:
        return type(error).__qualname__


def pack_failure(error: BaseException) -> bytes:
    """Everything about an exception that can travel. Nothing here may raise: the caller waits for an answer."""
    notes = [note for note in getattr(error, "__notes__", None) or () if isinstance(note, str)]
    text = "".join(traceback.format_exception(error))
    return pickle.dumps(tuple(Failure(_pack_exception(error), describe(error), notes, text)))


def _pack_exception(error: BaseException) -> bytes | None:
    for pickler in (_Pickler, _BarePickler):
        try:
            pickled = pack(error, pickler).stream
            copy = pickle.loads(pickled)  # noqa: S301 -- our own bytes
        except Exception:  # noqa: S112 -- the next way, or none
            continue
        # A constructor that builds its message from its arguments makes another message from the message.
        if type(copy) is type(error) and describe(copy) == describe(error):
            return pickled
    return None


class _BarePickler(_Pickler):
    # Rebuilds exceptions without their constructor, which may ask for more than `args` holds.
    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, BaseException) and type(obj).__reduce__ is BaseException.__reduce__:
            return rebuild_exception, (type(obj), obj.args, obj.__dict__)
        return super().reducer_override(obj)


def rebuild_exception(kind: type[BaseException], args: tuple[Any, ...], state: dict[str, Any]) -> BaseException:
    """An exception with the given args and attributes, made without calling its `__init__`."""
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def revive(failure: Failure) -> BaseException | None:
    """The exception of the worker process, with its notes and its traceback as a note; None if it cannot travel."""
    if failure.pickled is None:
        return None
    try:
        error = pickle.loads(failure.pickled)  # noqa: S301 -- from our own worker, over a private socket
    except Exception:
        return None
    assert isinstance(error, BaseException)
    known = getattr(error, "__notes__", [])
    for note in [*failure.notes, f"Traceback in the worker process:\n{failure.traceback}"]:
        if note not in known:
            error.add_note(note)
    return error
