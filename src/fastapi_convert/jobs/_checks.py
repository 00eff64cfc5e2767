"""What options may be: checked where they are said, by errors that name the option and whose it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi_convert._units import to_bytes
from fastapi_convert.errors import Errors

#: What an integer of the store holds.
MOST = 2**63 - 1
#: Characters of the name of a job or a queue.
MOST_LABEL = 200


def whole_number(value: object, what: str, *, least: int = -MOST - 1) -> int:
    """An integer that the store can hold.

    Raises:
        TypeError: It is none.
        ValueError: It is below `least`, or beyond 64 bits.
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{what} is a whole number, not {value!r}.")
    if value < least:
        raise ValueError(f"{what} is {least} or more, not {value}.")
    if value > MOST:
        raise ValueError(f"{what} is at most {MOST}, a number of 64 bits, not {value}.")
    return value


def label(value: object, what: str) -> str:
    """The name of something, for logs and for people.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty, too long or cannot be shown on one line.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what} is a text, not {value!r}.")
    if not (0 < len(value) <= MOST_LABEL and value.isprintable()):
        raise ValueError(f"{what} has 1 to {MOST_LABEL} characters, none of them a control character: not {value!r}.")
    return value


def size_of_upload(value: int | str, what: str) -> int:
    """Bytes that one file may have.

    Raises:
        ValueError: It is no size, or none that a file could have.
    """
    size = to_bytes(value, what)
    if size < 1:
        raise ValueError(f"{what} is 1 byte or more, not {value!r}: a function without files has no Path parameter.")
    return size


def errors_of(value: object, what: str) -> Errors:
    """A map of errors, ready or as a table.

    Raises:
        TypeError: It is neither, or a key is no exception class.
        ValueError: A status is not between 400 and 599.
    """
    if isinstance(value, Errors):
        return value
    if value is not None and not isinstance(value, Mapping):
        raise TypeError(f"{what} is an Errors, or a dict such as {{LookupError: 404}}, not {value!r}.")
    return Errors(value or {})


def owner_name(owner: Any, said: str) -> str | None:
    """What an owner is called in the store. The same one is always called the same, whoever names it.

    Args:
        owner: A text, a number or a UUID; `None` is nobody.
        said: Where it comes from, such as `"options(owner=...) was given"`.

    Raises:
        TypeError: It is something else.
    """
    if owner is None:
        return None
    if isinstance(owner, str | int | UUID) and not isinstance(owner, bool):
        return str(owner)
    raise TypeError(
        f"{said} a {type(owner).__name__}, and an owner is a str, an int or a UUID, or None for nobody: give what"
        " identifies the user, such as user.id."
    )
