"""Bytes are base64 text in JSON, and OpenAPI says so."""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, get_args, get_origin

from pydantic import ConfigDict, WithJsonSchema

#: For what has no configuration of its own, as models have.
BYTES = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

_SCHEMA = {
    "type": "string",
    "format": "base64",
    "contentEncoding": "base64",
    "description": "Bytes as base64. Written with the URL-safe alphabet (`-` and `_`), read with either.",
}

#: Whose parts stand for values. `Literal` has values themselves.
_CONTAINERS = (list, tuple, dict, set, frozenset)


def described(annotation: Any) -> Any:
    """An annotation whose JSON schema says that its bytes are base64; the very same where it has none."""
    if annotation is bytes:
        return Annotated[bytes, WithJsonSchema(_SCHEMA)]
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        bare = described(args[0])
        return annotation if bare is args[0] else Annotated[(bare, *args[1:])]
    is_union = origin in {typing.Union, types.UnionType}
    if not is_union and origin not in _CONTAINERS:
        return annotation
    parts = tuple(map(described, args))
    if all(part is arg for part, arg in zip(parts, args, strict=True)):
        return annotation
    return typing.Union[parts] if is_union else types.GenericAlias(origin, parts)  # noqa: UP007 - of as many as there are
