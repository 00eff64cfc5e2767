"""The evaluation as a whole: functions are evaluated on demand, once for each combination of known arguments."""

from __future__ import annotations

from collections import Counter
from typing import Final

from fastapi_convert.mapping import TABLE, Blocking
from fastapi_convert.scan.project import Class, Function, Module, Project

from .classes import Classes
from .frame import Frame
from .libraries import SPECIAL, Special
from .names import Names
from .summaries import Hits, Summary, add_hit
from .types import Types
from .values import NONE, UNKNOWN, Atom, Atoms, Bag, Const, Env, Func, Gen, Inst, Tuple, Value, join, known

__all__ = ("Engine",)

_DEEPEST: Final = 120  # calls within calls; what lies deeper is not looked at
_MOST_CONTEXTS: Final = 16  # combinations of arguments for one function; further ones share a general one
_MOST_IN_ALL: Final = 24  # the same for all classes that have the method
_MOST_CALLABLES: Final = 2000  # the same for a decorator, which is handed every function of a project
_MOST_STEPS: Final = 400_000  # expressions of one top-level evaluation; a bound for what nobody has thought of


class Engine:
    """Evaluates the functions of a project.

    Args:
        project: The modules.
    """

    def __init__(self, project: Project) -> None:
        self.project = project
        self.special = frozenset(last for row in TABLE.rows if (last := row.name.rpartition(".")[2]).startswith("__"))
        self.atoms = Atoms()
        self.classes = Classes(self)
        self.names = Names(self)
        self.types = Types(self)
        self.state: dict[str, Value] = {}  # what is kept on `app.state` and `request.state`
        self.attributes: dict[tuple[Class, str], Value] = {}  # what others set on instances
        self.dispatched: dict[Function, Value] = {}  # implementations that singledispatch functions have registered
        self.blocking: dict[Function, Hits] = {}  # what each async function blocks on
        self.evaluated: set[Function] = set()  # async functions of which that is known as far as it will be
        self.made: dict[Function, dict[Func, None]] = {}  # nested async functions, with the scopes they were made in
        self.asked_by_name: set[Class] = set()  # classes of which somebody asks for a method whose name is computed
        self.at_import = Summary(0)
        self.steps = 0
        self._summaries: dict[tuple[object, ...], Summary] = {}
        self._rows: dict[tuple[str, ...], tuple[str, Blocking] | None] = {}
        self._specials: dict[tuple[str, ...], tuple[Special, ...]] = {}
        self.builtins: dict[str, Value] = {}  # what a name means that nobody has bound
        self._contexts: Counter[object] = Counter()
        self._stack: list[tuple[object, ...]] = []
        self._lowest: list[int] = []
        self._provisional: list[list[tuple[object, ...]]] = []

    def row_of(self, names: tuple[str, ...]) -> tuple[str, Blocking] | None:
        """What the mapping says of the first of these names that it knows."""
        if names not in self._rows:
            rows = ((name, row) for name in names if (row := TABLE.lookup(name)) is not None)
            self._rows[names] = next(rows, None)
        return self._rows[names]

    def specials_of(self, names: tuple[str, ...]) -> tuple[Special, ...]:
        """What calls of these names do beside blocking."""
        if names not in self._specials:
            self._specials[names] = tuple(SPECIAL[name] for name in names if name in SPECIAL)
        return self._specials[names]

    def forget(self) -> None:
        """Evaluate everything anew from here on: registries are filled now that were empty before."""
        self.evaluated.clear()
        self._summaries.clear()
        self._contexts.clear()
        self.classes.forget()
        self.names.forget()
        self.types.forget()

    def frame(self, module: Module) -> Frame:
        """A frame for what stands outside of functions. What blocks there does so at import, before there is a loop."""
        return Frame(self, None, Env(module), self.at_import)

    def evaluate(self, func: Func, arguments: tuple[Value, ...]) -> Summary:
        """What a call of this function with these arguments does."""
        key = (func.function, func.bound, func.env, arguments)
        if (summary := self._summaries.get(key)) is not None:
            if not summary.done or summary.provisional:
                self._lowest[-1] = min(self._lowest[-1], summary.index)
            return summary
        if len(self._stack) >= _DEEPEST or self.steps > _MOST_STEPS:
            if self._lowest:
                self._lowest[-1] = 0  # whoever has asked knows only a part: the next one shall find out anew
            return Summary(0, returns=UNKNOWN, done=True)
        shape = (func.function, func.env, func.bound.cls if isinstance(func.bound, Inst) else func.bound)
        in_all = self._contexts[func.function] if func.env is None else 0
        if self._contexts[shape] >= _MOST_CONTEXTS or in_all >= _MOST_IN_ALL:
            less = self._with_less(func, arguments, everything=self._contexts[shape] >= _MOST_CALLABLES)
            if less != (func, arguments):
                return self.evaluate(*less)
        self._contexts[shape] += 1
        self._contexts[func.function] += 1
        return self._run(key, func, arguments)

    def _with_less(
        self, func: Func, arguments: tuple[Value, ...], *, everything: bool
    ) -> tuple[Func, tuple[Value, ...]]:
        """The same call with less known, so that calls that differ in details share it: first constants are forgotten,
        then everything but classes.
        """
        bound = self._vague((func.bound,), {}, everything=False)[0] if func.bound else None
        done: dict[Atom, Value] = {}
        less = tuple(self._vague(value, done, everything=everything) for value in arguments)
        return self.atoms.make(Func, func.function, bound, func.env, func.manager), less

    def _vague(self, value: Value, done: dict[Atom, Value], *, everything: bool) -> Value:
        found: list[Atom] = []
        for atom in value:
            if atom not in done:  # a tuple may hold another one in many places
                done[atom] = self._less(atom, done, everything=everything)
            found += done[atom]
        return tuple(dict.fromkeys(found))

    def _less(self, atom: Atom, done: dict[Atom, Value], *, everything: bool) -> Value:
        if isinstance(atom, Inst):
            return (self.atoms.inst(atom.cls, exact=atom.exact),)
        if isinstance(atom, Tuple) and not everything:
            items = tuple(self._vague(item, done, everything=everything) for item in atom.items)
            return (self.atoms.make(Tuple, items),)
        return UNKNOWN if isinstance(atom, Const | Bag) or everything else (atom,)

    def _run(self, key: tuple[object, ...], func: Func, arguments: tuple[Value, ...]) -> Summary:
        index = len(self._stack)
        summary = self._summaries[key] = Summary(index)
        self._stack.append(key)
        self._lowest.append(index)
        self._provisional.append([])
        self._execute(func, arguments, summary)
        self._end(key, summary, index)
        if func.function.is_async:
            self._keep(func.function, summary.hits)
        return summary

    def _execute(self, func: Func, arguments: tuple[Value, ...], summary: Summary) -> Env:
        """Run the body, and give back its variables."""
        env = Env(func.function.module, func.env)
        env.vars.update(zip((param[0] for param in func.function.facts.params), arguments, strict=True))
        try:
            Frame(self, func, env, summary).run()
        except RecursionError:  # deeper than Python can follow: what is beyond is not known
            summary.returns = UNKNOWN
        return env

    def _end(self, key: tuple[object, ...], summary: Summary, index: int) -> None:
        """Keep what is complete. Of functions that call each other, only the first one is; the others are
        evaluated anew when somebody else asks for them.
        """
        summary.done = True
        lowest, inner = self._lowest.pop(), self._provisional.pop()
        self._stack.pop()
        if lowest >= index:
            for other in inner:
                self._summaries.pop(other, None)
        elif self._lowest:
            self._lowest[-1] = min(self._lowest[-1], lowest)
            for other in (*inner, key):  # who uses one of them before the first one is done knows only a part, too
                self._summaries[other].provisional = True
                self._summaries[other].index = min(self._summaries[other].index, lowest)
            self._provisional[-1] += [*inner, key]

    def _keep(self, function: Function, hits: Hits) -> None:
        self.evaluated.add(function)
        kept = self.blocking.setdefault(function, {})
        for place, hit in hits.items():
            add_hit(kept, place, hit)

    def generic(self, function: Function, *, env: Env | None = None) -> Summary:
        """What the function does when all that is known of its arguments is what it says itself."""
        func = self.generic_func(function, env)
        return self.evaluate(func, self.types.generic_arguments(func))

    def generic_func(self, function: Function, env: Env | None = None) -> Func:
        """The function as somebody from outside would call it: on some instance, in the scope it was made in."""
        owner = function.owner
        bound: Atom | None = None
        if owner is not None and "staticmethod" not in function.decorator_names:
            bound = self.classes.receiver(owner, function)
        if env is None:
            env = self.scope_of(function)
        return self.atoms.func(function, bound, env)

    def scope_of(self, function: Function) -> Env | None:
        """The scope of the function around it, after that one has run with what it says itself."""
        parent = function.parent
        if parent is None:
            return None
        return self.names.scope_after(parent)

    def scope_left_by(self, function: Function) -> Env:
        """The variables of a function when it has run with what it says of its arguments itself."""
        func = self.generic_func(function)
        return self._execute(func, self.types.generic_arguments(func), Summary(0))

    def consume(self, gen: Gen) -> Summary:
        """What a generator does while it is run to its end."""
        return self.evaluate(gen.func, gen.arguments)

    def state_of(self, name: str) -> Value:
        """What the project keeps on `app.state` or `request.state` under this name."""
        self.run_writers(name)
        return self.state.get(name, UNKNOWN)

    def run_writers(self, name: str) -> None:
        """Run the functions that set `....state.name`, `app.name` or `SomeClass.name`."""
        for writer in self.project.state_writers.get(name, ()):
            if not self.names.running(writer):
                self.names.scope_after(writer)

    def set_state(self, name: str, value: Value) -> None:
        """Note `app.state.name = value`."""
        if known(value) and value != NONE:
            self.state[name] = join(self.state.get(name, ()), value)

    def set_attribute(self, cls: Class, name: str, value: Value) -> None:
        """Note `instance.name = value` from outside of its class."""
        self.attributes[cls, name] = join(self.attributes.get((cls, name), ()), value)
