"""`Adapter`: values of one annotation as JSON and back, refusing what would not come back as it was."""

from __future__ import annotations

import inspect
import json
import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime, time
from itertools import chain
from typing import Any, NewType

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

#: For annotations that have no configuration of their own, as models have.
_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")

#: Ways to write a value, the most faithful first: a model knows afterwards which of its fields were set.
_WAYS: tuple[dict[str, bool], ...] = (
    {"by_alias": True, "exclude_unset": True},
    {"by_alias": True, "exclude_unset": False},
    {"by_alias": False, "exclude_unset": False},
)

#: What JSON gives where an annotation asks for nothing else.
_JSON_TYPES = frozenset({bool, int, float, str, list, dict, type(None)})

#: Beyond it Python itself may refuse to read what it has written.
_BIG = 2**63

#: What a payload's meaning does not hang on: an edited docstring must not make queued jobs unfit.
_PROSE = frozenset({"title", "description", "examples", "default", "deprecated", "readOnly", "writeOnly"})

#: Their keys are names that an author has chosen, which may be any of the words above.
_OF_NAMES = frozenset({"properties", "patternProperties", "$defs", "mapping"})


class Unstorable(Exception):
    """A value that does not survive as JSON: the type of the part that is lost, and what happens to it. No value."""

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"a value of type {kind} {problem}")


class _QuietSchema(GenerateJsonSchema):
    """A default that JSON cannot show is none of our business: defaults are not written."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - pydantic declares it so


class Adapter:
    """What pydantic makes of an annotation, for JSON in both directions.

    Args:
        annotation: With all names resolved.

    Raises:
        TypeError: Values of it cannot be read from JSON; says why.
    """

    def __init__(self, annotation: Any) -> None:
        self._adapter = _adapter_of(annotation)
        self._plain = annotation if annotation in (bool, int, float, str, type(None)) else None
        schema = self._adapter.json_schema(schema_generator=_QuietSchema)
        if self._adapter.core_schema["type"] == "generator":
            raise TypeError("an iterator would be empty after one reading; a list is not")
        #: The JSON schema, without titles and texts: the same in every process.
        self.schema = _essence(schema)

    def validate(self, value: Any) -> Any:
        """`value` as the annotation has it, or `pydantic.ValidationError`."""
        return self._adapter.validate_python(value)

    def load(self, text: str) -> Any:
        """What `dump` has written, or `pydantic.ValidationError`. Validators may raise what they like."""
        return self._adapter.validate_json(text)

    def dump(self, value: Any) -> str:
        """Write a valid value so that `load` gives the same again, or raise `Unstorable`."""
        if type(value) is self._plain and not (isinstance(value, int) and abs(value) >= _BIG):
            return self._write(value, {})
        return self._first_way(value, faithful=True)

    def dump_readable(self, value: Any) -> str:
        """Write a valid value so that `load` reads it, if not as the same, or raise `Unstorable`."""
        return self._first_way(value, faithful=False)

    def _first_way(self, value: Any, *, faithful: bool) -> str:
        lost: str | None = None
        for way in _WAYS:
            text = self._write(value, way)
            lost = self._lost(value, text, faithful=faithful)
            if lost is None:
                return text
        raise Unstorable(lost or type(value).__name__, "does not come back from JSON as it was")

    def _lost(self, value: Any, text: str, *, faithful: bool) -> str | None:
        try:
            back = self.load(text)
        except Exception:  # validators are other people's code
            return type(value).__name__
        return difference(value, back) if faithful else None

    def _write(self, value: Any, way: dict[str, bool]) -> str:
        try:
            return self._adapter.dump_json(value, round_trip=True, warnings=False, **way).decode()  # type: ignore[arg-type]  # flags
        except Exception as error:  # pydantic's own, and whatever serializers raise
            problem = _why_unwritable(str(error))
        raise Unstorable(type(value).__name__, problem)


def _adapter_of(annotation: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(annotation, config=_CONFIG)
    except PydanticUserError as error:
        if error.code != "type-adapter-config-unused":
            raise
    # Pydantic refuses it for all that may have one of its own, also for dataclasses that have none. Behind another
    # name they take it, and models keep their own.
    renamed: Any = NewType
    return TypeAdapter(renamed("Given", annotation), config=_CONFIG)


def _why_unwritable(message: str) -> str:
    """Of pydantic's message only what names no value."""
    if "UnicodeEncodeError" in message:
        return "holds text with lone surrogates, which JSON cannot: encode it, and annotate it with bytes"
    if "Circular reference" in message or "depth exceeded" in message:
        return "contains itself, or is nested too deeply for JSON"
    _, found, kind = message.partition("Unable to serialize unknown type: ")
    return f"cannot be written as JSON, for it holds {kind}" if found else "cannot be written as JSON"


def difference(given: Any, back: Any) -> str | None:
    """The type of the first part of `given` that is another in `back`; `None`: they are the same.

    Stricter than `==`, for which an enum's member can equal its value, and `True` is 1; but NaN is NaN here.

    Raises:
        Unstorable: Something in them cannot be compared.
    """
    try:
        return _difference(given, back)
    except RecursionError:
        raise Unstorable(type(given).__name__, "is nested too deeply to be compared") from None


def _difference(given: Any, back: Any) -> str | None:
    if isinstance(given, datetime | time) and isinstance(back, datetime | time):
        return None if _instant(given) == _instant(back) else type(given).__name__
    if isinstance(given, set | frozenset):
        same = type(given) is type(back) and _members(given) == _members(back)
        return None if same else type(given).__name__
    parts = _parts(given)
    if parts is None:
        return None if _same_leaf(given, back) else type(given).__name__
    others = _parts(back)
    if type(given) is not type(back) or others is None:
        return type(given).__name__
    return _first_difference(type(given).__name__, parts, others)


def _first_difference(kind: str, parts: Iterator[Any], others: Iterator[Any]) -> str | None:
    end = object()
    for part in parts:
        other = next(others, end)
        if other is end:
            return kind
        if (found := _difference(part, other)) is not None:
            return found
    return None if next(others, end) is end else kind


def _parts(value: Any) -> Iterator[Any] | None:
    """What a container is made of, in an order that JSON keeps; `None` for what is no container."""
    if isinstance(value, BaseModel):
        # Not all of __dict__: cached properties live there too.
        named = [value.__dict__.get(name) for name in type(value).model_fields]
        return iter([*named, value.__pydantic_extra__, value.__pydantic_private__])
    if is_dataclass(value) and not isinstance(value, type):
        return iter([getattr(value, field.name, None) for field in fields(value)])
    if isinstance(value, Mapping):
        return chain.from_iterable(value.items())
    return iter(value) if isinstance(value, list | tuple | deque) else None


def _instant(moment: datetime | time) -> tuple[Any, ...]:
    # A time zone's name is lost, its offset is not. Comparing the moments themselves would call no two zones equal in
    # the hour that the clocks are put back.
    return (moment.replace(tzinfo=None), moment.tzinfo is None, moment.utcoffset())


def _members(values: set[Any] | frozenset[Any]) -> set[Any]:
    return {(type(value), value if value == value else "nan") for value in values}  # noqa: PLR0124 - NaN differs from itself


def _same_leaf(given: Any, back: Any) -> bool:
    kind = type(back)
    if type(given) is not kind and (kind in _JSON_TYPES or not isinstance(given, kind)):
        return False
    if isinstance(given, float) and math.isnan(given):
        return math.isnan(back)
    try:
        same = bool(given == back)
    except Exception:  # arrays have no truth, and __eq__ is other people's code
        raise Unstorable(
            type(given).__name__, "cannot be compared with ==, to see if it comes back as it was"
        ) from None
    if not same and inspect.getattr_static(kind, "__eq__") is object.__dict__["__eq__"]:
        raise Unstorable(kind.__name__, "cannot be compared, to see if it comes back as it was: it has no __eq__")
    return same


def _essence(schema: Any, *, names: bool = False) -> Any:
    """A JSON schema without what is only for people."""
    if isinstance(schema, list):
        return [_essence(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: sorted(value) if key == "required" and not names else _essence(value, names=not names and key in _OF_NAMES)
        for key, value in schema.items()
        if names or key not in _PROSE
    }


def names_paths(schema: Any) -> bool:
    """Whether values of this JSON schema hold paths of the file system."""
    if isinstance(schema, dict):
        return "path" in str(schema.get("format", "")).split("-") or any(map(names_paths, schema.values()))
    return isinstance(schema, list) and any(map(names_paths, schema))


def split_object(text: str) -> dict[str, str] | None:
    """The members of a JSON object, each as JSON; `None` where it is none, however hostile the text is."""
    try:
        members = json.loads(text)
        return {name: json.dumps(value) for name, value in members.items()}
    except (ValueError, AttributeError, TypeError, RecursionError):
        return None
