"""`UploadForm`: the files of one form, one after another, while they arrive."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from starlette.datastructures import ImmutableMultiDict

from fastapi_convert.errors import UploadAborted

from .upload import Upload

__all__ = ("UploadForm",)


class UploadForm:
    """The files of a form in the order that they arrive in: `async for part in form`.

    Made by `streamed_form`. Each `part` is an `Upload` that lasts until the loop asks for the next one; what you have
    not consumed of it is skipped then. The loop ends when the whole form has arrived; a form that breaks off raises
    `UploadAborted` there, even if every file of it was whole.

    Examples:
        >>> async def endpoint(form: UploadForm) -> list[str]:
        ...     saved = [await part.save(UPLOADS / part.safe_name) async for part in form]
        ...     return [file.path.name for file in saved]
    """

    def __init__(
        self,
        next_upload: Callable[[], Awaitable[Upload | None]],
        check: Callable[[Upload], Awaitable[None]],
        fields: Sequence[tuple[str, str]],
    ) -> None:
        self._next_upload = next_upload
        self._check = check
        self._fields = fields
        self._current: Upload | None = None
        self._unchecked: Upload | None = None
        self._over = self._asking = False

    @property
    def fields(self) -> ImmutableMultiDict[str, str]:
        """The form's other fields that have arrived so far; all of them when the loop has ended."""
        return ImmutableMultiDict(list(self._fields))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Upload:
        if self._over:
            raise UploadAborted("The request of this form has ended, and what was left of its files with it.")
        if self._asking:
            raise RuntimeError("Two tasks loop over the same form. Let one do it, file by file.")
        self._asking = True
        try:
            return await self._next_checked()
        finally:
            self._asking = False

    async def _next_checked(self) -> Upload:
        if self._unchecked is None:
            self._let_go()
            self._unchecked = await self._next_upload()
        if self._unchecked is None:
            raise StopAsyncIteration
        upload = self._unchecked
        try:
            await self._check(upload)  # cancelled here, the file is still the next one
        except Exception:
            self._unchecked = None  # refused; whoever goes on gets the one behind it
            raise
        self._current, self._unchecked = upload, None
        return upload

    def close(self) -> None:
        """Let go of the form and of its current file. Done for you at the end of the request."""
        self._over = True
        self._let_go()

    def _let_go(self) -> None:
        if self._current is None:
            return
        if self._current.reading:
            raise RuntimeError("A file of this form is being read. Consume each part inside the loop, one at a time.")
        self._current.close()
        self._current = None
