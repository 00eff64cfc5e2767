"""Builtins that call, consume or convert what they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi_convert.scan.evaluation.arguments import Arguments
from fastapi_convert.scan.evaluation.values import (
    NONE,
    UNKNOWN,
    Bag,
    Cls,
    Inst,
    Super,
    Tuple,
    Value,
    constant,
    join,
    truth,
)

from ._special import SPECIAL, Call, Special, special

if TYPE_CHECKING:
    from fastapi_convert.scan.evaluation.calls import Calls


@special("builtins.map")
def _map(frame: Calls, call: Call) -> Value:
    # Said to run where it is made: who makes a map on the loop consumes it there, as a rule.
    if len(call.args) < 2:
        return UNKNOWN
    items = [frame.iterate(value, *call.place) for value in call.args[1:]]
    return frame.atoms.many("list", frame.apply(call.args[0], Arguments(items), *call.place))


@special("builtins.filter")
def _filter(frame: Calls, call: Call) -> Value:
    if len(call.args) < 2:
        return UNKNOWN
    items = frame.iterate(call.args[1], *call.place)
    frame.apply(call.args[0], Arguments([items]), *call.place)
    return frame.atoms.many("list", items)


def _key(frame: Calls, call: Call, items: Value) -> None:
    if (key := call.given.keywords.get("key")) is not None:
        frame.apply(key, Arguments([items]), *call.place)


@special(
    "builtins.sorted", "builtins.list", "builtins.set", "builtins.frozenset", "builtins.tuple", "builtins.reversed"
)
def _consumed(frame: Calls, call: Call) -> Value:
    if not call.args:
        return (frame.atoms.bag("list", (frame.env.module, *call.place, id(frame.func))),)
    items = frame.iterate(call.args[0], *call.place)
    _key(frame, call, items)
    return frame.atoms.many("list", items)


@special("collections.deque")
def _deque(frame: Calls, call: Call) -> Value:
    bag: Bag = frame.atoms.bag("list", (frame.env.module, *call.place, id(frame.func)))
    bag.add(frame.iterate(call.first, *call.place) if call.args else ())
    return (bag,)


@special("collections.defaultdict")
def _defaultdict(frame: Calls, call: Call) -> Value:
    bag: Bag = frame.atoms.bag("dict", (frame.env.module, *call.place, id(frame.func)))
    bag.add(frame.aside().call_value(call.first, *call.place) if call.args else ())
    return (bag,)


@special("itertools.chain")
def _chain(frame: Calls, call: Call) -> Value:
    return frame.atoms.many("list", join(*(frame.iterate(value, *call.place) for value in call.args)))


@special("builtins.iter")
def _iter(_: Calls, call: Call) -> Value:
    return call.first


@special("builtins.enumerate", "builtins.zip")
def _paired(frame: Calls, call: Call) -> Value:
    items = [frame.iterate(value, *call.place) for value in call.args]
    if call.ext.names[0].endswith("enumerate"):
        items = [UNKNOWN, *items[:1]]
    return frame.atoms.many("list", (frame.atoms.make(Tuple, tuple(items)),))


@special("builtins.min", "builtins.max", "builtins.sum", "builtins.any", "builtins.all")
def _folded(frame: Calls, call: Call) -> Value:
    values = call.args
    items = frame.iterate(values[0], *call.place) if len(values) == 1 else join(*values)
    _key(frame, call, items)
    return items or UNKNOWN


@special("builtins.next")
def _next(frame: Calls, call: Call) -> Value:
    return frame.next_of(call.args[0], *call.place) if call.args else UNKNOWN


@special("builtins.anext", "builtins.aiter", "builtins.property")
def _nothing_known(*_: object) -> Value:
    return UNKNOWN


def _converts(*names: str) -> Special:
    def run(frame: Calls, call: Call) -> Value:
        if call.args:
            frame.convert(call.args[0], names, *call.place)
        return UNKNOWN

    return run


SPECIAL["builtins.len"] = _converts("__len__")
SPECIAL["builtins.str"] = _converts("__str__", "__repr__")
SPECIAL["builtins.print"] = _converts("__str__", "__repr__")
SPECIAL["builtins.repr"] = _converts("__repr__")
SPECIAL["builtins.int"] = _converts("__int__", "__index__")
SPECIAL["builtins.float"] = _converts("__float__")
SPECIAL["builtins.hash"] = _converts("__hash__")
SPECIAL["builtins.abs"] = _converts("__abs__")
SPECIAL["builtins.bytes"] = _converts("__bytes__")


@special("builtins.str.join", "builtins.bytes.join")
def _joined(frame: Calls, call: Call) -> Value:
    if call.args:
        frame.iterate(call.args[0], *call.place)
    return UNKNOWN


@special("builtins.bool")
def _bool(frame: Calls, call: Call) -> Value:
    value = call.first
    frame.convert(value, ("__bool__", "__len__"), *call.place)
    decided = truth(value)
    return UNKNOWN if decided is None else frame.atoms.const(decided)


@special("builtins.getattr")
def _getattr(frame: Calls, call: Call) -> Value:
    if len(call.args) < 2:
        return UNKNOWN
    name = constant(call.args[1])
    if name is None or not isinstance(name.value, str):
        frame.engine.asked_by_name.update(atom.cls for atom in call.args[0] if isinstance(atom, Inst))
        return UNKNOWN
    found = frame.attribute(call.args[0], name.value, *call.place)
    return join(found, call.args[2]) if len(call.args) > 2 else found


@special("builtins.setattr")
def _setattr(frame: Calls, call: Call) -> Value:
    if len(call.args) == 3 and (name := constant(call.args[1])) is not None:
        frame.set_attribute(call.args[0], str(name.value), call.args[2], *call.place)
    return NONE


@special("builtins.type")
def _type(frame: Calls, call: Call) -> Value:
    if len(call.args) != 1:
        return UNKNOWN
    return tuple(frame.atoms.make(Cls, a.cls) for a in call.args[0] if isinstance(a, Inst)) or UNKNOWN


@special("builtins.super")
def _super(frame: Calls, call: Call) -> Value:
    if frame.func is None or frame.receiver is None:
        return UNKNOWN
    owner = frame.func.function.owner
    parent = frame.func.function.parent
    while owner is None and parent is not None:
        owner, parent = parent.owner, parent.parent
    if call.args and isinstance(call.args[0][0], Cls):
        owner = call.args[0][0].cls
    return (frame.atoms.make(Super, owner, frame.receiver),) if owner else UNKNOWN


@special("builtins.dict", "collections.OrderedDict")
def _dict(frame: Calls, call: Call) -> Value:
    bag: Bag = frame.atoms.bag("dict", (frame.env.module, *call.place, id(frame.func)))
    for name, value in call.given.keywords.items():
        bag.add(value, frame.atoms.const(name))
    for value in call.args:
        for atom in value:
            if isinstance(atom, Bag):
                bag.add(atom.everything())
    return (bag,)
