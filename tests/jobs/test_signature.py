"""`Signature`: which functions can be jobs, and how calls of them come back as calls."""

from __future__ import annotations

import functools
import inspect
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import (
    Annotated,
    Any,
)

import pytest
from pydantic import (
    BaseModel,
    DirectoryPath,
    Field,
    FilePath,
    ValidationError,
)

from fastapi_convert import offload
from fastapi_convert.jobs.payloads import Signature
from fastapi_convert.jobs.progress import Progress
from tests.jobs.payload_support import (
    Plain,
    all_kinds,
    returning,
    taking,
)


@pytest.mark.parametrize(
    "args, kwargs",
    [
        ((1, 2), {"d": "d"}),
        ((1,), {"b": 2, "d": "d"}),
        ((1, 2, 4), {"d": "d", "e": "f"}),
        ((1, 2, 4, 5, 6), {"d": "d", "x": 1.5, "a": 2.5}),
        ((1,), {"d": "d", "c": 5, "b": 1, "self": 1.0}),
    ],
)
def test_a_call_comes_back_as_a_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """All kinds of parameters; `a` of `**more` is not `a`."""
    signature = Signature.of(all_kinds)
    declared = inspect.signature(all_kinds)
    back_args, back_kwargs = signature.decode(signature.encode(args, kwargs))
    assert declared.bind(*back_args, **back_kwargs) == declared.bind(*args, **kwargs)


def test_the_same_call_is_the_same_payload() -> None:
    """Submissions under one key are compared by it; defaults are the function's, not the payload's."""
    signature = Signature.of(all_kinds)
    assert signature.encode((1, 2), {"d": "x"}) == signature.encode((1,), {"d": "x", "b": 2})
    assert json.loads(signature.encode((1, 2), {"d": "x"})) == {"a": 1, "b": 2, "d": "x"}


@pytest.mark.parametrize(
    "args, kwargs, message",
    [
        ((), {}, "missing a required.*'a'"),
        ((1, 2), {}, "missing a required.*'d'"),
        ((1, 2), {"d": "d", "more": "x"}, None),
        ((1, 2), {"d": "d", "b": 3}, "multiple values.*'b'"),
    ],
)
def test_a_call_that_does_not_fit_is_a_type_error(args: Any, kwargs: Any, message: str | None) -> None:
    """As Python says it; what is no number is a validation error."""
    expected = TypeError if message else ValidationError
    with pytest.raises(expected, match=rf"all_kinds\(\) .*{message}" if message else "more"):
        Signature.of(all_kinds).encode(args, kwargs)


def test_unexpected_and_too_many_arguments_are_named() -> None:
    """With the function that they do not fit."""
    with pytest.raises(TypeError, match=r"fn\(\) got an unexpected keyword argument 'other'"):
        taking(int).encode((1,), {"other": 2})
    with pytest.raises(TypeError, match=r"fn\(\) too many positional arguments"):
        taking(int).encode((1, 2), {})


def with_progress(a: int, progress: Progress, b: int = 2, *, c: int = 3) -> None: ...


def test_progress_is_filled_in_and_never_given() -> None:
    """What stands behind it goes by name, so that it can be passed by name itself."""
    signature = Signature.of(with_progress)
    assert (signature.progress, list(signature.parameters)) == ("progress", ["a", "b", "c"])
    assert signature.decode(signature.encode((1, 5), {})) == ((1,), {"b": 5})
    for args, kwargs in (((1, Progress()), {}), ((1,), {"progress": Progress()}), ((1,), {"progress": None})):
        with pytest.raises(TypeError, match="given its progress when it runs"):
            signature.encode(args, kwargs)


@pytest.mark.parametrize(
    "annotation",
    [
        Progress,
        "Progress",
        Progress | None,
        "Progress | None",
        Annotated[Progress, "how far"],
        Annotated[Progress | None, 1],
    ],
    ids=str,
)
def test_progress_is_found_however_it_is_written(annotation: Any) -> None:
    """By its annotation, never by its name."""
    signature = taking(annotation)
    assert (signature.progress, signature.parameters) == ("value", {})
    assert signature.decode(signature.encode((), {})) == ((), {})


@pytest.mark.parametrize("annotation", [int, "list[int]", Any])
def test_a_parameter_that_is_only_called_progress_is_none(annotation: Any) -> None:
    """Legacy code may have its own."""

    def fn(progress): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202

    fn.__annotations__ = {"progress": annotation}
    assert Signature.of(fn).progress is None


def two(a: Progress, b: Progress) -> None: ...
def by_position(progress: Progress, /) -> None: ...
def before_args(progress: Progress, *rest: int) -> None: ...
def many(*progress: Progress) -> None: ...
def by_names(**progress: Progress) -> None: ...


@pytest.mark.parametrize("fn", [two, by_position, before_args, many, by_names])
def test_progress_that_cannot_be_filled_in_is_refused(fn: Callable[..., Any]) -> None:
    """When the function is registered, not when it runs."""
    with pytest.raises(TypeError, match=rf"{fn.__name__}\(\) cannot be a job: .*(progress|a, b)"):
        Signature.of(fn)


@pytest.mark.parametrize(
    "annotation",
    [Path, Path | None, list[Path], FilePath, Annotated[Path, 1], Annotated[Path | None, 1] | None, "Path | None"],
    ids=str,
)
def test_paths_are_files(annotation: Any) -> None:
    """Alone, optional, or a list of them."""
    assert taking(annotation).files == ("value",)


@pytest.mark.parametrize("annotation", [str, dict[str, Path], Path | str, DirectoryPath, set[Path], Any], ids=str)
def test_what_is_not_only_a_path_is_no_file(annotation: Any) -> None:
    """No upload can be put in its place."""
    assert taking(annotation).files == ()


@pytest.mark.parametrize(
    "annotation,path",
    [(Path, True), (FilePath, True), ("Path", True), (Path | None, False), (str, False), (list[Path], False)],
    ids=range(6),
)
def test_a_function_that_returns_a_file_says_so(annotation: Any, path: bool) -> None:
    """By its annotation."""
    assert returning(annotation).returns_path is path


@pytest.mark.parametrize(
    "annotation",
    [
        sqlite3.Connection,
        Callable,
        Callable[[int], int],
        list[sqlite3.Connection],
        sqlite3.Connection | None,
        Plain,
        "Unknown",
        "list[Unknown]",
        "1 +",
        "1 / 0",
        Iterable[int],
        Iterator[int],
        Progress | int,
        type("Unfinished", (BaseModel,), {"__annotations__": {"x": "NoSuchThing"}, "__module__": "nowhere"}),
    ],
    ids=str,
)
def test_what_json_cannot_give_is_refused_at_once(annotation: Any) -> None:
    """The message names the parameter, and what to do."""
    with pytest.raises(TypeError, match=r"parameter 'value'.*(Pass data instead|Import what it names)"):
        taking(annotation)
    with pytest.raises(TypeError, match=r"result.*(Return plain data|Import what it names)"):
        returning(annotation)


def yields() -> Iterator[int]:
    yield 1


async def yields_async() -> Any:
    yield 1


class Yielding:
    def __call__(self) -> Iterator[int]:
        yield 1


@pytest.mark.parametrize("fn", [yields, yields_async, functools.partial(yields), Yielding()], ids=str)
def test_a_function_that_yields_is_refused(fn: Callable[..., Any]) -> None:
    """A job returns once."""
    with pytest.raises(TypeError, match="it yields, and a job returns"):
        Signature.of(fn)


@pytest.mark.parametrize("fn", [3, None, "text"])
def test_what_cannot_be_called_is_refused(fn: Any) -> None:
    """Said by us, not by inspect."""
    with pytest.raises(TypeError, match="cannot be called"):
        Signature.of(fn)


class Calling:
    """A callable object, and hosts of methods."""

    __hash__ = None  # type: ignore[assignment]  # as a dataclass with __eq__ is

    def __call__(self, value: set[int]) -> int:
        return len(value)

    def method(self, value: set[int]) -> int:
        return len(value)

    @staticmethod
    def static(value: set[int]) -> int:
        return len(value)

    @classmethod
    def of_class(cls, value: set[int]) -> int:
        return len(value)

    def sync(self) -> None:
        """Of another meaning than the `sync` of an offloaded function."""


async def coroutine(value: set[int]) -> int:
    return len(value)


@functools.wraps(Calling.static)
def wrapping(*args: Any, **kwargs: Any) -> Any: ...


def with_extra(extra: str, value: set[int]) -> int:
    return len(value)


@pytest.mark.parametrize(
    "fn",
    [
        Calling(),
        Calling().method,
        Calling.static,
        Calling.__dict__["static"],
        Calling.of_class,
        coroutine,
        wrapping,
        functools.partial(with_extra, "x"),
        functools.partial(coroutine),
        offload(Calling.static),
    ],
    ids=[
        "object", "method", "static", "descriptor", "class", "async", "wrapped", "partial", "async partial", "offloaded"
    ],
)  # fmt: skip
def test_anything_that_can_be_called_has_a_signature(fn: Any) -> None:
    """With the annotations of what is called in the end."""
    signature = Signature.of(fn)
    assert signature.parameters["value"].annotation == set[int]
    assert signature.decode(signature.encode(({1},), {})) == (({1},), {})
    assert signature.result_annotation is int
    assert signature.is_async is (getattr(fn, "func", fn) is coroutine)


def test_annotations_mean_what_they_mean_where_they_were_written() -> None:
    """A wrapper in another module knows none of their names."""
    there: dict[str, Any] = {"There": set[int]}
    exec("def fn(value: 'There') -> 'There': ...", there)

    @functools.wraps(there["fn"])
    def here(*args: Any) -> Any: ...

    signature = Signature.of(here)
    assert (signature.parameters["value"].annotation, signature.result_annotation) == (set[int], set[int])


def test_a_function_has_one_signature() -> None:
    """Making one costs milliseconds; submitting asks for it every time."""
    assert Signature.of(all_kinds) is Signature.of(all_kinds)
    assert Signature.of(Calling.static) is not Signature.of(coroutine)


def test_what_is_not_annotated_is_any() -> None:
    """And `None` as a default is a value too."""

    def fn(a, b: int = None, c: Annotated[int, Field(gt=0)] = None): ...  # type: ignore[no-untyped-def,assignment]  # noqa: ANN001, ANN202, RUF013

    signature = Signature.of(fn)
    assert (signature.parameters["a"].annotation, signature.result_annotation) == (Any, Any)
    assert signature.decode(signature.encode((1, None, None), {})) == ((1, None, None), {})
    with pytest.raises(ValidationError):
        signature.encode((1,), {"c": 0})


def test_a_default_made_with_field_is_passed_on() -> None:
    """The function itself could make nothing of it."""

    def fn(a: int = Field(5, gt=0), b: list[int] = Field(default_factory=list), *, c: int = Field(gt=0)): ...  # type: ignore[no-untyped-def]  # noqa: ANN202, B008

    signature = Signature.of(fn)
    assert signature.decode(signature.encode((), {"c": 1})) == ((5, []), {"c": 1})
    with pytest.raises(TypeError, match=r"fn\(\) missing a required argument: 'c'"):
        signature.encode((), {})
    with pytest.raises(ValidationError):
        signature.encode((0,), {"c": 1})
