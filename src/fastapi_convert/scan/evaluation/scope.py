"""The base of a frame: its variables, and what it notes."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Final

from fastapi_convert.mapping import Blocking
from fastapi_convert.scan.facts import Expr
from fastapi_convert.scan.findings import Step
from fastapi_convert.scan.project import Class, Function

from .summaries import Hit, Hits, Place, Summary, add_hit
from .values import UNKNOWN, Atom, Cls, Env, Func, Value, join

if TYPE_CHECKING:
    from .engine import Engine

__all__ = ("Scope",)


class Scope:
    """Where code runs: its variables, its `self`, and the blocking calls found so far.

    Args:
        engine: The evaluation.
        func: The function that runs; `None` at module level.
        env: Its variables.
        summary: Where its result and its blocking calls go.
    """

    def __init__(self, engine: Engine, func: Func | None, env: Env, summary: Summary) -> None:
        self.engine = engine
        self.atoms = engine.atoms
        self.func = func
        self.env = env
        self.summary = summary
        self.cls: Class | None = None  # whose body, or whose method's signature, is being read
        self.receiver: Atom | None = func.bound if func else None
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()
        self._members_being_read: set[str] = set()
        self.here: tuple[int, int] = (func.function.facts.line if func else 1, 1)  # the statement that runs
        self.ended_by: Expr | None = None  # the last call of something that never returns
        self.once = False  # what runs now runs the first time only
        self.signature_of: Function | None = None  # whose signature is being read
        self.solved: dict[str, Value] = {}  # type variables, where a signature is read
        self.awaited_call = False  # the call that is being made is awaited: nobody awaits what blocks

    @property
    def path(self) -> str:
        """The file whose code runs."""
        return self.env.module.path

    def load(self, name: str) -> Value:
        """The value of a name."""
        found = self.local(name)
        if found is not None:
            return found
        found = self.engine.names.value(self.env.module, name)
        if found is not None:
            return found
        if (value := self.engine.builtins.get(name)) is None:
            value = self.engine.builtins[name] = self._builtin(name)
        return value

    def local(self, name: str) -> Value | None:
        """The value of a name in this scope or those around it, globals left out."""
        if name in self.globals:
            return self.env.vars.get(f"global {name}")
        env: Env | None = self.env
        while env is not None:
            if (value := env.vars.get(name)) is not None:
                return value
            env = env.parent
        if self.cls is not None and self.func is None and name in self.cls.members:
            return self._member(name)
        return None

    def _member(self, name: str) -> Value | None:
        """A name of the class whose body is being read. What is just being read itself is not seen."""
        assert self.cls is not None
        bindings = self.cls.members[name]
        if bindings[-1][0] not in {"def", "class", "assign"} or name in self._members_being_read:
            return None
        self._members_being_read.add(name)
        try:
            return self.engine.names.binding(bindings[-1], self)  # type: ignore[arg-type]  # a Scope is always a Frame
        finally:
            self._members_being_read.discard(name)

    def _builtin(self, name: str) -> Value:
        builtins = self.engine.project.stubs.module("builtins")
        value = self.engine.names.value(builtins, name) if builtins else None
        if value is not None:
            return value
        return (self.atoms.ext(f"builtins.{name}"),) if name in _BUILTINS else UNKNOWN

    def store(self, name: str, value: Value) -> None:
        """Assign to a name."""
        if name in self.globals:
            key = f"global {name}"
            self.env.vars[key] = join(self.env.vars.get(key, ()), value)
        elif name in self.nonlocals and (around := self._around(name)) is not None:
            around.vars[name] = join(around.vars[name], value)
        else:
            self.env.vars[name] = value

    def _around(self, name: str) -> Env | None:
        env = self.env.parent
        while env is not None and name not in env.vars:
            env = env.parent
        return env

    def class_value(self, cls: Class) -> Value:
        """A class, as an atom."""
        return (self.atoms.make(Cls, cls),)

    def block(self, row: Blocking, name: str, line: int, column: int) -> None:
        """Note a blocking call."""
        place = Place(self.path, line, column, name)
        add_hit(self.summary.hits, place, Hit(row, (Step(self.path, line, name, column), None), 1, None, self.once))

    def call_into(self, function: Function, hits: Hits, line: int, column: int) -> None:
        """Note what a called function blocks on."""
        if not hits:
            return
        if function.facts.name == "<genexpr>":  # no call that a reader would see
            for place, hit in hits.items():
                add_hit(self.summary.hits, place, hit)
            return
        once = self.once or function.is_cached
        step = Step(self.path, line, function.facts.qualname.replace(".<locals>.", "."), column)
        for place, hit in hits.items():
            add_hit(
                self.summary.hits, place, Hit(hit.row, (step, hit.steps), hit.length + 1, hit.some, once or hit.once)
            )


_BUILTINS: Final = frozenset(name for name in dir(builtins) if name.islower() and not name.startswith("_"))
