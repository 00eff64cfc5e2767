"""`guard_image` against giant, endless, disguised and damaged images, and with honest ones."""

from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import tracemalloc
import zlib
from typing import Any, BinaryIO

import pytest
from hypothesis import (
    example,
    given,
    settings,
    strategies as st,
)
from PIL import Image

from fastapi_convert.errors import (
    ConvertError,
    HTTPConvertError,
    InvalidUpload,
    UnsafeUpload,
    UnsupportedUpload,
    UploadAborted,
)
from fastapi_convert.uploads.guards import guard_image
from fastapi_convert.uploads.guards._image_sizes import measure_gif, measure_webp

DEFAULTS = ("JPEG", "PNG", "WEBP", "GIF")
NOISE = Image.frombytes("RGB", (64, 48), random.Random(1).randbytes(64 * 48 * 3))


def saved(kind: str, image: Image.Image = NOISE, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def animated(kind: str, frames: int = 5) -> bytes:
    pictures = [Image.new("RGB", (40, 30), (50 * n, 0, 0)) for n in range(frames)]
    return saved(kind, pictures[0], save_all=True, append_images=pictures[1:])


def png(width: int, height: int, *, mode: int = 2) -> bytes:
    """The headers of a PNG of any size, with hardly any pixels behind them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">LLBBBBB", width, height, 8, mode, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    data = bytearray(saved("JPEG"))
    struct.pack_into(">HH", data, data.index(b"\xff\xc0") + 5, height, width)
    return bytes(data)


def webp(width: int, height: int) -> bytes:
    data = bytearray(animated("WEBP"))
    assert data[12:16] == b"VP8X"
    data[24:30] = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return bytes(data)


GIF_PIXEL = b"\x02\x02\x44\x01\x00"


def gif(width: int, height: int, *frames: tuple[int, int, int, int]) -> bytes:
    data = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    for frame in frames:
        data += b"," + struct.pack("<4HB", *frame, 0) + GIF_PIXEL
    return data + b";"


def refuse(data: bytes, kind: type[HTTPConvertError], match: str, **limits: Any) -> None:
    """Expect a refusal of exactly this class, in little memory, and nothing of it in what the client is told."""
    file = io.BytesIO(data)
    guard_image(io.BytesIO(png(1, 1)))  # what Pillow loads at its first use is not the image's memory
    tracemalloc.start()
    try:
        with pytest.raises(kind, match=match) as caught:
            guard_image(file, **limits)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
    assert type(caught.value) is kind
    assert caught.value.detail == kind.default_detail
    assert not file.closed


# Made before a test takes away what makes them.
SAVED_AS_PNG, SAVED_AS_WEBP = saved("PNG"), saved("WEBP")


@pytest.mark.parametrize("kind", DEFAULTS)
def test_an_honest_image_opens_as_with_pillow(kind: str) -> None:
    """The same pixels, from a file that stays open, and from any place in it."""
    data = saved(kind)
    file = io.BytesIO(data)
    file.seek(0, io.SEEK_END)
    image, usual = guard_image(file), Image.open(io.BytesIO(data))
    assert (image.format, image.size, image.mode) == (kind, (64, 48), usual.mode)
    assert image.tobytes() == usual.tobytes()
    image.thumbnail((8, 8))
    assert not file.closed


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_an_honest_animation_opens_as_with_pillow(kind: str) -> None:
    """Every frame of it."""
    data = animated(kind)
    image, usual = guard_image(io.BytesIO(data)), Image.open(io.BytesIO(data))
    assert getattr(image, "n_frames", 1) == 5
    for frame in range(5):
        image.seek(frame)
        usual.seek(frame)
        assert image.convert("RGB").tobytes() == usual.convert("RGB").tobytes()


def test_a_photo_with_a_preview_is_one_picture() -> None:
    """As phones make them: 48 megapixels must not count twice."""
    data = saved("MPO", save_all=True, append_images=[Image.new("RGB", (10, 10))])
    image = guard_image(io.BytesIO(data), max_pixels=64 * 48)
    assert (image.format, image.size, getattr(image, "n_frames", 1)) == ("JPEG", (64, 48), 1)
    image.load()


def test_nothing_is_decoded() -> None:
    """The image is lazy: damage in its pixels shows when they are loaded."""
    image = guard_image(io.BytesIO(saved("PNG")[:200]))
    with pytest.raises(OSError, match="truncated"):
        image.load()


# Too many pixels


@pytest.mark.parametrize(
    "data",
    [png(60_000, 60_000), jpeg(60_000, 60_000), webp(16_000, 16_000), gif(60_000, 60_000, (0, 0, 1, 1))],
    ids=["png", "jpeg", "webp", "gif"],
)
def test_a_giant_is_refused_by_its_header(data: bytes) -> None:
    """Before Pillow could warn or raise, and before anything of its size is set up."""
    assert len(data) < 20_000
    refuse(data, UnsafeUpload, r"The image has \d+ pixels \((\d+) x \1, frames: 1\), and max_pixels=50000000. Raise")


@pytest.mark.parametrize("data", [saved("WEBP", quality=50), saved("WEBP", lossless=True)], ids=["lossy", "lossless"])
def test_both_plain_forms_of_webp_are_measured(data: bytes) -> None:
    """Their sizes are kept in different places, and known before Pillow sets up the canvas."""
    assert measure_webp(io.BytesIO(data), 1) == (64, 48, 1)
    guard_image(io.BytesIO(data), max_pixels=64 * 48)
    refuse(data, UnsafeUpload, r"3072 pixels \(64 x 48", max_pixels=64 * 48 - 1)


@pytest.mark.parametrize("make", [png, jpeg, webp, lambda w, h: gif(w, h, (0, 0, 1, 1))])
@pytest.mark.parametrize("limit, passes", [(9_999, False), (10_000, True), (10_001, True)])
def test_the_limit_is_exact(make: Any, limit: int, passes: bool) -> None:
    """The limit itself is allowed; the five frames of the WEBP are counted, too."""
    data = make(50, 40) if make is webp else make(100, 100)
    if passes:
        guard_image(io.BytesIO(data), max_pixels=limit)
    else:
        refuse(data, UnsafeUpload, "The image has 10000 pixels", max_pixels=limit)


@pytest.mark.parametrize("make", [png, jpeg, lambda w, h: gif(w, h, (0, 0, 1, 1))])
@pytest.mark.parametrize("side", [10_000, 14_000])
def test_the_limit_stands_in_for_that_of_pillow(make: Any, side: int) -> None:
    """Where Pillow would warn, and where it would raise, a higher `max_pixels` holds."""
    with pytest.raises((Image.DecompressionBombWarning, Image.DecompressionBombError)):
        Image.open(io.BytesIO(make(side, side)))
    assert guard_image(io.BytesIO(make(side, side)), max_pixels=side * side).size == (side, side)


def test_a_limit_of_pillow_that_cannot_be_passed_by_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of this library, with Pillow's own setting as the cure."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    refuse(gif(1, 1, (0, 0, 12, 12)), UnsafeUpload, r"limit of its own: .* Raise PIL\.Image\.MAX_IMAGE_PIXELS, besides")
    refuse(gif(1, 1, (0, 0, 20, 20)), UnsafeUpload, r"limit of its own: .* Raise PIL\.Image\.MAX_IMAGE_PIXELS, besides")
    assert guard_image(io.BytesIO(png(12, 12))).size == (12, 12)


# Animations


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_frames_are_counted_and_multiplied(kind: str) -> None:
    """Five frames of 40 x 30: both limits, to the frame and to the pixel."""
    data = animated(kind)
    guard_image(io.BytesIO(data), max_frames=5, max_pixels=6_000)
    refuse(data, UnsafeUpload, "has 5 frames or more, and max_frames=4. Raise max_frames", max_frames=4)
    refuse(data, UnsafeUpload, r"has 6000 pixels \(40 x 30, frames: 5\), and max_pixels=5999", max_pixels=5_999)


def test_a_gif_of_a_million_frames_is_not_counted_to_its_end() -> None:
    """One frame more than allowed is enough."""

    class Counting(io.BytesIO):
        reads = 0

        def read(self, size: int | None = -1) -> bytes:
            self.reads += 1
            return super().read(size)

    file = Counting(gif(1, 1)[:-1] + (b"," + struct.pack("<4HB", 0, 0, 1, 1, 0) + GIF_PIXEL) * 1_000_000)
    with pytest.raises(UnsafeUpload, match="has 1001 frames or more"):
        guard_image(file)
    assert file.reads < 10_000


def test_a_gif_cannot_grow_behind_its_first_frame() -> None:
    """The screen of one pixel, and a later frame that makes Pillow enlarge it."""
    data = gif(1, 1, (0, 0, 1, 1), (0, 0, 30_000, 30_000))
    refuse(data, UnsafeUpload, r"1800000000 pixels \(30000 x 30000, frames: 2\)")
    refuse(gif(1, 1, (0, 0, 1, 1), (65_535, 65_535, 1, 1)), UnsafeUpload, r"\(65536 x 65536, frames: 2\)")
    refuse(gif(1, 1, (0, 0, 9_000, 9_000)), UnsafeUpload, r"\(9000 x 9000, frames: 1\)")


# A block of 14 bytes, which is a frame to a reader who does not take it for a block.
HIDDEN = b"\x0e," + struct.pack("<4HB", 0, 0, 4, 3, 0) + GIF_PIXEL


@pytest.mark.parametrize(
    "extension",
    [
        b"",
        b"!\xf9\x04\x04\x0a\x00\x00\x00",
        b"!\xfe\x03abc\x02de\x00",
        b"!\xfe\x00" + HIDDEN,
        b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00",
        b"!\xff\x0bNETSCAPE2.0\x00" + HIDDEN,
        b"!\xff\x0bOTHERSAPE2.0\x00" + HIDDEN,
        b"!\xf9\x00" + HIDDEN,
        HIDDEN,
    ],
)
def test_a_gif_is_read_as_pillow_reads_it(extension: bytes) -> None:
    """Between the frames, also what is odd there."""
    one = gif(4, 3, (0, 0, 4, 3))
    head, frame = one[:19], one[19:-1]
    data = head + extension + frame + extension + frame + b";"
    assert measure_gif(io.BytesIO(data), 1000) == (*Image.open(io.BytesIO(data)).size, _count(data))


def _count(data: bytes) -> int:
    return int(getattr(Image.open(io.BytesIO(data)), "n_frames", 1))


def test_other_formats_are_counted_by_pillow() -> None:
    """A TIFF of three pages, if it is asked for."""
    data = saved("TIFF", save_all=True, append_images=[NOISE, NOISE])
    guard_image(io.BytesIO(data), formats=["TIFF"], max_frames=3)
    refuse(data, UnsafeUpload, "has 3 frames", formats=["TIFF"], max_frames=2)


# Formats


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "EPS", "ICO", "PPM", "TGA", "PDF"])
def test_what_is_not_on_the_list_is_refused_whatever_its_name(kind: str) -> None:
    """Pillow reads dozens of formats, and runs a program for one of them."""
    refuse(saved(kind), UnsupportedUpload, "begins like none of JPEG, PNG, WEBP, GIF, but with b'.*formats=")


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg/>", bytes(1000), b"\x89PNG", b"RIFF\0\0\0\0WEBP"])
def test_what_is_no_image_is_refused(data: bytes) -> None:
    """415."""
    refuse(data, UnsupportedUpload, "begins like none of")


@pytest.mark.parametrize("kind", DEFAULTS)
def test_formats_are_an_allow_list(kind: str) -> None:
    """Each of the usual ones is refused when it is not named."""
    others = [other for other in DEFAULTS if other != kind]
    refuse(saved(kind), UnsupportedUpload, " and this Pillow can read it", formats=others)
    assert guard_image(io.BytesIO(saved(kind)), formats=[kind]).format == kind


def test_a_format_that_pillow_was_built_without_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow knows the file then, but cannot read it."""
    monkeypatch.setattr("PIL.WebPImagePlugin.SUPPORTED", False)
    refuse(SAVED_AS_WEBP, UnsupportedUpload, "if it is welcome and this Pillow can read it")


def test_a_format_without_a_signature_does_not_hide_the_next() -> None:
    """Pillow knows a TGA only by trying."""
    assert guard_image(io.BytesIO(saved("PNG")), formats=("TGA", "PNG")).format == "PNG"
    assert guard_image(io.BytesIO(saved("TGA")), formats=("TGA", "PNG")).format == "TGA"


@pytest.mark.parametrize("formats", ["PNG", ["PNG", "NOPE"], [".png"], ["png"]])
def test_formats_that_pillow_does_not_know_are_errors_of_the_program(formats: Any) -> None:
    """And not of the client."""
    with pytest.raises(ValueError, match="must be names of formats that Pillow reads"):
        guard_image(io.BytesIO(saved("PNG")), formats=formats)


# Damage


@pytest.mark.parametrize(
    "data",
    [
        saved("PNG")[:20],
        saved("PNG")[:16] + b"\xff" + saved("PNG")[17:],
        png(0, 5),
        saved("JPEG")[:20],
        saved("JPEG")[:3] + bytes(100),
        saved("WEBP")[:40],
        saved("GIF")[:10],
        gif(1, 1),
        gif(1, 1, (0, 0, 1, 1))[:-3],
        gif(1, 1, (0, 0, 1, 1))[:-1] + b"!\xf9\x01\x00\x00",
        gif(1, 1, (0, 0, 1, 1))[:-1] + b"!",
        gif(1, 1, (0, 0, 1, 1), (0, 0, 1, 1))[:-8],
    ],
)
def test_damaged_headers_are_malformed(data: bytes) -> None:
    """400, with what Pillow says."""
    refuse(data, InvalidUpload, "The image is damaged, or is no JPEG or PNG or WEBP or GIF: .* Let the client")


SAMPLES = [*map(saved, DEFAULTS), animated("GIF", 3), animated("PNG", 3), animated("WEBP", 3)]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """An image with some bytes changed, most of them near its beginning."""
    data = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 4))):
        begin = draw(st.integers(0, 80) | st.integers(0, len(data)))
        data[begin : begin + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(data[: draw(st.just(len(data)) | st.integers(0, len(data)))])


@settings(max_examples=800, deadline=None)
@given(st.binary(max_size=200) | mutated())
@example(b"\xff\xd8\xff")
def test_any_bytes_are_an_image_within_the_limits_or_an_error_of_ours(data: bytes) -> None:
    """No other error, no warning, and for a GIF no frame that Pillow would see and we did not."""
    try:
        image = guard_image(io.BytesIO(data), max_pixels=20_000, max_frames=10)
    except ConvertError:
        return
    assert image.width * image.height <= 20_000
    if image.format == "GIF":
        extent = measure_gif(io.BytesIO(data), 10)
        assert getattr(image, "n_frames", 1) == extent.frames <= 10
        assert extent.width >= image.width


def test_errors_of_the_file_itself_pass_unchanged() -> None:
    """A client that went away, and a disk that fails, are no damaged images."""

    class Failing(io.BytesIO):
        error: Exception

        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 16:
                raise self.error
            return super().read(min(size, 16) if size and size > 0 else 16)

    file = Failing(saved("PNG"))
    for error in (UploadAborted("gone"), OSError(5, "Input/output error"), MemoryError()):
        file.error = error
        with pytest.raises(type(error)) as caught:
            guard_image(file)
        assert caught.value is error


def test_a_file_that_cannot_seek_is_told_the_way_out() -> None:
    """Pillow would take all of it into memory; a closed one says so itself."""
    reader, writer = os.pipe()
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe, pytest.raises(io.UnsupportedOperation, match=r"guard_image.*seekable\(\)"):
        guard_image(pipe)
    file: BinaryIO = io.BytesIO()
    file.close()
    with pytest.raises(ValueError, match="closed"):
        guard_image(file)


# Without Pillow


def test_without_pillow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only when it is called."""
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "fastapi-convert\[pillow\]"'):
        guard_image(io.BytesIO(SAVED_AS_PNG))


def test_the_module_does_not_import_pillow() -> None:
    """The other guards work without it."""
    probe = "import sys; sys.modules['PIL'] = None; from fastapi_convert.uploads.guards import guard_image, guard_zip"
    subprocess.run([sys.executable, "-c", probe], check=True)
