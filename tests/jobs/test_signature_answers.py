"""Results beside FastAPI's own answers: a client cannot tell whether a function ran as a job."""

from __future__ import annotations

import dataclasses
import itertools
import json
import math
from collections import deque
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    computed_field,
    field_serializer,
)

from fastapi_convert.jobs import Jobs
from fastapi_convert.jobs.payloads import served_result
from fastapi_convert.jobs.payloads._comparing import difference
from tests.jobs.payload_support import (
    CANARY,
    Aliased,
    Cat,
    Dog,
    Inner,
    Loose,
    Measured,
    Outer,
    Pet,
    Point,
    Row,
    Secretive,
    returning,
)


class Ticket(BaseModel):
    id: UUID = Field(default_factory=uuid4)
    made: datetime = Field(default_factory=lambda: datetime.now(UTC))
    tags: list[str] = []
    level: float = 0.5


class Renamed(BaseModel):
    size: int = Field(1, serialization_alias="theSize", validation_alias="aSize")


class Grown(BaseModel):
    model_config = ConfigDict(extra="allow")
    side: int = 1

    @computed_field  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def area(self) -> int:
        return self.side**2


class Child(Cat):
    toys: int = 3


@dataclasses.dataclass
class Batch:
    tickets: list[Ticket]
    pets: list[Cat | Dog]
    size: float = 1.5
    note: str | None = None


class Orm:
    """As rows of an ORM are: attributes and no more."""

    def __init__(self) -> None:
        self.kind = "cat"
        self.lives = 4


class Dated(BaseModel):
    day: date

    @field_serializer("day")
    def show(self, day: date) -> str:
        return day.strftime("%d.%m.%Y")


class Hiding(BaseModel):
    shown: int = 1
    hidden: str = Field(exclude=True)


class Reading(BaseModel):
    value: float = 0.0
    name: str = 'NaN \\" -Infinity'


def filled() -> Ticket:
    ticket = Ticket()
    ticket.tags.append("new")
    return ticket


UNTOLD = object()
DAY = date(2024, 2, 1)

ANSWERS: list[tuple[Any, Any]] = [
    (Cat, Cat()),
    (Ticket, Ticket()),
    (Ticket, filled()),
    (list[Ticket], [Ticket(), filled()]),
    (dict[str, Ticket | None], {"a": Ticket(), "b": None}),
    (Batch, Batch([Ticket(), filled()], [Cat(), Dog()])),
    (Outer, Outer(inner=Inner())),
    (Cat | Dog, Dog()),
    (Cat | Dog, Cat()),
    (Pet, Dog()),
    (Measured, Measured(side=2)),
    (list[Measured], [Measured(side=2)]),
    (Grown, Grown(side=3)),
    (Grown, Grown.model_validate({"side": 3, "more": [1]})),
    (Renamed, Renamed.model_validate({"aSize": 3})),
    (Aliased, Aliased(Size=3)),
    (Loose, Loose(anything=1, more=2)),  # type: ignore[call-arg]  # extra="allow"
    (Row, {"name": "a", "size": 1}),
    (Point, Point(1)),
    (int | None, None),
    (float, math.nan),
    (list[float], [1.5, -math.inf, math.inf, math.nan]),
    (dict[str, Any], {"NaN": math.nan, "text": 'NaN "Infinity" \\', "deep": [{"x": math.inf}]}),
    (Reading, Reading(value=math.nan)),
    (list[Reading], [Reading(value=math.inf), Reading()]),
    (deque[int], deque([1, 2])),
    (dict[str, Measured | float], {"a": Measured(side=2), "b": math.nan}),
]

#: What a client gets, and Python does not.
ONLY_SHOWN: list[tuple[Any, Any]] = [
    (UNTOLD, Cat()),
    (UNTOLD, [Ticket(), Point(1)]),
    (UNTOLD, {"a": Measured(side=3)}),
    (UNTOLD, Batch([filled()], [Dog()])),
    (Any, Renamed.model_validate({"aSize": 3})),
    (Cat, Child()),
    (Cat, {"lives": 3}),
    (Cat, Orm()),
    (list[Cat | Dog], [Dog(), {"kind": "cat"}]),
    (Secretive, Secretive(hidden=3)),
    (Dated, Dated(day=DAY)),
    (Hiding, Hiding(hidden=CANARY)),
    (list[Hiding], [Hiding(hidden=CANARY)]),
]


def plainly(annotation: Any, value: Any) -> Any:
    """What FastAPI answers for a function that returns the value."""
    app = FastAPI()

    def fn() -> Any:
        return value

    fn.__annotations__ = {} if annotation is UNTOLD else {"return": annotation}
    app.get("/")(fn)
    with TestClient(app) as client:
        return json.loads(client.get("/").text, parse_constant=pytest.fail)


def encoded(annotation: Any, value: Any) -> str:
    """What is stored of it."""
    return returning(Any if annotation is UNTOLD else annotation).encode_result(value)


@pytest.mark.parametrize("annotation, value", [*ANSWERS, *ONLY_SHOWN], ids=itertools.count())
def test_a_client_gets_what_fastapi_answers(annotation: Any, value: Any) -> None:
    """Defaults, factories, computed fields, aliases; `null` for what is no number."""
    served = served_result(encoded(annotation, value))
    assert json.loads(served, parse_constant=pytest.fail) == plainly(annotation, value)


@pytest.mark.parametrize("annotation, value", ANSWERS, ids=itertools.count())
def test_python_gets_what_was_returned(annotation: Any, value: Any) -> None:
    """The same ids and times, also where the JSON of clients would not read back so, and NaN."""
    back = returning(annotation).decode_result(encoded(annotation, value))
    assert difference(value, back) is None  # for which NaN is NaN


@pytest.mark.parametrize("annotation, value", [(Dated, Dated(day=DAY)), (Hiding, Hiding(hidden=CANARY))], ids=str)
def test_a_result_that_does_not_read_back_is_told_to_who_reads_it(annotation: Any, value: Any) -> None:
    """The job has not failed, and HTTP clients have their answer."""
    signature = returning(list[annotation])
    text = signature.encode_result([value])
    with pytest.raises(TypeError, match=r"fn\(\) is stored.*does not read back as list.*Let the type accept") as caught:
        signature.decode_result(text)
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_a_result_is_stored_once_where_once_is_enough() -> None:
    """A second text is for what would not come back; what never would has none."""
    once: list[Any] = [(Ticket, filled()), (list[float], [1.5]), (Any, (1, 2)), (Dated, Dated(day=DAY))]
    for annotation, value in once:
        text = encoded(annotation, value)
        assert served_result(text) is text
    for annotation, value in ((float, math.nan), (Measured, Measured(side=1)), ANSWERS[14]):
        assert encoded(annotation, value).count("\n") == 1


def test_text_is_never_taken_for_a_number_or_an_end() -> None:
    """Strings may hold whatever our own marks are."""
    for text in ("NaN", '"NaN', '\\"NaN\\', "a\nb", "\n", "-Infinity\r\n", "\u2028"):
        for value in (text, [text, math.nan], {text: [math.inf, text]}):
            served = served_result(encoded(Any, value))
            assert json.loads(served) == json.loads(json.dumps(value), parse_constant=lambda _: None)
            assert repr(returning(Any).decode_result(encoded(Any, value))) == repr(value)


def test_a_tuple_with_nan_is_a_list_with_nan() -> None:
    """What does not come back whole keeps its numbers."""
    assert repr(returning(Any).decode_result(encoded(UNTOLD, (1, math.nan)))) == "[1, nan]"


def test_an_array_is_a_result_though_it_cannot_be_compared() -> None:
    """The truth of its `==` is nobody's concern."""

    class Odd:
        def __eq__(self, other: object) -> bool:
            raise RuntimeError(CANARY)

        __hash__ = None  # type: ignore[assignment]

    odd = Annotated[Any, AfterValidator(lambda value: value), PlainSerializer(lambda _: 1)]
    signature = returning(odd)
    assert signature.decode_result(signature.encode_result(Odd())) == 1


def reading(size: float = math.nan) -> Reading:
    """A number that is none."""
    return Reading(value=size)


def hiding() -> Hiding:
    """What does not read back."""
    return Hiding(hidden=CANARY)


def test_a_job_answers_as_its_function_would() -> None:
    """At once with `Prefer: wait`, and at its own address; in Python it is what was returned."""
    jobs = Jobs("answers.db")
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs")
    functions = [jobs.job(executor="thread")(fn) for fn in (reading, hiding)]
    for function in functions:
        app.post(f"/{function.name}", **function.route)(function.endpoint)
    shown = [{"value": None, "name": Reading().name}, {"shown": 1}]
    with jobs.testing("inline"), TestClient(app) as client:
        for function, expected in zip(functions, shown, strict=True):
            answer = client.post(f"/{function.name}", headers={"Prefer": "wait=5"})
            assert (answer.status_code, answer.json()) == (200, expected)
            again = client.get(answer.headers["Content-Location"])
            assert again.content == answer.content
            job_id = answer.headers["Content-Location"].split("/")[2]
            if function.name.endswith("reading"):
                assert math.isnan(jobs.get(job_id).result_sync().value)
            else:
                with pytest.raises(TypeError, match="does not read back"):
                    jobs.get(job_id).result_sync()


def swap(data: bytes, more: list[bytes] | None = None, *, few: Annotated[bytes, Field(max_length=4)] = b"") -> bytes:
    """Bytes in and out."""
    return data[::-1]


def test_bytes_are_base64_in_both_directions_and_openapi_says_so() -> None:
    """What a client sends is what the function gets."""
    jobs = Jobs("bytes.db")
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs")
    function = jobs.job(executor="thread")(swap)
    app.post("/swap", **function.route)(function.endpoint)
    with jobs.testing("inline"), TestClient(app) as client:
        for sent in ("AP9h", "-_-_", "+/+/"):
            answer = client.post("/swap", json={"data": sent, "more": [sent]}, headers={"Prefer": "wait=5"})
            assert answer.status_code == 200
        assert client.post("/swap", json={"data": "AP9h"}, headers={"Prefer": "wait=5"}).json() == "Yf8A"
        assert client.post("/swap", json={"data": "%"}).status_code == 422
        document = client.get("/openapi.json").json()
    properties = document["components"]["schemas"]["Swap"]["properties"]
    result = document["paths"]["/swap"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    for schema in (properties["data"], properties["more"]["anyOf"][0]["items"], properties["few"], result):
        assert (schema["type"], schema["format"], schema["contentEncoding"]) == ("string", "base64", "base64")
        assert "URL-safe" in schema["description"]
