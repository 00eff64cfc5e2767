"""The files of a form, saved while they arrive where the job that they are for will look for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_origin

import anyio

from fastapi_convert.jobs._saving import save_input
from fastapi_convert.jobs.model import new_job_id

from ._fields import invalid, missing

if TYPE_CHECKING:
    from fastapi_convert.jobs.payloads import Signature
    from fastapi_convert.jobs.service import Jobs
    from fastapi_convert.uploads import Upload, UploadForm


MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"


class Inputs:
    """What one job is given: its files in a folder of its own, with their digests."""

    def __init__(self, jobs: Jobs, signature: Signature) -> None:
        self.job_id = new_job_id()
        self.digests: list[str] = []
        #: Whether they stay when the block ends.
        self.keep = False
        self._jobs = jobs
        self._folder = jobs.folders.inputs_of(self.job_id)
        self._signature = signature
        self._saved: dict[str, list[Path]] = {}

    async def save(self, form: UploadForm) -> dict[str, Path | list[Path] | None]:
        """Save all files of a form; returns those that were sent, by parameter.

        Raises:
            RequestValidationError: One is not wanted, or one is missing: 422.
            JobStoreUnavailable: There is no room for one.
        """
        async for part in form:
            self._check(part.name)
            self._saved.setdefault(part.name, []).append(await self._save(part))
        self._check_complete(form.fields.multi_items())
        return {name: self._argument(name) for name in self._saved}

    def _check(self, name: str) -> None:
        if name not in self._signature.files:
            raise invalid(name, "extra_forbidden", "Extra inputs are not permitted")
        if name in self._saved and not takes_several(self._signature, name):
            raise invalid(name, "too_long", "Only one file is taken here")

    async def _save(self, part: Upload) -> Path:
        saved = await save_input(self._jobs, part, self._folder / str(len(self.digests)))
        self.digests.append(saved.digest or "")
        return saved.path

    def _check_complete(self, fields: Sequence[tuple[str, str]]) -> None:
        for name, text in fields:
            if name in self._signature.files and text:
                raise invalid(name, "value_error", "Value error, Expected UploadFile, received: <class 'str'>")
        wanted = [name for name in self._signature.files if is_required(self._signature, name)]
        if lacking := [name for name in wanted if name not in self._saved]:
            raise missing(lacking)

    def _argument(self, name: str) -> Path | list[Path]:
        saved = self._saved[name]
        return saved if takes_several(self._signature, name) else saved[0]

    async def discard(self) -> None:
        """Remove them all."""
        await self._jobs.read(self._jobs.folders.remove, self.job_id)


@asynccontextmanager
async def inputs_for(jobs: Jobs, signature: Signature) -> AsyncIterator[Inputs]:
    """Inputs that are removed at the end of the block, however it ends, unless they are to be kept."""
    inputs = Inputs(jobs, signature)
    try:
        yield inputs
    finally:
        if not inputs.keep:
            with anyio.CancelScope(shield=True):
                await inputs.discard()


def takes_several(signature: Signature, name: str) -> bool:
    """Whether a parameter takes any number of files."""
    parameter = signature.parameters[name]
    return parameter.kind is parameter.VAR_POSITIONAL or _has_list(parameter.annotation)


def is_required(signature: Signature, name: str) -> bool:
    """Whether a parameter must be given."""
    parameter = signature.parameters[name]
    return parameter.default is parameter.empty and parameter.kind is not parameter.VAR_POSITIONAL


def needs_files(signature: Signature) -> bool:
    """Whether there is a file that must be sent."""
    return any(is_required(signature, name) for name in signature.files)


def _has_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(_has_list(each) for each in get_args(annotation))
