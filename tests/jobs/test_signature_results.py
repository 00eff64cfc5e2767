"""What functions return, in the store and back."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import (
    Annotated,
    Any,
    NoReturn,
)

import pytest
from pydantic import (
    PlainValidator,
)

from tests.jobs.payload_support import (
    CANARY,
    Aliased,
    Cat,
    Dog,
    Inner,
    Measured,
    Outer,
    Pet,
    Plain,
    Point,
    Row,
    fussy,
    returning,
    taking,
)


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
        (Annotated[int, {"unit": "m"}], 3),
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
