"""Endpoints as they are written without this library. Each returns what shows that it has read all."""

from __future__ import annotations

import hashlib
import shutil
from typing import Any

from fastapi import APIRouter, Request, UploadFile

from benchmarks.uploads.consumers import count_rows, discard
from benchmarks.uploads.folder import new_path
from benchmarks.uploads.naive import naive_bridge

router = APIRouter(prefix="/peer")


@router.post("/stream")
async def stream(request: Request) -> int:
    """The most that a server of this kind can do: the body, not even parsed."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
    return size


@router.post("/stream-sha256")
async def stream_sha256(request: Request) -> str:
    digest = hashlib.sha256()
    async for chunk in request.stream():
        digest.update(chunk)
    return digest.hexdigest()


@router.post("/read")
async def read(file: UploadFile) -> int:
    return len(await file.read())


@router.post("/copy")
def copy(file: UploadFile) -> int:
    with new_path().open("wb") as target:
        shutil.copyfileobj(file.file, target)
        return target.tell()


@router.post("/pandas-async")
async def pandas_async(file: UploadFile) -> int:
    """The guide's."""
    return count_rows(file.file)


@router.post("/pandas-def")
def pandas_def(file: UploadFile) -> int:
    return count_rows(file.file)


@router.post("/naive")
async def naive(request: Request) -> Any:
    return await naive_bridge(request, discard)


@router.post("/limited", max_body_size=1_000_000)
async def limited(file: UploadFile) -> int:
    return len(await file.read())


@router.post("/parts", form_limits={"max_files": 100_000})
async def parts(file: list[UploadFile]) -> int:
    return sum([len(await one.read()) for one in file])
