"""`guard_zip`: an archive is proven harmless before anybody works with it.

zipfile believes what an archive's headers say. So does every library on top of it: an entry that declares 10 bytes and
expands to gigabytes takes that memory in `read()`. Therefore each entry is expanded once here, in constant memory and
only as far as the limits go. What the headers say is true afterwards, for whoever reads the file.
"""

from __future__ import annotations

import io
import struct
import tempfile
import zipfile
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, BinaryIO

from fastapi_convert._units import to_bytes
from fastapi_convert.errors import InvalidUpload, NotSeekable, UnsafeUpload, UploadTooLarge

from ._zip_entries import Entry, check_overlaps

#: Below this a ratio means nothing: small files of equal lines reach 1000:1 and harm nobody.
_RATIO_FLOOR = 1 << 20
_SPOOL = 1 << 20
#: What zipfile reads without naming a size: the end of the file, where a comment of 64 KiB may be.
_TAIL = 65 << 10
_LOCAL = b"PK\x03\x04"
_CENTRAL = b"PK\x01\x02"
#: What zipfile raises for an archive that it cannot read; a warning, where warnings are errors.
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, struct.error, UserWarning)


def guard_zip(
    file: BinaryIO,
    *,
    max_total: int | str = "1GB",
    max_ratio: float = 200,
    max_entries: int = 10_000,
    max_depth: int = 3,
) -> zipfile.ZipFile:
    """Prove that an archive keeps to the limits and holds nothing treacherous, and open it.

    Every entry is expanded once, in constant memory, and its size and checksum are compared with what is declared. So
    reading, `extractall()`, and libraries that are given `file` itself (openpyxl, python-docx) stay within the limits
    too. Entries that begin as archives do are checked in the same way and count towards the same limits, through a
    temporary file if they are large. A docx or xlsx is a zip archive, and passes.

    Args:
        file: A binary file that can seek. It is left at its beginning, and closing the result leaves it open.
        max_total: Bytes that all entries may expand to, those of nested archives included, or a size such as `"1GB"`.
        max_ratio: How many times its compressed size an entry, and its file size the archive, may expand to. Only
            looked at above 1 MiB.
        max_entries: Entries, those of nested archives included. The list of entries may have 1 KiB for each.
        max_depth: Levels of archives inside the archive; 0 refuses any.

    Returns:
        A plain `zipfile.ZipFile`, open for reading.

    Raises:
        UploadTooLarge: More than `max_total`, `max_ratio` or `max_entries` allow.
        UnsafeUpload: An entry leads out of the folder, is a link or another special file, is encrypted, or shares its
            bytes with another one; or archives are nested deeper than `max_depth`.
        UnsupportedUpload: An entry is neither stored nor deflated: zipfile expands other methods without any bound.
        InvalidUpload: No zip archive, or a damaged one, or one whose headers lie.
        NotSeekable: `file` cannot seek.

    Examples:
        >>> import io, zipfile
        >>> file = io.BytesIO()
        >>> with zipfile.ZipFile(file, "w") as made:
        ...     made.writestr("a.txt", "hello")
        >>> guard_zip(file, max_total="1MB").read("a.txt")
        b'hello'
    """
    require_seek(file, "guard_zip")
    limits = _Limits(to_bytes(max_total, "max_total"), max_ratio, max_entries, max_depth)
    archive = _Inspection(limits, file.seek(0, io.SEEK_END)).inspect(file)
    file.seek(0)
    return archive


def require_seek(file: IO[bytes], guard: str) -> None:
    """Refuse a file that is read forwards only, with the way out; also a closed one, with its own ValueError."""
    if not file.seekable():
        raise NotSeekable(
            f"{guard}() needs a file that can seek, and this {type(file).__name__} cannot. "
            "Give it the file of `async with upload.seekable() as file`."
        )


@dataclass(frozen=True, slots=True)
class _Limits:
    max_total: int
    max_ratio: float
    max_entries: int
    max_depth: int

    def __post_init__(self) -> None:
        if min(self.max_entries, self.max_depth) < 0 or not self.max_ratio > 0:
            raise ValueError(f"max_entries and max_depth are 0 or more, max_ratio is above 0, not {self}.")

    def count(self, entries: int) -> None:
        """Refuse too many entries."""
        if entries > self.max_entries:
            raise UploadTooLarge(
                f"The archive has {entries} entries or more, and max_entries={self.max_entries}. "
                "Raise max_entries if archives of so many files are welcome."
            )

    def compare(self, expanded: int, compressed: int, what: str) -> None:
        """Refuse what expands out of proportion."""
        if expanded > _RATIO_FLOOR and expanded > self.max_ratio * compressed:
            raise UploadTooLarge(
                f"{what} expands from {compressed} to {expanded} bytes, {expanded / max(compressed, 1):.0f} times its "
                f"size, and max_ratio={self.max_ratio}. Raise max_ratio if such files are welcome."
            )


class _Inspection:
    """What the archive and those nested in it have come to so far."""

    def __init__(self, limits: _Limits, size: int) -> None:
        self._limits = limits
        self._size = size
        self._total = 0
        self._entries = 0

    def inspect(self, file: IO[bytes], parents: tuple[str, ...] = ()) -> zipfile.ZipFile:
        """Check an archive: first what its list of entries says, then whether that is true."""
        with _reading(parents):
            # A first time for the size of the list alone: this one cannot take more memory than allowed.
            zipfile.ZipFile(_Listing(file, self._limits)).close()
            archive = zipfile.ZipFile(file)
        entries = [Entry(file, info, parents) for info in archive.infolist()]
        self._add(archive.infolist())
        for entry in entries:
            entry.check()
            self._limits.compare(entry.info.file_size, entry.info.compress_size, entry.label)
        check_overlaps(entries)
        for entry in entries:
            with _reading(entry.path):
                archive.open(entry.info).close()  # compares the entry's own header with the list
            self._expand(entry)
        return archive

    def _add(self, infos: list[zipfile.ZipInfo]) -> None:
        self._entries += len(infos)
        self._limits.count(self._entries)
        self._total += sum(info.file_size for info in infos)
        if self._total > self._limits.max_total:
            raise UploadTooLarge(
                f"The archive expands to {self._total} bytes or more, and max_total={self._limits.max_total}. "
                "Raise max_total if archives of this size are welcome."
            )
        self._limits.compare(self._total, self._size, "The archive")

    def _expand(self, entry: Entry) -> None:
        pieces = entry.read()
        head = b""
        while len(head) < len(_LOCAL) and (piece := next(pieces, None)) is not None:
            head += piece
        if not head.startswith(_LOCAL):
            deque(pieces, maxlen=0)
            return
        if len(entry.path) > self._limits.max_depth:
            raise UnsafeUpload(
                f"{entry.label} is an archive, nested deeper than max_depth={self._limits.max_depth}. "
                "Raise max_depth if archives within archives are welcome."
            )
        with tempfile.SpooledTemporaryFile(_SPOOL) as nested:
            nested.write(head)
            for piece in pieces:  # not writelines(), which looks at the size only at the end
                nested.write(piece)
            self.inspect(nested, entry.path)


class _Listing:
    """A file through which zipfile may read a list of entries, but none beyond the limit, wherever it finds it."""

    def __init__(self, file: IO[bytes], limits: _Limits) -> None:
        self._file = file
        self._limits = limits
        self._most = _TAIL + (limits.max_entries << 10)
        self.tell = file.tell

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go where zipfile wants to; the first releases of Python 3.11 want to go before the beginning."""
        if whence == io.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile("its list of entries would begin before the file")
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        """Read what zipfile asks for, and refuse too much of it."""
        if size > self._most:
            raise UploadTooLarge(
                f"The archive's list of entries has {size} bytes, and max_entries={self._limits.max_entries} allows "
                f"{self._most}. Raise max_entries if archives of so many files are welcome."
            )
        data = self._file.read(size if size >= 0 else _TAIL)
        if data.startswith(_CENTRAL):
            self._limits.count(data.count(_CENTRAL))
        return data


@contextmanager
def _reading(path: tuple[str, ...]) -> Iterator[None]:
    """Turn what zipfile says of an archive that it cannot read into an error of this library."""
    try:
        yield
    except _UNREADABLE as error:
        what = f"{'/'.join(path)!r} in the upload" if path else "The upload"
        raise InvalidUpload(
            f"{what} is no zip archive, or a damaged one: {str(error)[:300]}. "
            "Let the client send it again as a plain .zip file."
        ) from error
