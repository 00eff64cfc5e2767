"""The same endpoints with this library."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter

from benchmarks.uploads.consumers import count_rows_in_chunks, discard
from benchmarks.uploads.folder import new_path
from fastapi_convert.uploads import Upload, UploadForm, streamed, streamed_form

router = APIRouter(prefix="/ours")

File = Annotated[Upload, streamed("file")]


@router.post("/run")
async def run(file: File) -> int:
    return await file.run(discard)


@router.post("/chunks")
async def chunks(file: File) -> int:
    size = 0
    async for chunk in file.chunks():
        size += len(chunk)
    return size


@router.post("/save")
async def save(file: File) -> int:
    return (await file.save(new_path(), fsync=False)).size


@router.post("/save-fsync")
async def save_fsync(file: File) -> int:
    return (await file.save(new_path())).size


@router.post("/sha256")
async def sha256(file: Annotated[Upload, streamed("file", hash="sha256")]) -> str | None:
    await file.run(discard)
    return file.digest


@router.post("/pandas")
async def pandas(file: File) -> int:
    return await file.run(count_rows_in_chunks)


@router.post("/limited")
async def limited(file: Annotated[Upload, streamed("file", max_size="1MB")]) -> int:
    return len(await file.read())


@router.post("/parts")
async def parts(form: Annotated[UploadForm, streamed_form("file", max_files=100_000)]) -> int:
    size = 0
    async for part in form:
        size += len(await part.read())
    return size
