"""`parts_of`: what an annotation is made of, to the bottom."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from dataclasses import is_dataclass
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, PlainSerializer, PlainValidator, WrapSerializer

_OWN_WAYS = (PlainSerializer, WrapSerializer, PlainValidator)


def parts_of(annotation: Any, *, inside: bool = True) -> Iterator[Any]:
    """The annotation, its arguments and metadata, and theirs.

    What has a serializer or reader of its author's is not looked into: that may bring back what else would not.

    Args:
        annotation: With all names resolved.
        inside: Whether also of the fields of models, dataclasses, named tuples and typed dicts.
    """
    waiting: list[Any] = [annotation]
    seen: list[Any] = []  # a class or an alias may hold itself, and not all of them have a hash
    while waiting:
        part = waiting.pop()
        if get_origin(part) is Annotated:
            bare, *metadata = get_args(part)
            yield from metadata
            if not any(isinstance(each, _OWN_WAYS) for each in metadata):
                waiting.append(bare)
        elif not any(part is each for each in seen):
            seen.append(part)
            yield part
            waiting += _beneath(part)
            if inside and isinstance(part, type):
                waiting += _fields(part)


def _beneath(part: Any) -> list[Any]:
    named = (getattr(part, "__supertype__", None), getattr(part, "__value__", None))  # of NewType, of an alias
    return [*get_args(part), *(each for each in named if each is not None)]


def _fields(kind: type) -> list[Any]:
    """What the fields of a class are annotated with."""
    if issubclass(kind, BaseModel):
        return _fields_of_model(kind)
    # Not `is_typeddict`, which does not know those of typing_extensions.
    is_typed_dict = issubclass(kind, dict) and hasattr(kind, "__total__")
    is_named_tuple = issubclass(kind, tuple) and hasattr(kind, "_fields")
    if not (is_dataclass(kind) or is_typed_dict or is_named_tuple):
        return []
    try:
        return list(typing.get_type_hints(kind, include_extras=True).values())
    except Exception:  # an annotation is any expression; pydantic says what is wrong with it
        return []


def _fields_of_model(kind: type[BaseModel]) -> list[Any]:
    decorated = kind.__pydantic_decorators__
    if decorated.field_serializers or decorated.model_serializers or kind.model_config.get("json_encoders"):
        return []
    return [Annotated[(each.annotation, *each.metadata, None)] for each in kind.model_fields.values()]
