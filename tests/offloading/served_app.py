"""An app that uvicorn serves in the tests: processes in a lifespan, a stream that knows whether it was closed."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from fastapi_convert import Pool, ProcessPool, offload

cpu = ProcessPool("served", processes=2, max_waiting=10)
streams = Pool("streams", threads=1)
closed: list[int] = []


def compute(seconds: float = 0.0) -> int:
    """Say who computed."""
    time.sleep(seconds)
    return os.getpid()


def lines() -> Iterator[str]:
    """Without end, until it is closed."""
    try:
        while True:
            yield "line\n" * 1000
    finally:
        closed.append(1)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """Processes are warm before the first request, and gone with the last."""
    async with cpu:
        yield


app = FastAPI(lifespan=lifespan)
app.get("/compute")(offload(compute, pool=cpu))


@app.get("/lines")
async def stream_lines() -> StreamingResponse:
    """A stream."""
    return StreamingResponse(offload(lines, pool=streams)())


@app.get("/state")
async def state() -> dict[str, int]:
    """What the streams have left."""
    return {"closed": len(closed), "running": streams.stats().running}
