"""`make_route`: what OpenAPI documents are told of an endpoint that submits a function."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi_convert.jobs.statuses import LinkedStatus

from ._inputs import MULTIPART, URLENCODED, is_required, needs_files, takes_several
from ._links import openapi_links

if TYPE_CHECKING:
    from fastapi_convert.jobs.functions import JobFunction
    from fastapi_convert.jobs.payloads import Signature

_UNTYPED: tuple[Any, ...] = (None, type(None), Any)
_REFERENCES = ("$ref", "discriminator")

# As FastAPI shows a File() parameter.
_FILE = {"type": "string", "contentMediaType": "application/octet-stream"}


def make_route(function: JobFunction[..., Any]) -> dict[str, Any]:
    """The keyword arguments of `app.post` that go with `function.endpoint`."""
    accepted = {"description": "Accepted: it is stored, so it runs.", "links": openapi_links(function.jobs)}
    full = {"description": "The queue or the disk is full. Nothing was stored; `Retry-After` says when to try again."}
    route: dict[str, Any] = {
        "status_code": HTTPStatus.ACCEPTED.value,
        "response_model": LinkedStatus,
        "response_description": accepted["description"],
        "responses": {200: _result(function.signature), **function.terms.errors.responses, 202: accepted, 503: full},
    }
    if function.signature.files:
        route["openapi_extra"] = {"requestBody": form_body(function.signature)}
    return route


def _result(signature: Signature) -> dict[str, Any]:
    described: dict[str, Any] = {"description": "The result, where `Prefer: wait` was sent and it was there in time."}
    if signature.returns_path:
        return {**described, "content": {"application/octet-stream": {"schema": _FILE}}}
    if signature.result_annotation in _UNTYPED:
        return described
    return {**described, "model": signature.result_annotation}


def form_body(signature: Signature) -> dict[str, Any]:
    """A multipart form with file pickers; if no file is needed, also one without any."""
    schema = signature.body_model().model_json_schema()
    definitions = schema.pop("$defs", {})
    shown = _inlined(schema, definitions, ())
    for name in signature.files:
        picker = {"type": "array", "items": _FILE} if takes_several(signature, name) else dict(_FILE)
        shown.setdefault("properties", {})[name] = {**picker, "title": name.replace("_", " ").title()}
        if is_required(signature, name):
            shown.setdefault("required", []).append(name)
    content = {MULTIPART: {"schema": shown}}
    if not needs_files(signature):
        fields = {name: each for name, each in shown["properties"].items() if name not in signature.files}
        content[URLENCODED] = {"schema": {**shown, "properties": fields}}
    return {"content": content, "required": "required" in shown}


def _inlined(schema: Any, definitions: Mapping[str, Any], within: tuple[str, ...]) -> Any:
    """A schema that refers to nothing outside of it; one that contains itself ends where it would begin again."""
    if isinstance(schema, list):
        return [_inlined(each, definitions, within) for each in schema]
    if not isinstance(schema, dict):
        return schema
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    if name in within:
        return {}
    besides = {key: _inlined(value, definitions, within) for key, value in schema.items() if key not in _REFERENCES}
    return {**_inlined(definitions.get(name, {}), definitions, (*within, name)), **besides} if name else besides
