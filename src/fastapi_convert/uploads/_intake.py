"""What the dependencies do with a request: find the file, check it, hand out an `Upload`, and let go of it."""

# No `from __future__ import annotations`: FastAPI reads the annotations of `__call__`, and evaluates strings in the
# globals of a function, which an object that is called does not have.

import inspect
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fastapi import Response
from fastapi.exceptions import RequestValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from ._body import Body, BodyLimits, is_http_1
from ._content_types import NEEDED, TypeCheck
from ._mixing import refuse_mixed, refuse_mixed_endpoint
from ._multipart import FileBegin, FormLimits
from ._options import UploadOptions
from ._sources import Form, FormFile
from ._spooled import SpooledUpload
from .forms import UploadForm
from .upload import Upload

#: Where `UploadRoute` finds the body of a request, to know whether all of it was read; `None` if others have read it.
SCOPE_KEY = "fastapi_convert.body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms bodies are taken: the arguments of the dependencies, parsed."""

    body: BodyLimits
    options: UploadOptions
    types: TypeCheck | None = None
    form: FormLimits = field(default_factory=FormLimits)

    async def check(self, upload: Upload) -> None:
        """Refuse what is not of the types that the endpoint takes, by its header and by its first bytes."""
        if self.types is not None:
            self.types.check_declared(upload.content_type)
            head = await upload.peek(NEEDED)
            self.types.check_content(upload.content_type, head, complete=len(head) < NEEDED)


class Intake(ABC):
    """A dependency. FastAPI sees that it takes the request only, so it leaves the body alone."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    @property
    def __signature__(self) -> inspect.Signature:
        """What FastAPI asks for when a route is made: the moment to look at what else its endpoint takes."""
        refuse_mixed_endpoint(is_intake)
        return inspect.signature(self.__call__)

    async def __call__(self, request: Request, response: Response) -> AsyncGenerator[Any, None]:
        route: Any = request.scope.get("route")
        if getattr(route, "body_field", None) is not None:
            refuse_mixed(route.dependant, is_intake)
        taken = await self.take(request, response)
        try:
            yield taken
        finally:
            if taken is not None:
                taken.close()

    @abstractmethod
    async def take(self, request: Request, response: Response) -> Any:
        """The endpoint's argument."""

    @abstractmethod
    def openapi(self, title: str) -> dict[str, Any]:
        """The request body as the OpenAPI document shows it; FastAPI cannot, for it sees none."""

    def body_of(self, request: Request, response: Response) -> Body:
        """The request's body, unread. Where it stays so, the connection is closed instead of swallowing the rest."""
        body = Body(request, self.terms.body)
        request.scope[SCOPE_KEY] = body
        body.on_end.append(_keep_to_ourselves(request))
        if is_http_1(request.scope):
            response.headers["connection"] = "close"
            body.on_end.append(lambda: response.headers.__delitem__("connection"))
        return body

    def form_of(self, request: Request, response: Response) -> Form:
        """The request's form, with nothing of it read."""
        content_type = request.headers.get("content-type", "")
        return Form(self.body_of(request, response), content_type, self.terms.form)


def _keep_to_ourselves(request: Request) -> Callable[[], object]:
    """See to it that nobody else takes the body's messages; returns what undoes it.

    While a streaming response is sent, Starlette receives messages too, to notice a client that goes away, and drops
    what it receives. It does not for servers of ASGI 2.4 and newer, whose `send` raises then. So for as long as there
    is a body to be read, which notices as well, the scope claims to be of such a server.
    """
    told = request.scope.get("asgi", {})
    request.scope["asgi"] = {**told, "spec_version": "2.4"}
    return lambda: request.scope.update(asgi=told)


def is_intake(call: object) -> bool:
    """Whether a dependency is one that takes uploads."""
    return isinstance(call, Intake)


class FileIntake(Intake):
    """One file of a form."""

    def __init__(self, name: str, terms: Terms, *, required: bool) -> None:
        super().__init__(terms)
        self.name = name
        self.required = required

    async def take(self, request: Request, response: Response) -> Upload | None:
        parsed = _parsed_form(request)
        upload = self._spooled(parsed) if parsed is not None else await self._streamed(request, response)
        if upload is not None:
            await self.terms.check(upload)
        elif self.required:
            raise _invalid(self.name, "missing", "Field required")
        return upload

    async def _streamed(self, request: Request, response: Response) -> Upload | None:
        form = self.form_of(request, response)
        while begin := await form.next_file():
            if begin.name == self.name and begin.filename:  # a browser sends an empty name for a field left empty
                return _upload(form, begin, self.terms.options, alone=True)
        if any(name == self.name for name, _ in form.fields):
            raise _invalid(self.name, "value_error", "Value error, Expected UploadFile, received: <class 'str'>")
        return None

    def _spooled(self, form: FormData) -> Upload | None:
        files = (file for name, file in _files_of(form) if name == self.name)
        file = next(files, None)
        return None if file is None else SpooledUpload(file, self.terms.options, self.name, _text_fields(form))

    def openapi(self, title: str) -> dict[str, Any]:
        return _form_body(title, self.name, _FILE_SCHEMA, required=self.required)


class FormIntake(Intake):
    """All files of a form, one after another."""

    def __init__(self, name: str, terms: Terms) -> None:
        super().__init__(terms)
        self.name = name

    async def take(self, request: Request, response: Response) -> UploadForm:
        parsed = _parsed_form(request)
        if parsed is not None:
            return UploadForm(self._spooled(parsed), self.terms.check, _text_fields(parsed))
        form = self.form_of(request, response)

        async def next_upload() -> Upload | None:
            while begin := await form.next_file():
                if begin.filename:
                    return _upload(form, begin, self.terms.options, alone=False)
            return None

        return UploadForm(next_upload, self.terms.check, form.fields)

    def _spooled(self, form: FormData) -> Callable[[], Awaitable[Upload | None]]:
        fields = _text_fields(form)
        files = iter([SpooledUpload(file, self.terms.options, name, fields) for name, file in _files_of(form)])

        async def next_upload() -> Upload | None:
            return next(files, None)

        return next_upload

    def openapi(self, title: str) -> dict[str, Any]:
        return _form_body(title, self.name, {"items": _FILE_SCHEMA, "type": "array"}, required=True)


class BodyIntake(Intake):
    """The body itself is the file."""

    async def take(self, request: Request, response: Response) -> Upload:
        body = self.body_of(request, response)
        upload = Upload(body, headers=request.headers, options=self.terms.options, expected=body.declared)
        await self.terms.check(upload)
        return upload

    def openapi(self, title: str) -> dict[str, Any]:
        types = self.terms.types.types if self.terms.types is not None else ["application/octet-stream"]
        content = {kind: {"schema": {"type": "string", "format": "binary", "title": title}} for kind in types}
        return {"content": content, "required": True}


def _upload(form: Form, begin: FileBegin, options: UploadOptions, *, alone: bool) -> Upload:
    return Upload(
        FormFile(form, alone=alone),
        name=begin.name,
        filename=begin.filename,
        headers=begin.headers,
        fields=form.fields,
        options=options,
        expected=form.body.declared,
    )


def _parsed_form(request: Request) -> FormData | None:
    """What request.form() has made of the body, in a dependency that came before us."""
    form: FormData | None = getattr(request, "_form", None)
    if form is not None:
        request.scope[SCOPE_KEY] = None
    return form


def _files_of(form: FormData) -> list[tuple[str, UploadFile]]:
    return [(name, item) for name, item in form.multi_items() if isinstance(item, UploadFile) and item.filename]


def _text_fields(form: FormData) -> list[tuple[str, str]]:
    return [(name, item) for name, item in form.multi_items() if isinstance(item, str)]


def _invalid(name: str, kind: str, message: str) -> RequestValidationError:
    """As FastAPI answers where a `File()` parameter is not there or is none."""
    return RequestValidationError([{"type": kind, "loc": ("body", name), "msg": message, "input": None}])


# As FastAPI shows a File() parameter.
_FILE_SCHEMA: dict[str, Any] = {"type": "string", "contentMediaType": "application/octet-stream"}


def _form_body(title: str, name: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    shown = {**schema, "title": name.replace("_", " ").title()}
    form = {"properties": {name: shown}, "type": "object", "title": title}
    if required:
        form["required"] = [name]
    return {"content": {"multipart/form-data": {"schema": form}}, "required": required}
