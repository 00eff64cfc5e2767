"""Feed uploads to the synchronous code you have while they arrive: in bounded memory, off the event loop."""

from __future__ import annotations

from ._pools import upload_pool
from ._spooled import adapt, detach
from .dependencies import streamed, streamed_body, streamed_form
from .forms import UploadForm
from .guards import guard_image, guard_zip, open_gzip
from .names import safe_name
from .records import RowError, Rows
from .routes import UploadRoute
from .saving import SavedFile, sweep
from .upload import Upload

__all__ = (
    "RowError",
    "Rows",
    "SavedFile",
    "Upload",
    "UploadForm",
    "UploadRoute",
    "adapt",
    "detach",
    "guard_image",
    "guard_zip",
    "open_gzip",
    "safe_name",
    "streamed",
    "streamed_body",
    "streamed_form",
    "sweep",
    "upload_pool",
)
