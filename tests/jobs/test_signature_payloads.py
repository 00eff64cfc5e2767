"""What is read from a store: by newer code, from hostile hands, and without a word about the values."""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import (
    Annotated,
    Any,
    Literal,
)

import pytest
from hypothesis import (
    given,
    settings,
    strategies as st,
)
from pydantic import (
    BaseModel,
    Field,
    PlainValidator,
)

from fastapi_convert.jobs.payloads import Signature, UnfitPayload
from fastapi_convert.jobs.progress import Progress
from tests.jobs.payload_support import (
    CANARY,
    JSON_VALUES,
    Outer,
    Pet,
    all_kinds,
    fussy,
    taking,
)

HASHED = """
import enum, sys
from typing import Literal
from pydantic import BaseModel
from fastapi_convert.jobs.payloads import Signature
from tests.jobs.payload_support import Color, Outer, Pet
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
            "class M(BaseModel):\n  x: int\n  y: int\ndef fn(a: M): ...",
            "class M(BaseModel):\n  y: int\n  x: int\ndef fn(a: M): ...",
        ),
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
            "class M(BaseModel):\n  title: int = 1\ndef fn(a: M): ...",
            "class M(BaseModel):\n  default: int = 1\ndef fn(a: M): ...",
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


@pytest.mark.parametrize("value", [3, None, 1.5])
def test_what_is_no_text_is_unfit(value: Any) -> None:
    """SQLite keeps numbers in a column of texts, if it is told to."""
    with pytest.raises(UnfitPayload, match="no JSON object: the store was changed by hand"):
        taking(Any).decode(value)


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
