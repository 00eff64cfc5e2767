"""Whether an upload is of an allowed type: by the type that it declares, and by its first bytes.

The declared type must be one of `types`, and the content must not contradict it. Several names of one format count as
one. The content is judged by this table, its first row that fits:

| declared | the first bytes must be |
|---|---|
| `application/octet-stream` | anything |
| an office, e-book or Java format that is a zip | a zip, and of that kind if entries show one or all is seen |
| `application/vnd.ms-excel`, which browsers on Windows send for CSV too | OLE2, or what CSV must be |
| any other format with a signature below, SVG among them | that signature |
| CSV, TSV, JSON, NDJSON, YAML | text, and no HTML, SVG, XML, PHP or `#!` script |
| XML, which may hold scripts of browsers in any case | text, and no PHP or `#!` script |
| `text/html`, `text/markdown`, `text/x-...` | text |
| all other text | text, and no HTML or SVG, in which a browser would run scripts |
| other `application/...` | anything |
| other `image/...`, `audio/...`, `video/...` and so on | anything but HTML, SVG, PHP and `#!` scripts |

And always: executables of Linux, Windows and macOS pass only where `types` has their own type in full, or
`application/octet-stream`. Text has no signature of a binary format, and no NUL characters; UTF-16 and UTF-32 need
their byte order mark. An empty file is text, and has no signature.

Only the beginning is seen: a GIF that is a script as well passes as a GIF. And `image/*` takes SVG, which may hold
scripts. What users show each other wants a list of image types, and `X-Content-Type-Options: nosniff` when served.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from fastapi_convert.errors import UnsupportedUpload

from ._signatures import (
    ANY,
    BINARY,
    BOMS,
    DATA,
    ENTRIES,
    EXCEL,
    EXECUTABLES,
    HTML,
    OTHER_NAMES,
    SHOWN_BY,
    SVG,
    TEXT,
    TEXT_OUTSIDE_TEXT,
    XML,
    ZIP,
    Table,
)

#: So many bytes of the beginning are looked at.
NEEDED = 8192


class _Rows:
    """A table as one pattern, whose n-th group is the n-th row."""

    def __init__(self, table: Table, before: bytes = b"", flags: int = 0) -> None:
        rows = b"|".join(b"(%b)" % pattern for _, pattern in table)
        self._pattern = re.compile(b"%b(?:%b)" % (before, rows), re.DOTALL | flags)
        self._kinds = [kind for kind, _ in table]
        self.kinds = frozenset(self._kinds)

    def match(self, head: bytes) -> str | None:
        return self._kind(self._pattern.match(head))

    def search(self, head: bytes) -> str | None:
        return self._kind(self._pattern.search(head))

    def _kind(self, found: re.Match[bytes] | None) -> str | None:
        return self._kinds[found.lastindex - 1] if found and found.lastindex else None


_binary, _text = _Rows(BINARY), _Rows(TEXT, flags=re.IGNORECASE)
_entries = _Rows(ENTRIES, before=rb"PK\x03\x04.{26}")
_executables = frozenset(kind for kind, _ in EXECUTABLES)
_scripts = _text.kinds - {XML}
_canonical = {name: kind for kind, names in OTHER_NAMES.items() for name in names.split()}
_shown_by = {kind: (kind,) for kind in _binary.kinds | _entries.kinds | {SVG}} | SHOWN_BY

_NAME = r"[a-z0-9][a-z0-9!#$&^_.+-]*"
_PATTERN = re.compile(rf"\*/\*|{_NAME}/(?:\*|{_NAME})")


class TypeCheck:
    """The types that an endpoint takes.

    Args:
        types: Media types such as `"text/csv"`, `"image/*"` or `"*/*"`, in any case and without parameters.

    Raises:
        TypeError: `types` is one string.
        ValueError: There is nothing in it, or something that is not a media type.

    Examples:
        >>> images = TypeCheck(["image/*"])
        >>> images.check_declared("image/gif")
        >>> images.check_content("image/gif", b"GIF89a...", complete=False)
    """

    def __init__(self, types: Sequence[str]) -> None:
        if isinstance(types, str | bytes):
            raise TypeError(f"types is a list of media types: write [{types!r}], not {types!r}.")
        if not types:
            raise ValueError('types is empty, so no upload could pass. Name media types, or write ["*/*"].')
        #: As they were given.
        self.types = tuple(types)
        self._shown = ", ".join(map(repr, types))
        self._patterns = frozenset(_canonical.get(pattern, pattern) for pattern in map(_checked, types))

    def check_declared(self, content_type: str | None) -> None:
        """Check the type in a header, parameters aside. None or nothing counts as `application/octet-stream`.

        Raises:
            UnsupportedUpload: It is not one of `types`.
        """
        kind = _media_type(content_type)
        names = {kind, _canonical.get(kind, kind)}
        families = {f"{family}/*" for family, _, name in (name.partition("/") for name in names) if name}
        if self._patterns.isdisjoint(names | families | {"*/*"}):
            raise UnsupportedUpload(
                f"The upload is declared as {_shown(kind)}, and only {self._shown} may pass. "
                "Send it under its own type, or add that to `types`."
            )

    def check_content(self, declared: str | None, head: bytes, complete: bool) -> None:
        """Check the first bytes against the declared type, by the table in this module's docstring.

        Args:
            declared: The type in the header, which has passed `check_declared`.
            head: The first `NEEDED` bytes, or all of a shorter file.
            complete: Whether they are all of the file.

        Raises:
            UnsupportedUpload: The content is not what was declared.
        """
        kind, found = _media_type(declared), sniff(head)
        if not self._may_be(_canonical.get(kind, kind), found, head, complete):
            raise UnsupportedUpload(
                f"The upload is declared as {_shown(kind)}, but its content is {_described(found, head)}; only "
                f"{self._shown} may pass. Send it under its own type, and have that in `types`."
            )

    def _may_be(self, kind: str, found: str | None, head: bytes, complete: bool) -> bool:
        if found in _executables and self._patterns.isdisjoint({found, ANY}):
            return False
        if shown_by := _shown_by.get(kind):
            is_shown = found in shown_by or (found == ZIP and not complete and not _entries.kinds.isdisjoint(shown_by))
            return is_shown or (kind == EXCEL and _reads_as(frozenset(), found, head))
        texts = _texts(kind)
        if texts is not None:
            return _reads_as(texts, found, head)
        return kind.startswith("application/") or found not in _scripts


def sniff(head: bytes) -> str | None:
    """The format that the first bytes show, by the tables of this module; `None` if they show none.

    Examples:
        >>> sniff(b"%PDF-1.7"), sniff(b"<!doctype html><title>A page"), sniff(b"ID,name")
        ('application/pdf', 'text/html', None)
    """
    kind = _binary.match(head) or _text.match(_in_ascii(head))
    return _entries.search(head) or kind if kind == ZIP else kind


def _in_ascii(head: bytes) -> bytes:
    """Text whose byte order mark says that its ASCII is not written in single bytes, so written."""
    codec = next((codec for bom, codec in BOMS if head.startswith(bom)), None)
    return head.decode(codec, "replace").encode() if codec else head


def _texts(kind: str) -> frozenset[str] | None:
    """The formats of `TEXT` that a type may hold; `None` for a type that is not text."""
    if kind in DATA or kind.endswith("+json"):
        return frozenset()
    if kind == XML or kind.endswith("+xml"):
        return frozenset((XML, SVG, HTML))
    if kind in (HTML, "text/markdown") or kind.startswith("text/x-"):
        return _text.kinds
    return _text.kinds - {HTML, SVG} if kind.startswith("text/") or kind in TEXT_OUTSIDE_TEXT else None


def _reads_as(texts: frozenset[str], found: str | None, head: bytes) -> bool:
    return (found is None or found in texts) and b"\0" not in _in_ascii(head)


def _media_type(content_type: str | None) -> str:
    return (content_type or "").partition(";")[0].strip().lower() or ANY


def _checked(pattern: str) -> str:
    bare, semicolon, _ = pattern.partition(";")
    if semicolon:
        raise ValueError(f"types has {pattern!r}, but parameters are not compared: write {bare.strip()!r}.")
    if not _PATTERN.fullmatch(pattern.lower()):
        raise ValueError(f'types has {pattern!r}, which is no media type: write one like "text/csv" or "image/*".')
    return pattern.lower()


def _shown(kind: str) -> str:
    """For a log, where no character may begin a line of its own, and no client fills the disk."""
    return repr(kind if len(kind) <= 100 else f"{kind[:100]}...")


def _described(found: str | None, head: bytes) -> str:
    if found is not None or not head:
        return repr(found) if found else "empty"
    return "binary, of no known format" if b"\0" in _in_ascii(head) else "of no known format"
