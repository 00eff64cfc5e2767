"""Physical lines out of a stream of bytes, whatever their encoding and wherever the stream is cut."""

from __future__ import annotations

import codecs
from contextlib import suppress

from fastapi_convert.errors import InvalidRecord, UploadTooLarge


class LineBuffer:
    r"""Gives the lines that are complete, as UTF-8, and holds back the rest: at most `max_line` bytes of it.

    Other encodings become UTF-8 here, so that lines are found in one way only. Bytes that are no UTF-8 pass where
    UTF-8 is expected: whoever decodes a line finds them there, and the lines around it stay good.

    Args:
        encoding: Any text encoding that Python knows. A byte order mark is dropped as the encoding says.
        max_line: The longest line, in bytes of UTF-8, its end included.
        only_newline: Lines end with `\n` alone; else with `\n`, `\r\n` or `\r`, as the csv module has it.

    Examples:
        >>> lines = LineBuffer("utf-16", 1000)
        >>> lines.feed("one\ntwo".encode("utf-16"))
        b'one\n'
        >>> lines.finish()
        b'two'
    """

    def __init__(self, encoding: str, max_line: int, *, only_newline: bool = False) -> None:
        if max_line < 1:
            raise ValueError(f"max_line is a number of bytes, 1 or more, not {max_line!r}.")
        name = _name_of(encoding)
        self.encoding = name.removesuffix("-sig")
        self.max_line = max_line
        self._decoder = None if name in {"utf-8", "utf-8-sig"} else codecs.getincrementaldecoder(name)()
        self._bom = codecs.BOM_UTF8 if name == "utf-8-sig" else b""
        self._only_newline = only_newline
        self._rest = bytearray()
        self._broken = False

    def feed(self, data: bytes) -> bytes:
        """The lines that `data` completes, with their ends."""
        # From the last byte on: a `\r` there may be half of a line's end.
        start = max(len(self._rest) - 1, 0)
        self._rest += self._to_utf8(data)
        return self._take(self._end_of_lines(start))

    def finish(self) -> bytes:
        """The last line, that needs no end."""
        self._rest += self._to_utf8(b"", final=True)
        return self._take(self._end_of_lines(0) if self._broken else len(self._rest))

    def is_stuck(self, pending: int = 0) -> bool:
        """Whether nothing more can come of this stream; `pending` bytes of the same record are with the caller."""
        return self._broken or len(self._rest) + pending + self._undecoded() > self.max_line

    def check(self, line: int, pending: int = 0) -> None:
        """Raise if the stream is stuck; `line` is the one that the error names."""
        if self.is_stuck(pending):
            raise self.undecodable(line) if self._broken else self.too_long(line)

    def undecodable(self, line: int) -> InvalidRecord:
        """The error for bytes that are not in the encoding."""
        detail = f"Line {line}: not valid {self.encoding}"
        return InvalidRecord(f"{detail}. Read the file with the encoding that it has.", detail=detail)

    def too_long(self, line: int) -> UploadTooLarge:
        """The error for a line or record that is longer than `max_line`."""
        return UploadTooLarge(
            f"The record at line {line} is longer than max_line, {self.max_line} bytes. Is a quote never closed, is it "
            "the wrong kind of file? If such records are in order, raise max_line."
        )

    def _to_utf8(self, data: bytes, *, final: bool = False) -> bytes:
        decoder = self._decoder
        if decoder is None:
            return data
        state = decoder.getstate()
        try:
            text = decoder.decode(data, final)
        except UnicodeError:
            self._broken = True
            decoder.setstate(state)
            text = _decode_good_part(decoder, data)
        # utf-7 and the like can spell half a surrogate pair: whoever decodes the line refuses it.
        return text.encode(errors="surrogatepass")

    def _undecoded(self) -> int:
        """What the decoder itself holds back: a few bytes, but utf-7 has sequences without end."""
        return len(self._decoder.getstate()[0]) if self._decoder else 0

    def _end_of_lines(self, start: int) -> int:
        rest = self._rest
        newline = rest.rfind(b"\n", start)
        if self._only_newline:
            return newline + 1
        # A `\r` at the very end may be the first half of `\r\n`, unless nothing can follow it.
        return max(newline, rest.rfind(b"\r", start, len(rest) if self._broken else -1)) + 1

    def _take(self, size: int) -> bytes:
        if not size:
            return b""
        block = bytes(self._rest[:size])
        del self._rest[:size]
        bom, self._bom = self._bom, b""
        return block.removeprefix(bom)


def _name_of(encoding: str) -> str:
    """Python's own name of an encoding."""
    "".encode(encoding)  # LookupError for one that is not known, and for "zip" and others that are not of text
    return codecs.lookup(encoding).name


def _decode_good_part(decoder: codecs.IncrementalDecoder, data: bytes) -> str:
    """What comes before the byte that cannot be decoded. Byte by byte: not every codec tells where that is."""
    good: list[str] = []
    with suppress(UnicodeError):
        good.extend(decoder.decode(bytes((byte,))) for byte in data)
    return "".join(good)
