"""`Argument`: one parameter of a job, and its values as JSON and back."""

from __future__ import annotations

import inspect
import types
import typing
from typing import Annotated, Any, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ._adapters import Adapter, adapter_for
from ._comparing import Unstorable

_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
_EMPTY = inspect.Parameter.empty


class Argument:
    """A parameter of the function called `fn`; all of its values in one, for `*args` and `**kwargs`.

    Raises:
        TypeError: Values of it cannot be read from JSON.
    """

    def __init__(self, parameter: inspect.Parameter, fn: str) -> None:
        self.parameter = parameter
        #: Whether a payload may be without it.
        self.is_optional = parameter.default is not _EMPTY or parameter.kind in {_VAR_POSITIONAL, _VAR_KEYWORD}
        self._name = parameter.name
        self._fn = fn
        self._adapter = _adapter_of(parameter, fn)

    @property
    def schema(self) -> Any:
        """The JSON schema of its values."""
        return self._adapter.schema

    @property
    def described(self) -> list[Any]:
        """All of it that payloads hang on, and not what its default is: that is the function's."""
        return [self._name, self.parameter.kind.name, self.parameter.default is not _EMPTY, self.schema]

    def dump(self, value: Any) -> str:
        """Write a value as JSON.

        Raises:
            TypeError: It would not come back as it was.
            pydantic.ValidationError: It is not what its annotation says.
        """
        try:
            return self._adapter.dump(self._adapter.validate(value))
        except ValidationError as error:
            error.add_note(f"This was argument {self._name!r} of {self._fn}().")
            raise
        except Unstorable as error:
            problem = f"Argument {self._name!r} of {self._fn}() cannot be stored: {error}. {self._cure}"
            raise TypeError(problem) from None

    @property
    def _cure(self) -> str:
        if self.parameter.annotation is Any:
            return f"Annotate it, such as `{self._name}: set[int]`, or pass plain data."
        return "Annotate it more exactly, or pass plain data."

    def load(self, text: str) -> Any:
        """What `dump` has written, validated again. Validators may raise what they like."""
        return self._adapter.load(text)


def default_of(parameter: inspect.Parameter) -> Any:
    """What the function gets where the argument is not given."""
    default = parameter.default
    return default.get_default(call_default_factory=True) if isinstance(default, FieldInfo) else default


def kinds_of(error: Exception) -> str:
    """What kinds of errors these are, without a value: values are in messages, contexts and keys."""
    if not isinstance(error, ValidationError):
        return type(error).__name__
    found = {each["type"] for each in error.errors(include_url=False, include_context=False, include_input=False)}
    return ", ".join(sorted(found)[:5])


def _adapter_of(parameter: inspect.Parameter, fn: str) -> Adapter:
    annotation = _annotation_of(parameter)
    adapter = adapter_for(
        annotation,
        written=parameter.annotation,
        what=f"{fn}() cannot be a job: parameter {parameter.name!r}",
        cure="Pass data instead, such as an id, and get the object inside the function.",
    )
    if parameter.default is None and not adapter.takes(None):
        # `name: str = None` is how code from before `Optional` says it.
        optional: Any = typing.Optional  # `|` is not for every annotation
        return Adapter(optional[annotation])
    return adapter


def _annotation_of(parameter: inspect.Parameter) -> Any:
    annotation = parameter.annotation
    if isinstance(parameter.default, FieldInfo):
        return Annotated[annotation, parameter.default]  # its limits hold for what is given, too
    if parameter.kind not in {_VAR_POSITIONAL, _VAR_KEYWORD}:
        return annotation
    if get_origin(annotation) is typing.Unpack:  # it describes all of them
        return get_args(annotation)[0]
    if parameter.kind is _VAR_POSITIONAL:
        return types.GenericAlias(list, (annotation,))
    return types.GenericAlias(dict, (str, annotation))
