"""What a row of the table says, and how a qualified name finds its row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
        default: Whether that is its default, so that a call without it is harmless too.
    """

    keyword: str
    equals: bool | float | None
    position: int | None = None
    default: bool = False


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
    """Rows, found by qualified name.

    Args:
        rows: All rows, in the order in which they are shown.

    Raises:
        ValueError: Two rows have the same name.

    Examples:
        >>> from fastapi_convert.mapping import CATEGORIES, Blocking, Table
        >>> table = Table([Blocking("shop.Client.get_*", CATEGORIES[1], "offload", "offload")])
        >>> table.lookup("shop.Client.get_price").name
        'shop.Client.get_*'
    """

    def __init__(self, rows: Iterable[Blocking]) -> None:
        self.rows: Final = tuple(rows)
        self._by_name: Final[dict[str, Blocking]] = {}
        self._patterns: Final[dict[str, list[Blocking]]] = {}
        for row in self.rows:
            self._add(row)
        for patterns in self._patterns.values():
            patterns.sort(key=lambda row: len(row.name), reverse=True)

    def _add(self, row: Blocking) -> None:
        if row.name in self._by_name:
            raise ValueError(f"{row.name} is in the mapping twice: keep one row.")
        self._by_name[row.name] = row
        owner, _, last = row.name.rpartition(".")
        if "*" in last:
            self._patterns.setdefault(owner, []).append(row)

    def lookup(self, name: str) -> Blocking | None:
        """The row for a qualified name: the one of that very name first, then the longest pattern that fits.

        Args:
            name: As the library documents it: `requests.Session.get`, not the path it is imported by.
        """
        if (row := self._by_name.get(name)) is not None:
            return row
        owner, _, last = name.rpartition(".")
        for row in self._patterns.get(owner, ()):
            if _fits(row.name.rpartition(".")[2], last):
                return row
        return None


def _fits(pattern: str, name: str) -> bool:
    before, _, after = pattern.partition("*")
    long_enough = len(name) >= len(before) + len(after)
    return long_enough and not name.startswith("_") and name.startswith(before) and name.endswith(after)
