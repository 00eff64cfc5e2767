"""A running function: statements one after the other, with the branches that cannot be taken left out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypeAlias

from fastapi_convert.scan.facts import Expr, Stmt

from .attributes import APPLICATIONS
from .expressions import Expressions
from .values import NONE, UNKNOWN, Bag, Cls, Env, Inst, Value, join

if TYPE_CHECKING:
    from .engine import Engine
    from .summaries import Summary
    from .values import Func

__all__ = ("Frame",)

_Vars: TypeAlias = dict[str, Value]
_DEEP_LOOPS: Final = 2  # in deeper ones, one round must do


class _Loop(NamedTuple):
    """Where a loop may be left, or begun again: the variables there."""

    breaks: list[_Vars]
    continues: list[_Vars]


class Frame(Expressions):
    """Runs statements. Each tells whether what follows it can be reached."""

    def __init__(self, engine: Engine, func: Func | None, env: Env, summary: Summary) -> None:
        super().__init__(engine, func, env, summary)
        self._loops: list[_Loop] = []  # those that are running, the innermost last

    def run(self) -> None:
        """Run the function's body, and keep what it leaves on `self`."""
        assert self.func is not None
        live = self.statements(self.func.function.body)
        if live and not self.func.function.is_generator:
            self.summary.returns = join(self.summary.returns, NONE)
        params = self.func.function.facts.params
        if params and self.func.bound is not None:
            prefix = f"{params[0][0]}."
            self.summary.fields = {
                name.removeprefix(prefix): value for name, value in self.env.vars.items() if name.startswith(prefix)
            }

    def statements(self, body: tuple[Stmt, ...]) -> bool:
        """Run a block: whether its end is reached."""
        for statement in body:
            self.here = statement[-2:]
            run = self._KINDS_OF_STATEMENTS.get(statement[0])
            if run is not None and not run(self, statement):
                return False
        return True

    def _do_expr(self, s: Stmt) -> bool:
        self.ev(s[1])
        return self._goes_on(s[1])

    def _goes_on(self, expr: Expr) -> bool:
        """Whether a statement with this expression ends: it does not if it is a call that never returns."""
        call = expr[1] if expr[0] == "await" else expr
        return call is not self.ended_by

    def _do_assign(self, s: Stmt) -> bool:
        value = self.ev(s[2])
        for target in s[1]:
            self.assign(target, value)
        return self._goes_on(s[2])

    def _do_ann(self, s: Stmt) -> bool:
        declared = self.engine.types.of(s[2], self)
        if s[3] is not None:
            value = self.ev(s[3])
            self.assign(s[1], declared if value in (UNKNOWN, NONE) and declared != UNKNOWN else value)
        elif s[1][0] == "name":
            self.assign(s[1], declared)
        return True

    def _do_aug(self, s: Stmt) -> bool:
        left, right = self.ev(s[3]), self.ev(s[5])
        result = self.operate(s[4].replace("__", "__i", 1), left, right, s[1], s[2])
        if result == UNKNOWN:
            result = self.operate(s[4], left, right, s[1], s[2])
        self.assign(s[3], result)
        return True

    def assign(self, target: Expr, value: Value) -> None:
        """Assign a value to whatever stands on the left."""
        kind = target[0]
        if kind == "name":
            self.store(target[1], value)
        elif kind in {"tuple", "list"}:
            for index, item in enumerate(target[-1]):
                self.assign(item, self.unpacked(value, index))
        elif kind == "star":
            self.assign(target[1], self.atoms.many("list", self.iterate(value, *self.here)))
        elif kind == "attr":
            self._assign_attribute(target, value)
        elif kind == "sub":
            self._assign_item(target, value)

    def _assign_attribute(self, target: Expr, value: Value) -> None:
        owner = target[3]
        if owner[0] == "name":
            self.env.vars[f"{owner[1]}.{target[4]}"] = value
        elif owner[0] == "attr" and owner[4] == "state":
            self.engine.set_state(target[4], value)
        held = self.ev(owner)
        if any(isinstance(a, Inst) and a.cls.qualified == "starlette.datastructures.State" for a in held):
            self.engine.set_state(target[4], value)
        if any(isinstance(a, Inst) and a.cls.qualified in APPLICATIONS for a in held):
            self.engine.set_state(f"app.{target[4]}", value)
        if any(isinstance(a, Cls) for a in held):
            for atom in held:
                if isinstance(atom, Cls) and not atom.cls.external:
                    self.engine.set_attribute(atom.cls, target[4], value)
        self.set_attribute(held, target[4], value, target[1], target[2])

    def _assign_item(self, target: Expr, value: Value) -> None:
        held, index = self.ev(target[3]), self.ev(target[4])
        for atom in held:
            if isinstance(atom, Bag):
                atom.add(value, index)
            elif isinstance(atom, Inst) and not atom.cls.external:
                self.method(atom, "__setitem__", target[1], target[2], (index, value))

    def _do_return(self, s: Stmt) -> bool:
        value = self.ev(s[1]) if s[1] is not None else NONE
        self.summary.returns = join(self.summary.returns, value)
        return False

    def _do_raise(self, s: Stmt) -> bool:
        for expr in s[1:3]:
            if expr is not None:
                self.ev(expr)
        return False

    def _do_break(self, _: Stmt) -> bool:
        if self._loops:
            self._loops[-1].breaks.append(dict(self.env.vars))
        return False

    def _do_continue(self, _: Stmt) -> bool:
        if self._loops:
            self._loops[-1].continues.append(dict(self.env.vars))
        return False

    def _do_if(self, s: Stmt) -> bool:
        filled = self._tells_filled(s[1])
        live = self._branch(s[1], lambda: self._first_time(s[2], once=filled is False), lambda: self.statements(s[3]))
        if filled and s[2][-1][0] == "return":
            self.once = True
        return live

    def _tells_filled(self, test: Expr) -> bool | None:
        """Whether a test asks for something global that is made once: `X`, `X is not None`, or the contrary."""
        negated = test[0] == "not"
        asked = test[1] if negated else test
        if asked[0] == "cmp" and asked[3] in {("is",), ("is not",)} and asked[5] == (("const", None),):
            negated ^= asked[3] == ("is",)
            asked = asked[4]
        of_all = asked[0] == "name" and asked[1] in self.globals
        of_class = asked[0] == "attr" and all(isinstance(atom, Cls) for atom in self.ev(asked[3]))
        return not negated if of_all or of_class else None

    def _first_time(self, body: tuple[Stmt, ...], *, once: bool) -> bool:
        before, self.once = self.once, self.once or once
        live = self.statements(body)
        self.once = before
        return live

    def _branch(self, test: Expr, then: Callable[[], bool], otherwise: Callable[[], bool]) -> bool:
        """Run one of two blocks, or both if it is not known which."""
        decided = self.test(test)
        before = dict(self.env.vars)
        if decided is True:
            self.narrow(test, positive=True)
            return then()
        if decided is False:
            self.narrow(test, positive=False)
            return otherwise()
        self.narrow(test, positive=True)
        live = then()
        ends = [self.env.vars] if live else []
        self.env.vars = before
        self.narrow(test, positive=False)
        if otherwise():
            ends.append(self.env.vars)
        return self._meet_all(ends)

    def _meet(self, one: _Vars, other: _Vars) -> None:
        """The variables where two branches come together."""
        merged = dict(one)
        for name, value in other.items():
            before = one.get(name)
            merged[name] = value if before is None or before is value else join(before, value)
        for name in one.keys() - other.keys():
            if "." in name:  # an attribute that one branch has set: the other leaves it as it was
                del merged[name]
        for name in [name for name in other if "." in name and name not in one]:
            del merged[name]
        self.env.vars = merged

    def _do_while(self, s: Stmt) -> bool:
        if self.test(s[1]) is False:
            return self.statements(s[3])
        breaks = self._loop(s[2])
        ends = self.test(s[1]) is not True
        if ends:
            ends = self.statements(s[3])
        return self._meet_all([*([self.env.vars] if ends else []), *breaks])

    def _do_for(self, s: Stmt) -> bool:
        _, is_async, line, column, target, iterated, body, otherwise, *_ = s
        value = self.ev(iterated)
        item = self.iterate_async(value, line, column) if is_async else self.iterate(value, line, column)
        self.assign(target, item)
        breaks = self._loop(body)
        self.statements(otherwise)
        return self._meet_all([self.env.vars, *breaks])

    def _loop(self, body: tuple[Stmt, ...]) -> list[_Vars]:
        """A body that runs some number of times: once, and once more if it has changed what was there before.

        Returns:
            The variables at each `break`.
        """
        before = dict(self.env.vars)
        breaks = self._round(body)
        after = self.env.vars
        changed = any(after.get(name) != value for name, value in before.items())
        if changed and len(self._loops) < _DEEP_LOOPS:
            breaks += self._round(body)
        return breaks

    def _round(self, body: tuple[Stmt, ...]) -> list[_Vars]:
        """Run the body of a loop: afterwards it has run, or it has not."""
        before, loop = dict(self.env.vars), _Loop([], [])
        self._loops.append(loop)
        live = self.statements(body)
        self._loops.pop()
        self._meet_all([before, *([self.env.vars] if live else []), *loop.continues])
        return loop.breaks

    def _meet_all(self, ends: list[_Vars]) -> bool:
        """The variables where several ways come together: whether there is any way."""
        if not ends:
            return False
        self.env.vars = ends[0]
        for end in ends[1:]:
            self._meet(self.env.vars, end)
        return True

    def _do_with(self, s: Stmt) -> bool:
        suppressing = False
        for context, target, line, column in s[2]:
            value = self.ev(context)
            entered = self.enter_async(value, line, column) if s[1] else self.enter(value, line, column)
            if target is not None:
                self.assign(target, entered)
            named = context[0] == "call" and context[3][-1] == "suppress"
            suppressing = suppressing or named or any(map(self.suppresses, value))
        before = dict(self.env.vars)
        live = self.statements(s[3])
        if not suppressing:
            return live
        return self._meet_all([before, *([self.env.vars] if live else [])])

    def _do_try(self, s: Stmt) -> bool:
        _, body, handlers, otherwise, final, *_ = s
        before = dict(self.env.vars)
        live = self.statements(body)
        after_body = self.env.vars
        halfway = _joined(before, after_body)
        if live:
            live = self.statements(otherwise)
        ends: list[_Vars | None] = [self.env.vars if live else None]
        for kind, name, handler in handlers:
            if kind == ("name", "RuntimeError") and _asks_for_the_loop(body):
                continue  # there is one: that is what is asked here
            self.env.vars = dict(halfway)
            if name:
                self.store(name, self.engine.types.of(kind, self) if kind else UNKNOWN)
            ends.append(self.env.vars if self.statements(handler) else None)
        reached = self._meet_all([end for end in ends if end is not None])
        if not reached:
            self.env.vars = dict(halfway)
        return self.statements(final) and reached

    def _do_match(self, s: Stmt) -> bool:
        subject = self.ev(s[1])
        live, ends = False, []
        before = dict(self.env.vars)
        for pattern, guard, body in s[2]:
            self.env.vars = dict(before)
            if not self._matches(pattern, subject, s[1]):
                continue
            if guard is not None and self.test(guard) is False:
                continue
            reached = self.statements(body)
            live = live or reached
            ends.append(self.env.vars if reached else None)
            if pattern[0] == "any" and guard is None:
                break
        else:
            ends.append(before)
            live = True
        if not self._meet_all([end for end in ends if end is not None]):
            self.env.vars = before
        return live

    def _matches(self, pattern: Expr, subject: Value, expr: Expr) -> bool:
        """Bind what a pattern binds: whether it can match at all."""
        kind, what, whole, names = pattern
        for name in names:
            self.store(name, UNKNOWN)
        value = subject
        if kind == "class":
            value = self.instances_among(subject, self.ev(what))
            if expr[0] == "name":
                self.store(expr[1], value)
        elif kind == "value" and self.compare_constants("__eq__", subject, self.ev(what)) is False:
            return False
        if whole:
            self.store(whole, value)
        return True

    def _do_def(self, s: Stmt) -> bool:
        function = self.env.module.functions[s[1]]
        for *_, default in function.facts.params:
            if default is not None:
                self.ev(default)
        value = (self.atoms.func(function, None, self.env),)
        if function.is_async:
            self.engine.made.setdefault(function, {})[value[0]] = None
        self.store(s[2], self.decorate(value, function.facts.decorators))
        return True

    def _do_class(self, s: Stmt) -> bool:
        cls = self.env.module.classes[s[1]]
        cls.env = self.env
        value = self.class_value(cls)
        self.decorate(value, cls.facts.decorators)
        self.store(s[2], value)
        return True

    def _do_import(self, s: Stmt) -> bool:
        for name, alias in s[1]:
            top = name if alias else name.partition(".")[0]
            self.store(alias or top, self.engine.names.imported(top, self.env.module))
        return True

    def _do_from(self, s: Stmt) -> bool:
        source = self.engine.names.absolute(self.env.module, s[1], s[2])
        for name, alias in s[3]:
            if name != "*":
                self.store(alias or name, self.engine.names.member(source, name, self.env.module))
        return True

    def _do_nonlocal(self, s: Stmt) -> bool:
        self.nonlocals.update(s[1])
        return True

    def _do_global(self, s: Stmt) -> bool:
        self.globals.update(s[1])
        return True

    def _do_del(self, s: Stmt) -> bool:
        for target in s[1]:
            if target[0] == "sub":
                for atom in self.ev(target[3]):
                    if isinstance(atom, Inst) and not atom.cls.external:
                        self.method(atom, "__delitem__", target[1], target[2], (UNKNOWN,))
        return True

    def _do_assert(self, s: Stmt) -> bool:
        decided = self.test(s[1])
        self.narrow(s[1], positive=True)
        return decided is not False

    _KINDS_OF_STATEMENTS: ClassVar[dict[str, Callable[[Any, Stmt], bool]]] = {
        "ann": _do_ann,
        "assert": _do_assert,
        "assign": _do_assign,
        "aug": _do_aug,
        "break": _do_break,
        "class": _do_class,
        "continue": _do_continue,
        "def": _do_def,
        "del": _do_del,
        "expr": _do_expr,
        "for": _do_for,
        "from": _do_from,
        "global": _do_global,
        "if": _do_if,
        "import": _do_import,
        "match": _do_match,
        "nonlocal": _do_nonlocal,
        "raise": _do_raise,
        "return": _do_return,
        "try": _do_try,
        "while": _do_while,
        "with": _do_with,
    }


def _asks_for_the_loop(body: tuple[Stmt, ...]) -> bool:
    """Whether all that may raise a RuntimeError in a block is `asyncio.get_running_loop()`."""
    if not body or body[0][0] not in {"assign", "expr"}:
        return False
    value = body[0][2] if body[0][0] == "assign" else body[0][1]
    return bool(value[0] == "call" and value[3][-1] == "get_running_loop")


def _joined(one: _Vars, other: _Vars) -> _Vars:
    return {name: join(one.get(name, ()), other.get(name, ())) for name in one | other}
