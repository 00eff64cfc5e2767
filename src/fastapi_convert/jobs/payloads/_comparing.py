"""`difference`: whether what comes back from JSON is what was given, or which part of it is another."""

from __future__ import annotations

import inspect
import math
from collections import deque
from collections.abc import (
    Iterator,
    Mapping,
    Set as AbstractSet,
)
from dataclasses import fields, is_dataclass
from datetime import datetime, time
from itertools import chain, zip_longest
from typing import Any

from pydantic import BaseModel

#: What JSON gives where an annotation asks for nothing else.
_JSON_TYPES = frozenset({bool, int, float, str, list, dict, type(None)})

#: Stands for a part that is not there: `None` may be one that is.
_NOTHING = object()

#: Stands for NaN, which no look-up finds.
_NAN = object()


class Unstorable(Exception):
    """A value that does not survive as JSON: the type of the part that is lost, and what happens to it. No value."""

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"a value of type {kind} {problem}")


def difference(given: Any, back: Any) -> str | None:
    """The type of the first part of `given` that is another in `back`; `None`: they are the same.

    Stricter than `==`, for which an enum's member can equal its value, and `True` is 1; but NaN is NaN here.

    Raises:
        Unstorable: Something in them cannot be compared.
    """
    try:
        return _difference(given, back)
    except RecursionError:
        raise Unstorable(type(given).__name__, "is nested too deeply to be compared") from None


def _difference(given: Any, back: Any) -> str | None:
    kind = type(given).__name__
    if isinstance(given, datetime | time) and isinstance(back, datetime | time):
        return None if _instant(given) == _instant(back) else kind
    parts, others = _parts(given), _parts(back)
    if parts is None:
        return None if _is_same_leaf(given, back) else kind
    if type(given) is not type(back) or others is None:
        return kind
    if isinstance(given, deque) and given.maxlen != back.maxlen:
        return kind
    if isinstance(given, set | frozenset):
        others = _in_the_order_of(given, back)
    return _first_difference(kind, parts, others)


def _first_difference(kind: str, parts: Iterator[Any], others: Iterator[Any]) -> str | None:
    for part, other in zip_longest(parts, others, fillvalue=_NOTHING):
        if part is _NOTHING or other is _NOTHING:
            return kind
        if (found := _difference(part, other)) is not None:
            return found
    return None


def _parts(value: Any) -> Iterator[Any] | None:
    """What a container is made of; `None` for what is no container."""
    if isinstance(value, BaseModel):
        # Not all of __dict__: cached properties live there too.
        named = [value.__dict__.get(name) for name in type(value).model_fields]
        return iter([*named, value.__pydantic_extra__, value.__pydantic_private__])
    if is_dataclass(value) and not isinstance(value, type):
        return iter([getattr(value, field.name, None) for field in fields(value)])
    if isinstance(value, Mapping):
        return chain.from_iterable(value.items())
    return iter(value) if isinstance(value, list | tuple | deque | set | frozenset) else None


def _in_the_order_of(given: AbstractSet[Any], back: AbstractSet[Any]) -> Iterator[Any]:
    """What is in `back`, each in the place that its equal has in `given`: JSON keeps no order of sets."""
    equals = {_key(each): each for each in back}
    strangers = equals.keys() - {_key(each) for each in given}
    return chain((equals.get(_key(each), _NOTHING) for each in given), strangers)


def _key(member: Any) -> Any:
    return member if member == member else _NAN  # noqa: PLR0124 - NaN differs from itself


def _instant(moment: datetime | time) -> tuple[Any, ...]:
    # A time zone's name is lost, its offset is not. Comparing the moments themselves would call no two zones equal in
    # the hour that the clocks are put back.
    return (moment.replace(tzinfo=None), moment.tzinfo is None, moment.utcoffset())


def _is_same_leaf(given: Any, back: Any) -> bool:
    kind = type(back)
    # Of a subclass the base may come back, if the two are equal: pydantic asks for no more. But not as what JSON has
    # anyway: an enum's member that comes back as its text equals it too.
    if type(given) is not kind and (kind in _JSON_TYPES or not isinstance(given, kind)):
        return False
    if isinstance(given, float) and math.isnan(given):
        return math.isnan(back)
    try:
        same = bool(given == back)
    except Exception:  # arrays have no truth, and __eq__ is other people's code
        raise Unstorable(
            type(given).__name__, "cannot be compared with ==, to see if it comes back as it was"
        ) from None
    if not same and inspect.getattr_static(kind, "__eq__") is object.__dict__["__eq__"]:
        raise Unstorable(kind.__name__, "cannot be compared, to see if it comes back as it was: it has no __eq__")
    return same
