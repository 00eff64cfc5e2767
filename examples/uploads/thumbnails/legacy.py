"""Makes thumbnails with Pillow. Nobody converted this module and nobody has to."""

from __future__ import annotations

import io
from typing import BinaryIO

from PIL import Image, ImageOps

SIZE = (256, 256)


def make_thumbnail(file: BinaryIO) -> bytes:
    """Make a small JPEG of an image, the right way up."""
    with Image.open(file) as image:
        image.thumbnail(SIZE)
        out = io.BytesIO()
        ImageOps.exif_transpose(image).convert("RGB").save(out, "JPEG", quality=85)
    return out.getvalue()
