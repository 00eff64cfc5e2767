"""`Errors`: which HTTP status an exception of a legacy function stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple, TypeAlias

__all__ = ("Errors", "MappedError")

Detail: TypeAlias = "str | Callable[[Exception], str]"
Target: TypeAlias = "int | tuple[int, Detail]"


class MappedError(NamedTuple):
    """What a client is told of an exception."""

    #: The HTTP status.
    status: int
    #: Nothing of the exception itself, unless the map says so.
    detail: str
    #: The exception's name for machines: `UnidentifiedImageError` is `unidentified-image-error`.
    code: str


class Errors:
    """A map from exceptions to HTTP statuses, by class and its bases: the nearest one in the method resolution order.

    Args:
        table: For each exception class a status, or a status and the detail for the client: a text, or a function that
            makes one of the exception. Without one, the client reads the status's own phrase: messages of exceptions
            name paths and arguments.

    Raises:
        TypeError: A key is no exception class.
        ValueError: A status is not between 400 and 599.

    What is not in it is not an error of the client: it stays a 500 that tells nothing.

    Examples:
        >>> errors = Errors({LookupError: (404, "No such preset."), KeyError: 422})
        >>> errors.find(IndexError("preset 7"))
        MappedError(status=404, detail='No such preset.', code='index-error')
        >>> errors.find(KeyError("name")).status, errors.find(OSError())
        (422, None)
    """

    def __init__(self, table: Mapping[type[Exception], Target]) -> None:
        self._table = {kind: _checked(kind, target) for kind, target in table.items()}

    def find(self, error: Exception) -> MappedError | None:
        """What `error` stands for; `None` if the map does not know it."""
        kind = type(error)
        for base in kind.__mro__:
            if base in self._table:
                status, detail = self._table[base]
                return MappedError(status, detail if isinstance(detail, str) else detail(error), _code(kind.__name__))
        return None

    def find_by_names(self, names: Sequence[str]) -> MappedError | None:
        """What an exception stands for that could not leave its process, by the names of its classes.

        Args:
            names: `module.qualname` of each class in its method resolution order.
        """
        known = {f"{kind.__module__}.{kind.__qualname__}": target for kind, target in self._table.items()}
        for name in names:
            if name in known:
                status, detail = known[name]
                text = detail if isinstance(detail, str) else _phrase(status)
                return MappedError(status, text, _code(names[0].rpartition(".")[2]))
        return None

    def __or__(self, other: Errors) -> Errors:
        return Errors({**self._table, **other._table})

    def __bool__(self) -> bool:
        return bool(self._table)

    def __repr__(self) -> str:
        return f"Errors({ {kind.__qualname__: status for kind, (status, _) in self._table.items()} })"

    @property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        """For the `responses=` of a route: which statuses its documentation lists."""
        details: dict[int | str, list[str]] = {}
        for status, detail in self._table.values():
            details.setdefault(status, []).append(detail if isinstance(detail, str) else _phrase(status))
        return {status: {"description": " / ".join(dict.fromkeys(texts))} for status, texts in sorted(details.items())}


def _checked(kind: object, target: Target) -> tuple[int, Detail]:
    if not (isinstance(kind, type) and issubclass(kind, Exception)):
        raise TypeError(f"Errors maps exception classes to statuses, and {kind!r} is none.")
    status, detail = target if isinstance(target, tuple) else (target, "")
    if not 400 <= status <= 599:
        raise ValueError(f"{kind.__qualname__} is mapped to {status!r}: a status of an error is between 400 and 599.")
    return status, detail or _phrase(status)


def _phrase(status: int) -> str:
    try:
        return f"{HTTPStatus(status).phrase}."
    except ValueError:  # none of the registered ones
        return "The request failed."


def _code(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
