"""How large an image will be, from its headers alone, where Pillow tells it too late or not at all.

A GIF's later frames may be larger than its first, and Pillow counts them without a bound; for a WEBP it sets up the
whole canvas before it tells the size.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from fastapi_convert.errors import UnsafeUpload

_GIF_HEADER = struct.Struct("<6xHHB2x")
_GIF_FRAME = struct.Struct("<HHHHB")
_GIF_COMMENT, _GIF_APPLICATION = b"\xfe", b"\xff"


class Extent(NamedTuple):
    """What an image comes to when all of it is decoded."""

    width: int
    height: int
    frames: int = 1

    def check(self, max_pixels: int, max_frames: int) -> None:
        """Refuse too much of it."""
        if self.frames > max_frames:
            raise UnsafeUpload(
                f"The image has {self.frames} frames or more, and max_frames={max_frames}. "
                "Raise max_frames if animations of this length are welcome."
            )
        pixels = self.width * self.height * self.frames
        if pixels > max_pixels:
            raise UnsafeUpload(
                f"The image has {pixels} pixels ({self.width} x {self.height}, frames: {self.frames}), and "
                f"max_pixels={max_pixels}. Raise max_pixels if images of this size are welcome."
            )


def measure_gif(file: BinaryIO, max_frames: int) -> Extent:
    """Walk over the blocks of a GIF without decoding them, until there are more frames than allowed.

    Raises:
        EOFError: It is cut off within a block, where Pillow's own counting would break down.
    """
    width, height, flags = _GIF_HEADER.unpack(_read_all(file, _GIF_HEADER.size))
    _skip_palette(file, flags)
    frames = 0
    while frames <= max_frames and (kind := file.read(1)) not in {b"", b";"}:
        if kind == b"!":
            _skip_extension(file, first=not frames)
        elif kind == b",":  # whatever else stands between blocks is passed over, as Pillow does
            x, y, wide, high, flags = _GIF_FRAME.unpack(_read_all(file, _GIF_FRAME.size))
            _skip_palette(file, flags)
            _read_all(file, 1)
            _skip_blocks(file)
            width, height, frames = max(width, x + wide), max(height, y + high), frames + 1
    return Extent(width, height, frames)


def _skip_palette(file: BinaryIO, flags: int) -> None:
    if flags & 0x80:
        _read_all(file, 3 << (flags & 7) + 1)


def _skip_extension(file: BinaryIO, *, first: bool) -> None:
    """Pass over one just as far as Pillow does, also where it goes on behind the end of an odd one."""
    label, block = _read_all(file, 1), _read_block(file)
    if label == _GIF_APPLICATION and first and block.startswith(b"NETSCAPE2.0"):
        _read_block(file)
    if block or label != _GIF_COMMENT:
        _skip_blocks(file)


def _skip_blocks(file: BinaryIO) -> None:
    while _read_block(file):
        pass


def _read_block(file: BinaryIO) -> bytes:
    size = file.read(1)
    return _read_all(file, size[0]) if size else b""


def _read_all(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise EOFError("the file is cut off")
    return data


def measure_webp(file: BinaryIO, _max_frames: int) -> Extent:
    """The canvas of a WEBP, from its first chunk; how many frames it has Pillow tells later, and soon enough."""
    head = file.read(30).ljust(30, b"\0")
    if head[12:16] == b"VP8X":
        return Extent(_little(head[24:27]) + 1, _little(head[27:30]) + 1)
    if head[12:16] == b"VP8L":
        bits = _little(head[21:25])
        return Extent((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return Extent(_little(head[26:28]) & 0x3FFF, _little(head[28:30]) & 0x3FFF)


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
