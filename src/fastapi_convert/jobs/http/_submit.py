"""`make_endpoint`: a FastAPI endpoint that submits a function, with a body made of the function's parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Body, Depends, Header, Request, Response
from pydantic import BaseModel

from fastapi_convert.jobs._submitting import KEY_PATTERN, MOST_KEY
from fastapi_convert.uploads import UploadForm, streamed_form

from ._fields import read_fields
from ._forms import JobForm
from ._inputs import inputs_for
from ._owners import Visitor, visitor_of
from ._submission import SubmitRequest

if TYPE_CHECKING:
    from fastapi_convert.jobs.functions import JobFunction

_Key = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=MOST_KEY,
        pattern=KEY_PATTERN,
        description="Requests with the same key are one job: send it again when you do not know what became of it.",
    ),
]
_Prefer = Annotated[
    str | None, Header(description="`wait=10`: answer with the result if it is there within 10 seconds, at most 60.")
]


def make_endpoint(function: JobFunction[..., Any]) -> Callable[..., Any]:
    """The endpoint: its signature is what FastAPI reads, since every function has another body.

    Raises:
        TypeError: A parameter cannot come from a client.
    """
    signature = function.signature
    model = signature.body_model()  # tells what cannot be, here and not at a request
    taken = _form(function) if signature.files else _json(model)

    async def endpoint(
        request: Request,
        visitor: Visitor,
        idempotency_key: str | None,
        prefer: str | None,  # noqa: ARG001 -- for the documentation; the request may have several
        body: Any = None,
    ) -> Response:
        submission = SubmitRequest(function, request, visitor, idempotency_key)
        submission.check()
        if isinstance(body, UploadForm):
            return await submission.answer(await _submit_form(submission, body))
        return await submission.answer(await submission.submit(model() if body is None else body, {}))

    parameters = {
        "request": Request,
        "visitor": Annotated[Visitor, visitor_of(function.jobs)],
        "idempotency_key": _Key,
        "prefer": _Prefer,
        **taken,
    }
    _dress(endpoint, function, parameters)
    return endpoint


async def _submit_form(submission: SubmitRequest, form: UploadForm) -> str:
    signature = submission.function.signature
    async with inputs_for(submission.jobs, signature) as inputs:
        files = await inputs.save(form)
        fields = [(name, text) for name, text in form.fields.multi_items() if name not in signature.files]
        body = read_fields(signature.body_model(), fields)
        return await submission.submit(body, files, inputs)


def _json(model: type[BaseModel]) -> dict[str, Any]:
    if not model.model_fields:
        return {}
    if any(field.is_required() for field in model.model_fields.values()):
        return {"body": Annotated[model, Body()]}
    return {"body": Annotated[model | None, Body()]}  # every parameter has a default, so the whole body has


def _form(function: JobFunction[..., Any]) -> dict[str, Any]:
    taken = streamed_form(max_size=function.terms.max_upload, hash="sha256").dependency
    return {"body": Annotated[UploadForm, Depends(JobForm(function.signature, taken.terms))]}


def _dress(endpoint: Any, function: JobFunction[..., Any], parameters: dict[str, Any]) -> None:
    """Give the endpoint the function's name and documentation, and the parameters that FastAPI is to fill in.

    Not `functools.wraps`: FastAPI would look through it, and find a function that is called with other arguments.
    """
    name = getattr(function, "__name__", function.signature.name)
    endpoint.__name__, endpoint.__qualname__, endpoint.__doc__ = name, name, function.__doc__
    endpoint.__module__ = getattr(function, "__module__", __name__)
    optional = {"idempotency_key", "prefer"}
    endpoint.__signature__ = inspect.Signature(
        [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                annotation=annotation,
                default=None if name in optional or _is_optional(annotation) else inspect.Parameter.empty,
            )
            for name, annotation in parameters.items()
        ],
        return_annotation=Response,
    )


def _is_optional(annotation: Any) -> bool:
    return type(None) in getattr(getattr(annotation, "__origin__", None), "__args__", ())
