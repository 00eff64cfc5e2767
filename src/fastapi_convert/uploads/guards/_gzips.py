"""`open_gzip`: reading gzip forwards, in constant memory, to a limit, and never past damage."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, BinaryIO

from fastapi_convert._units import to_bytes
from fastapi_convert.errors import HTTPConvertError, InvalidUpload, UploadTooLarge

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

#: Bytes that come out at once.
_OUT = 1 << 16
#: Bytes that go in at once. zlib copies what is behind the end of a member, so this is also what a member costs.
_IN = 1 << 14
_GZIP = 16 + zlib.MAX_WBITS


def open_gzip(file: BinaryIO, *, max_size: int | str = "1GB") -> BinaryIO:
    """Read gzip data forwards, in constant memory; what expands beyond `max_size` or is damaged ends with an error.

    The result is a buffered binary reader, fit for `csv` (through `io.TextIOWrapper`), pandas and whatever else reads
    forwards. Nothing is read before its first `read()`. Closing it leaves `file` open. Files of several members are
    read as one, and zero bytes behind the last are padding, as for the program gzip.

    There is no limit on the ratio: data is cut off at `max_size` whatever its ratio, and honest logs reach 1000:1.

    Args:
        file: A binary file that is read forwards; it need not seek. Its own errors pass unchanged.
        max_size: Bytes that may come out, or a size such as `"1GB"`. Exactly so many are allowed.

    Raises:
        UploadTooLarge: While reading: more than `max_size` bytes come out. No more than `max_size` have been returned.
        InvalidUpload: While reading: no gzip, damaged, cut off, or something else follows. Never a clean end.

    Examples:
        >>> import gzip, io
        >>> reader = open_gzip(io.BytesIO(gzip.compress(b"a,b")), max_size="1MB")
        >>> io.TextIOWrapper(reader).readlines()
        ['a,b']
    """
    return io.BufferedReader(_Gunzip(file, to_bytes(max_size, "max_size")), _OUT)


class _Gunzip(io.RawIOBase):
    def __init__(self, file: BinaryIO, max_size: int) -> None:
        self._file = file
        self._max_size = max_size
        self._left = max_size
        self._input = b""
        self._member = zlib.decompressobj(_GZIP)
        self._first = True
        self._refusal: tuple[type[HTTPConvertError], str] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._refusal:  # who reads on after an error meets it again, never an end
            kind, message = self._refusal
            raise kind(message)
        piece = self._next(min(len(view), _OUT)) if view else b""
        view[: len(piece)] = piece
        return len(piece)

    def _next(self, size: int) -> bytes:
        """The next bytes, at most `size`; none at the end of the last member."""
        while not self._member.eof or self._begin_member():
            # At the limit one more byte tells whether this is the end. Zero would mean "without a limit" to zlib.
            piece = self._inflate(min(size, self._left) or 1)
            if len(piece) > self._left:
                raise self._refuse(
                    UploadTooLarge,
                    f"The gzip data expands to more than max_size={self._max_size} bytes. "
                    "Raise max_size if files of this size are welcome.",
                )
            if piece:
                self._left -= len(piece)
                return piece
        return b""

    def _begin_member(self) -> bool:
        self._input = self._member.unused_data.lstrip(b"\0")
        while not self._input:
            if not self._refill():
                return False
            self._input = self._input.lstrip(b"\0")
        self._first = False
        self._member = zlib.decompressobj(_GZIP)
        return True

    def _inflate(self, size: int) -> bytes:
        """What comes out next, at most `size` bytes; perhaps none yet, because all that was read went in."""
        try:
            piece = self._member.decompress(self._input, size)
        except zlib.error as error:
            raise self._refuse(InvalidUpload, self._describe(error)) from error
        self._input = self._member.unconsumed_tail
        if not (piece or self._input or self._member.eof or self._refill()):
            raise self._refuse(
                InvalidUpload,
                "The gzip data is cut off: it ends before its closing checksum. Let the client send the file again.",
            )
        return piece

    def _describe(self, error: zlib.error) -> str:
        if "header" not in str(error):
            return f"The gzip data is damaged ({error}). Let the client send the file again."
        if self._first:
            return f"This is no gzip data ({error}). Use open_gzip() only for what was compressed with gzip."
        return f"Something that is no gzip data follows it ({error}). Let the client send the .gz file alone."

    def _refill(self) -> bool:
        self._input = self._file.read(_IN)
        return bool(self._input)

    def _refuse(self, kind: type[HTTPConvertError], message: str) -> HTTPConvertError:
        self._refusal = kind, message
        return kind(message)
