"""A function's parameters as the body of a request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import (
    Annotated,
    Any,
)

import pytest
from pydantic import (
    DirectoryPath,
    Field,
    ValidationError,
)

from fastapi_convert.jobs.payloads import Signature
from fastapi_convert.jobs.progress import Progress


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


def test_parameters_that_differ_by_an_underscore_are_two_fields() -> None:
    """Fields of models cannot begin with one."""

    def fn(_a: int, __a: int, a: int) -> None: ...

    signature = Signature.of(fn)
    body = signature.body_model().model_validate({"_a": 1, "__a": 2, "a": 3})
    assert signature.call_from_body(body, {}) == ((1, 2, 3), {})
    with pytest.raises(ValidationError, match="parameter_0"):
        signature.body_model().model_validate({"_a": 1, "__a": 2, "a": 3, "parameter_0": 4})


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
