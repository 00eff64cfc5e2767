"""`guard_image`: what an image would expand to is known before Pillow decodes any of it. Needs the extra `pillow`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

from fastapi_convert.errors import HTTPConvertError, InvalidUpload, UnsafeUpload, UnsupportedUpload

from ._image_sizes import Extent, measure_gif, measure_webp
from ._zips import require_seek

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile


def guard_image(
    file: BinaryIO,
    *,
    max_pixels: int = 50_000_000,
    max_frames: int = 1000,
    formats: Sequence[str] = ("JPEG", "PNG", "WEBP", "GIF"),
) -> Image:
    """Open an image with Pillow, if it is of an allowed format and would not expand beyond the limits.

    Nothing is decoded: the image is as lazy as that of `PIL.Image.open()`. `max_pixels` stands in for Pillow's global
    `MAX_IMAGE_PIXELS`, whose warning and error are not met here. Later `seek()` and `crop()` do look at that one, and
    so does a GIF with frames beyond its screen: raise it too where `max_pixels` is above its 89 million.

    Of a JPEG only the first picture is opened, no previews.

    Pillow keeps a WEBP file, and the metadata of others, in memory: bound the file by the upload's own `max_size`.

    Args:
        file: A binary file that can seek. The image reads from it later, so keep it open.
        max_pixels: Width times height, times the frames of an animation, that the image may have. The pixels of an
            image take up to 4 bytes each.
        max_frames: Frames that an animation may have.
        formats: Pillow's names of the formats that are allowed, whatever the file is called. The limits hold for all
            pages or frames of the default ones; of other formats with several pages the first one tells the size.

    Raises:
        UnsupportedUpload: The file is of none of `formats`.
        InvalidUpload: It begins like one of them, but is damaged. Damage behind the header shows later: Pillow raises
            OSError when it loads the pixels.
        UnsafeUpload: The image has more pixels or frames than allowed. It is not UploadTooLarge: the file is small
            enough and has arrived whole, only its content is not acceptable.
        ImportError: Pillow is not installed.
        NotSeekable: `file` cannot seek.

    Examples:
        >>> import io
        >>> from PIL import Image
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (640, 480)).save(file, "PNG")
        >>> guard_image(file, max_pixels=1_000_000).size
        (640, 480)
    """
    openers = _find_openers(formats)
    require_seek(file, "guard_image")
    file.seek(0)
    prefix = file.read(16)
    damage: Exception | None = None
    for opener in openers:
        try:
            if opener.accepts(prefix):
                return opener.open(file, max_pixels, max_frames)
        except Exception as error:
            if not _is_damage(error):
                raise
            damage = error
    if damage:
        raise InvalidUpload(
            f"The image is damaged, or is no {' or '.join(formats)}: {damage!r}. Let the client send it again."
        ) from damage
    raise UnsupportedUpload(
        f"The file begins like none of {', '.join(formats)}, but with {prefix!r}. "
        "Name its format in formats=, if it is welcome and this Pillow can read it."
    )


@dataclass(frozen=True, slots=True)
class _Opener:
    """One of Pillow's formats. `Image.open()` calls `make` too, but then warns by Pillow's own, global limit."""

    name: str
    make: Callable[[BinaryIO, str], ImageFile]
    sniff: Callable[[bytes], bool | str] | None

    def accepts(self, prefix: bytes) -> bool:
        """Whether the file may be of this format; a string from Pillow tells that it was built without it."""
        verdict = self.sniff is None or self.sniff(prefix)
        return bool(verdict) and not isinstance(verdict, str)

    def open(self, file: BinaryIO, max_pixels: int, max_frames: int) -> ImageFile:
        """Check what the headers tell, before and after Pillow has seen them."""
        file.seek(0)
        if measure := _MEASURES.get(self.name):
            measure(file, max_frames).check(max_pixels, max_frames)
            file.seek(0)
        image = self._make(file)
        Extent(*image.size, getattr(image, "n_frames", 1)).check(max_pixels, max_frames)
        return image

    def _make(self, file: BinaryIO) -> ImageFile:
        from PIL.Image import DecompressionBombError, DecompressionBombWarning  # noqa: PLC0415 - an optional library

        try:
            return self.make(file, "")
        except (DecompressionBombError, DecompressionBombWarning) as error:
            raise UnsafeUpload(
                f"Pillow refuses the image by a limit of its own: {error} "
                "Raise PIL.Image.MAX_IMAGE_PIXELS, besides max_pixels, if images of this size are welcome."
            ) from error


_MEASURES = {"GIF": measure_gif, "WEBP": measure_webp}


def _find_openers(formats: Sequence[str]) -> list[_Opener]:
    try:
        from PIL import Image, JpegImagePlugin  # noqa: PLC0415 - an optional library
    except ImportError as error:
        raise ImportError('guard_image() needs Pillow: pip install "fastapi-convert[pillow]"') from error
    Image.init()
    if any(name not in Image.OPEN for name in formats):
        raise ValueError(f"formats={formats!r} must be names of formats that Pillow reads, such as ('JPEG', 'PNG').")
    openers = {name: _Opener(name, *Image.OPEN[name]) for name in formats}
    if jpeg := openers.get("JPEG"):
        # The usual one makes two frames of a photo with a preview, and warns of odd ones.
        openers["JPEG"] = replace(jpeg, make=JpegImagePlugin.JpegImageFile)
    return list(openers.values())


def _is_damage(error: Exception) -> bool:
    """Whether the file is at fault. Pillow raises all kinds of errors, and OSError without a number among them."""
    ours = isinstance(error, (HTTPConvertError, MemoryError))
    return not ours and not (isinstance(error, OSError) and error.errno)
