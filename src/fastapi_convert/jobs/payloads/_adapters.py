"""`Adapter`: values of one annotation as JSON and back, refusing what would not come back as it was."""

from __future__ import annotations

from typing import Any, NewType

from pydantic import ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from ._annotations import shown
from ._comparing import Unstorable, difference
from ._schemas import essence

#: For annotations that have no configuration of their own, as models have.
_CONFIG = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")

#: Ways to write a value, the most faithful first: a model knows afterwards which of its fields were set.
_WAYS: tuple[dict[str, Any], ...] = (
    {"by_alias": True, "exclude_unset": True},
    {"by_alias": True, "exclude_unset": False},
    {"by_alias": False, "exclude_unset": False},
)


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
        schema = self._adapter.json_schema(schema_generator=_QuietSchema)
        if self._adapter.core_schema["type"] == "generator":
            raise TypeError("an iterator would be empty after one reading; a list is not")
        #: The JSON schema, without titles and texts: the same in every process.
        self.schema = essence(schema)

    def validate(self, value: Any) -> Any:
        """`value` as the annotation has it, or `pydantic.ValidationError`. Validators may raise what they like."""
        return self._adapter.validate_python(value)

    def takes(self, value: Any) -> bool:
        """Whether `value` is valid."""
        try:
            self.validate(value)
        except Exception:  # validators are other people's code
            return False
        return True

    def load(self, text: str) -> Any:
        """What `dump` has written, or `pydantic.ValidationError`. Validators may raise what they like."""
        return self._adapter.validate_json(text)

    def dump(self, value: Any) -> str:
        """Write a valid value so that `load` gives the same again, or raise `Unstorable`."""
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
        """The type of what does not come back, or `None`."""
        try:
            back = self.load(text)
        except Exception:  # a model that forbids what it writes, or a validator of other people's
            return type(value).__name__
        return difference(value, back) if faithful else None

    def _write(self, value: Any, way: dict[str, Any]) -> str:
        try:
            return self._adapter.dump_json(value, round_trip=True, warnings=False, **way).decode()
        except Exception as error:  # pydantic's own, and whatever serializers raise
            problem = _why_unwritable(str(error))
        # Out here, for the error has the value in its message, and must not be this one's context.
        raise Unstorable(type(value).__name__, problem)


def adapter_for(annotation: Any, *, written: Any, what: str, cure: str) -> Adapter:
    """The adapter of an annotation.

    Args:
        annotation: For pydantic.
        written: As the function has it, for the message.
        what: Whose it is, for the message.
        cure: What to do instead, for the message.

    Raises:
        TypeError: Values of it cannot be read from JSON.
    """
    try:
        return Adapter(annotation)
    except Exception as error:  # pydantic's own, and whatever hooks of other people's types raise
        # Its first sentence: the others advise to set `arbitrary_types_allowed`, which reads nothing from JSON.
        reason = str(error).partition("\n")[0].partition(". Set `arbitrary")[0]
        raise TypeError(
            f"{what} is annotated with {shown(written)}, which cannot be read from JSON ({reason}). {cure}"
        ) from error


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
