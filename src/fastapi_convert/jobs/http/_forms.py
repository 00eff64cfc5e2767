"""The bodies that an endpoint with files takes: multipart forms; where no file is needed, also others, and none."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from starlette.formparsers import FormParser, MultiPartException

from fastapi_convert.errors import UnsupportedUpload, UploadTooLarge
from fastapi_convert.uploads import UploadForm
from fastapi_convert.uploads._intake import FormIntake, Terms

from ._documentation import form_body
from ._inputs import MULTIPART, URLENCODED, needs_files

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from fastapi import Request, Response

    from fastapi_convert.jobs.payloads import Signature
    from fastapi_convert.uploads import Upload
    from fastapi_convert.uploads._body import Body
    from fastapi_convert.uploads._multipart import FormLimits


class JobForm(FormIntake):
    """A dependency: the form for one function, whatever it was sent as."""

    def __init__(self, signature: Signature, terms: Terms) -> None:
        super().__init__(signature.files[0], terms)
        self._signature = signature
        self._needs_files = needs_files(signature)

    async def take(self, request: Request, response: Response) -> UploadForm:
        """The files, and fields, of a request.

        Raises:
            UnsupportedUpload: It is no form: 415, with the type that is wanted.
            HTTPConvertError: It is a broken form, or a too large one.
        """
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == MULTIPART or getattr(request, "_form", None) is not None:  # which a dependency before us has read
            return await super().take(request, response)
        if not self._needs_files:
            body = self.body_of(request, response)
            if kind == URLENCODED:
                return self._without_files(await _fields(request, body, self.terms.form))
            if not await body.more():
                return self._without_files(())
        raise self._unsupported(kind)

    def _without_files(self, fields: Sequence[tuple[str, str]]) -> UploadForm:
        return UploadForm(_nothing, self.terms.check, fields)

    def _unsupported(self, kind: str) -> UnsupportedUpload:
        error = UnsupportedUpload(f"{self._signature.name}() takes files, and {kind[:100]!r} has none: send a form.")
        error.detail = (
            f"Send {MULTIPART}." if self._needs_files else f"Send {MULTIPART}, or {URLENCODED} without files."
        )
        return error

    def openapi(self, title: str) -> dict[str, Any]:  # noqa: ARG002 -- ours has a title
        """The whole form, as `function.route` has it."""
        return form_body(self._signature)


async def _nothing() -> Upload | None:
    return None


async def _fields(request: Request, body: Body, limits: FormLimits) -> list[tuple[str, str]]:
    """The fields of a form without files, read by the parser that FastAPI uses."""
    try:
        async with aclosing(_chunks(body, limits.max_fields_size)) as chunks:
            form = await FormParser(request.headers, chunks).parse()
    except MultiPartException as error:  # newer ones have limits of their own
        raise UploadTooLarge(f"A form is beyond its limits: {error.message}") from error
    fields = [(name, text) for name, text in form.multi_items() if isinstance(text, str)]
    if len(fields) > limits.max_fields:
        raise UploadTooLarge(f"A form has {len(fields)} fields, and {limits.max_fields} are allowed.")
    return fields


async def _chunks(body: Body, most: int) -> AsyncGenerator[bytes, None]:
    while chunk := await body.more():
        if body.received > most:
            raise UploadTooLarge(f"The fields of a form take more than {most} bytes: send large data as a file.")
        yield chunk
