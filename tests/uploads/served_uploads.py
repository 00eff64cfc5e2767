"""An app that takes uploads in every way, and keeps a ledger of what its consumers were told and what was answered."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import threading
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fastapi_convert import Pool
from fastapi_convert.uploads import (
    Upload,
    UploadForm,
    UploadRoute,
    streamed,
    streamed_body,
    streamed_form,
    upload_pool,
)
from fastapi_convert.uploads._pools import step_pool
from tests.support.loop_gap import loop_gap

FOLDER = Path(os.environ.get("UPLOADS_FOLDER", "."))
KIB = 1024
#: So small that a worker is at work when a body of some hundred kilobytes is half-way.
WINDOW = 16 * KIB

ledger: dict[str, dict[str, Any]] = {}
gates: dict[str, threading.Event] = {}
few = Pool("few", threads=4)


class Recorder:
    """Writes down what becomes of each request that has a `?tag=`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        if scope["type"] != "http" or "tag" not in query:
            return await self._app(scope, receive, send)
        entry: dict[str, Any] = {"path": scope["path"], "received": 0, "status": None, "notes": [], "over": False}
        ledger[query["tag"][0]] = entry

        async def counted() -> Message:
            message = await receive()
            entry["received"] += len(message.get("body", b""))
            return message

        async def watched(message: Message) -> None:
            entry["status"] = message.get("status", entry["status"])
            await send(message)

        try:
            await self._app(scope, counted, watched)
        finally:
            entry["over"] = True


def note(tag: str, text: str) -> None:
    """For the ledger, and for the logs, which outlive the process."""
    print(f"{tag} {text}", flush=True)
    if tag in ledger:
        ledger[tag]["notes"].append(text)


@contextmanager
def noted(tag: str, who: str) -> Iterator[None]:
    """Note how the block ends."""
    note(tag, f"{who}: begun")
    try:
        yield
    except BaseException as error:
        note(tag, f"{who}: {type(error).__name__}")
        raise
    note(tag, f"{who}: done")


# Consumers


def digest(file: BinaryIO, tag: str) -> str:
    """The digest of all that comes; in small pieces, as most functions read."""
    with noted(tag, "worker"):
        found = hashlib.sha256()
        while chunk := file.read(8 * KIB):
            found.update(chunk)
        return found.hexdigest()


def digest_behind_a_gate(file: BinaryIO, tag: str) -> str:
    """The digest; before it, the gate of this tag must open."""
    file.read(100)
    gates.setdefault(tag, threading.Event()).wait(60)
    return digest(file, tag)


def first_bytes(file: BinaryIO, error: Exception | None = None) -> str:
    """Has seen enough after a hundred bytes."""
    found = file.read(100)
    if error is not None:
        raise error
    return found.decode("latin-1")


async def run(file: Upload, tag: str) -> str:
    return await file.run(digest, tag)


async def save(file: Upload, tag: str) -> str:
    return str((await file.save(FOLDER / file.safe_name)).digest)


async def rows(file: Upload, tag: str) -> int:
    return sum([1 async for _ in file.csv()])


async def chunks(file: Upload, tag: str) -> str:
    found = hashlib.sha256()
    async for chunk in file.chunks():
        found.update(chunk)
    return found.hexdigest()


async def seekable(file: Upload, tag: str) -> str:
    async with file.seekable() as whole:
        return await step_pool().run(digest, whole, tag)


async def path(file: Upload, tag: str) -> str:
    async with file.path() as whole:
        return hashlib.sha256(await step_pool().run(whole.read_bytes)).hexdigest()


CONSUMERS: dict[str, Callable[[Upload, str], Awaitable[Any]]] = {
    consume.__name__: consume for consume in (run, save, rows, chunks, seekable, path)
}

# Endpoints

router = APIRouter(route_class=UploadRoute)


@router.post("/take/{way}")
async def take(way: str, tag: str, file: Annotated[Upload, streamed("file", hash="sha256", window=WINDOW)]) -> Any:
    """A file of a form."""
    with noted(tag, "endpoint"):
        return await CONSUMERS[way](file, tag)


@router.post("/body/{way}")
async def take_body(way: str, tag: str, file: Annotated[Upload, streamed_body(hash="sha256", window=WINDOW)]) -> Any:
    """A body that is the file."""
    with noted(tag, "endpoint"):
        return await CONSUMERS[way](file, tag)


@router.post("/form/{way}")
async def take_form(way: str, tag: str, form: Annotated[UploadForm, streamed_form(window=WINDOW)]) -> Any:
    """All files of a form."""
    with noted(tag, "endpoint"):
        return [await CONSUMERS[way](file, tag) async for file in form]


@router.post("/named")
async def named(file: Annotated[Upload, streamed("file")]) -> str:
    """The name that it was saved under."""
    return (await file.save(FOLDER / file.safe_name)).path.name


@router.post("/whole/{way}")
async def take_whole(way: str, tag: str, file: Annotated[Upload, streamed("file")]) -> Any:
    """With the window that is the default."""
    return await CONSUMERS[way](file, tag)


@router.post("/gated")
async def gated(tag: str, file: Annotated[Upload, streamed("file")]) -> str:
    """Its consumer waits for `/open`."""
    return await file.run(digest_behind_a_gate, tag)


@router.get("/open")
async def open_gate(who: str) -> None:
    """Let the consumer of this tag go on."""
    gates.setdefault(who, threading.Event()).set()


async def nobody(request: Request) -> None:
    """A dependency that turns everybody away."""
    raise HTTPException(401, headers={"WWW-Authenticate": "Basic"})


@router.post("/early/plain")
async def early_plain(file: Annotated[Upload, streamed("file")]) -> str:
    """A value of the endpoint."""
    return await file.run(first_bytes)


@router.post("/early/response")
async def early_response(file: Annotated[Upload, streamed("file")]) -> Response:
    """A response of the endpoint's own."""
    return PlainTextResponse(await file.run(first_bytes))


@router.post("/early/refused")
async def early_refused(file: Annotated[Upload, streamed("file")]) -> str:
    """An `HTTPException` out of the function."""
    return await file.run(first_bytes, HTTPException(409, "seen before"))


@router.post("/early/error")
async def early_error(file: Annotated[Upload, streamed("file")]) -> str:
    """An error that nobody expects."""
    return await file.run(first_bytes, ValueError("row 3"))


@router.post("/early/handled")
async def early_handled(file: Annotated[Upload, streamed("file")]) -> str:
    """An error that the app has a handler for."""
    return await file.run(first_bytes, LookupError("row 3"))


@router.post("/early/invalid")
async def early_invalid(number: int, file: Annotated[Upload, streamed("file")]) -> str:
    """A parameter beside the upload that is not what it should be."""
    return await file.run(first_bytes)


@router.post("/early/unauthorised", dependencies=[Depends(nobody)])
async def early_unauthorised(file: Annotated[Upload, streamed("file")]) -> str:
    """Turned away before the upload is looked at."""
    return await file.run(first_bytes)


@router.post("/many")
async def many(form: Annotated[UploadForm, streamed_form(max_files=20_000)]) -> Any:
    """Count the files, and look how long the loop was held."""
    async with loop_gap() as gap:
        sizes = [len(await file.read()) async for file in form]
    return {"files": len(sizes), "bytes": sum(sizes), "gap": gap.longest}


@router.post("/patient")
async def patient(
    tag: str, file: Annotated[Upload, streamed("file", idle_timeout=60, pool=few, window=64 * KIB)]
) -> str:
    """Few threads, and clients that may take their time."""
    return await file.run(digest, tag)


@router.post("/strict")
async def strict(tag: str, file: Annotated[Upload, streamed("file", idle_timeout=2, pool=few, window=64 * KIB)]) -> str:
    """Two seconds, and no more."""
    return await file.run(digest, tag)


@router.post("/brisk")
async def brisk(tag: str, file: Annotated[Upload, streamed("file", idle_timeout=3, min_rate="1KB")]) -> str:
    """Whoever trickles is told."""
    return await file.run(digest, tag)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """uvicorn dies of SIGTERM as soon as this has ended, though cancelled uploads may still clean up: wait for them."""
    async with upload_pool(), step_pool(), few:
        yield


app = FastAPI(lifespan=lifespan)
app.add_middleware(Recorder)
app.include_router(router)


# Without `UploadRoute`, as in an app that has none.


@app.post("/limited/form/{way}")
async def limited(way: str, tag: str, file: Annotated[Upload, streamed("file", max_size="1MB")]) -> Any:
    """A file with a limit."""
    return await CONSUMERS[way](file, tag)


@app.post("/limited/body/{way}")
async def limited_body(way: str, tag: str, file: Annotated[Upload, streamed_body(max_size="1MB")]) -> Any:
    """A body with a limit."""
    return await CONSUMERS[way](file, tag)


@app.exception_handler(LookupError)
async def on_lookup_error(request: Request, error: Exception) -> Response:
    """What an app makes of its own errors."""
    return JSONResponse({"error": str(error)}, 422)


@app.get("/plain")
def plain() -> str:
    """What has nothing to do with uploads."""
    return "plain"


@app.get("/ledger")
async def read_ledger(prefix: str) -> dict[str, Any]:
    """What was written down about the requests whose tags begin so."""
    return {tag: entry for tag, entry in ledger.items() if tag.startswith(prefix)}


@app.get("/state")
async def state() -> dict[str, Any]:
    """What is under way."""
    pools = [pool.stats() for pool in (upload_pool(), step_pool(), few)]
    names = [re.sub(r"-[0-9]+ \(fastapi-convert\)$", "", thread.name) for thread in threading.enumerate()]
    return {
        "tasks": len(asyncio.all_tasks()),
        "busy": sum(pool.running + pool.waiting for pool in pools),
        "threads": Counter(names),
    }
