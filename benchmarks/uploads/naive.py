"""A peer: a synchronous consumer beside an upload as it is often written, with a thread of the shared 40 for each."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

import anyio.from_thread
import anyio.to_thread
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from starlette.requests import ClientDisconnect, Request


async def naive_bridge(request: Request, consume: Callable[[BinaryIO], Any]) -> Any:
    """Run `consume` over the body while it arrives. Its thread waits as long as the client does."""
    send, receive = anyio.create_memory_object_stream[bytes](4)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_pump, request, send)
        return await anyio.to_thread.run_sync(consume, _Pulled(receive))


async def _pump(request: Request, send: ObjectSendStream[bytes]) -> None:
    async with send:
        try:
            async for chunk in request.stream():
                await send.send(chunk)
        except ClientDisconnect:
            return


class _Pulled(io.BytesIO):
    """A file whose reader asks the event loop for more."""

    def __init__(self, receive: ObjectReceiveStream[bytes]) -> None:
        super().__init__()
        self._receive = receive

    def read(self, _size: int | None = -1, /) -> bytes:
        try:
            return anyio.from_thread.run(self._receive.receive)
        except anyio.EndOfStream:
            return b""
