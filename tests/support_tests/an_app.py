"""An app for the tests of `serve`: it tells its environment and process, and can ignore the end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI


@asynccontextmanager
async def _slow_start(app: FastAPI) -> AsyncIterator[None]:
    await asyncio.sleep(0.2)
    print("the app has started")
    yield
    print("the app has ended")


app = FastAPI(lifespan=_slow_start)


@app.get("/about")
async def about() -> dict[str, object]:
    loop = type(asyncio.get_running_loop()).__module__
    return {"loop": loop.split(".")[0], "pid": os.getpid(), "word": os.environ.get("A_WORD")}


def make() -> FastAPI:
    made = FastAPI()

    @made.get("/made")
    async def tell() -> str:
        return "made by a factory"

    return made


def stubborn() -> FastAPI:
    """An app whose process does not listen to SIGTERM."""
    made = FastAPI()

    @made.get("/ignore")
    async def ignore() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    return made


def broken() -> FastAPI:
    raise RuntimeError("this app cannot be made")
