"""An app whose stream ends only when it hears of the signal that stops the server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from fastapi_convert.jobs._loops import poster
from fastapi_convert.jobs.work._stop_signals import stop_signals


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.stop = anyio.Event()
    post = poster()

    def tell() -> None:
        print("called back", flush=True)
        post(app.state.stop.set)

    with stop_signals(tell):
        yield
    print("shut down", flush=True)


app = FastAPI(lifespan=lifespan)


@app.get("/stream")
async def stream() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        yield "begun\n"
        await app.state.stop.wait()
        yield "ended\n"

    return StreamingResponse(lines())
