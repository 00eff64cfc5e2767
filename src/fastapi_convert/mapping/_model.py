"""What a row of the table says, and how a qualified name finds its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

__all__ = ("Blocking", "Category", "How", "Level", "Table", "Unless")

Level = Literal["error", "warn", "all"]
How = Literal["native", "offload", "process"]


@dataclass(frozen=True, slots=True)
class Category:
    """One kind of blocking, and the code that findings of it bear.

    Args:
        code: `FC101` and so on; never reused for another kind.
        name: One or two words, as in a summary: "HTTP", "database".
        title: What a finding says happens: "sends an HTTP request and waits for the answer".
        why: Why that blocks, in a few sentences of Markdown: what the event loop cannot do meanwhile.
        cure: What to do about it, in a few sentences of Markdown.
    """

    code: str
    name: str
    title: str
    why: str
    cure: str


@dataclass(frozen=True, slots=True)
class Unless:
    """The argument that makes a call harmless, as `blocking=False` makes `Lock.acquire`.

    Args:
        keyword: The argument's name.
        equals: The value that makes it harmless.
        position: Its index among the positional arguments, `self` not counted; `None` if it is keyword-only.
    """

    keyword: str
    equals: bool | float | None
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Blocking:
    """One name of a library that blocks the thread which calls it, and what to use instead.

    Args:
        name: The qualified name, as the library documents it: `requests.get`, `requests.Session.get`. A last part
            with a star stands for many: `stripe.Charge.*`, `pandas.read_*`; `*` never matches a name with `_` in front.
            A class stands for its construction. `__enter__`, `__exit__` and `__iter__` stand for `with` and `for`.
        category: The kind of blocking.
        replacement: What to write instead, as the reader would: `httpx.AsyncClient.get`, `asyncio.sleep`. A dotted
            name of a library if `how` is native, otherwise `offload` or `ProcessPool`.
        how: `native`: there is an async twin. `offload`: run it on a thread. `process`: CPU work, run it in a process.
        level: `error` blocks for as long as somebody else likes, or 10 ms and more of CPU; `warn` may; `all` is noise
            to most: microseconds, or only slow on bad days.
        note: What to know when changing it; may be empty.
        unless: Arguments with which the call does not block.
        construct: An expression that gives the object the method is called on, in the example: `requests.Session()`.
            Empty for functions and classes. Imports are made from its dotted names.
        arguments: What to pass in the example; need not be sensible, only valid syntax.

    Examples:
        >>> from fastapi_convert.mapping import TABLE
        >>> row = TABLE.lookup("requests.get")
        >>> row.replacement, row.category.code
        ('httpx.AsyncClient.get', 'FC102')
    """

    name: str
    category: Category
    replacement: str
    how: How
    level: Level = "error"
    note: str = ""
    unless: tuple[Unless, ...] = ()
    construct: str = ""
    arguments: str = ""


class Table:
    """Rows found by qualified name: the exact one first, then the longest pattern.

    Args:
        rows: All rows, in the order in which they are shown. A name may come once.
    """

    def __init__(self, rows: Iterable[Blocking]) -> None:
        self.rows: Final = tuple(rows)
        self._exact: dict[str, Blocking] = {}
        self._patterns: dict[str, list[Blocking]] = {}
        for row in self.rows:
            self._add(row)
        self.lookup = lru_cache(maxsize=65536)(self._find)

    def _add(self, row: Blocking) -> None:
        owner, _, last = row.name.rpartition(".")
        if "*" not in last:
            if row.name in self._exact:
                raise ValueError(f"{row.name} is in the mapping twice: keep one row.")
            self._exact[row.name] = row
            return
        self._patterns.setdefault(owner, []).append(row)
        self._patterns[owner].sort(key=lambda each: -len(each.name))

    def _find(self, name: str) -> Blocking | None:
        """The row for this qualified name, or `None` if nothing is known against it."""
        if (row := self._exact.get(name)) is not None:
            return row
        owner, _, last = name.rpartition(".")
        for row in self._patterns.get(owner, ()):
            before, _, after = row.name.rpartition(".")[2].partition("*")
            if len(last) < len(before) + len(after) or last.startswith("_"):
                continue
            if last.startswith(before) and last.endswith(after):
                return row
        return None
