"""Ways to write a value as JSON: as FastAPI does, and those that may bring it back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from ._comparing import Unstorable

#: The most faithful first: a model knows afterwards which of its fields were set.
_WAYS: tuple[dict[str, Any], ...] = (
    {"by_alias": True, "exclude_unset": True},
    {"by_alias": True, "exclude_unset": False},
    {"by_alias": False, "exclude_unset": False},
)


def write_shown(adapter: TypeAdapter[Any], value: Any) -> str:
    """A valid value as FastAPI answers with it, or raise `Unstorable`."""
    return _write(adapter, value, {"by_alias": True})


def texts_of(adapter: TypeAdapter[Any], value: Any) -> Iterator[str]:
    """A valid value in all the ways that may bring it back, or raise `Unstorable`."""
    text = ""
    for way in _WAYS:
        text = _write(adapter, value, {"round_trip": True, **way})
        yield text
    # Models write `null` for NaN, whatever our configuration says. As Python's objects they have it still.
    if "null" in text:
        yield _write_numbers(adapter, value)


def _write(adapter: TypeAdapter[Any], value: Any, way: dict[str, Any]) -> str:
    try:
        return adapter.dump_json(value, warnings=False, **way).decode()
    except Exception as error:  # pydantic's own, and whatever serializers raise
        problem = _why_unwritable(str(error))
    # Out here, for the error has the value in its message, and must not be this one's context.
    raise Unstorable(type(value).__name__, problem)


def _write_numbers(adapter: TypeAdapter[Any], value: Any) -> str:
    try:
        data = adapter.dump_python(value, mode="json", by_alias=True, round_trip=True, warnings=False)
        return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    except Exception as error:  # as above, and what `json` cannot write
        problem = _why_unwritable(str(error))
    raise Unstorable(type(value).__name__, problem)


def _why_unwritable(message: str) -> str:
    """Of pydantic's message only what names no value."""
    if "UnicodeEncodeError" in message:
        return "holds text with lone surrogates, which JSON cannot: encode it, and annotate it with bytes"
    if "Circular reference" in message or "depth exceeded" in message:
        return "contains itself, or is nested too deeply for JSON"
    _, found, kind = message.partition("Unable to serialize unknown type: ")
    return f"cannot be written as JSON, for it holds {kind}" if found else "cannot be written as JSON"
