"""`EventStream`: server-sent events as a response that notices when its client has gone, whatever it waits for.

FastAPI's own streams, of endpoints that yield, end in an error of theirs when a client leaves while more than one event
is on its way to it, and have two tasks and two queues for each client.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

import anyio
from fastapi.sse import KEEPALIVE_COMMENT, ServerSentEvent, format_sse_event
from starlette.responses import StreamingResponse
from starlette.types import Send

from fastapi_convert.errors import JobStoreUnavailable

#: Seconds of silence after which proxies are shown that the connection is alive.
PING_EVERY = 15.0

_HEADERS: Mapping[str, str] = {
    "Cache-Control": "no-cache",
    "X-Accel-Buffering": "no",  # nginx would collect events before it passes them on
}


class EventStream(StreamingResponse):
    """Events until there are no more; a client that takes them slowly is waited for, and nothing is stored for it."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[ServerSentEvent, None]) -> None:
        super().__init__((), headers=_HEADERS)
        self._events = events
        self._one_at_a_time = anyio.Lock()
        self._quiet = True

    async def stream_response(self, send: Send) -> None:
        """Send all of it. Starlette calls this, and cancels it when the client has left."""
        async with aclosing(self._events) as events:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with anyio.create_task_group() as group:
                group.start_soon(self._ping, send)
                await self._send_events(events, send)
                group.cancel_scope.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, events: AsyncGenerator[ServerSentEvent, None], send: Send) -> None:
        try:
            async for event in events:
                await self._send(_encoded(event), send)
        except JobStoreUnavailable:
            return  # the client comes again by itself, and goes on where it was

    async def _ping(self, send: Send) -> None:
        while True:
            self._quiet = True
            await anyio.sleep(PING_EVERY)
            if self._quiet:
                await self._send(KEEPALIVE_COMMENT, send)

    async def _send(self, data: bytes, send: Send) -> None:
        async with self._one_at_a_time:
            self._quiet = False
            await send({"type": "http.response.body", "body": data, "more_body": True})


def _encoded(event: ServerSentEvent) -> bytes:
    return format_sse_event(data_str=event.raw_data, event=event.event, id=event.id)
