"""`offload`: what was synchronous is awaited, with the same name, signature and documentation."""

from __future__ import annotations

import contextlib
import functools
import inspect
import types
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterator
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast, final, overload

from ._managers import OffloadedManager
from ._objects import BoundOffload, OffloadedMethod, OffloadedObject, Settings, stands_in_class_body
from ._streams import Stream
from ._waiting import ContextMode, OnCancel, Options
from .pools import BasePool
from .process_pools import ProcessPool

if TYPE_CHECKING:
    from contextlib import _GeneratorContextManager

P = ParamSpec("P")
R = TypeVar("R")
P2 = ParamSpec("P2")
R2 = TypeVar("R2")
S = TypeVar("S")
T = TypeVar("T")


class Offloaded(Protocol[P, R]):
    """An offloaded function: awaited like any coroutine function, with the original beside it as `sync`."""

    __name__: str
    #: The function itself, untouched.
    sync: Callable[P, R]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, R]: ...

    @overload
    def __get__(self, instance: None, owner: type, /) -> Offloaded[P, R]: ...
    @overload
    def __get__(
        self: Offloaded[Concatenate[S, P2], R2], instance: S, owner: type | None = None, /
    ) -> Offloaded[P2, R2]: ...


class OffloadedStream(Protocol[P, T]):
    """An offloaded generator function: an asynchronous generator function, with the original beside it as `sync`."""

    __name__: str
    sync: Callable[P, Iterator[T]]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> AsyncGenerator[T, None]: ...

    @overload
    def __get__(self, instance: None, owner: type, /) -> OffloadedStream[P, T]: ...
    @overload
    def __get__(
        self: OffloadedStream[Concatenate[S, P2], R2], instance: S, owner: type | None = None, /
    ) -> OffloadedStream[P2, R2]: ...


@final
class _Nothing:
    """No function returns this. What matches it returns Any, and must not be taken for a generator's function."""


class Offloader(Protocol):
    """What `offload(pool=..., timeout=...)` returns: the decorator itself."""

    @overload
    def __call__(self, fn: Callable[P, _Nothing], /) -> Offloaded[P, Any]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]  # the narrower type first
        self, fn: Callable[P, _GeneratorContextManager[T]], /
    ) -> Callable[P, AbstractAsyncContextManager[T]]: ...
    @overload
    def __call__(  # type: ignore[overload-overlap]  # the narrower type first
        self, fn: Callable[P, Generator[T, Any, Any]] | Callable[P, Iterator[T]], /
    ) -> OffloadedStream[P, T]: ...
    @overload
    def __call__(self, fn: Callable[P, R], /) -> Offloaded[P, R]: ...
    @overload
    def __call__(self, fn: object, /) -> Any: ...


@overload
def offload(
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> Offloader: ...
@overload
def offload(
    fn: Callable[P, _Nothing],
    /,
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> Offloaded[P, Any]: ...
@overload
def offload(  # type: ignore[overload-overlap]  # the narrower type first
    fn: Callable[P, _GeneratorContextManager[T]],
    /,
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> Callable[P, AbstractAsyncContextManager[T]]: ...
@overload
def offload(  # type: ignore[overload-overlap]  # the narrower type first
    fn: Callable[P, Generator[T, Any, Any]] | Callable[P, Iterator[T]],
    /,
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> OffloadedStream[P, T]: ...
@overload
def offload(
    fn: Callable[P, R],
    /,
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> Offloaded[P, R]: ...
@overload
def offload(
    fn: object,
    /,
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> Any: ...
def offload(
    fn: Any = None,
    /,
    *,
    pool: BasePool | None = None,
    timeout: float | None = None,
    on_cancel: OnCancel = "wait",
    context: ContextMode = "in",
) -> Any:
    """Make a synchronous callable awaitable: it runs on a worker of `pool`, and the event loop stays free.

    Works as a decorator, with or without options, and as a function: `offload(legacy.load, pool=db)`.

    - A function, method, classmethod, staticmethod (in either decorator order), partial, class or callable object
      becomes a coroutine function with the same name, documentation and signature: FastAPI sees no difference. The
      original stays reachable as `.sync`.
    - A generator function becomes an asynchronous generator function. Items arrive as they are made; the generator
      runs ahead by a bounded buffer once the second item was asked for, gives its worker back while that is full, and
      is closed on a worker, once, in its own context.
    - A `@contextmanager` function becomes an asynchronous context manager, whose exit can always run.
    - Any other object becomes a proxy whose public methods are offloaded; its attributes are read directly.

    Args:
        fn: What to offload. Left out where `offload` is called with options only.
        pool: A `Pool` or `ProcessPool`; `default_pool()` when left out.
        timeout: Seconds for waiting and running together (for a generator: until the next item). The answer is an
            `OffloadTimeout`, in time. A thread cannot be killed, so the function may run on and keeps its worker;
            `check_cancelled()` and `time_left()` in it help. A process is killed; a cancellation does not kill it.
        on_cancel: What a cancelled caller does while the function runs. `"wait"`: leaves when the function has ended,
            so nothing goes on behind its back. `"abandon"`: leaves at once; the worker stays taken until the end. A
            call that has not begun is taken back in both.
        context: `"in"`: the function sees the caller's context variables. `"inout"`: those it sets are also set in
            the caller afterwards. Nothing stays behind on the worker.

    Returns:
        The asynchronous counterpart of `fn`, or a decorator when `fn` was left out.

    Raises:
        TypeError: `fn` is asynchronous already, or an option does not fit it.
        PoolFull: From the call: no worker is free and `max_waiting` calls wait.
        OffloadTimeout: From the call.
        CallableExited: From the call: the function raised `SystemExit` or the like, which would end the event loop.

    Examples:
        >>> import anyio
        >>> from fastapi_convert import offload
        >>> @offload
        ... def greet(name: str) -> str:
        ...     return f"Hello {name}"
        >>> anyio.run(greet, "Ada")
        'Hello Ada'
        >>> greet.sync("Ada")
        'Hello Ada'
    """
    settings = Settings(pool, _options(timeout, on_cancel, context))
    if fn is None:
        return functools.partial(_convert, settings)
    return _convert(settings, fn)


def _options(timeout: float | None, on_cancel: str, context: str) -> Options:
    if timeout is not None and not timeout > 0:
        raise ValueError(f"timeout is a number of seconds above 0, or None for no limit, not {timeout!r}.")
    if on_cancel not in {"wait", "abandon"}:
        raise ValueError(f'on_cancel is "wait" or "abandon", not {on_cancel!r}.')
    if context not in {"in", "inout"}:
        raise ValueError(f'context is "in" or "inout", not {context!r}.')
    return Options(timeout, cast("OnCancel", on_cancel), cast("ContextMode", context))


def _convert(settings: Settings, fn: Any) -> Any:
    if isinstance(fn, classmethod | staticmethod):
        return OffloadedMethod(fn, settings, _convert)
    if not callable(fn):
        return OffloadedObject(fn, settings, _convert)
    _refuse_async(fn)
    if _is_context_manager_function(fn):
        _refuse_process(fn, settings, "A context manager")
        return _manager_function(fn, settings)
    if inspect.isgeneratorfunction(innermost(fn)):
        _refuse_process(fn, settings, "A generator")
        return _stream_function(fn, settings)
    return _convert_plain(settings, fn)


def _convert_plain(settings: Settings, fn: Any) -> Any:
    if isinstance(settings.pool, ProcessPool) and settings.options.context == "inout":
        raise TypeError(f'context="inout" cannot bring variables back from another process: {fn!r}. Use a Pool.')
    if stands_in_class_body(fn):
        return OffloadedMethod(fn, settings, _convert)
    if inspect.ismethod(fn):
        return BoundOffload(fn, settings)
    return call_function(fn, settings)


def innermost(fn: Any) -> Any:
    """The function that runs in the end: behind partials and methods, or the `__call__` of an object."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    if not (inspect.isroutine(fn) or inspect.isclass(fn)) and callable(fn):
        return type(fn).__call__
    return fn


def _refuse_async(fn: Any) -> None:
    inner = innermost(fn)
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        raise TypeError(
            f"offload() takes synchronous callables, and {fn!r} is asynchronous: await it as it is. "
            "If it calls blocking code, offload that function instead."
        )


def _refuse_process(fn: Any, settings: Settings, kind: str) -> None:
    if isinstance(settings.pool, ProcessPool):
        raise TypeError(f"{kind} cannot live in another process: offload {fn!r} to a Pool of threads.")
    if kind == "A generator" and settings.options.context == "inout":
        raise TypeError(
            f'context="inout" has no moment to take effect in a generator, which runs ahead of its consumer: {fn!r}. '
            'Use context="in", or a @contextmanager function.'
        )


_CONTEXT_MANAGER_CODE = contextlib.contextmanager(lambda: iter(())).__code__


def _is_context_manager_function(fn: Any) -> bool:
    # All that @contextmanager returns shares one code object; a name or an annotation would prove less.
    return getattr(fn, "__code__", None) is _CONTEXT_MANAGER_CODE


def call_function(fn: Callable[..., Any], settings: Settings) -> Any:
    """A coroutine function that runs `fn` on a worker."""
    options, pool_of = settings.options, settings.pool_of

    async def offloaded(*args: Any, **kwargs: Any) -> Any:
        return await pool_of().call(fn, args, kwargs, options)

    return _dress(functools.wraps(fn, updated=())(offloaded), fn, settings)


def _manager_function(fn: Callable[..., Any], settings: Settings) -> Any:
    pool_of, options, new_manager = settings.pool_of, settings.options, OffloadedManager

    def offloaded(*args: Any, **kwargs: Any) -> Any:
        return new_manager(pool_of(), fn, args, kwargs, options)

    return _dress(_at_home_with(fn, offloaded), fn, settings)


def _stream_function(fn: Callable[..., Any], settings: Settings) -> Any:
    pool_of, options, new_stream = settings.pool_of, settings.options, Stream

    async def offloaded(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, None]:
        stream = new_stream(pool_of(), fn, args, kwargs, options)
        try:
            while await stream.more():
                while stream.buffer:
                    try:
                        yield stream.take()
                    except GeneratorExit:
                        raise
                    except BaseException as exc:
                        await stream.throw(exc)
        finally:
            await stream.aclose()

    return _dress(_at_home_with(fn, offloaded), fn, settings)


def _at_home_with(fn: Callable[..., Any], wrapper: Callable[..., Any]) -> Any:
    """`wrapper` with the signature of `fn` and in its module, but without `__wrapped__`.

    FastAPI looks through `__wrapped__` and would take the wrapper of a generator for a synchronous generator. Without
    it, FastAPI evaluates string annotations in the function's own globals, so the wrapper is given those of `fn`: its
    own code uses none, only what it closes over.
    """
    assert isinstance(wrapper, types.FunctionType)
    inner = inspect.unwrap(innermost(fn))
    namespace = getattr(inner, "__globals__", wrapper.__globals__)
    moved = types.FunctionType(wrapper.__code__, namespace, wrapper.__name__, None, wrapper.__closure__)
    functools.update_wrapper(moved, fn, updated=())
    del moved.__wrapped__  # type: ignore[attr-defined]  # set by update_wrapper
    moved.__signature__ = inspect.signature(fn)  # type: ignore[attr-defined]  # read by inspect
    return moved


def _dress(wrapper: Any, fn: Callable[..., Any], settings: Settings) -> Any:
    if isinstance(fn, types.FunctionType):
        wrapper.__dict__ = {**fn.__dict__, **wrapper.__dict__}
        if "__wrapped__" in fn.__dict__ and wrapper.__dict__.get("__wrapped__") is not fn:
            wrapper.__dict__.pop("__wrapped__", None)  # a context manager's own, see _at_home_with
    # Frameworks name an endpoint so: what has no name of its own goes by that of its class.
    wrapper.__name__ = getattr(fn, "__name__", type(fn).__name__)
    wrapper.__doc__ = fn.__doc__
    wrapper.sync = fn
    wrapper.pool = settings.pool
    return wrapper
