"""`Adapter`: values of one annotation as JSON and back, refusing what would not come back as it was."""

from __future__ import annotations

import inspect
from typing import Any, NewType

from pydantic import ConfigDict, TypeAdapter
from pydantic.errors import PydanticUserError
from pydantic.json_schema import GenerateJsonSchema

from ._annotations import shown
from ._bytes import BYTES
from ._comparing import Unstorable, difference
from ._schemas import essence
from ._ways import texts_of, write_shown

#: For annotations that have no configuration of their own, as models have.
_CONFIG: ConfigDict = {**BYTES, "ser_json_inf_nan": "constants"}

#: Also by the names of fields that have one alias for reading and another for writing; pydantic can since 2.11.
_BY_NAME: dict[str, Any] = (
    {"by_name": True} if "by_name" in inspect.signature(TypeAdapter.validate_json).parameters else {}
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

    def validate(self, value: Any, *, from_attributes: bool | None = None) -> Any:
        """`value` as the annotation has it, or `pydantic.ValidationError`. Validators may raise what they like."""
        return self._adapter.validate_python(value, from_attributes=from_attributes)

    def takes(self, value: Any) -> bool:
        """Whether `value` is valid."""
        try:
            self.validate(value)
        except Exception:  # validators are other people's code
            return False
        return True

    def load(self, text: str, *, by_name: bool = False) -> Any:
        """What `dump` has written, or `pydantic.ValidationError`. Validators may raise what they like."""
        return self._adapter.validate_json(text, **(_BY_NAME if by_name else {}))

    def dump(self, value: Any, *, by_name: bool = False) -> str:
        """Write a valid value so that `load` gives the same again, or raise `Unstorable`.

        Args:
            value: A valid one.
            by_name: Whether it will be loaded so.
        """
        lost: str | None = None
        tried: str | None = None
        for text in texts_of(self._adapter, value):
            if text == tried:
                continue
            lost = self._lost(value, text, by_name=by_name)
            if lost is None:
                return text
            tried = text
        raise Unstorable(lost or type(value).__name__, "does not come back from JSON as it was")

    def dump_shown(self, value: Any) -> str:
        """Write a valid value as FastAPI answers with it, whether `load` reads that or not, or raise `Unstorable`."""
        return write_shown(self._adapter, value)

    def gives(self, text: str, value: Any) -> bool:
        """Whether `load` makes of `text` what equals `value`."""
        try:
            back = self.load(text)
            # First what Python compares at once: results may be large.
            return bool(back == value) or difference(value, back) is None
        except Exception:  # validators and `__eq__` are other people's code
            return False

    def repeats(self, text: str) -> bool:
        """Whether what `load` makes of `text` is shown as the same text: quicker than to compare numbers in Python."""
        try:
            return write_shown(self._adapter, self.load(text, by_name=True)) == text
        except Exception:  # validators and serializers are other people's code
            return False

    def _lost(self, value: Any, text: str, *, by_name: bool) -> str | None:
        """The type of what does not come back, or `None`."""
        try:
            back = self.load(text, by_name=by_name)
        except Exception:  # a model that forbids what it writes, or a validator of other people's
            return type(value).__name__
        return difference(value, back)


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
