"""Annotations resolved, and what some of them stand for: a file, or the job's progress."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, get_args, get_origin

from fastapi_convert.jobs.progress import Progress

from ._callables import name_of, namespace_of, refuse_methods


def resolved(fn: Callable[..., Any]) -> inspect.Signature:
    """A function's signature with annotations instead of their names, and `Any` where there is none.

    Raises:
        TypeError: It is a method, its parameters are not known, or an annotation cannot be evaluated.
    """
    name = name_of(fn)
    try:
        declared = inspect.signature(fn)
    except (ValueError, NameError) as error:
        raise TypeError(
            f"{name}() cannot be a job, for its parameters are not known ({error}). Wrap it in a function with"
            " annotations."
        ) from error
    refuse_methods(fn, declared)
    namespace = namespace_of(fn)
    parameters = [
        each.replace(annotation=_evaluated(each.annotation, namespace, f"parameter {each.name!r} of {name}()"))
        for each in declared.parameters.values()
    ]
    result = _evaluated(declared.return_annotation, namespace, f"the result of {name}()")
    return inspect.Signature(parameters, return_annotation=result)


def _evaluated(annotation: Any, namespace: dict[str, Any], what: str) -> Any:
    if annotation is inspect.Parameter.empty:
        return Any

    # One at a time, on a function made for it: `get_type_hints(fn)` would not say whose annotation is at fault.
    def holder() -> None: ...

    holder.__annotations__ = {"it": annotation}
    try:
        return typing.get_type_hints(holder, namespace, include_extras=True)["it"]
    except Exception as error:  # an annotation is any expression
        raise TypeError(
            f"The annotation of {what} cannot be resolved ({error}). Import what it names at the top of the module, not"
            " only under TYPE_CHECKING."
        ) from error


def shown(annotation: Any) -> str:
    """An annotation as its author may have written it."""
    return "None" if annotation is type(None) else inspect.formatannotation(annotation)


def takes_progress(annotation: Any) -> bool:
    """`Progress` or `Progress | None`."""
    return _without_none(annotation) is Progress


def takes_files(annotation: Any) -> bool:
    """`Path`, `Path | None` or a list of paths: uploads can be put in their place."""
    bare = _without_none(annotation)
    return names_file(get_args(bare)[0] if get_origin(bare) is list else bare)


def names_file(annotation: Any) -> bool:
    """`Path`, and nothing beside it."""
    return _bare(annotation) is Path


def _bare(annotation: Any) -> Any:
    """An annotation without `Annotated`."""
    if get_origin(annotation) is Annotated and not _wants_no_file(annotation):
        return get_args(annotation)[0]
    return annotation


def _without_none(annotation: Any) -> Any:
    """An annotation without `Annotated` and without `None`, in whatever order they stand."""
    bare = _bare(annotation)
    if get_origin(bare) not in {typing.Union, types.UnionType}:
        return bare
    others = [each for each in get_args(bare) if each is not type(None)]
    return _without_none(others[0]) if len(others) == 1 else bare


def _wants_no_file(annotation: Any) -> bool:
    """Pydantic's `DirectoryPath` and `NewPath` are `Annotated[Path, ...]`, and no upload is one of them."""
    return any(getattr(each, "path_type", "file") != "file" for each in annotation.__metadata__)
