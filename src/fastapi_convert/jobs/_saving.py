"""Files that a job is given, saved where it will look for them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi_convert.errors import ConvertError, JobStoreUnavailable

if TYPE_CHECKING:
    from fastapi_convert.uploads import SavedFile, Upload

    from ._access import Access


async def save_input(jobs: Access, upload: Upload, folder: Path) -> SavedFile:
    """Save an upload in a new folder of its own: two of them may have one name.

    Raises:
        JobStoreUnavailable: The disk does not take it: it is full, broken or read-only, or too many files are open.
        HTTPConvertError: The upload is to blame, such as `UploadAborted` and `UploadTooLarge`.
    """
    try:
        await jobs.read(partial(folder.mkdir, mode=0o700, parents=True))
        return await upload.save(folder / upload.safe_name)
    except ConvertError:  # one of them is an `OSError` as well
        raise
    except OSError as error:
        unavailable = JobStoreUnavailable(f"A file for a job could not be saved: {error}. Look at the disk.")
        # The client is still sending what nobody will take.
        unavailable.headers = {**(unavailable.headers or {}), "Connection": "close"}
        raise unavailable from error
