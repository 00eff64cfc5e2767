"""Serves the thumbnails: what the file would expand to is known before Pillow decodes any of it.

Try it: `uvicorn examples.uploads.thumbnails.app:app`.
"""

from __future__ import annotations

from typing import Annotated, BinaryIO

from fastapi import APIRouter, FastAPI, Response

from examples.uploads.thumbnails import legacy
from fastapi_convert import Pool, offload
from fastapi_convert.errors import InvalidUpload
from fastapi_convert.uploads import Upload, UploadRoute, guard_image, streamed

# 4 bytes a pixel, and some copies of them: two at a time bound the memory. Threads do, for Pillow lets go of Python's
# lock while it decodes and scales.
pillow = Pool("pillow", threads=2, max_waiting=50)
MAX_PIXELS = 40_000_000

router = APIRouter(route_class=UploadRoute)


@offload(pool=pillow)
def make_thumbnail(file: BinaryIO) -> bytes:
    """The legacy function behind a guard, which knows 415 (no such image), 422 (too many pixels) and 400 (damaged)."""
    guard_image(file, max_pixels=MAX_PIXELS, max_frames=100)
    try:
        return legacy.make_thumbnail(file)
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # what Pillow raises for damage behind the header
        if isinstance(error, OSError) and error.errno:  # the disk's, not the file's
            raise
        raise InvalidUpload(f"The image is damaged: {error!r}. Let the client send it again.") from error


@router.post("/thumbnails", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
async def thumbnail(file: Annotated[Upload, streamed("file", max_size="20MB", types=["image/*"])]) -> Response:
    """Answer with a small JPEG of the image."""
    async with file.seekable() as image:
        return Response(await make_thumbnail(image), media_type="image/jpeg")


app = FastAPI(title="Thumbnails")
app.include_router(router)
