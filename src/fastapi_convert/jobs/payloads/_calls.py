"""`Calls`: from the arguments of a call to values by parameter, and back to a call that the function takes."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo

from fastapi_convert.jobs.progress import Progress

from ._annotations import takes_progress
from ._arguments import default_of

_POSITIONAL_ONLY = inspect.Parameter.POSITIONAL_ONLY
_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
_VAR_POSITIONAL = inspect.Parameter.VAR_POSITIONAL
_KEYWORD_ONLY = inspect.Parameter.KEYWORD_ONLY
_VAR_KEYWORD = inspect.Parameter.VAR_KEYWORD
_EMPTY = inspect.Parameter.empty


class Calls:
    """How the function called `fn` is called as a job: with all that it declares but its progress.

    Raises:
        TypeError: It has a parameter for its progress that cannot be passed by name, or several.
    """

    def __init__(self, declared: inspect.Signature, fn: str) -> None:
        #: The parameter annotated with `Progress`.
        self.progress = _progress_of(declared, fn)
        #: All the others.
        self.parameters = {name: each for name, each in declared.parameters.items() if name != self.progress}
        self._fn = fn
        self._accepted = inspect.Signature(list(self.parameters.values()))
        self._passed = inspect.Signature(_as_passed(declared, self.progress))
        self._by_name = {n for n, each in declared.parameters.items() if each.kind in {_POSITIONAL, _KEYWORD_ONLY}}

    def bind(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The values to store, by parameter: what is given, and defaults that only we know how to make.

        Raises:
            TypeError: The arguments do not fit, as in a call.
        """
        if self.progress and (self.progress in kwargs or any(isinstance(value, Progress) for value in args)):
            raise TypeError(f"{self._fn}() is given its progress when it runs as a job: leave it out.")
        try:
            given = self._accepted.bind(*args, **kwargs).arguments
        except TypeError as error:
            raise TypeError(f"{self._fn}() {error}") from None
        # The function could make nothing of a default made with `Field()`, so its value is stored.
        return {
            name: given[name] if name in given else self._default_of(each)
            for name, each in self.parameters.items()
            if name in given or isinstance(each.default, FieldInfo)
        }

    def _default_of(self, parameter: inspect.Parameter) -> Any:
        if isinstance(parameter.default, FieldInfo) and parameter.default.is_required():
            raise TypeError(f"{self._fn}() missing a required argument: {parameter.name!r}")
        return default_of(parameter)

    def arrange(self, values: Mapping[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Values by parameter as a call. What has none is left to the function's defaults, where Python can."""
        filled = OrderedDict(values)
        for each in self._before_the_last_by_position(values):
            if each.name not in filled and each.default is not _EMPTY:
                filled[each.name] = default_of(each)
        call = inspect.BoundArguments(self._passed, filled)
        return call.args, call.kwargs

    def _before_the_last_by_position(self, values: Mapping[str, Any]) -> list[inspect.Parameter]:
        """Who must have a value, since one behind them can only be passed by position."""
        order = list(self._passed.parameters.values())
        places = [
            place
            for place, each in enumerate(order)
            if each.name in values
            and (each.kind is _POSITIONAL_ONLY or (each.kind is _VAR_POSITIONAL and values[each.name]))
        ]
        return order[: max(places, default=0)]

    def clashing(self, values: Mapping[str, Any]) -> list[str]:
        """`**kwargs`, if it holds the name of a parameter: a hostile payload could fill in the progress so."""
        return [
            name
            for name, value in values.items()
            if self.parameters[name].kind is _VAR_KEYWORD and value.keys() & self._by_name
        ]

    def __str__(self) -> str:
        return str(self._accepted)


def _progress_of(declared: inspect.Signature, fn: str) -> str | None:
    found = [each for each in declared.parameters.values() if takes_progress(each.annotation)]
    if len(found) > 1:
        names = ", ".join(each.name for each in found)
        raise TypeError(f"{fn}() cannot be a job: it has several parameters for its progress ({names}). Keep one.")
    if not found:
        return None
    # Passed by name, it must not leave a hole before what `*args` takes up by position.
    has_args = any(each.kind is _VAR_POSITIONAL for each in declared.parameters.values())
    if found[0].kind is not _KEYWORD_ONLY and (has_args or found[0].kind is not _POSITIONAL):
        raise TypeError(f"{fn}() cannot be a job: {found[0].name!r} cannot be passed by name. Put it after a *.")
    return found[0].name


def _as_passed(declared: inspect.Signature, progress: str | None) -> list[inspect.Parameter]:
    """The parameters when progress is passed by name: what stands behind it goes by name too."""
    names = list(declared.parameters)
    behind = set(names[names.index(progress) :]) if progress else set()
    return [
        each.replace(kind=_KEYWORD_ONLY) if each.name in behind and each.kind is _POSITIONAL else each
        for each in declared.parameters.values()
        if each.name != progress
    ]
