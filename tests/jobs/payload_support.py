"""Values of all kinds, and functions that take and return them: what tests of payloads are made with."""

from __future__ import annotations

import dataclasses
import enum
import functools
from datetime import datetime
from pathlib import Path  # noqa: F401 - see `taking`
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
)

from hypothesis import (
    strategies as st,
)
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    computed_field,
)
from typing_extensions import TypedDict

from fastapi_convert.jobs.payloads import Signature
from fastapi_convert.jobs.progress import Progress  # noqa: F401

__all__ = (
    "CANARY",
    "JSON_VALUES",
    "Aliased",
    "Blob",
    "ByName",
    "Cat",
    "Color",
    "Dog",
    "Inner",
    "Loose",
    "Measured",
    "Nested",
    "Outer",
    "Pair",
    "Pet",
    "Plain",
    "Point",
    "Record",
    "Row",
    "Secretive",
    "Shade",
    "all_kinds",
    "fussy",
    "returning",
    "taking",
    "through",
)


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
    """Of a function with a parameter `value`. An annotation may be text; its names are those of this module."""

    def fn(value): ...  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - annotated in the next line

    fn.__annotations__ = {"value": annotation}
    return Signature.of(fn)


def returning(annotation: Any) -> Signature:
    """Of a function that takes nothing."""

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


def all_kinds(a: int, /, b: int, c: int = 3, *rest: int, d: str, e: str = "e", **more: float) -> None: ...


def fussy(value: Any) -> Any:
    raise RuntimeError(f"cannot stand {value}")
