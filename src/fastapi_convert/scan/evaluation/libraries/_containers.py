"""Methods of lists, sets and dicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import (
    NONE,
    UNKNOWN,
    Bag,
    BagMethod,
    Gen,
    Tuple,
    Value,
    constant,
    join,
    known,
)

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls


__all__ = ("call_bag_method",)


def call_bag_method(frame: Calls, atom: BagMethod, given: Arguments, line: int, column: int) -> Value:
    """Call a method of a list, set or dict."""
    bag, name, args = atom.bag, atom.name, given.positional
    if name in {"append", "add", "appendleft", "insert", "push", "set"} and args:
        bag.add(args[-1])
        return NONE
    if name in {"extend", "update"}:
        return _extend(frame, bag, given, line, column)
    if name in {"get", "pop", "setdefault", "popleft", "popitem", "__getitem__"}:
        return _taken(bag, name, args)
    if name == "items":
        return frame.atoms.many(
            "list", (frame.atoms.make(Tuple, (frame.iterate((bag,), *frame.here), bag.everything())),)
        )
    if name in {"values", "copy"}:
        return (bag,) if name == "copy" else frame.atoms.many("list", bag.everything())
    if name == "keys":
        return frame.atoms.many("list", frame.iterate((bag,), *frame.here))
    if name == "sort" and (key := given.keywords.get("key")) is not None:
        frame.apply(key, Arguments([bag.everything()]), line, column)
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


def _taken(bag: Bag, name: str, args: list[Value]) -> Value:
    if bag.kind != "dict" or name == "popitem":
        return bag.everything() or UNKNOWN
    key = constant(args[0]) if args else None
    default = args[1] if len(args) > 1 else NONE if name == "get" else ()
    if name == "setdefault" and len(args) > 1 and known(args[1]):
        bag.add(args[1], args[0])
    if key is not None and key.value in bag.keys:
        return bag.keys[key.value]
    if key is not None and bag.complete:
        return default or UNKNOWN
    return join(bag.everything() or UNKNOWN, default)  # what is not in there yet may come later
