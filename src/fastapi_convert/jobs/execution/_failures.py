"""What a function raised, told in bounded, storable text: its classes, one line, and its traceback."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

from fastapi_convert.errors import CallableExited
from fastapi_convert.offloading._pickling import name_of

from .seats import Raised

#: Characters of a summary.
MOST_SUMMARY = 2000
#: Bytes of a traceback.
MOST_TRACEBACK = 64 << 10

_GAP = b"\n... cut here ...\n"
_HALF = (MOST_TRACEBACK - len(_GAP)) // 2


def raised(fn: Callable[..., Any], error: BaseException, *, remark: str = "") -> Raised:
    """The outcome of a run that ended with `error`. Raises nothing itself, whatever the exception is made of.

    What is no ordinary exception, and would end a thread or a process of ours, becomes a `CallableExited`.
    """
    # The first frame is the one of ours that called the function, and says nothing to the reader.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return told(error)
    exited = CallableExited(
        f"{name_of(fn)}() raised {one_line(error)}{remark}; raise an ordinary exception in the function instead"
    )
    exited.__cause__ = error
    return told(exited)


def told(error: Exception) -> Raised:
    """The outcome for an exception as it is."""
    names = [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__]
    return Raised(error, names, one_line(error), _trace(error))


def one_line(error: BaseException) -> str:
    """`ValueError: no such preset`, without line ends and control characters."""
    kind = type(error).__qualname__
    try:
        text = str(error)[:MOST_SUMMARY]
    except BaseException:  # its author's code, which may raise anything
        text = "(it has no text: its __str__ failed)"
    return escaped(f"{kind}: {text}" if text else kind)


def escaped(text: str) -> str:
    """The text in printable characters, cut."""
    found = "".join(each if each.isprintable() else _escape(each) for each in text[:MOST_SUMMARY])
    return found[:MOST_SUMMARY]


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _trace(error: BaseException) -> str:
    try:
        text = "".join(traceback.format_exception(error))
    except BaseException:  # as above
        text = "".join(traceback.format_tb(error.__traceback__))
    data = text.encode("utf-8", "backslashreplace")  # lone surrogates can neither be stored nor sent
    if len(data) > MOST_TRACEBACK:  # the places are in front, and what was raised at the end
        data = data[:_HALF] + _GAP + data[-_HALF:]
    return data.decode("utf-8", "ignore")
