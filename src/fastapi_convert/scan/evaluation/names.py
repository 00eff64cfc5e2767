"""Global names: what a module binds, looked up on demand, so that circular imports are no trouble."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from fastapi_convert.scan.project import Binding, Class, Function, Module

from .values import UNKNOWN, Bag, Const, Env, Ext, Func, Gen, Mod, Value, join, known

if TYPE_CHECKING:
    from .engine import Engine
    from .frame import Frame

__all__ = ("Names",)


class Names:
    """Looks names up in modules.

    Args:
        engine: What evaluates the right-hand sides.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._values: dict[tuple[Module, str], Value] = {}
        self._running: set[object] = set()
        self._scopes: dict[Function, Env] = {}

    def forget(self) -> None:
        """Run functions anew whose scopes are asked for."""
        self._scopes.clear()

    def running(self, function: Function) -> bool:
        """Whether the scope of this function is being found just now."""
        return function in self._running

    def value(self, module: Module, name: str) -> Value | None:
        """What a module's global is; `None` if the module has no such name."""
        if name not in module.bindings and not module.stars:
            return None
        key = (module, name)
        if key in self._values:
            return self._values[key]
        if key in self._running:
            return UNKNOWN
        self._running.add(key)
        try:
            found = self._find(module, name)
        finally:
            self._running.discard(key)
        if found is not None:
            self._values[key] = found
        return found

    def _find(self, module: Module, name: str) -> Value | None:
        bindings = module.bindings.get(name)
        if bindings is None:
            return self._from_stars(module, name)
        frame = self._engine.frame(module)
        value = join(*(self.binding(binding, frame) for binding in _without_fallbacks(bindings)))
        if name in module.global_writers:
            value = join(value, *(self._written(writer, name) for writer in module.global_writers[name]))
        return self._mutable(value)

    def _mutable(self, value: Value) -> Value:
        """A global switch may be set by anybody: its present value decides nothing. A string is a name, and stays."""
        if any(isinstance(atom, Const) and not isinstance(atom.value, str) for atom in value):
            return join(value, UNKNOWN)
        return value

    def _written(self, writer: Function, name: str) -> Value:
        """What a function leaves in a name that it declares global."""
        if writer in self._running:
            return UNKNOWN
        env = self.scope_after(writer)
        return env.vars.get(f"global {name}", UNKNOWN) if env else UNKNOWN

    def scope_after(self, function: Function) -> Env | None:
        """The variables of a function after it has run with what it says of its arguments itself."""
        if function in self._scopes:
            return self._scopes[function]
        if function in self._running:
            return None
        self._running.add(function)
        try:
            env = self._engine.scope_left_by(function)
        finally:
            self._running.discard(function)
        self._scopes[function] = env
        return env

    def _from_stars(self, module: Module, name: str) -> Value | None:
        for level, source in module.stars:
            found = self.module(self.absolute(module, level, source), module)
            if found is None:
                continue
            if (value := self.value(found, name)) is not None:
                return value
        return None

    def module(self, name: str, importer: Module) -> Module | None:
        """The module that an import means."""
        return self._engine.project.module(name, importer)

    def absolute(self, module: Module, level: int, name: str) -> str:
        """The absolute name of a relative import."""
        if not level:
            return name
        below = _up(module.folder, level - 1, name)
        if not module.stub and below is not None and self.exists(below, module):
            return below
        return _up(module.package, level - 1, name) or name

    def exists(self, name: str, importer: Module) -> bool:
        """Whether the project has this module, or a folder of this name."""
        return self._engine.project.is_package(name) or self.module(name, importer) is not None

    def imported(self, dotted: str, importer: Module) -> Value:
        """What `import dotted` gives: a module of the tree or of the stubs, else the bare name."""
        found = self.module(dotted, importer)
        atoms = self._engine.atoms
        if found is not None:
            return (atoms.make(Mod, found),)
        return (atoms.ext(dotted),)

    def member(self, dotted: str, name: str, importer: Module) -> Value:
        """What `from dotted import name` gives."""
        found = self.module(dotted, importer)
        if found is not None and found is not importer:  # in a package, `from . import name` means the module
            value = self.value(found, name)
            if value is not None:
                return value
        full = f"{dotted}.{name}"
        if self.module(full, importer) is not None or self._engine.project.is_package(full):
            return self.imported(full, importer)
        if found is not None and not found.stub:
            return UNKNOWN
        return (self._engine.atoms.ext(full),)

    def binding(self, binding: Binding, frame: Frame, owner: Class | None = None) -> Value:
        """The value of one thing that binds a name, in the module or class of the frame."""
        kind = binding[0]
        module = frame.env.module
        if kind == "def":
            return self._decorated(frame, module.functions[binding[1]])
        if kind == "class":
            return frame.class_value(module.classes[binding[1]])
        if kind == "import":
            name = binding[1] if binding[2] else binding[1].partition(".")[0]
            return self.imported(name, module)
        if kind == "from":
            return self.member(self.absolute(module, binding[1], binding[2]), binding[3], module)
        return self._assigned(kind, binding, frame, owner)

    def _assigned(self, kind: str, binding: Binding, frame: Frame, owner: Class | None) -> Value:
        if kind == "ann":
            return self._annotated(binding, frame, owner)
        value = frame.ev(binding[2])
        if kind == "item":
            value = frame.iterate(value, *frame.here)
        elif kind == "entered":
            value = frame.enter(value, *frame.here)
        return _part(value, binding[1], frame)

    def _annotated(self, binding: Binding, frame: Frame, owner: Class | None) -> Value:
        declared = self._engine.types.of(binding[1], frame)
        if binding[2] is None or (owner and owner.external):
            return declared
        value = frame.ev(binding[2])
        if any(isinstance(atom, Bag | Ext) for atom in value) and known(declared):
            return join(value, declared)
        return value if _tells_more(value) else join(declared, value)

    def _decorated(self, frame: Frame, function: Function) -> Value:
        func = self._engine.atoms.func(function, None, None)
        return frame.decorate((func,), function.facts.decorators)


def _up(package: str, levels: int, name: str) -> str | None:
    """`name` in the package so many levels above; `None` if that is above the top."""
    parts = package.split(".") if package else []
    if levels > len(parts):
        return None
    return ".".join((*parts[: len(parts) - levels], *([name] if name else ())))


def _without_fallbacks(bindings: list[Binding]) -> Iterable[Binding]:
    """A definition that comes twice is an overload, or the last one counts."""
    last = bindings[-1]
    return [last] if last[0] in {"def", "class"} and all(b[0] == last[0] for b in bindings) else bindings


def _part(value: Value, path: tuple[int, ...], frame: Frame) -> Value:
    for index in path:
        value = frame.unpacked(value, index)
    return value


def _tells_more(value: Value) -> bool:
    return any(isinstance(atom, Func | Gen) for atom in value) or bool(value and not _vague(value))


def _vague(value: Value) -> bool:
    return any(atom in UNKNOWN or isinstance(atom, Const) for atom in value)
