"""Serves the archive: each upload goes on to S3 while it arrives, and touches no disk here.

Try it: `AWS_ENDPOINT_URL=http://127.0.0.1:5000 uvicorn examples.uploads.archive.app:app`.
"""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from examples.uploads.archive import legacy
from fastapi_convert import Pool
from fastapi_convert.uploads import Upload, UploadRoute, streamed

# A slow client holds a worker as long as it sends, so these have a pool of their own. 16 uploads keep 16 parts of 8 MB.
s3 = Pool("s3", threads=16, max_waiting=100)

router = APIRouter(route_class=UploadRoute)


class Archived(BaseModel):
    """Where a file is, and what it is."""

    key: str
    size: int
    sha256: str | None


@router.post("/archive", status_code=201)
async def archive(file: Annotated[Upload, streamed("file", max_size="5GB", hash="sha256", pool=s3)]) -> Archived:
    """Store a file; answer when S3 has all of it."""
    key = f"{uuid4()}/{file.safe_name}"  # no two uploads get the same, whatever their clients call them
    await file.run(legacy.archive, key)
    return Archived(key=key, size=file.received, sha256=file.digest)


app = FastAPI(title="Archive")
app.include_router(router)


@app.exception_handler(BotoCoreError)
@app.exception_handler(ClientError)
async def archive_is_down(_request: Request, _error: Exception) -> JSONResponse:
    """Turn boto3's errors into a 502; what they say of the bucket is for the log, not for the client."""
    return JSONResponse({"detail": "The archive does not take the file. Try again later."}, status_code=502)
