"""Apps with jobs for tests of HTTP: a store of the test's own, functions of every kind, and clients of its owners."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Header, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel

from fastapi_convert.errors import Errors
from fastapi_convert.jobs import Jobs, Progress

#: What must be found in no answer.
CANARY = "canary-4711"

#: What a plain call of a function tells its progress to.
SILENT = Progress()


class Address(BaseModel):
    """Something nested."""

    street: str
    lines: list[int] = []


def add(a: int, b: int = 2) -> dict[str, int]:
    """Add two numbers."""
    return {"sum": a + b}


def nothing() -> None:
    """Take nothing, do nothing."""


def refuse(secret: str) -> int:
    """Fail as the error map says."""
    raise LookupError(f"/srv/{secret}")


def crash(secret: str) -> int:
    """Fail as nobody has foreseen."""
    raise RuntimeError(f"/srv/{secret}")


def write(text: str, *, progress: Progress = SILENT) -> Path:
    """Write a file."""
    path = progress.folder / "made.txt"
    path.write_text(text)
    return path


def measure(
    file: Path,
    others: list[Path] | None = None,
    *,
    address: Address | None = None,
    names: tuple[str, ...] = (),
    scale: float = 1,
    label: str = "",
) -> dict[str, Any]:
    """Measure files."""
    return {
        "sizes": [path.stat().st_size for path in (file, *(others or []))],
        "street": address and address.street,
        "names": list(names),
        "scale": scale,
        "label": label,
    }


async def token(authorization: Annotated[str | None, Header()] = None) -> str | None:
    """The owner of a request: whoever the header names; nobody without one."""
    if authorization == "expired":
        raise HTTPException(401, "Sign in again.", {"WWW-Authenticate": "Bearer"})
    return authorization


class Shop:
    """An app with all of these functions as jobs."""

    def __init__(self, owner: Callable[..., Any] | None = None, **options: Any) -> None:
        self.jobs = Jobs("shop.db", owner=owner, durability="process", **options)
        self.app = FastAPI(lifespan=self.jobs.lifespan)
        self.app.include_router(self.jobs.router, prefix="/jobs")
        errors = Errors({LookupError: (404, "No such preset.")})
        for fn in (add, nothing, refuse, crash, write, measure):
            function = self.jobs.job(executor="thread", errors=errors, max_upload="1KB")(fn)
            self.app.post(f"/{fn.__name__}", **function.route)(function.endpoint)

    @contextmanager
    def serving(self, mode: Any = "captured") -> Iterator[tuple[Any, TestClient]]:
        """The test mode of the jobs, and a client of the app. Errors of the app are 500s, as for other clients."""
        with self.jobs.testing(mode) as test, TestClient(self.app, raise_server_exceptions=False) as client:
            yield test, client


def files_of(jobs: Jobs) -> list[Path]:
    """All files that lie in the folders of jobs."""
    return [path for path in jobs.folders.files.rglob("*") if path.is_file()]


Message = dict[str, Any]


class Listening:
    """One GET that streams, driven message by message: what has arrived, and a way to hang up."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.over = False
        #: While it is clear, nothing more is taken from the server.
        self.reading = asyncio.Event()
        self.reading.set()
        self._left = asyncio.Event()
        self._asked = False

    async def receive(self) -> Message:
        """What the server may know of the client."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """What the server has to say."""
        await self.reading.wait()
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")
            self.over = not message.get("more_body", False)

    def leave(self) -> None:
        """Hang up."""
        self._left.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events that have arrived whole."""
        return read_events(self.body.decode())


@asynccontextmanager
async def listening(app: Any, path: str, **headers: str) -> AsyncIterator[Listening]:
    """Ask for a stream on this event loop. `last_event_id="3"` is the header of that name."""
    client = Listening()
    query = path.partition("?")[2]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "path": path.partition("?")[0],
        "raw_path": path.partition("?")[0].encode(errors="surrogatepass"),
        "query_string": query.encode(),
        "root_path": "",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
    }
    task = asyncio.create_task(app(scope, client.receive, client.send))
    try:
        yield client
    finally:
        client.reading.set()
        client.leave()
        await asyncio.wait_for(task, 10)


def read_events(text: str) -> list[dict[str, Any]]:
    """Server-sent events as a browser reads them: `id`, `event` and `data`."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found = []
    for block in text.split("\n\n")[:-1]:
        fields: dict[str, list[str]] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            if name:
                fields.setdefault(name, []).append(value.removeprefix(" "))
        if "data" in fields:
            event = {name: "\n".join(values) for name, values in fields.items()}
            found.append({**event, "data": json.loads(event["data"])})
    return found
