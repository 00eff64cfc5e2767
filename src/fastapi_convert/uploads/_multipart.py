"""Multipart events out of chunks of bytes: python-multipart's parser, and what it leaves to its user.

The parser finds boundaries, however they are split. It does not tell that a body broke off, and its own `max_size`
cuts silently; so here the closing boundary is required, and parts, fields, headers and field bytes are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import (
    MultipartParser as BoundaryParser,
    parse_options_header,
)
from starlette.datastructures import Headers

from fastapi_convert.errors import InvalidUpload, UnsupportedUpload, UploadAborted, UploadTooLarge

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

HeaderList: TypeAlias = list[tuple[bytes, bytes]]

# RFC 7578 section 4.7: nobody encodes parts any more, and bytes that are encoded would be taken for the file.
_PLAIN_ENCODINGS = {"", "7bit", "8bit", "binary"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormLimits:
    """How much a form may hold beside the bytes of its files."""

    max_files: int = 1000
    max_fields: int = 1000
    #: Bytes of all field names and values together: they are kept in memory.
    max_fields_size: int = 1_000_000
    #: For each part.
    max_headers: int = 16
    #: Bytes of all headers of one part.
    max_headers_size: int = 16_384


@dataclass(frozen=True, slots=True)
class Field:
    """A whole form field that is no file."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FileBegin:
    """The headers of a file. Its bytes follow, then `Mark.FILE_END`."""

    name: str
    filename: str
    headers: Headers


class Mark(Enum):
    """Events that carry nothing."""

    FILE_END = "file end"
    FORM_END = "form end"


Event: TypeAlias = Field | FileBegin | bytes | Mark


class MultipartParser:
    """Feed it a `multipart/form-data` body in chunks of any size; it returns the events that each one completes.

    Args:
        content_type: The request's Content-Type, with its boundary.
        limits: What is refused with `UploadTooLarge`.
    """

    def __init__(self, content_type: str, limits: FormLimits) -> None:
        self.ended = False
        self._begun = False
        self._limits = limits
        self._events: list[Event] = []
        self._files = self._fields = self._fields_size = 0
        self._part = _Part()
        try:
            # Limits of its own beyond ours, which say what happened.
            self._parser = BoundaryParser(
                _boundary_of(content_type),
                self._callbacks(),
                max_header_count=limits.max_headers + 1,
                max_header_size=limits.max_headers_size + 1024,
            )
        except FormParserError as error:
            raise InvalidUpload(f"The boundary of the form cannot be used: {error}.") from error

    def _callbacks(self) -> MultipartCallbacks:
        return {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_part_data,
            "on_part_end": self._on_part_end,
            "on_end": self._on_end,
        }

    def feed(self, data: bytes) -> list[Event]:
        """The events of the next bytes. After an error the parser cannot be used again."""
        if not self._begun:
            # The parser would pass over more than line ends here, if they come in one piece.
            data = data.lstrip(b"\r\n")
            self._begun = bool(data)
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise InvalidUpload(f"The multipart body is malformed: {error}.") from error
        events, self._events = self._events, []
        return events

    def finish(self) -> None:
        """The body has ended: raises `UploadAborted` where the closing boundary has not come."""
        if not self.ended:
            raise UploadAborted("The multipart body ended before its closing boundary: the client sent less than all.")

    def _on_part_begin(self) -> None:
        self._part = _Part()

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._part.header_name += data[start:end]
        self._count_header(end - start)

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._part.header_value += data[start:end]
        self._count_header(end - start)

    def _count_header(self, size: int) -> None:
        part, limits = self._part, self._limits
        part.headers_size += size
        if part.headers_size > limits.max_headers_size or len(part.headers) >= limits.max_headers:
            raise UploadTooLarge(
                f"A part of the form has over {limits.max_headers} headers or {limits.max_headers_size} bytes of them."
            )

    def _on_header_end(self) -> None:
        part = self._part
        part.headers.append((bytes(part.header_name).lower(), bytes(part.header_value).strip()))
        part.header_name.clear()
        part.header_value.clear()

    def _on_headers_finished(self) -> None:
        part = self._part
        part.name, part.filename = _disposition_of(part.headers)
        if part.filename is None:
            self._count_field(part.name)
            return
        self._files += 1
        if self._files > self._limits.max_files:
            raise UploadTooLarge(f"The form has more than {self._limits.max_files} files: raise max_files for more.")
        self._events.append(FileBegin(part.name, part.filename, Headers(raw=part.headers)))

    def _count_field(self, name: str) -> None:
        self._fields += 1
        if self._fields > self._limits.max_fields:
            raise UploadTooLarge(f"The form has more than {self._limits.max_fields} fields: raise max_fields for more.")
        self._count_field_bytes(len(name.encode()))

    def _count_field_bytes(self, size: int) -> None:
        self._fields_size += size
        if self._fields_size > self._limits.max_fields_size:
            raise UploadTooLarge(
                f"The form's fields have more than {self._limits.max_fields_size} bytes: raise max_fields_size, or let "
                "the client send what is long as a file."
            )

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._part.filename is not None:
            self._events.append(data[start:end])  # all of `data` nearly always, and then this copies nothing
        else:
            self._count_field_bytes(end - start)
            self._part.value += data[start:end]

    def _on_part_end(self) -> None:
        part = self._part
        self._events.append(Field(part.name, _text(bytes(part.value))) if part.filename is None else Mark.FILE_END)

    def _on_end(self) -> None:
        self.ended = True
        self._events.append(Mark.FORM_END)


class _Part:
    """The part whose bytes are arriving."""

    __slots__ = ("filename", "header_name", "header_value", "headers", "headers_size", "name", "value")

    def __init__(self) -> None:
        self.name = ""
        self.filename: str | None = None
        self.headers: HeaderList = []
        self.headers_size = 0
        self.header_name, self.header_value, self.value = bytearray(), bytearray(), bytearray()


def _boundary_of(content_type: str) -> bytes:
    kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
    if kind != b"multipart/form-data":
        raise UnsupportedUpload(f"The endpoint takes multipart/form-data, and the client sent {content_type!r}.")
    boundary = options.get(b"boundary", b"")
    if not boundary:
        raise InvalidUpload(f"The Content-Type {content_type!r} has no boundary: let the client's library set it.")
    return boundary


def _disposition_of(headers: Sequence[tuple[bytes, bytes]]) -> tuple[str, str | None]:
    """The field's name, which RFC 7578 requires, and the file's as the client sent it, which marks a file."""
    found = [value for name, value in headers if name == b"content-disposition"]
    if len(found) != 1:
        raise InvalidUpload(f"A part of the form has {len(found)} Content-Disposition headers, and needs one.")
    _, options = parse_options_header(found[0])
    if b"name" not in options:
        raise InvalidUpload("A part of the form has no name in its Content-Disposition.")
    _refuse_encoded(headers)
    filename = options.get(b"filename")
    return _text(options[b"name"]), None if filename is None else _text(filename)


def _refuse_encoded(headers: Sequence[tuple[bytes, bytes]]) -> None:
    for name, value in headers:
        if name == b"content-transfer-encoding" and _text(value).lower() not in _PLAIN_ENCODINGS:
            raise UnsupportedUpload(
                f"A part has Content-Transfer-Encoding {_text(value)!r}: let the client send it plain."
            )


def _text(raw: bytes) -> str:
    """As Starlette reads names and fields: UTF-8, and Latin-1 where it is not."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
