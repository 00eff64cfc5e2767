"""A form's fields as the parameters of a function: all of them are text, and some of it is JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter, ValidationError

_any: TypeAdapter[Any] = TypeAdapter(Any)

#: What pydantic says of one text where a list was wanted: a field that was sent once.
_WANTS_SEVERAL = {"list_type", "set_type", "frozen_set_type", "tuple_type"}


def invalid(name: str, kind: str, message: str) -> RequestValidationError:
    """As FastAPI answers where one part of a form is wrong. Nothing of it is repeated."""
    return RequestValidationError([{"type": kind, "loc": ("body", name), "msg": message, "input": None}])


def missing(names: Iterable[str]) -> RequestValidationError:
    """As FastAPI answers where parts of a form are not there."""
    return RequestValidationError(
        [{"type": "missing", "loc": ("body", name), "msg": "Field required", "input": None} for name in names]
    )


def read_fields(model: type[BaseModel], fields: Iterable[tuple[str, str]]) -> BaseModel:
    """An instance of the model, made of text as leniently as pydantic reads it.

    A field left empty was not sent. What does not fit as text is read as JSON, such as `[1, 2]` or `{"a": 1}`; for a
    list, a field may also be sent several times.

    Raises:
        RequestValidationError: They do not fit: 422.
    """
    texts: dict[str, list[str]] = {}
    for name, text in fields:
        if text:
            texts.setdefault(name, []).append(text)
    sent: dict[str, Any] = {name: values[0] if len(values) == 1 else values for name, values in texts.items()}
    try:
        return model.model_validate(sent)
    except ValidationError as error:
        wrong = {str(each["loc"][0]): each["type"] for each in error.errors(include_url=False) if each["loc"]}
    reread = {name: _reread(sent[name], kind) for name, kind in wrong.items() if isinstance(sent.get(name), str)}
    try:
        return model.model_validate(sent | reread)
    except ValidationError as error:
        raise as_request_error(error) from error


def _reread(text: str, wrong: str) -> Any:
    try:
        return _any.validate_json(text)
    except ValueError:
        return [text] if wrong in _WANTS_SEVERAL else text


def as_request_error(error: ValidationError) -> RequestValidationError:
    """What is wrong with a body, as FastAPI answers it."""
    return RequestValidationError(
        [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_url=False)], body=None
    )
