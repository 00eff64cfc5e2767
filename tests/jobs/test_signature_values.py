"""What each kind of value becomes in the store, and all that is refused rather than changed."""

from __future__ import annotations

import math
from collections import deque
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
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
    Field,
    PlainSerializer,
    PlainValidator,
    SecretStr,
    ValidationError,
)

from tests.jobs.payload_support import (
    CANARY,
    JSON_VALUES,
    Aliased,
    Blob,
    ByName,
    Cat,
    Color,
    Dog,
    Inner,
    Loose,
    Measured,
    Nested,
    Outer,
    Pair,
    Pet,
    Plain,
    Point,
    Record,
    Row,
    Secretive,
    Shade,
    taking,
    through,
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


def test_a_set_is_the_same_in_any_order() -> None:
    """JSON has lists; NaN equals nothing, itself included."""
    assert through(set[tuple[int, str]], {(1, "a"), (2, "b")}) == {(1, "a"), (2, "b")}
    assert {str(each) for each in through(set[float], {math.nan, 1.5, -math.inf})} == {"nan", "1.5", "-inf"}
    assert through(frozenset[int], frozenset()) == frozenset()


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
    (object, {1}, "set"),
    (list, [{1}], "set"),
    (set[Any], {Shade.DARK}, "Shade"),
    (Annotated[set[int], AfterValidator(lambda value: value | {max(value) + 1})], {1}, "set"),
    (set[tuple[Any, ...]], {(Shade.DARK,), ("light",)}, "Shade"),
    (frozenset, frozenset({(1,)}), "frozenset"),
    (dict, {"a": (1,)}, "tuple"),
    (Loose, Loose(anything={1}), "set"),
    (Loose, Loose(anything=1, more=(1,)), "tuple"),  # type: ignore[call-arg]  # extra="allow"
    (Secretive, Secretive(hidden=3), "Secretive|int"),
    (deque[int], deque([1], maxlen=2), "deque"),
    (list[deque[int]], [deque([1], maxlen=2)], "deque"),
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


class Renamed(BaseModel):
    numbers: list[int] = Field(default=[], alias="Numbers")


def test_a_model_knows_which_fields_were_set() -> None:
    """A PATCH would otherwise overwrite what was not sent."""
    assert through(Outer, Outer(inner=Inner())).model_fields_set == {"inner"}
    assert through(Cat, Cat()).model_fields_set == set()
    changed = Inner()
    changed.numbers.append(1)
    assert through(Inner, changed) == changed
    renamed = Renamed()
    renamed.numbers.append(1)
    assert through(Renamed, renamed) == renamed


def test_a_limit_that_the_annotation_has_is_kept() -> None:
    """One that only the value has is refused, see above: the function would fill it without an end."""
    back = through(Annotated[deque[int], AfterValidator(lambda given: deque(given, maxlen=2))], deque([1], maxlen=2))
    assert (back, back.maxlen) == (deque([1]), 2)
    assert through(deque[int], deque([1])).maxlen is None


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


def test_no_value_is_in_a_refusal_to_store() -> None:
    """Logs are read by more people than the store."""
    for value in ({CANARY}, (CANARY,), {"a": {CANARY}}, f"{CANARY}\ud800", Path(CANARY)):
        with pytest.raises(TypeError) as caught:
            taking(Any).encode((value,), {})
        assert CANARY not in str(caught.value)
        assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_typed_dict_of_typing_is_refused_or_works() -> None:
    """Before Python 3.12 pydantic wants the one of typing_extensions, and its advice is passed on."""

    class Old(StdTypedDict):
        a: int

    try:
        assert through(Old, {"a": 1}) == {"a": 1}
    except TypeError as error:
        assert "typing_extensions.TypedDict" in str(error)  # noqa: PT017 - one of the two, by version
