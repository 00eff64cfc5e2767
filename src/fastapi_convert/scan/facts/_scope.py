"""What is collected while a file is lowered: its functions and classes, and where attributes are set."""

from __future__ import annotations

import marshal
from dataclasses import dataclass, field
from typing import Any

from fastapi_convert.scan._comments import Comment

from ._records import ClassFacts, Expr, FunctionFacts, Stmt

__all__ = ("CONSTRUCTORS", "Collected", "Scope")

APPS = frozenset({"app", "application", "api"})  # what an application is called whose attributes are its state
CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "model_post_init"})


@dataclass(slots=True)
class Scope:
    """The module, a class or a function whose body is being lowered."""

    qualname: str = ""
    function: int = -1
    owner: int = -1
    name: str = ""
    first_param: str = ""
    generator: bool = False
    self_stores: dict[str, None] = field(default_factory=dict)
    global_stores: dict[str, None] = field(default_factory=dict)

    def nested(self, name: str) -> str:
        """The `__qualname__` of something defined in here."""
        if not self.qualname:
            return name
        in_class = self.owner >= 0 and self.function < 0
        return f"{self.qualname}.{name}" if in_class else f"{self.qualname}.<locals>.{name}"


@dataclass(slots=True)
class Collected:
    """All that is found in one file beside its statements."""

    functions: list[FunctionFacts | None] = field(default_factory=list)
    classes: list[ClassFacts | None] = field(default_factory=list)
    stored: dict[str, None] = field(default_factory=dict)
    state_stores: dict[tuple[str, int], None] = field(default_factory=dict)
    called: dict[str, None] = field(default_factory=dict)
    imports: dict[str, None] = field(default_factory=dict)

    def store(self, scope: Scope, value: Expr, attribute: str) -> None:
        """Note `value.attribute = ...`."""
        on_self = value[0] == "name" and value[1] == scope.first_param and scope.owner >= 0
        if on_self:
            scope.self_stores[attribute] = None
        else:
            self.stored[attribute] = None
        last = value[4] if value[0] == "attr" else value[1] if value[0] == "name" else ""
        if last == "state" and value[0] == "attr":
            self.state_stores[attribute, scope.function] = None
        elif last[:1].isupper() and value[0] == "name":
            self.state_stores[f"{last}.{attribute}", scope.function] = None
        elif last in APPS:
            self.state_stores[f"app.{attribute}", scope.function] = None

    def call(self, func: Expr) -> None:
        """Note the last part of the name that is called."""
        if func[0] == "name":
            self.called[func[1]] = None
        elif func[0] == "attr":
            self.called[func[4]] = None

    def pack(self, body: tuple[Stmt, ...], comments: tuple[Comment, ...]) -> bytes:
        """Everything as one blob."""
        functions = tuple(tuple(each) for each in self.functions if each is not None)
        classes = tuple(tuple(each) for each in self.classes if each is not None)
        plain = tuple(tuple(comment) for comment in comments)
        names = tuple(self.stored), tuple(self.state_stores), tuple(self.called), tuple(self.imports)
        facts: Any = (body, functions, classes, plain, *names)
        return marshal.dumps(facts)
