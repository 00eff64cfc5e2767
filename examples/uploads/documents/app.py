"""Serves the text of documents: for functions that want a path, or a file that can seek.

Try it: `uvicorn examples.uploads.documents.app:app`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from examples.uploads.documents import legacy
from fastapi_convert import ProcessPool, offload
from fastapi_convert.uploads import Upload, UploadRoute, guard_zip, streamed

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Document = Annotated[Upload, streamed("file", max_size="20MB", types=[DOCX, XLSX])]

# XML is read in pure Python, which would slow the event loop from a thread. And a process can be killed on time.
cpu = ProcessPool("documents", processes=2, max_waiting=20, preload=[legacy.__name__])
extract_text = offload(pool=cpu, timeout=30.0)(legacy.extract_text)

router = APIRouter(route_class=UploadRoute)


@offload
def guard(path: Path) -> None:
    """A docx or xlsx is a zip archive: prove that it expands to no more than this, before anybody reads it."""
    with path.open("rb") as file:
        guard_zip(file, max_total="50MB", max_entries=1000).close()


@router.post("/texts")
async def text(file: Document) -> dict[str, str]:
    """Answer with the text of a document."""
    async with file.path() as path:
        await guard(path)
        return {"text": await extract_text(path)}


@offload
def properties(file: BinaryIO) -> dict[str, str]:
    """The legacy function behind a guard; short work, so a thread does it."""
    guard_zip(file, max_total="50MB", max_entries=1000).close()
    return legacy.properties(file)


@router.post("/properties")
async def document_properties(file: Document) -> dict[str, str]:
    """Answer with what a document says about itself."""
    async with file.seekable() as document:
        return await properties(document)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Start the processes with the app, so that no request waits for that."""
    async with cpu:
        yield


app = FastAPI(title="Documents", lifespan=lifespan)
app.include_router(router)


@app.exception_handler(legacy.DocumentError)
async def no_document(_: Request, error: legacy.DocumentError) -> JSONResponse:
    """Turn the legacy module's own error into a 422."""
    return JSONResponse({"detail": f"No document: {error}."}, status_code=422)
