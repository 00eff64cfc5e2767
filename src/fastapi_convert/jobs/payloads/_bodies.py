"""`Body`: a model for HTTP bodies, made of a function's parameters."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model
from pydantic.fields import FieldInfo

from ._arguments import Argument
from ._bytes import BYTES, described
from ._schemas import names_paths

_EMPTY = inspect.Parameter.empty


class Body:
    """A field for each of these parameters of the function called `fn`.

    Raises:
        TypeError: A parameter cannot come from a client: `*args`, `**kwargs`, or one that holds paths.
    """

    def __init__(self, fn: str, arguments: Iterable[Argument]) -> None:
        fields: dict[str, Any] = {}
        self._names: dict[str, str] = {}
        for number, argument in enumerate(arguments):
            _check(argument, fn)
            # Clients know a field by its alias. Its own name must not be the parameter's: models have attributes such
            # as `copy`, `json` and `schema`, and let no field begin with an underscore.
            attribute = f"parameter_{number}"
            fields[attribute] = _field(argument.parameter)
            self._names[attribute] = argument.parameter.name
        config: ConfigDict = {**BYTES, "extra": "forbid"}
        self.model: type[BaseModel] = create_model(_camel(fn), __config__=config, **fields)

    def values_of(self, instance: BaseModel) -> dict[str, Any]:
        """What was sent, by parameter: not what was left to the defaults."""
        return {
            name: getattr(instance, attribute)
            for attribute, name in self._names.items()
            if attribute in instance.model_fields_set
        }


def _check(argument: Argument, fn: str) -> None:
    parameter = argument.parameter
    if parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
        raise TypeError(
            f"{fn}() takes {parameter}, which no body can describe. Name the parameters, or take one list or dict."
        )
    if names_paths(argument.schema):
        raise TypeError(
            f"Parameter {parameter.name!r} of {fn}() holds paths, and no client may name paths of the server. For"
            " uploads annotate it with Path, Path | None or list[Path]; for a name take str."
        )


def _field(parameter: inspect.Parameter) -> tuple[Any, Any]:
    annotation = described(parameter.annotation)
    annotation = Annotated[annotation, Field(alias=parameter.name)]
    return (annotation, ...) if parameter.default is _EMPTY else (annotation, _shown_default(parameter.default))


def _shown_default(default: Any) -> Any:
    """A default that OpenAPI can show, or one that it does not try to: it would warn of each."""
    if isinstance(default, FieldInfo):
        return default
    try:
        TypeAdapter(Any).dump_json(default, warnings="error")
    except Exception:  # also what serializers raise
        return Field(default_factory=lambda: default)
    return default


def _camel(name: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in name).split()
    return "".join(word[:1].upper() + word[1:] for word in words) or "Body"
