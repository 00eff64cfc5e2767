"""Where the bytes of an upload come from: a file of a form, or a whole body."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from anyio.lowlevel import checkpoint

from ._body import Body
from ._multipart import Event, Field, FileBegin, FormLimits, Mark, MultipartParser

# A piece that goes to the parser at once. Many small parts take it a thousand times longer than one big one, so pieces
# are small while they hold an event in every 2 KiB, and until they have shown that they do not: a millisecond each.
_PIECE = 262_144
_SMALL_PIECE = 16_384
_DENSE = 2048


class Source(Protocol):
    """Bytes until `b""`. Raises rather than end early."""

    async def more(self) -> bytes: ...


class Form:
    """A multipart body as it arrives: fields are kept, files are passed on in order."""

    def __init__(self, body: Body, content_type: str, limits: FormLimits) -> None:
        self.body = body
        self.fields: list[tuple[str, str]] = []
        self._parser = MultipartParser(content_type, limits)
        self._events: deque[Event] = deque()
        self._data = b""
        self._at = 0
        self._piece = _SMALL_PIECE
        self._closed = False
        self._failure: Exception | None = None

    async def next_file(self) -> FileBegin | None:
        """Go on to the next file, past what is left of this one; `None` when the whole body has arrived."""
        while not self._closed:
            event = await self._next()
            if isinstance(event, Field):
                self.fields.append((event.name, event.value))
            elif isinstance(event, FileBegin):
                return event
            self._closed = event is Mark.FORM_END
        # What follows the closing boundary is nothing, but only its end shows that the request was whole.
        while await self.body.more():
            pass
        return None

    async def file_bytes(self) -> bytes:
        """The next bytes of the current file, and `b""` at its end."""
        event = await self._next()
        if isinstance(event, bytes):
            return event
        assert event is Mark.FILE_END, event
        return b""

    async def _next(self) -> Event:
        while not self._events:
            if self._failure is not None:  # a parser that has failed once would go on with anything
                raise self._failure
            try:
                await self._feed()
            except Exception as error:
                self._failure = error
                raise
        return self._events.popleft()

    async def _feed(self) -> None:
        if self._at >= len(self._data):
            self._data, self._at = await self.body.more(), 0
            if not self._data:
                self._parser.finish()  # raises where the form has not ended, and then there is an event
        else:
            await checkpoint()
        piece = self._data[self._at : self._at + self._piece]
        self._at += len(piece)
        self._events.extend(self._parser.feed(piece))
        if len(piece) >= _DENSE:  # a shorter one tells nothing: it may be what was left of a message
            self._piece = _SMALL_PIECE if len(self._events) * _DENSE > len(piece) else _PIECE


class FormFile:
    """One file of a form.

    Args:
        form: Stands at the file's first byte.
        alone: The file is all that the endpoint wants of the form. Then its end is told only when the whole form has
            arrived: a body that breaks off behind the file is no whole upload, and later fields are known by then.
    """

    def __init__(self, form: Form, *, alone: bool) -> None:
        self._form = form
        self._alone = alone
        self._ended = False

    async def more(self) -> bytes:
        if not self._ended:
            if chunk := await self._form.file_bytes():
                return chunk
            self._ended = True
        if self._alone:
            while await self._form.next_file():
                pass
        return b""
