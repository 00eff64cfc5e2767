"""The process of a server: an application that accepts jobs and runs them, on uvicorn with uvloop and httptools."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import BackgroundTasks, FastAPI
from starlette.types import Receive, Scope, Send

from benchmarks.jobs import effects, settings
from benchmarks.jobs.client import BACKGROUND_PATH, OURS_PATH, PORT
from benchmarks.jobs.ours import jobs, work
from benchmarks.uploads.probe import Probe


@asynccontextmanager
async def _lifespan(_: FastAPI) -> AsyncIterator[None]:
    # What `jobs.lifespan` does, had the store of this process workers: those who only submit to it have none.
    async with jobs.running(settings.concurrency()):
        yield


app = FastAPI(lifespan=_lifespan)
app.include_router(jobs.router, prefix="/jobs")
app.post(OURS_PATH, **work.route)(work.endpoint)
_probe = Probe(app)


@app.post(BACKGROUND_PATH, status_code=202)
async def background(tasks: BackgroundTasks, number: int = 0) -> dict[str, int]:
    """What FastAPI itself has for work after the answer."""
    tasks.add_task(effects.work, number, 0.0)
    return {"number": number}


async def served(scope: Scope, receive: Receive, send: Send) -> None:
    """The application; requests pass the probe."""
    await (_probe if scope["type"] == "http" else app)(scope, receive, send)


def main() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        told = settings.folder() / "starting"
        told.write_text(str(listener.getsockname()[1]), encoding="ascii")
        told.rename(settings.folder() / PORT)  # whole, or not at all
        config = uvicorn.Config(served, loop="uvloop", http="httptools", log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
