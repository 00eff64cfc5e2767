"""Guards against hostile files: archives that expand without end, names that climb out of a folder, giant images.

Plain synchronous functions over a binary file: they work in a worker of `Upload.run`, in a job, or without FastAPI.
"""

from __future__ import annotations

from ._gzips import open_gzip
from ._pillow import guard_image
from ._zips import guard_zip

__all__ = ("guard_image", "guard_zip", "open_gzip")
