"""One entry of a zip archive: what its headers may not say, and its bytes, expanded in constant memory and compared."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import IO

from fastapi_convert.errors import InvalidUpload, UnsafeUpload, UnsupportedUpload

_CHUNK = 1 << 16
_LOCAL_HEADER = struct.Struct("<26xHH")
_ENCRYPTED = 0x1 | 0x40 | 0x2000  # the old way, the strong way, and the list of entries itself
_HARMLESS = (0, stat.S_IFREG, stat.S_IFDIR)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DRIVE = re.compile(r"[A-Za-z]:")


class Entry:
    """An entry as the archive's list has it. `path` names it, from the outermost archive that it is in."""

    __slots__ = ("_file", "info", "path")

    def __init__(self, file: IO[bytes], info: zipfile.ZipInfo, parents: tuple[str, ...]) -> None:
        self._file = file
        self.info = info
        self.path = (*parents, _shorten(info.orig_filename))

    @property
    def label(self) -> str:
        """What messages call it: its path, quoted, so that nothing in a name can forge a line of a log."""
        return f"The entry {'/'.join(self.path)!r}"

    def check(self) -> None:
        """Refuse what the list of entries alone gives away."""
        # The two differ where an extra field has another name; which of them is used depends on Python's version.
        reason = _what_is_wrong_with(self.info.orig_filename) or _what_is_wrong_with(self.info.filename)
        if reason:
            raise UnsafeUpload(f"{self.label} {reason}. Refuse the archive, or let it be made with plain names.")
        if stat.S_IFMT(self.info.external_attr >> 16) not in _HARMLESS:
            raise UnsafeUpload(f"{self.label} is a link or a special file. Let the archive be made without links.")
        if self.info.flag_bits & _ENCRYPTED:
            raise UnsafeUpload(f"{self.label} is encrypted and cannot be looked at. Let it be sent without a password.")
        if self.info.compress_type not in _METHODS:
            raise UnsupportedUpload(
                f"{self.label} is compressed by method {self.info.compress_type}, which Python's zipfile expands "
                "without a bound, or not at all. Let the archive be made with Deflate, the usual method."
            )

    def begin(self) -> int:
        """Where the entry's own bytes begin, behind its local header."""
        offset = self.info.header_offset
        # The archive may claim any offset of 64 bits, and files differ in what they say to seeking there.
        if not 0 <= offset <= self._file.seek(0, io.SEEK_END) - _LOCAL_HEADER.size:
            raise InvalidUpload(f"{self.label} is not in the file at all. Let the client send the archive again.")
        self._file.seek(offset)
        name_size, extra_size = _LOCAL_HEADER.unpack(self._file.read(_LOCAL_HEADER.size))
        begin: int = offset + _LOCAL_HEADER.size + name_size + extra_size
        return begin

    def read(self) -> Iterator[bytes]:
        """The entry's content in small pieces; an error as soon as it is not what the headers say."""
        size = crc = 0
        try:
            for piece in self._expand():
                size += len(piece)
                if size > self.info.file_size:
                    break
                crc = zlib.crc32(piece, crc)
                yield piece
        except zlib.error as error:
            raise InvalidUpload(f"{self.label} is damaged: {error}. Let the client send the archive again.") from error
        if (size, crc) != (self.info.file_size, self.info.CRC):
            raise InvalidUpload(
                f"{self.label} does not hold the {self.info.file_size} bytes, or not the checksum, that its header "
                "declares: it is damaged or a trap. Let the client make and send the archive again."
            )

    def _expand(self) -> Iterator[bytes]:
        self._file.seek(self.begin())
        stored = _take(self._file, self.info.compress_size)
        return stored if self.info.compress_type == zipfile.ZIP_STORED else _inflate(stored)


def check_overlaps(entries: Iterable[Entry]) -> None:
    """Refuse entries that share bytes: that is how 10 MB become 281 TB without any nesting."""
    spans = sorted(
        (entry.info.header_offset, entry.begin() + entry.info.compress_size, entry.path) for entry in entries
    )
    for (_, end, first), (begin, _, second) in pairwise(spans):
        if begin < end:
            raise UnsafeUpload(
                f"The entries {'/'.join(first)!r} and {'/'.join(second)!r} overlap in the archive, which no honest "
                "program makes. Refuse it."
            )


def _shorten(name: str) -> str:
    return name if len(name) <= 100 else f"{name[:97]}..."


def _what_is_wrong_with(name: str) -> str:
    if not name:
        return "has no name"
    if "\0" in name or "\\" in name:
        return "has a NUL or a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "has an absolute path"
    # Windows drops dots and spaces from the end of a name, and so comes upon `..` in `.. `.
    if any(part.startswith("..") and not part.strip(". ") for part in name.split("/")):
        return "leads out of the folder"
    return ""


def _take(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size and (piece := file.read(min(size, _CHUNK))):
        size -= len(piece)
        yield piece


def _inflate(pieces: Iterable[bytes]) -> Iterator[bytes]:
    engine = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in pieces:
        if engine.eof:
            raise zlib.error("something follows the end of its data")
        yield engine.decompress(piece, _CHUNK)
        while tail := engine.unconsumed_tail:
            yield engine.decompress(tail, _CHUNK)
    while rest := engine.decompress(b"", _CHUNK):
        yield rest
    if engine.unused_data or not engine.eof:
        raise zlib.error("its data has no end, or an early one")
