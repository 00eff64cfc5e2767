"""`Signature`: what a call and a result become in the store, and all that is refused rather than changed."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import json
import math
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    NoReturn,
    TypedDict as StdTypedDict,
)
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    DirectoryPath,
    Field,
    FilePath,
    PlainSerializer,
    PlainValidator,
    PrivateAttr,
    SecretStr,
    ValidationError,
    computed_field,
)
from typing_extensions import TypedDict

from fastapi_convert import offload
from fastapi_convert.jobs._signature import Signature, UnfitPayload
from fastapi_convert.jobs.progress import Progress

CANARY = "c4n4ry"


class Color(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Shade(enum.StrEnum):
    DARK = "dark"


@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.0


@dataclasses.dataclass
class Blob:
    data: bytes
    size: float


class Record(TypedDict):
    data: bytes
    size: float


class Inner(BaseModel):
    numbers: list[int] = []
    data: bytes = b""


class Outer(BaseModel):
    inner: Inner
    note: str | None = None
    when: datetime | None = None


class Row(TypedDict):
    name: str
    size: int


class Pair(NamedTuple):
    left: int
    right: str


class Cat(BaseModel):
    kind: Literal["cat"] = "cat"
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"] = "dog"
    lives: int = 1


class Aliased(BaseModel):
    size: int = Field(alias="Size")


class ByName(BaseModel):
    model_config = ConfigDict(validate_by_alias=False, validate_by_name=True)
    size: int = Field(alias="Size")


class Secretive(BaseModel):
    shown: int = 0
    hidden: int = Field(0, exclude=True)
    _seen: int = PrivateAttr(0)


class Measured(BaseModel):
    model_config = ConfigDict(extra="forbid")
    side: int

    @computed_field  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def area(self) -> int:
        return self.side**2

    @functools.cached_property
    def volume(self) -> int:
        return self.side**3


class Loose(BaseModel):
    model_config = ConfigDict(extra="allow")
    anything: Any = None


class Nested(BaseModel):
    below: Nested | None = None


class Plain:
    """Nothing that pydantic or JSON knows."""


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def taking(annotation: Any) -> Signature:
    def fn(value): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - annotated in the next line

    fn.__annotations__ = {"value": annotation}
    return Signature.of(fn)


def returning(annotation: Any) -> Signature:
    def fn(): ...  # type: ignore[no-untyped-def]  # noqa: ANN202

    fn.__annotations__ = {"return": annotation}
    return Signature.of(fn)


def through(annotation: Any, value: Any) -> Any:
    """What a function with one parameter is called with, after the store."""
    signature = taking(annotation)
    args, kwargs = signature.decode(signature.encode((value,), {}))
    assert kwargs == {}
    (back,) = args
    return back


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
ZONES: st.SearchStrategy[tzinfo | None] = st.sampled_from([UTC, ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")])
MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2099, 1, 1), timezones=st.one_of(st.none(), ZONES))  # noqa: DTZ001
INNERS = st.builds(Inner, numbers=st.lists(st.integers()), data=st.text().map(str.encode))

TYPED: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers()),
    (float, st.floats(allow_nan=False)),
    (str, st.text()),
    (bool, st.booleans()),
    (bytes, st.binary()),
    (list[bytes], st.lists(st.binary())),
    (Decimal, st.decimals(allow_nan=False, allow_infinity=False)),
    (UUID, st.uuids()),
    (date, st.dates()),
    (time, st.times()),
    (timedelta, st.timedeltas()),
    (Color, st.sampled_from(Color)),
    (Shade, st.sampled_from(Shade)),
    (Literal["a", 1], st.sampled_from(["a", 1])),
    (Point, st.builds(Point, st.integers(), st.floats(allow_nan=False))),
    (Outer, st.builds(Outer, inner=INNERS, note=st.none() | st.text(), when=st.none() | MOMENTS)),
    (Row, st.fixed_dictionaries({"name": st.text(), "size": st.integers()})),
    (Pair, st.builds(Pair, st.integers(), st.text())),
    (set[int], st.sets(st.integers())),
    (frozenset[str], st.frozensets(st.text())),
    (tuple[int, ...], st.lists(st.integers()).map(tuple)),
    (tuple[int, str], st.tuples(st.integers(), st.text())),
    (dict[int, str], st.dictionaries(st.integers(), st.text())),
    (dict[str, set[date]], st.dictionaries(st.text(), st.sets(st.dates()))),
    (Path, st.text("ab/. é", min_size=1).map(Path)),
    (int | None, st.none() | st.integers()),
    (int | str, st.integers() | st.text()),
    (Pet, st.builds(Cat, lives=st.integers()) | st.builds(Dog)),
    (Annotated[int, Field(gt=0)], st.integers(1)),
    (Any, JSON_VALUES),
    (object, JSON_VALUES),
    (complex, st.complex_numbers(allow_nan=False, allow_infinity=False)),
]


@pytest.mark.parametrize("annotation, values", TYPED, ids=[str(annotation) for annotation, _ in TYPED])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_is_annotated_comes_back_as_it_was(annotation: Any, values: st.SearchStrategy[Any], data: Any) -> None:
    """Equal, and of the same type."""
    value = data.draw(values)
    back = through(annotation, value)
    assert back == value
    assert type(back) is type(value)


@settings(max_examples=80, deadline=None)
@given(moment=MOMENTS)
def test_a_moment_keeps_its_offset(moment: datetime) -> None:
    """Also in the hour that comes twice; a naive one stays naive."""
    back = through(datetime, moment)
    assert back.replace(tzinfo=None) == moment.replace(tzinfo=None)
    assert back.utcoffset() == moment.utcoffset()


def test_an_offset_with_seconds_is_refused() -> None:
    """Of before zones were agreed on: ISO 8601 has no such offset, and a moment nearby is another one."""
    moment = datetime(1906, 1, 1, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert moment.strftime("%z") == "+052110"
    with pytest.raises(TypeError, match="a value of type datetime does not come back"):
        taking(datetime).encode((moment,), {})


@pytest.mark.parametrize("fold", [0, 1])
def test_the_hour_that_comes_twice_stays_the_one_it_was(fold: int) -> None:
    """Such moments are unequal to those of every other zone, by PEP 495: `==` would refuse them."""
    moment = datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=fold)
    assert through(datetime, moment).utcoffset() == moment.utcoffset()


@pytest.mark.parametrize("annotation", [float, Any, list[float], float | None, dict[str, float]], ids=str)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_survives(annotation: Any, value: float) -> None:
    """JSON has no NaN; the payload has."""
    wrapped = {list[float]: [value], dict[str, float]: {"a": value}}.get(annotation, value)
    back = through(annotation, wrapped)
    flat = back[0] if isinstance(back, list) else back["a"] if isinstance(back, dict) else back
    assert flat == value or (math.isnan(flat) and math.isnan(value))


@pytest.mark.parametrize("text", ["\0", "a\0b", "\U0001f600", "\n\r\u2028", "\ufffe", '"\\'])
@pytest.mark.parametrize("annotation", [str, Any])
def test_odd_text_survives(annotation: Any, text: str) -> None:
    """All that is Unicode."""
    assert through(annotation, text) == text


@pytest.mark.parametrize(
    "annotation, value",
    [(str, "a\ud800"), (Any, "\udfff"), (list[str], ["\ud800"]), (Any, {"\ud800": 1}), (Path, Path("\udcff"))],
    ids=repr,
)
def test_a_lone_surrogate_is_refused(annotation: Any, value: Any) -> None:
    """It is no Unicode; the message says what it is, and what helps."""
    with pytest.raises(TypeError, match=r"'value' of fn.* lone surrogates.* bytes"):
        taking(annotation).encode((value,), {})


LOST: list[tuple[Any, Any, str]] = [
    (Any, {1, 2}, "set"),
    (Any, (1, 2), "tuple"),
    (Any, [1, (2,)], "tuple"),
    (Any, Plain(), "Plain"),
    (Any, datetime.now(UTC), "datetime"),
    (Any, date(2024, 1, 1), "date"),
    (Any, Decimal("1.5"), "Decimal"),
    (Any, b"bytes", "bytes"),
    (Any, Cat(), "Cat"),
    (Any, Point(1), "Point"),
    (Any, {1: "a"}, "int"),
    (Any, {1: "a", "1": "b"}, "int"),
    (Any, {"a": {2: 3}}, "int"),
    (Any, Color.RED, "Color"),
    (Any, Shade.DARK, "Shade"),
    (Any, Path("a"), "Path"),
    (Any, np.float64(1.5), "float64"),
    (Any, np.zeros(2), "ndarray"),
    (Any, Pair(1, "a"), "Pair"),
    (Any, (n for n in [1]), "generator"),
    (Any, lambda: None, "function"),
    (Any, SecretStr("x"), "SecretStr"),
    (SecretStr, SecretStr("x"), "SecretStr"),
    (object, {1}, "set"),
    (list, [{1}], "set"),
    (set[Any], {Shade.DARK}, "set"),
    (frozenset, frozenset({(1,)}), "frozenset"),
    (dict, {"a": (1,)}, "tuple"),
    (Loose, Loose(anything={1}), "set"),
    (Loose, Loose(anything=1, more=(1,)), "tuple"),  # type: ignore[call-arg]  # extra="allow"
    (Secretive, Secretive(hidden=3), "Secretive|int"),
    (Nested, type("Below", (Nested,), {"__module__": __name__})(), "Below"),
]


@pytest.mark.parametrize("annotation, value, kind", LOST, ids=[f"{kind}-{n}" for n, (_, _, kind) in enumerate(LOST)])
def test_what_would_come_back_as_something_else_is_refused(annotation: Any, value: Any, kind: str) -> None:
    """It names the function, the parameter, the type and the cure."""
    with pytest.raises(TypeError, match=rf"'value' of fn\(\) cannot be stored: .*({kind}).*\. Annotate it"):
        taking(annotation).encode((value,), {})


def test_a_private_attribute_is_not_lost_in_silence() -> None:
    """Neither what a model excludes nor what it keeps to itself."""
    model = Secretive(shown=1, hidden=0)
    assert through(Secretive, model) == model
    model._seen = 7
    with pytest.raises(TypeError, match="int does not come back"):
        taking(Secretive).encode((model,), {})


def test_a_model_knows_which_fields_were_set() -> None:
    """A PATCH would otherwise overwrite what was not sent."""
    assert through(Outer, Outer(inner=Inner())).model_fields_set == {"inner"}
    assert through(Cat, Cat()).model_fields_set == set()
    changed = Inner()
    changed.numbers.append(1)
    assert through(Inner, changed) == changed


@pytest.mark.parametrize("value", [Aliased(Size=3), ByName.model_validate({"size": 3})], ids=repr)
def test_aliases_are_written_as_they_are_read(value: BaseModel) -> None:
    """Whichever way the model is configured."""
    assert through(type(value), value) == value


def test_what_a_model_computes_is_not_written() -> None:
    """It would be an unknown field when it is read again; a cached property is no field either."""
    model = Measured(side=2)
    assert (model.area, model.volume) == (4, 8)
    assert through(Measured, model) == Measured(side=2)


def test_a_union_whose_members_differ_by_a_default_is_told_apart() -> None:
    """Without a discriminator, `{}` would be the first of them."""
    assert type(through(Cat | Dog, Dog())) is Dog


@pytest.mark.parametrize("annotation", [Blob, Annotated[Blob, "x"], list[Blob], Blob | None], ids=str)
def test_bytes_and_infinity_in_a_dataclass_survive(annotation: Any) -> None:
    """It has no configuration of its own, so ours goes down to it."""
    blob = Blob(b"\xff\0", math.inf)
    wrapped = [blob] if annotation == list[Blob] else blob
    assert through(annotation, wrapped) == wrapped
    assert through(Record, {"data": b"\xff", "size": -math.inf}) == {"data": b"\xff", "size": -math.inf}


def test_bytes_in_a_model_survive_or_are_refused() -> None:
    """A model's own configuration is its author's."""
    assert through(Inner, Inner(data=b"text")).data == b"text"
    with pytest.raises(TypeError, match="cannot be stored"):
        taking(Inner).encode((Inner(data=b"\xff"),), {})


def test_a_validator_that_does_not_stand_still_is_refused() -> None:
    """What is stored is validated a second time."""
    assert through(Annotated[str, AfterValidator(str.strip)], " a ") == "a"
    with pytest.raises(TypeError, match="does not come back"):
        taking(Annotated[int, AfterValidator(lambda value: value + 1)]).encode((1,), {})


Array = Annotated[np.ndarray, PlainValidator(np.asarray), PlainSerializer(lambda value: value.tolist())]


def test_what_cannot_be_compared_is_refused_clearly() -> None:
    """No "truth value of an array is ambiguous"."""
    with pytest.raises(TypeError, match="a value of type ndarray cannot be compared"):
        taking(Array).encode((np.zeros(3),), {})
    silent = Annotated[Any, PlainValidator(lambda _: Plain()), PlainSerializer(lambda _: 1)]
    with pytest.raises(TypeError, match=r"Plain cannot be compared.*__eq__"):
        taking(silent).encode((Plain(),), {})


def test_what_has_no_end_is_refused() -> None:
    """Neither cycles nor depths are left to the recursion limit."""
    cycle: list[Any] = []
    cycle.append(cycle)
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (cycle, deep):
        with pytest.raises(TypeError, match="contains itself, or is nested too deeply"):
            taking(Any).encode((value,), {})
    medium: list[Any] = []
    for _ in range(220):
        medium = [medium]
    with pytest.raises(TypeError, match="does not come back"):
        taking(Any).encode((medium,), {})


@pytest.mark.parametrize("annotation", [int, Any])
def test_a_number_that_python_refuses_to_read_is_refused(annotation: Any) -> None:
    """4300 digits are the limit."""
    assert through(annotation, 10**4000) == 10**4000
    with pytest.raises(TypeError, match="cannot be stored"):
        taking(annotation).encode((10**5000,), {})


def test_a_value_that_is_not_what_its_annotation_says_is_a_validation_error() -> None:
    """With a note that names the parameter."""
    with pytest.raises(ValidationError) as caught:
        taking(Annotated[int, Field(gt=0)]).encode((0,), {})
    assert caught.value.__notes__ == ["This was argument 'value' of fn()."]


def all_kinds(a: int, /, b: int, c: int = 3, *rest: int, d: str, e: str = "e", **more: float) -> None: ...


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
    "annotation", [Path, Path | None, list[Path], FilePath, Annotated[Path, 1], "Path | None"], ids=str
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


HASHED = """
import enum, sys
from typing import Literal
from pydantic import BaseModel
from tests.jobs.test_signature import Signature, Outer, Color, Pet
def fn(a: set[str], b: Outer, c: Color, *, d: Pet, e: frozenset[Literal["x", "y"]] = frozenset({"x", "y"})): ...
print(Signature.of(fn).schema)
"""


def test_the_hash_is_the_same_in_every_process() -> None:
    """Whatever Python's own hashes are there."""
    found = {
        subprocess.run(
            [sys.executable, "-c", HASHED],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    (only,) = found
    assert len(only.strip()) == 64


def schema_of(text: str) -> str:
    namespace: dict[str, Any] = {"BaseModel": BaseModel, "Field": Field, "Annotated": Annotated, "Progress": Progress}
    exec(text, namespace)
    return Signature.of(namespace["fn"]).schema


@pytest.mark.parametrize(
    "before, after",
    [
        ("def fn(a: int): ...", "def other(a: int): ...\nfn = other"),
        ("def fn(a: int = 1): ...", "def fn(a: int = 2): ..."),
        ("def fn(*, a: int, b: str): ...", "def fn(*, b: str, a: int): ..."),
        ("def fn(a: int) -> int: ...", "def fn(a: int) -> str: ..."),
        ("def fn(a: int): ...", "def fn(a: int, *, progress: Progress): ..."),
        ("def fn(a: Annotated[int, Field(description='x')]): ...", "def fn(a: int): ..."),
        (
            "class M(BaseModel):\n  x: int\n  y: int = 1\ndef fn(a: M): ...",
            "class M(BaseModel):\n  'New.'\n  y: int = 2\n  x: int\ndef fn(a: M): ...",
        ),
    ],
)
def test_what_no_payload_depends_on_keeps_the_hash(before: str, after: str) -> None:
    """A deploy that edits a docstring leaves the queue as it is."""
    assert schema_of(before) == schema_of(after)


@pytest.mark.parametrize(
    "before, after",
    [
        ("def fn(a: int): ...", "def fn(b: int): ..."),
        ("def fn(a: int): ...", "def fn(a: str): ..."),
        ("def fn(a: int): ...", "def fn(a: int = 1): ..."),
        ("def fn(a: int): ...", "def fn(a: int, b: int = 1): ..."),
        ("def fn(a: int): ...", "def fn(*, a: int): ..."),
        ("def fn(a: int): ...", "def fn(a: Annotated[int, Field(gt=0)]): ..."),
        ("class M(BaseModel):\n  x: int\ndef fn(a: M): ...", "class M(BaseModel):\n  x: str\ndef fn(a: M): ..."),
        (
            "class M(BaseModel):\n  title: int\ndef fn(a: M): ...",
            "class M(BaseModel):\n  default: int\ndef fn(a: M): ...",
        ),
    ],
)
def test_what_a_payload_depends_on_changes_the_hash(before: str, after: str) -> None:
    """Names, kinds, defaults or not, and types to the bottom; also fields that are called like words of JSON schema."""
    assert schema_of(before) != schema_of(after)


@settings(max_examples=150, deadline=None)
@given(text=st.text() | JSON_VALUES.map(json.dumps) | st.binary().map(lambda raw: raw.decode("utf-8", "replace")))
def test_garbage_is_unfit_and_nothing_else(text: str) -> None:
    """Whatever somebody has put into the store."""
    with pytest.raises(UnfitPayload):
        Signature.of(all_kinds).decode(text)


@settings(max_examples=100, deadline=None)
@given(
    members=st.dictionaries(st.sampled_from(["a", "b", "c", "rest", "d", "e", "more", "progress", "x"]), JSON_VALUES),
)
def test_a_payload_that_is_almost_right_is_a_call_or_unfit(members: dict[str, Any]) -> None:
    """What is decoded can be bound."""
    signature = Signature.of(all_kinds)
    try:
        args, kwargs = signature.decode(json.dumps(members))
    except UnfitPayload:
        return
    inspect.signature(all_kinds).bind(*args, **kwargs)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        "1e400",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"value":' + "[" * 100_000 + "]" * 100_000 + "}",
        '{"value":' + "[" * 300 + "]" * 300 + "}",
        '{"value":' + "9" * 5000 + "}",
        '{"value":"\\ud800"}',
        '{"value":1} x',
        '{"__reduce__": ["os.system", "true"]}',
        "\ud800",
        '{"value":1,"other":2}',
    ],
    ids=range(16),
)
@pytest.mark.parametrize("annotation", [int, Any, list[Any]], ids=str)
def test_hostile_json_is_unfit(annotation: Any, text: str) -> None:
    """No recursion error, no memory error, no other of ours."""
    with pytest.raises(UnfitPayload):
        taking(annotation).decode(text)


def fussy(value: Any) -> Any:
    raise RuntimeError(f"cannot stand {value}")


def typed(
    a: int,
    b: list[date],
    c: dict[str, int],
    d: Pet,
    e: Annotated[Any, PlainValidator(fussy)],
    f: Literal["x"],
    g: Outer,
    *rest: int,
    **more: int,
) -> None: ...


def test_no_value_is_in_a_message() -> None:
    """Not in the message, not in what it is chained to; keys and unknown names are values too."""
    hostile = {
        "a": CANARY,
        "b": [CANARY],
        "c": {CANARY: CANARY},
        "d": {"kind": CANARY},
        "e": CANARY,
        "f": CANARY,
        "g": {"inner": {"numbers": CANARY}, CANARY: 1},
        "rest": [CANARY],
        "more": {CANARY: CANARY},
        CANARY: 1,
    }
    with pytest.raises(UnfitPayload) as caught:
        Signature.of(typed).decode(json.dumps(hostile))
    error: BaseException | None = caught.value
    assert "a: int_parsing" in str(error)
    assert "e: RuntimeError" in str(error)
    assert "1 of unknown name" in str(error)
    while error is not None:
        assert CANARY not in f"{error!r} {error} {getattr(error, '__notes__', '')}"
        error = error.__cause__ or error.__context__


def test_no_value_is_in_a_refusal_to_store() -> None:
    """Logs are read by more people than the store."""
    for value in ({CANARY}, (CANARY,), {"a": {CANARY}}, f"{CANARY}\ud800", Path(CANARY)):
        with pytest.raises(TypeError) as caught:
            taking(Any).encode((value,), {})
        assert CANARY not in str(caught.value)
        assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_missing_arguments_are_named() -> None:
    """All of them, and not those that have a default."""
    with pytest.raises(UnfitPayload, match=r"all_kinds\(\) any more \(a: missing; b: missing; d: missing\)"):
        Signature.of(all_kinds).decode("{}")


@pytest.mark.parametrize("name", ["progress", "a", "b", "c"])
def test_keywords_cannot_take_the_place_of_parameters(name: str) -> None:
    """A hostile payload would otherwise fill in its own progress."""

    def fn(a: int, *, b: int = 1, c: int = 1, progress: Progress, **more: Any) -> None: ...

    with pytest.raises(UnfitPayload, match="more: multiple values"):
        Signature.of(fn).decode(json.dumps({"a": 1, "more": {name: 1}}))


@pytest.mark.parametrize(
    "annotation, value",
    [
        (int, 3),
        (None, None),
        (Any, {"a": [1, None]}),
        (float, math.inf),
        (bytes, b"\xff\0"),
        (Outer, Outer(inner=Inner(numbers=[1]))),
        (list[Point], [Point(1, 2)]),
        (Path, Path("out/report.pdf")),
        (set[int], {1, 2}),
        (datetime, datetime(2024, 1, 1, tzinfo=UTC)),
        (Row, {"name": "a", "size": 1}),
        (Pet, Dog()),
        (Aliased, Aliased(Size=1)),
        (Measured, Measured(side=2)),
        (int | None, None),
        (NoReturn, None),
    ],
    ids=str,
)
def test_a_result_comes_back_typed(annotation: Any, value: Any) -> None:
    """As the annotation has it."""
    signature = returning(annotation)
    back = signature.decode_result(signature.encode_result(value))
    assert back == value
    assert type(back) is type(value)


def test_a_result_without_annotation_is_plain_data() -> None:
    """What it was is nobody's promise; that it is kept is."""
    signature = taking(int)
    assert signature.result_annotation is Any
    assert signature.decode_result(signature.encode_result((1, {2}, Path("a")))) == [1, [2], "a"]
    assert signature.encode_result(Path("a")) == '"a"'
    assert signature.decode_result(signature.encode_result(None)) is None


def test_a_result_is_brought_into_the_form_of_its_annotation() -> None:
    """As FastAPI does it: a dict that fits a model is one."""
    assert returning(Cat).decode_result(returning(Cat).encode_result({"lives": 3})) == Cat(lives=3)


@pytest.mark.parametrize(
    "annotation, value, message",
    [
        (int, CANARY, r"fn\(\) is annotated to return int and returned a str .*int_parsing"),
        (None, CANARY, r"annotated to return None and returned a str"),
        (Outer, {"inner": CANARY}, r"annotated to return .*Outer and returned a dict"),
        (Outer, Cat(), r"annotated to return .*Outer and returned a Cat"),
        (Annotated[Any, PlainValidator(fussy)], CANARY, "RuntimeError"),
        (Any, (CANARY for _ in "a"), r"fn\(\) returned a generator, .*Path to a file"),
        (Any, iter([CANARY]), r"returned a list_iterator"),
        (Any, Plain(), r"The result of fn\(\) cannot be stored: .*Plain"),
        (Any, {"a": Plain()}, r"cannot be stored: .*Plain"),
        (Any, f"{CANARY}\ud800", "lone surrogates"),
        (Inner, Inner(data=b"\xff"), "cannot be stored"),
    ],
    ids=range(11),
)
def test_a_result_that_cannot_be_stored_is_a_clear_error(annotation: Any, value: Any, message: str) -> None:
    """With function, annotation and type, and no value."""
    with pytest.raises(TypeError, match=message) as caught:
        returning(annotation).encode_result(value)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None


def test_an_open_file_is_no_result(tmp_path: Path) -> None:
    """Its path may be."""
    with (tmp_path / "a").open("wb") as file, pytest.raises(TypeError, match=r"BufferedWriter.*Path to a file"):
        taking(int).encode_result(file)


def convert_image(
    src: Path,
    copy: int,
    /,
    json: str,
    *,
    schema: bool = True,
    model_config: Annotated[int, Field(gt=0, description="how much")] = 1,
    _private: list[int] = [],  # noqa: B006 - a default that could be shared
    field_copy: str = "",
    limit: int = Field(3, le=9),
    mask: Path | None = None,
    pages: list[Path] = [],  # noqa: B006
    progress: Progress,
) -> None: ...


def test_a_body_has_a_field_for_each_parameter() -> None:
    """Under its own name, whatever models call their attributes; without files and progress."""
    model = Signature.of(convert_image).body_model()
    schema = model.model_json_schema()
    assert model.__name__ == schema["title"] == "ConvertImage"
    assert list(schema["properties"]) == ["copy", "json", "schema", "model_config", "_private", "field_copy", "limit"]
    assert schema["required"] == ["copy", "json"]
    assert schema["additionalProperties"] is False
    config = schema["properties"]["model_config"]
    assert (config["exclusiveMinimum"], config["description"], config["default"]) == (0, "how much", 1)
    assert schema["properties"]["limit"]["default"] == 3
    assert Signature.of(convert_image).body_model() is model


def test_a_body_becomes_a_call() -> None:
    """What is by position only goes by position, and what was not sent is left to the function."""
    signature = Signature.of(convert_image)
    body = signature.body_model().model_validate({"copy": 1, "json": "j", "_private": [4], "model_config": 2})
    args, kwargs = signature.call_from_body(body, {"src": Path("in"), "mask": None, "pages": [Path("p")]})
    assert args == (Path("in"), 1, "j")
    assert kwargs == {"_private": [4], "model_config": 2, "pages": [Path("p")]}
    decoded = signature.decode(signature.encode(args, kwargs))
    assert decoded == (args, {**kwargs, "limit": 3})


@pytest.mark.parametrize(
    "sent",
    [
        {"json": "j"},
        {"copy": 1, "json": "j", "field_copy_": "x"},
        {"copy": 1, "json": "j", "src": "/etc/passwd"},
        {"copy": 1, "json": "j", "progress": 1},
        {"copy": "x", "json": "j"},
        {"copy": 1, "json": "j", "model_config": 0},
        {"copy": 1, "json": "j", "limit": 10},
        {"field_schema": False, "copy": 1, "json": "j"},
    ],
    ids=str,
)
def test_a_body_that_does_not_fit_is_refused(sent: dict[str, Any]) -> None:
    """Unknown names too: neither paths nor the names of our fields are among the known."""
    with pytest.raises(ValidationError):
        Signature.of(convert_image).body_model().model_validate(sent)


def test_a_gap_before_a_positional_argument_is_filled_with_its_default() -> None:
    """There is no other way to pass the one behind it."""

    def fn(a: int = 1, b: int = 2, /, c: int = 3) -> None: ...

    signature = Signature.of(fn)
    body = signature.body_model().model_validate({"b": 5})
    assert signature.call_from_body(body, {}) == ((1, 5), {})


def takes_args(*args: int) -> None: ...
def takes_kwargs(**kwargs: int) -> None: ...
def takes_folders(folders: dict[str, Path]) -> None: ...
def takes_directory(folder: DirectoryPath) -> None: ...


@pytest.mark.parametrize("fn", [takes_args, takes_kwargs, takes_folders, takes_directory])
def test_what_no_client_can_send_has_no_body(fn: Callable[..., Any]) -> None:
    """As a job in Python it is fine."""
    signature = Signature.of(fn)
    with pytest.raises(TypeError, match=r"(Name the parameters|no client may name paths)"):
        signature.body_model()


def test_a_required_file_that_was_not_sent_is_none_or_refused() -> None:
    """`Path | None` without a default has to be given."""

    def fn(a: Path | None, b: Path) -> None: ...

    signature = Signature.of(fn)
    body = signature.body_model()()
    assert signature.call_from_body(body, {"a": None, "b": Path("b")}) == ((None, Path("b")), {})
    with pytest.raises(TypeError, match="missing a required argument: 'b'"):
        signature.encode(*signature.call_from_body(body, {"a": None}))
    with pytest.raises(TypeError, match="takes no files as c"):
        signature.call_from_body(body, {"c": Path("c")})


def test_a_default_that_json_cannot_show_makes_no_noise() -> None:
    """A warning is an error here."""
    missing = object()

    def fn(a: Any = missing, b: bytes = b"\xff", model_dumped: int = 1) -> None: ...

    model = Signature.of(fn).body_model()
    assert model.model_json_schema()["properties"].keys() == {"a", "b", "model_dumped"}
    assert Signature.of(fn).call_from_body(model(), {}) == ((), {})


def test_a_typed_dict_of_typing_is_refused_or_works() -> None:
    """Before Python 3.12 pydantic wants the one of typing_extensions, and its advice is passed on."""

    class Old(StdTypedDict):
        a: int

    try:
        assert through(Old, {"a": 1}) == {"a": 1}
    except TypeError as error:
        assert "typing_extensions.TypedDict" in str(error)  # noqa: PT017 - one of the two, by version
